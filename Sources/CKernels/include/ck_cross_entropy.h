#pragma once

#include <stddef.h>

/// The cross-entropy of softmax in nats: minus the log-probability of `target`.
///
/// `logits`: [count].
double ck_cross_entropy(const float *logits, size_t count, size_t target);

/// The same, and replaces the logits by the loss's derivative by them times `slope`.
double ck_cross_entropy_backward(float *logits, size_t count, size_t target, float slope);
