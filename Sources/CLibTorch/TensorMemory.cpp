// Memory of tensors on the CPU.
#include "TorchBackend.h"

#include "CLibTorch.h"

#include <cstdint>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

namespace {

/// The alignment for oneDNN and vector instructions.
constexpr size_t alignment = 64;

/// Aligned blocks from `malloc`.
///
/// LibTorch asks for aligned memory, for which glibc searches a free block larger than the result: a freed block never
/// fits the next tensor of its size, and a third of a training process's memory is unused. For a plain block with room
/// for the alignment, glibc reuses it.
class TensorAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    if (size == 0) return {nullptr, nullptr, &release, at::Device(at::kCPU)};
    char *block = size < SIZE_MAX - alignment ? static_cast<char *>(malloc(size + alignment)) : nullptr;
    TORCH_CHECK_WITH(OutOfMemoryError, block != nullptr, "there is not enough memory for a tensor of ", size, " bytes");
    // Blocks of `malloc` have 16 bytes of alignment themselves, which leaves room for their address before the data.
    char *data = block + alignment - reinterpret_cast<uintptr_t>(block) % alignment;
    reinterpret_cast<char **>(data)[-1] = block;
    return {data, data, &release, at::Device(at::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void *to, const void *from, size_t size) const override { default_copy_data(to, from, size); }

 private:
  static void release(void *data) {
    if (data != nullptr) free(static_cast<char **>(data)[-1]);
  }
};

}  // namespace

namespace blpseg {

void use_tensor_memory() {
#ifdef __GLIBC__
  // LibTorch asks for blocks of hundreds of megabytes. By default glibc maps, zeroes and unmaps each of them every
  // time. Only those of very large photographs and batches still are: the holes that they leave in the heap took a
  // gigabyte.
  mallopt(M_MMAP_THRESHOLD, 1 << 27);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
  static TensorAllocator allocator;
  const uint8_t over_the_standard_one = 1;
  c10::SetCPUAllocator(&allocator, over_the_standard_one);
}

}  // namespace blpseg

void torch_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
