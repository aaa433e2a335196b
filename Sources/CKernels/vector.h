#pragma once

/// Sixteen floats, whatever registers the processor has.
typedef float vector __attribute__((vector_size(64), aligned(4)));

enum {
  /// Floats in a vector.
  lanes = 16,
};
