#pragma once

// One face for oneDNN 2.x and 3.x, which make descriptors differently. Only what a product with packed
// weights needs: create, pack, multiply, destroy.

#include <dnnl.h>
#include <stdbool.h>
#include <stddef.h>

/// The CPU engine that products run on.
typedef struct {
  dnnl_engine_t engine;
} co_engine;

/// A memory layout that oneDNN chose for a weight matrix.
typedef struct {
  dnnl_memory_desc_t descriptor;
} co_layout;

/// A product of a fixed number of rows: source `[rows, inner]` × weights `[inner, columns]`.
typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t source;
  dnnl_memory_desc_t destination;
  dnnl_memory_desc_t scratchpad;
} co_product;

static inline bool co_engine_create(co_engine *out) {
  return dnnl_engine_create(&out->engine, dnnl_cpu, 0) == dnnl_success;
}

static inline void co_engine_destroy(co_engine *engine) { dnnl_engine_destroy(engine->engine); }

#if DNNL_VERSION_MAJOR >= 3
#define CO_DESCRIPTOR(value) (value)
#else
#define CO_DESCRIPTOR(value) (&(value))
#endif

static inline bool co_describe(
    dnnl_memory_desc_t *out, dnnl_dim_t rows, dnnl_dim_t columns, dnnl_data_type_t type,
    dnnl_format_tag_t tag) {
  dnnl_dims_t dims = {rows, columns};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_tag(out, 2, dims, type, tag) == dnnl_success;
#else
  return dnnl_memory_desc_init_by_tag(out, 2, dims, type, tag) == dnnl_success;
#endif
}

static inline void co_descriptor_destroy(dnnl_memory_desc_t *descriptor) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_destroy(*descriptor);
#else
  (void)descriptor;
#endif
}

static inline void co_layout_destroy(co_layout *layout) { co_descriptor_destroy(&layout->descriptor); }

static inline size_t co_layout_size(const co_layout *layout) {
  return dnnl_memory_desc_get_size(CO_DESCRIPTOR(layout->descriptor));
}

static inline void co_product_destroy(co_product *product) {
  dnnl_primitive_destroy(product->primitive);
  co_descriptor_destroy(&product->source);
  co_descriptor_destroy(&product->destination);
  co_descriptor_destroy(&product->scratchpad);
}

static inline bool co_keep(dnnl_memory_desc_t *out, const_dnnl_primitive_desc_t description, dnnl_query_t what) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_clone(out, dnnl_primitive_desc_query_md(description, what, 0))
      == dnnl_success;
#else
  *out = *dnnl_primitive_desc_query_md(description, what, 0);
  return true;
#endif
}

/// Lets a product be added to what the destination holds.
static inline bool co_add_to_destination(dnnl_primitive_attr_t attributes) {
  dnnl_post_ops_t operations;
  if (dnnl_post_ops_create(&operations) != dnnl_success) return false;
#if DNNL_VERSION_MAJOR >= 3
  bool done = dnnl_post_ops_append_sum(operations, 1, 0, dnnl_data_type_undef) == dnnl_success
#else
  bool done = dnnl_post_ops_append_sum(operations, 1) == dnnl_success
#endif
      && dnnl_primitive_attr_set_post_ops(attributes, operations) == dnnl_success;
  dnnl_post_ops_destroy(operations);
  return done;
}

/// How the weights `[inner, columns]` of a product lie.
typedef enum {
  /// As oneDNN likes best; it reports how.
  co_order_chosen,
  /// As a layout says.
  co_order_given,
  /// Row by row.
  co_order_rows,
  /// Column by column.
  co_order_columns,
} co_order;

/// Makes the product for a row count; the weights' layout is read from `layout` if it is given, otherwise
/// left there. Source and weights are bfloat16 or float, the destination float, which the product is
/// added to if `adding`.
static inline bool co_product_create(
    co_engine engine, size_t rows, size_t inner, size_t columns, bool bfloat16, co_layout *layout,
    co_order order, bool adding, co_product *out) {
  bool chosen = order != co_order_given;
  dnnl_data_type_t type = bfloat16 ? dnnl_bf16 : dnnl_f32;
  dnnl_dim_t m = (dnnl_dim_t)rows, k = (dnnl_dim_t)inner, n = (dnnl_dim_t)columns;
  dnnl_memory_desc_t weights;
  if (!co_describe(&out->source, m, k, type, dnnl_ab)) return false;
  if (!co_describe(&out->destination, m, n, dnnl_f32, dnnl_ab)) return false;
  if (chosen) {
    dnnl_format_tag_t tag = order == co_order_rows ? dnnl_ab
        : order == co_order_columns ? dnnl_ba : dnnl_format_tag_any;
    if (!co_describe(&weights, k, n, type, tag)) return false;
  } else {
    weights = layout->descriptor;
  }
  // The library's own scratchpad belongs to the thread that made the primitive; ours comes with each call,
  // so that any thread may multiply.
  dnnl_primitive_attr_t attributes;
  if (dnnl_primitive_attr_create(&attributes) != dnnl_success) return false;
  dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
  if (adding && !co_add_to_destination(attributes)) {
    dnnl_primitive_attr_destroy(attributes);
    return false;
  }
  dnnl_primitive_desc_t description;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_matmul_primitive_desc_create(
      &description, engine.engine, out->source, weights, NULL, out->destination, attributes);
  if (chosen) dnnl_memory_desc_destroy(weights);
#else
  dnnl_matmul_desc_t operation;
  if (dnnl_matmul_desc_init(&operation, &out->source, &weights, NULL, &out->destination)
      != dnnl_success) {
    dnnl_primitive_attr_destroy(attributes);
    return false;
  }
  dnnl_status_t status =
      dnnl_primitive_desc_create(&description, &operation, attributes, engine.engine, NULL);
#endif
  dnnl_primitive_attr_destroy(attributes);
  if (status != dnnl_success) return false;
  bool done = dnnl_primitive_create(&out->primitive, description) == dnnl_success
      && co_keep(&out->scratchpad, description, dnnl_query_scratchpad_md)
      && (!chosen || co_keep(&layout->descriptor, description, dnnl_query_weights_md));
  dnnl_primitive_desc_destroy(description);
  return done;
}

