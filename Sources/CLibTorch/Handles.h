// Conversions between C handles and LibTorch's objects.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "CLibTorch.h"

/// Passes a reference to the caller.
inline TorchTensor owned(at::Tensor tensor) { return {tensor.unsafeReleaseTensorImpl()}; }

/// A second reference to the caller's tensor.
inline at::Tensor borrowed(const void *ref) {
  if (ref == nullptr) return {};
  auto *impl = static_cast<at::TensorImpl *>(const_cast<void *>(ref));
  return at::Tensor(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim_copy(impl));
}

inline at::Tensor borrowed(TorchTensor tensor) { return borrowed(tensor.ref); }

inline TorchGenerator owned(const at::Generator &generator) { return {new at::Generator(generator)}; }

inline at::Generator &generator(const void *ref) { return *static_cast<at::Generator *>(const_cast<void *>(ref)); }
