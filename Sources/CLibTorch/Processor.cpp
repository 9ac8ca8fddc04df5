// What the processor, and LibTorch on it, can do.
#include "CLibTorch.h"

#include <initializer_list>
#include <string>

#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/cpu/Utils.h>

#include "Guarded.h"
#include "InstructionSets.h"

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

/// Asks LibTorch whether oneDNN, which computes products of 16 bits, may use this processor's instructions; true where this
/// LibTorch has no such question.
bool allowed_by_onednn(const char *question) {
  auto check = c10::Dispatcher::singleton().findSchema({question, ""});
  return !check || check->typed<bool()>().call();
}

}  // namespace

blpseg::InstructionSet blpseg::instruction_set() {
  static const InstructionSet widest = [] {
#if defined(__x86_64__)
    const std::string used = at::get_cpu_capability();
    if (used == "AVX512" && __builtin_cpu_supports("x86-64-v4")) return InstructionSet::avx512;
    if ((used == "AVX512" || used == "AVX2") && __builtin_cpu_supports("x86-64-v3")) return InstructionSet::avx2;
#endif
    return InstructionSet::baseline;
  }();
  return widest;
}

const char *torch_instruction_set(void) {
  switch (blpseg::instruction_set()) {
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
