#pragma once

// One source, several instruction sets: the loader picks the best clone at run time. Nothing is
// built for the machine at hand, so a binary gives the same numbers wherever it was compiled.
#if defined(__linux__) && defined(__x86_64__)
#define CK_MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CK_MULTIVERSION
#endif

// Lets sums of sixteen floats stay in one register each where the processor has such; compilers prefer
// narrower ones by default.
#if defined(__clang__) && defined(__x86_64__)
#define CK_WIDE __attribute__((min_vector_width(512)))
#else
#define CK_WIDE
#endif

// For loops whose output may be one of their inputs, element for element: without this the compiler tests
// for overlap at run time and falls back to scalar code exactly then.
#define CK_IN_PLACE _Pragma("clang loop vectorize(assume_safety)")
