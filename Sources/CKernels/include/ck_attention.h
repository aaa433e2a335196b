#pragma once

#include <stddef.h>

/// Rotates the two halves of every head by its position's angles, as Llama-family checkpoints expect.
///
/// `rows`: [row, head, d_head], in place; `cosines`, `sines`: [position, d_head / 2], row 0 of `rows`
/// being at `first_position`.
void ck_rotate(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head);

/// Rotates back: the derivative by what was rotated of the derivative by what came of it.
void ck_rotate_back(
    float *rows, const float *cosines, const float *sines, size_t first_position, size_t row_count,
    size_t head_count, size_t d_head);

/// Head counts and sizes of an attention layer.
typedef struct {
  size_t head_count;
  size_t key_value_head_count;
  size_t d_head;
  /// How many latest positions a query sees, itself included; 0 for all.
  size_t window;
} ck_attention_shape;

/// Consecutive rows of a store of keys and values that hold consecutive positions.
typedef struct {
  size_t first_row;
  size_t count;
} ck_row_run;

/// Keys and values, and where in them one sequence's positions lie.
///
/// `keys`: [row / 16, kv_head, d_head, row % 16], so that one query meets sixteen keys at a time;
/// `values`: [row, kv_head, d_head]; `runs`: in order of positions, from position 0.
typedef struct {
  const float *keys;
  const float *values;
  const ck_row_run *runs;
} ck_attention_context;

/// How many floats of keys a store of `row_count` rows takes.
size_t ck_key_capacity(size_t row_count, const ck_attention_shape *shape);

/// Puts rotated keys in their places.
///
/// `rows`: [row, kv_head, d_head]; `keys`: as in `ck_attention_context`.
void ck_store_keys(
    const float *rows, size_t row_count, float *keys, size_t first_row,
    const ck_attention_shape *shape);

/// Scaled products of the queries of one key-value head's group with the keys up to `position`; those
/// before the window are -infinity.
///
/// `queries`: [head of the group, d_head]; `scores`: [head of the group, stride], `position + 1` of each
/// row are written.
void ck_attention_scores(
    const float *queries, const ck_attention_context *context, size_t key_value_head,
    size_t position, float *scores, size_t stride, const ck_attention_shape *shape);

/// Softmax of one row in place; -infinity becomes exactly 0.
void ck_softmax(float *row, size_t count);

/// Weighted sums of the values up to `position`, for the group of one key-value head.
///
/// `pattern`: as `scores`; `output`: [head of the group, d_head].
void ck_attention_mix(
    const float *pattern, size_t stride, const ck_attention_context *context,
    size_t key_value_head, size_t position, float *output, const ck_attention_shape *shape);

/// Causal grouped-query attention of consecutive positions of one sequence.
///
/// `queries`, `output`: [query, head, d_head]; `scratch`: [head / kv_head, positions]. A row of the output
/// depends on its own query and on the keys and values up to its position alone, and is summed in an order
/// that the position alone decides.
void ck_causal_attention(
    const float *queries, size_t query_count, size_t first_position,
    const ck_attention_context *context, float *output, float *scratch,
    const ck_attention_shape *shape);

/// How many floats `ck_causal_attention_backward` takes as scratch for a sequence.
size_t ck_attention_backward_scratch(size_t position_count, const ck_attention_shape *shape);

/// Derivatives of causal attention from the last run of one sequence's rows, for the heads of one key-value
/// head.
///
/// `queries`, `output_gradient`: [row, head, d_head]; `keys`, `values`: [row, kv_head, d_head]; queries and
/// keys rotated; `runs`: the rows of positions, in order from position 0. `query_gradient`, `key_gradient`
/// and `value_gradient` have the same shapes; the columns of this key-value head are overwritten in the rows
/// of the last run. What the positions before them get goes to `earlier_key_gradient` and
/// `earlier_value_gradient`, [position, kv_head, d_head]. Patterns are computed anew, a tile of queries at a
/// time, and every sum is in an order that the runs' lengths alone decide.
void ck_causal_attention_backward(
    const float *queries, const float *keys, const float *values, const float *output_gradient,
    const ck_row_run *runs, size_t run_count, size_t key_value_head, float *query_gradient,
    float *key_gradient, float *value_gradient, float *earlier_key_gradient,
    float *earlier_value_gradient, float *scratch, const ck_attention_shape *shape);
