// Capabilities of the processor, and of LibTorch on it.
#include "CLibTorch.h"

#include <initializer_list>
#include <string>

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/cpu/Utils.h>

#include "Guarded.h"
#include "TorchBackend.h"

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

/// Asks LibTorch whether oneDNN, which computes 16-bit products, may use this processor's instructions; true where this
/// LibTorch has no such function.
bool allowed_by_onednn(const char *question) {
  auto check = c10::Dispatcher::singleton().findSchema({question, ""});
  return !check || check->typed<bool()>().call();
}

}  // namespace

const char *torch_instruction_set(void) {
  switch (blpseg::torch_backend().instruction_set()) {
    case blpseg::InstructionSet::avx512: return "avx512";
    case blpseg::InstructionSet::avx2: return "avx2";
    case blpseg::InstructionSet::baseline: return "default";
  }
}

bool torch_processor_multiplies(int8_t element_type) {
  bool result = false;
  char *error = guarded([&] {
    switch (static_cast<at::ScalarType>(element_type)) {
      case at::kFloat:
      case at::kDouble: result = true; break;
      case at::kBFloat16:
        result = processor_has_one_of({"avx512_bf16", "amx_bf16", "bf16"})
                 && allowed_by_onednn("mkldnn::_is_mkldnn_bf16_supported");
        break;
      case at::kHalf:
        result = processor_has_one_of({"avx512_fp16", "amx_fp16", "fp16_arith"})
                 && allowed_by_onednn("mkldnn::_is_mkldnn_fp16_supported");
        break;
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
