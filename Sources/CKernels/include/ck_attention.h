#pragma once

#include <stddef.h>

/// Rotates the two halves of every head by its position's angles, as Llama-family checkpoints expect.
///
/// `rows`: [row, head, d_head], in place; `cosines`, `sines`: [position, d_head / 2], row 0 of `rows`
/// being at `first_position`.
void ck_rotate(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head);

/// The shape of one sequence's attention.
typedef struct {
  /// Rows of the queries, at positions `first_position` and on.
  size_t query_count;
  size_t first_position;
  size_t head_count;
  size_t key_value_head_count;
  size_t d_head;
  /// How many latest positions a query sees, itself included; 0 for all.
  size_t window;
} ck_attention_shape;

/// Scaled products of one query with the keys it may see; all others are -infinity.
///
/// `query`: [d_head]; `keys`: [position, kv_head, d_head], already at the head's column; `scores`:
/// [key_count].
void ck_attention_scores(
    const float *query, const float *keys, float *scores, size_t position, size_t key_count,
    const ck_attention_shape *shape);

/// Softmax of one row in place; -infinity becomes exactly 0.
void ck_softmax(float *row, size_t count);

/// Weighted sum of values: `pattern` [key_count], `values` as keys, `output` [d_head].
void ck_attention_mix(
    const float *pattern, const float *values, float *output, size_t key_count,
    const ck_attention_shape *shape);

/// Causal grouped-query attention of one sequence.
///
/// `queries`, `output`: [query, head, d_head]; `keys`, `values`: [position, kv_head, d_head], holding
/// `first_position + query_count` positions; `scratch`: [first_position + query_count]. A row of the
/// output depends on its own query and on the keys and values up to its position alone.
void ck_causal_attention(
    const float *queries, const float *keys, const float *values, float *output, float *scratch,
    const ck_attention_shape *shape);
