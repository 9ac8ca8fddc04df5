// Functions that are not operators: tensor data, gradients, autocast, generators, devices, threads.
#include "CLibTorch.h"

#include <dlfcn.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include "AutocastScope.h"
#include "Generation.h"
#include "Guarded.h"
#include "Handles.h"
#include "TorchBackend.h"

#if TORCH_VERSION_MAJOR != 2 || TORCH_VERSION_MINOR < 11
#error "this LibTorch does not fit: version 2.11 or a later 2.x is expected (Scripts/setup installs one)"
#endif

const char *torch_version(void) { return TORCH_VERSION; }

void torch_start(void) {
  blpseg::use_tensor_memory();
  // CUDA kernels register themselves when their library is loaded; a CPU build has no such file.
  dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  torch_set_tf32(false);
}

char *torch_text_copy(const char *text) { return strdup(text); }

void torch_text_release(char *text) { free(text); }

// Tensors

char *torch_tensor_copy(
    const void *bytes, size_t byte_count, const int64_t *shape, size_t dimension_count, int8_t element_type,
    bool pinned, TorchTensor *result) {
  return guarded([&] {
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(element_type));
    at::Tensor tensor =
        at::empty(at::IntArrayRef(shape, dimension_count), options.pinned_memory(pinned && at::hasCUDA()));
    TORCH_CHECK(
        tensor.nbytes() == byte_count, byte_count, " bytes were given for a tensor of shape ", tensor.sizes(),
        ", which takes ", tensor.nbytes());
    if (byte_count > 0) memcpy(tensor.mutable_data_ptr(), bytes, byte_count);
    *result = owned(std::move(tensor));
  });
}

char *torch_tensor_read(TorchTensor tensor, void *bytes, size_t byte_count) {
  return guarded([&] {
    c10::NoGradGuard guard;
    at::Tensor host = borrowed(tensor).to(at::kCPU).contiguous();
    TORCH_CHECK(host.nbytes() == byte_count, "room for ", byte_count, " bytes, the tensor has ", host.nbytes());
    if (byte_count > 0) memcpy(bytes, host.const_data_ptr(), byte_count);
  });
}

TorchTensor torch_tensor_retain(TorchTensor tensor) { return owned(borrowed(tensor)); }

void torch_tensor_release(TorchTensor tensor) {
  if (tensor.ref == nullptr) return;
  c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(static_cast<at::TensorImpl *>(tensor.ref));
}

size_t torch_tensor_dimension_count(TorchTensor tensor) { return borrowed(tensor).dim(); }

void torch_tensor_shape(TorchTensor tensor, int64_t *shape) {
  at::Tensor whole = borrowed(tensor);
  std::copy(whole.sizes().begin(), whole.sizes().end(), shape);
}

int8_t torch_tensor_element_type(TorchTensor tensor) { return static_cast<int8_t>(borrowed(tensor).scalar_type()); }

size_t torch_element_size(int8_t element_type) {
  size_t size = 0;
  char *error = guarded([&] { size = c10::elementSize(static_cast<at::ScalarType>(element_type)); });
  free(error);
  return size;
}

void torch_tensor_device(TorchTensor tensor, char *name, size_t capacity) {
  strncpy(name, borrowed(tensor).device().str().c_str(), capacity);
  name[capacity - 1] = 0;
}

// Gradients

char *torch_tensor_set_requires_gradient(TorchTensor tensor, bool value) {
  return guarded([&] { borrowed(tensor).set_requires_grad(value); });
}

bool torch_tensor_requires_gradient(TorchTensor tensor) { return borrowed(tensor).requires_grad(); }

TorchTensor torch_tensor_gradient(TorchTensor tensor) {
  at::Tensor gradient = borrowed(tensor).grad();
  if (!gradient.defined()) return {nullptr};
  return owned(std::move(gradient));
}

void torch_tensor_clear_gradient(TorchTensor tensor) { borrowed(tensor).mutable_grad().reset(); }

void torch_tensor_set_gradient(TorchTensor tensor, TorchTensor gradient) {
  borrowed(tensor).mutable_grad() = borrowed(gradient);
}

