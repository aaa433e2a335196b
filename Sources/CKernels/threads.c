#define _GNU_SOURCE
#include "CKernels.h"

#include <dlfcn.h>
#include <stdatomic.h>

void ck_set_openmp_threads(int count) {
  // Looked up at run time: oneDNN brings its OpenMP library along, and we link none of our own. Once found
  // it stays.
  static _Atomic(void *) found;
  void *address = atomic_load_explicit(&found, memory_order_relaxed);
  if (!address) {
    address = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    atomic_store_explicit(&found, address, memory_order_relaxed);
  }
  if (address) ((void (*)(int))address)(count);
}
