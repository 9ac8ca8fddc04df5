// Memory of tensors on the CPU.
#pragma once

namespace blpseg {

/// From now on tensors on the CPU are allocated so that memory is reused between training steps.
void use_tensor_memory();

}  // namespace blpseg
