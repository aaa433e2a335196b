#pragma once

#include <stddef.h>

/// Columns of a panel.
enum { ck_panel_width = 32 };

/// How many floats the panels of a matrix of `inner` × `width` take.
size_t ck_panel_capacity(size_t inner, size_t width);

/// Lays a matrix out in panels: `[width / 32, inner, 32]`, the last one filled up with zeros.
///
/// `matrix`: [inner, width]; `panels`: `ck_panel_capacity` floats.
void ck_pack_panels(const float *matrix, size_t inner, size_t width, float *panels);

/// Writes `rows` × the matrix in panels, for few rows.
///
/// `rows`: [row, inner]; `output`: [row, width]. A row of the output depends on its own row alone and is
/// summed in order.
void ck_thin_product(
    const float *rows, size_t row_count, const float *panels, size_t inner, size_t width,
    float *output);