char *torch_tensor_backward(TorchTensor tensor, TorchTensor cotangent) {
  return guarded([&] {
    std::vector<at::Tensor> cotangents;
    if (cotangent.ref != nullptr) cotangents.push_back(borrowed(cotangent));
    torch::autograd::backward({borrowed(tensor)}, cotangents);
  });
}

bool torch_gradient_mode_set(bool enabled) {
  bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled);
  return before;
}

TorchInferenceScope torch_inference_enter(void) { return {new c10::InferenceMode()}; }

void torch_inference_leave(TorchInferenceScope scope) { delete static_cast<c10::InferenceMode *>(scope.ref); }

// Autocast

char *torch_autocast_enter(const char *device, bool enabled, int8_t element_type, TorchAutocastScope *result) {
  return guarded([&] {
    blpseg::Autocast autocast{enabled, static_cast<at::ScalarType>(element_type)};
    *result = {new blpseg::AutocastScope(c10::Device(device).type(), autocast)};
  });
}

void torch_autocast_leave(TorchAutocastScope scope) { delete static_cast<blpseg::AutocastScope *>(scope.ref); }

// Random numbers, devices, threads

char *torch_generator_new(const char *device, uint64_t seed, TorchGenerator *result) {
  return guarded([&] {
    c10::Device where(device);
    at::Generator made = where.is_cpu() ? at::detail::createCPUGenerator(seed)
                                        : at::globalContext()
                                              .getAcceleratorHooksInterface(where.type())
                                              .getNewGenerator(where.has_index() ? where.index() : 0);
    made.set_current_seed(seed);
    *result = owned(made);
  });
}

void torch_generator_release(TorchGenerator generator) { delete static_cast<at::Generator *>(generator.ref); }

char *torch_generator_state(TorchGenerator source, TorchTensor *result) {
  return guarded([&] { *result = owned(generator(source.ref).get_state()); });
}

char *torch_generator_set_state(TorchGenerator target, TorchTensor state) {
  return guarded([&] { generator(target.ref).set_state(borrowed(state)); });
}

int torch_device_count(const char *kind) {
  int count = 0;
  char *error = guarded([&] {
    auto type = c10::Device(kind).type();
    if (type == at::kCPU) count = 1;
    if (type == at::kCUDA && at::hasCUDA())
      count = at::globalContext().getAcceleratorHooksInterface(type).deviceCount();
    if (type == at::kMPS && at::hasMPS()) count = 1;
  });
  free(error);
  return count;
}

bool torch_device_multiplies(const char *device, int8_t element_type) {
  bool result = true;
  char *error = guarded([&] {
    c10::Device where(device);
    if (where.is_cpu()) result = torch_processor_multiplies(element_type);
    if (where.is_cuda() && static_cast<at::ScalarType>(element_type) == at::kBFloat16)
      result = blpseg::has_sixteen_bits(where);
  });
  free(error);
  return result;
}

void torch_set_tf32(bool allowed) {
  at::globalContext().setAllowTF32CuBLAS(allowed);
  at::globalContext().setAllowTF32CuDNN(allowed);
}

void torch_expect_many_sizes(void) { setenv("TORCH_CUDNN_V8_API_DISABLED", "1", 0); }

char *torch_device_synchronize(const char *device) {
  return guarded([&] {
    c10::Device where(device);
    if (!where.is_cpu()) at::accelerator::synchronizeDevice(where.has_index() ? where.index() : 0);
  });
}

char *torch_device_peak_memory(const char *device, bool reset, size_t *bytes) {
  return guarded([&] {
    c10::Device where(device);
    *bytes = 0;
    if (where.is_cpu()) return;
    c10::DeviceIndex index = where.has_index() ? where.index() : 0;
    auto stats = at::accelerator::getDeviceStats(index);
    *bytes = stats.allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)].peak;
    if (reset) at::accelerator::resetPeakStats(index);
  });
}

int torch_thread_count(void) { return at::get_num_threads(); }

void torch_set_thread_count(int count) { at::set_num_threads(count); }
