// Runs all checks of the kernels, for Scripts/sanitize; exits with 1 where one fails.
#include <cstdio>
#include <cstdlib>

#include "KernelChecks.h"

int main() {
  int failures = 0;
  for (size_t index = 0; index < kernel_check_count(); index++) {
    char *failure = kernel_check_failure(index);
    if (failure == nullptr) continue;
    fprintf(stderr, "%s: %s\n", kernel_check_name(index), failure);
    free(failure);
    failures++;
  }
  printf("%zu checks of kernels, %d failed\n", kernel_check_count(), failures);
  return failures > 0;
}
