// Checks of the kernels without LibTorch: CKernelsTests runs them, and Scripts/sanitize with sanitizers.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

size_t kernel_check_count(void);
/// What a check says of the kernels, as a sentence.
const char *kernel_check_name(size_t index);
/// Runs a check; returns NULL where it holds, otherwise what was found as a text that the caller frees.
char *kernel_check_failure(size_t index);

#ifdef __cplusplus
}
#endif
