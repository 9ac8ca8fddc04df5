// Memory of tensors on the CPU.
#pragma once

namespace blpseg {

/// From now on tensors on the CPU come from an allocator that uses memory again between the steps of a training.
void use_tensor_memory();

}  // namespace blpseg
