// What the processor, and LibTorch on it, can do.
#include "CLibTorch.h"

#include <initializer_list>

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/cpu/Utils.h>

#include "Guarded.h"

namespace {

/// Whether the processor has one of these, in LibTorch's names.
bool processor_has_one_of(std::initializer_list<const char *> names) {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  for (const char *name : names) {
    auto found = capabilities.find(name);
    if (found != capabilities.end() && found->second.isBool() && found->second.toBool()) return true;
  }
  return false;
}

}  // namespace

bool torch_processor_multiplies(int8_t element_type) {
  bool result = false;
  char *error = guarded([&] {
    switch (static_cast<at::ScalarType>(element_type)) {
      case at::kFloat:
      case at::kDouble: result = true; break;
      case at::kBFloat16: result = processor_has_one_of({"avx512_bf16", "amx_bf16", "bf16"}); break;
      case at::kHalf: result = processor_has_one_of({"avx512_fp16", "amx_fp16", "fp16_arith"}); break;
      default: break;
    }
  });
  free(error);
  return result;
}

bool torch_has_fused_convolution(int8_t element_type) {
  bool result = false;
  char *error = guarded([&] {
    auto &dispatcher = c10::Dispatcher::singleton();
    if (!dispatcher.findSchema({"mkldnn::_convolution_pointwise", ""})) return;
    if (!dispatcher.findSchema({"mkldnn::_convolution_pointwise_", "binary"})) return;
    switch (static_cast<at::ScalarType>(element_type)) {
      case at::kFloat: result = true; break;
      case at::kBFloat16: {
        auto check = dispatcher.findSchema({"mkldnn::_is_mkldnn_bf16_supported", ""});
        result = check && check->typed<bool()>().call();
        break;
      }
      default: break;
    }
  });
  free(error);
  return result;
}
