// Functions that are compiled for several instruction sets.
#pragma once

/// Before a function: the loader picks the version for the processor.
#if defined(__x86_64__) && defined(__linux__)
#define BLPSEG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BLPSEG_CLONES
#endif

/// Before what such functions share, which each version must hold for itself.
#define BLPSEG_INLINE inline __attribute__((always_inline))
