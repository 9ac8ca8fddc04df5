// LibTorch's threads, memory and matrix products for the kernels, and the numbers of its tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "Backend.h"

namespace blpseg {

const Backend &torch_backend();

/// From now on tensors on the CPU are allocated so that memory is reused between training steps.
void use_tensor_memory();

/// The elements of a tensor of type `T`, row by row. LibTorch 2.11 exports its own `const_data_ptr<T>` under names that
/// clang does not use.
template <typename T>
const T *elements(const at::Tensor &tensor) {
  TORCH_CHECK(
      tensor.scalar_type() == c10::CppTypeToScalarType<T>::value, "a tensor of ", c10::CppTypeToScalarType<T>::value,
      " was expected, found ", tensor.scalar_type());
  return static_cast<const T *>(tensor.const_data_ptr());
}

/// The same, to be written.
template <typename T>
T *mutable_elements(const at::Tensor &tensor) {
  elements<T>(tensor);
  return static_cast<T *>(tensor.mutable_data_ptr());
}

}  // namespace blpseg
