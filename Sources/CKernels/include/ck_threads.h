#pragma once

/// Sets how many threads OpenMP regions started by the calling thread use.
///
/// Debian's oneDNN runs on OpenMP; the setting belongs to the calling thread. Nothing happens where no
/// OpenMP library is loaded.
void ck_set_openmp_threads(int count);