/// Reorders weights `[inner, columns]`, stored row by row or, as checkpoints do, column by column, into a
/// layout, rounding to the layout's type.
static inline bool co_pack(
    co_engine engine, const float *weights, size_t inner, size_t columns, co_order order,
    const co_layout *layout, void *packed) {
  dnnl_format_tag_t tag = order == co_order_rows ? dnnl_ab : dnnl_ba;
  dnnl_memory_desc_t plain;
  if (!co_describe(&plain, (dnnl_dim_t)inner, (dnnl_dim_t)columns, dnnl_f32, tag)) return false;
  dnnl_primitive_desc_t description = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_memory_t from = NULL, to = NULL;
  dnnl_stream_t stream = NULL;
  bool done =
      dnnl_reorder_primitive_desc_create(
          &description, CO_DESCRIPTOR(plain), engine.engine, CO_DESCRIPTOR(layout->descriptor),
          engine.engine, NULL) == dnnl_success
      && dnnl_primitive_create(&reorder, description) == dnnl_success
      && dnnl_memory_create(&from, CO_DESCRIPTOR(plain), engine.engine, (void *)weights) == dnnl_success
      && dnnl_memory_create(&to, CO_DESCRIPTOR(layout->descriptor), engine.engine, packed)
             == dnnl_success
      && dnnl_stream_create(&stream, engine.engine, dnnl_stream_default_flags) == dnnl_success;
  if (done) {
    dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    done = dnnl_primitive_execute(reorder, stream, 2, arguments) == dnnl_success
        && dnnl_stream_wait(stream) == dnnl_success;
  }
  if (stream) dnnl_stream_destroy(stream);
  if (to) dnnl_memory_destroy(to);
  if (from) dnnl_memory_destroy(from);
  if (reorder) dnnl_primitive_destroy(reorder);
  if (description) dnnl_primitive_desc_destroy(description);
  co_descriptor_destroy(&plain);
  return done;
}

/// Multiplies; source, of the product's type, and destination are row-major and dense.
static inline bool co_multiply(
    co_engine engine, const co_product *product, const co_layout *layout, const void *source,
    const void *packed, float *destination) {
  dnnl_memory_t from = NULL, weights = NULL, to = NULL, scratchpad = NULL;
  dnnl_stream_t stream = NULL;
  bool done =
      dnnl_memory_create(&from, CO_DESCRIPTOR(product->source), engine.engine, (void *)source)
          == dnnl_success
      && dnnl_memory_create(&weights, CO_DESCRIPTOR(layout->descriptor), engine.engine, (void *)packed)
             == dnnl_success
      && dnnl_memory_create(&to, CO_DESCRIPTOR(product->destination), engine.engine, destination)
             == dnnl_success
      && dnnl_memory_create(
             &scratchpad, CO_DESCRIPTOR(product->scratchpad), engine.engine, DNNL_MEMORY_ALLOCATE)
             == dnnl_success
      && dnnl_stream_create(&stream, engine.engine, dnnl_stream_default_flags) == dnnl_success;
  if (done) {
    dnnl_exec_arg_t arguments[4] = {
        {DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, to},
        {DNNL_ARG_SCRATCHPAD, scratchpad}};
    done = dnnl_primitive_execute(product->primitive, stream, 4, arguments) == dnnl_success
        && dnnl_stream_wait(stream) == dnnl_success;
  }
  if (stream) dnnl_stream_destroy(stream);
  if (scratchpad) dnnl_memory_destroy(scratchpad);
  if (to) dnnl_memory_destroy(to);
  if (weights) dnnl_memory_destroy(weights);
  if (from) dnnl_memory_destroy(from);
  return done;
}

/// The version of the library in use, for provenance.
static inline const dnnl_version_t *co_version(void) { return dnnl_version(); }

/// The instruction set that the library uses on this machine, for provenance.
static inline const char *co_instruction_set(void) {
  switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: return "SSE4.1";
    case dnnl_cpu_isa_avx: return "AVX";
    case dnnl_cpu_isa_avx2: return "AVX2";
    case dnnl_cpu_isa_avx512_core: return "AVX-512";
    case dnnl_cpu_isa_avx512_core_vnni: return "AVX-512 VNNI";
    case dnnl_cpu_isa_avx512_core_bf16: return "AVX-512 BF16";
    case dnnl_cpu_isa_avx512_core_amx: return "AMX";
    default: return "other";
  }
}
