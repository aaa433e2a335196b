#pragma once

#include <hdf5.h>
#include <stdbool.h>
#include <string.h>

// HDF5's constants are macros over globals, and its newer functions macros over versions: Swift sees
// neither. Each one used gets an inline function here.

static inline hid_t ch5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t ch5_file_create_class(void) { return H5P_FILE_CREATE; }
static inline hid_t ch5_group_create_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t ch5_dataset_create_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t ch5_link_create_class(void) { return H5P_LINK_CREATE; }
static inline hid_t ch5_defaults(void) { return H5P_DEFAULT; }
static inline hid_t ch5_everything(void) { return H5S_ALL; }

static inline unsigned ch5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned ch5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned ch5_read_write(void) { return H5F_ACC_RDWR; }

static inline haddr_t ch5_undefined_address(void) { return HADDR_UNDEF; }

static inline hid_t ch5_int32(void) { return H5T_STD_I32LE; }
static inline hid_t ch5_int64(void) { return H5T_STD_I64LE; }
static inline hid_t ch5_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t ch5_uint32(void) { return H5T_STD_U32LE; }
static inline hid_t ch5_float32(void) { return H5T_IEEE_F32LE; }

/// A new string type in UTF-8 of `size` bytes, null-padded, or of variable length for size 0.
static inline hid_t ch5_new_string(size_t size) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type < 0) return type;
  if (H5Tset_size(type, size == 0 ? H5T_VARIABLE : size) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0
      || (size != 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

/// A new little-endian 16-bit float type with the given exponent and mantissa widths.
static inline hid_t ch5_new_half(size_t exponent_bits, size_t mantissa_bits, size_t bias) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  if (type < 0) return type;
  if (H5Tset_fields(type, 15, mantissa_bits, exponent_bits, 0, mantissa_bits) < 0
      || H5Tset_size(type, 2) < 0 || H5Tset_ebias(type, bias) < 0) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

/// Keeps HDF5 from printing its error stack; the setting belongs to the calling thread.
static inline void ch5_silence_errors(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

typedef struct {
  void (*visit)(const char *description, void *context);
  void *context;
} ch5_error_visit;

static inline herr_t ch5_pass_error(unsigned depth, const H5E_error2_t *error, void *data) {
  (void)depth;
  ch5_error_visit *call = (ch5_error_visit *)data;
  call->visit(error->desc, call->context);
  return 0;
}

/// Calls `visit` for each error on this thread's stack, the innermost first.
static inline void ch5_each_error(
    void (*visit)(const char *description, void *context), void *context) {
  ch5_error_visit call = {visit, context};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, ch5_pass_error, &call);
}

/// Forbids loading filters and other plug-ins from the file system.
static inline herr_t ch5_forbid_plugins(void) { return H5PLset_loading_state(0); }

/// Leaves locking to the caller: HDF5's own locks fail on file systems without them.
static inline void ch5_leave_locking(hid_t access) {
#if (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0)) || H5_VERSION_GE(1, 12, 1)
  H5Pset_file_locking(access, false, true);
#else
  (void)access;
#endif
}

typedef enum {
  ch5_link_hard,
  ch5_link_soft,
  ch5_link_external,
  ch5_link_other,
} ch5_link_kind;

typedef struct {
  bool (*visit)(const char *name, size_t length, ch5_link_kind kind, void *context);
  void *context;
} ch5_link_visit;

static inline herr_t ch5_pass_link(
    hid_t group, const char *name, const H5L_info_t *info, void *data) {
  (void)group;
  ch5_link_visit *call = (ch5_link_visit *)data;
  ch5_link_kind kind = ch5_link_other;
  if (info->type == H5L_TYPE_HARD) kind = ch5_link_hard;
  if (info->type == H5L_TYPE_SOFT) kind = ch5_link_soft;
  if (info->type == H5L_TYPE_EXTERNAL) kind = ch5_link_external;
  return call->visit(name, strlen(name), kind, call->context) ? 0 : 1;
}

/// Calls `visit` for each link of a group in order of name until it returns false.
///
/// Returns a negative number when the group cannot be read.
static inline herr_t ch5_each_link(
    hid_t group,
    bool (*visit)(const char *name, size_t length, ch5_link_kind kind, void *context),
    void *context) {
  ch5_link_visit call = {visit, context};
  hsize_t start = 0;
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &start, ch5_pass_link, &call);
}
