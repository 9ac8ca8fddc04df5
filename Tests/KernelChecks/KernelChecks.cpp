#include "KernelChecks.h"

#include <cstring>

#include "Check.h"

namespace {

const std::vector<Check> &checks() {
  static const std::vector<Check> all = [] {
    std::vector<Check> all;
    for (const auto *some : {&vector_math_checks, &schedule_checks, &aggregation_checks, &winograd_checks})
      all.insert(all.end(), some->begin(), some->end());
    return all;
  }();
  return all;
}

}  // namespace

size_t kernel_check_count(void) { return checks().size(); }

const char *kernel_check_name(size_t index) { return checks().at(index).name; }

char *kernel_check_failure(size_t index) {
  try {
    checks().at(index).run();
    return nullptr;
  } catch (const std::exception &error) {
    return strdup(error.what());
  }
}
