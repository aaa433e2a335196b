#include "CKernels.h"

#include <string.h>

#include "multiversion.h"

/// Rows that share a reading of a panel: as many sums as registers hold.
enum { row_tile = 6 };

size_t ck_panel_capacity(size_t inner, size_t width) {
  return (width + ck_panel_width - 1) / ck_panel_width * ck_panel_width * inner;
}

void ck_pack_panels(const float *matrix, size_t inner, size_t width, float *panels) {
  for (size_t first = 0; first < width; first += ck_panel_width) {
    size_t count = width - first < ck_panel_width ? width - first : ck_panel_width;
    for (size_t i = 0; i < inner; i++, panels += ck_panel_width) {
      memcpy(panels, matrix + i * width + first, count * sizeof(float));
      memset(panels + count, 0, (ck_panel_width - count) * sizeof(float));
    }
  }
}

/// A tile of rows times a panel; all sums stay in registers.
CK_MULTIVERSION
static void multiply_panel(
    const float *const rows[row_tile], const float *panel, size_t inner,
    float sums[row_tile][ck_panel_width]) {
  float local[row_tile][ck_panel_width] = {{0}};
  for (size_t i = 0; i < inner; i++) {
    const float *from = panel + i * ck_panel_width;
    for (size_t row = 0; row < row_tile; row++) {
      for (size_t column = 0; column < ck_panel_width; column++) {
        local[row][column] += rows[row][i] * from[column];
      }
    }
  }
  memcpy(sums, local, sizeof(local));
}

void ck_thin_product(
    const float *rows, size_t row_count, const float *panels, size_t inner, size_t width,
    float *output) {
  for (size_t first = 0; first < width; first += ck_panel_width) {
    size_t count = width - first < ck_panel_width ? width - first : ck_panel_width;
    const float *panel = panels + first * inner;
    for (size_t row = 0; row < row_count; row += row_tile) {
      size_t tile = row_count - row < row_tile ? row_count - row : row_tile;
      const float *sources[row_tile];
      for (size_t i = 0; i < row_tile; i++) {
        sources[i] = rows + (row + (i < tile ? i : 0)) * inner;
      }
      float sums[row_tile][ck_panel_width];
      multiply_panel(sources, panel, inner, sums);
      for (size_t i = 0; i < tile; i++) {
        memcpy(output + (row + i) * width + first, sums[i], count * sizeof(float));
      }
    }
  }
}
