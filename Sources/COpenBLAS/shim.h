#pragma once

#include <cblas.h>

// LAPACK, as Fortran sees it: column-major, every argument by reference, 32-bit integers. Debian's
// OpenBLAS carries these symbols without a header for them.

/// Cholesky factor of the n × n matrix `a`, in place; `info` is 0 on success.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);

/// Eigenvalues, ascending, and eigenvectors of the symmetric n × n matrix `a`, in place as columns.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

/// Solves for `nrhs` right-hand sides, each a column of `b`, with a factor from `dpotrf_`.
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
             double *b, const int *ldb, int *info);

/// `dpotrf_` in single precision.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);

/// `dpotrs_` in single precision.
void spotrs_(const char *uplo, const int *n, const int *nrhs, const float *a, const int *lda,
             float *b, const int *ldb, int *info);
