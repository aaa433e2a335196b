#define _GNU_SOURCE
#include "CKernels.h"

#include <dlfcn.h>

void ck_set_openmp_threads(int count) {
  // Looked up at run time: oneDNN brings its OpenMP library along, and we link none of our own.
  void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(count);
}
