// zlib for Swift: inflateInit2 is a macro.
#pragma once

#include <zlib.h>

/// Prepares to inflate a raw deflate stream, without zlib's header and checksum.
static inline int cz_inflate_init_raw(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
