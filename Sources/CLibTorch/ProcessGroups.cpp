// Processes that compute together: collective sums, and gradients summed during the backward pass.
#include "CLibTorch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#if __has_include(<gloo/context.h>)
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#ifdef BLPSEG_CUDA
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "Guarded.h"
#include "Handles.h"
#include "ProcessStore.h"

namespace {

using at::Tensor;
using Store = c10::intrusive_ptr<c10d::Store>;
using Group = c10::intrusive_ptr<c10d::ProcessGroup>;

const Group &group(TorchProcessGroup handle) { return *static_cast<Group *>(handle.ref); }

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

std::vector<Tensor> tensors(const TorchTensor *handles, size_t count) {
  std::vector<Tensor> result;
  for (size_t i = 0; i < count; ++i) result.push_back(borrowed(handles[i]));
  return result;
}

/// Connects to the other processes within `start_timeout`; collective functions take up to `timeout` from then on.
c10::intrusive_ptr<c10d::Backend> backend(
    const Store &store, const std::string &own_address, int rank, int size, const c10::Device &device,
    std::chrono::milliseconds start_timeout, std::chrono::milliseconds timeout) {
  BrokenPipesAsErrors scope;
  if (device.is_cpu()) {
#ifdef USE_C10D_GLOO
    auto options = c10d::ProcessGroupGloo::Options::create(start_timeout);
    // Gloo's own choice is the address of this machine's name, which may be one that no other machine reaches.
    const char *interface = std::getenv("GLOO_SOCKET_IFNAME");
    options->devices.push_back(
        interface              ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
        : !own_address.empty() ? c10d::ProcessGroupGloo::createDeviceForHostname(own_address)
                               : c10d::ProcessGroupGloo::createDefaultDevice());
    auto made = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
    made->setTimeout(timeout);
    return made;
#else
    TORCH_CHECK(false, "this program was built without Gloo; install its headers (libgloo-dev) and build anew");
#endif
  }
#ifdef BLPSEG_CUDA
  if (device.is_cuda()) {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = timeout;
    return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
  }
#endif
  TORCH_CHECK(
      false,
      "several processes can compute on the CPU (Gloo), and on CUDA where the program was built with NCCL; this ",
      "build cannot on ", device);
}

/// Runs a collective function on `tensor`, which is sent in row-major order.
template <typename Collective>
void in_row_major_order(Tensor &tensor, Collective &&collective) {
  std::vector<Tensor> list = {tensor.contiguous()};
  collective(list);
  if (!list[0].is_same(tensor)) tensor.copy_(list[0]);
}

void sum(const Group &group, Tensor &tensor) {
  in_row_major_order(tensor, [&](auto &list) { group->allreduce(list)->wait(); });
}

/// `values` over channels, as `[1, C, 1, 1]`.
Tensor per_channel(const Tensor &values) { return values.view({1, -1, 1, 1}); }

/// Batch normalisation with the statistics of all processes' batches together.
struct SynchronizedBatchNorm : torch::autograd::Function<SynchronizedBatchNorm> {
  static Tensor forward(
      torch::autograd::AutogradContext *context, const Tensor &x, const Tensor &weight, const Tensor &bias,
      const Tensor &running_mean, const Tensor &running_variance, double momentum, double epsilon, const Group &group) {
    int64_t channels = x.size(1);
    double count = static_cast<double>(x.numel() / channels);
    auto [local_variance, local_mean] = at::var_mean(x.to(weight.scalar_type()), {0, 2, 3}, /*correction=*/0);

    // Means and variances of parts combine into those of the whole without cancellation (Chan et al., 1979).
    Tensor total = at::full({1}, count, weight.options());
    Tensor moments = at::cat({local_mean * count, total});
    sum(group, moments);
    total = moments.slice(0, channels);
    Tensor mean = moments.slice(0, 0, channels) / total;
    Tensor variance = (local_variance + (local_mean - mean).square()) * count;
    sum(group, variance);
    variance.div_(total);

    {
      at::NoGradGuard no_gradient;
      Tensor mutable_mean = running_mean, mutable_variance = running_variance;
      mutable_mean.lerp_(mean, momentum);
      mutable_variance.lerp_(variance * total / (total - 1), momentum);
    }
    context->save_for_backward({x, weight, mean, variance, total});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["group"] = c10::IValue(group);
    // With given statistics, as in evaluation, LibTorch's own kernel normalises.
    return at::batch_norm(x, weight, bias, mean, variance, /*training=*/false, momentum, epsilon, true);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, const torch::autograd::variable_list &cotangents) {
    auto saved = context->get_saved_variables();
    Tensor x = saved[0], weight = saved[1], mean = saved[2], variance = saved[3], total = saved[4];
    double epsilon = context->saved_data["epsilon"].toDouble();
    auto group = context->saved_data["group"].toCustomClass<c10d::ProcessGroup>();

    // The part through x itself, and this process's sums for weight and bias.
    Tensor none;
    auto [gradient, weight_gradient, bias_gradient] = at::native_batch_norm_backward(
        cotangents[0].contiguous(x.suggest_memory_format()), x, weight, mean, variance, none, none, /*train=*/false,
        epsilon, {true, true, true});

    // The part through mean and variance, to which every process contributes.
    int64_t channels = x.size(1);
    Tensor sums = at::cat({weight_gradient, bias_gradient});
    sum(group, sums);
    Tensor inverse_deviation = at::rsqrt(variance + epsilon);
    Tensor slope = weight * inverse_deviation.square() * sums.slice(0, 0, channels) / total;
    Tensor offset = weight * inverse_deviation * sums.slice(0, channels) / total - slope * mean;
    gradient = gradient - x * per_channel(slope).to(x.scalar_type()) - per_channel(offset).to(x.scalar_type());
    return {gradient, weight_gradient, bias_gradient, none, none, none, none, none};
  }
};

/// Suppresses one warning of c10d, which mistakes another stride of a dimension of size 1 for another layout.
struct StridesWarningFilter : c10::WarningHandler {
  void process(const c10::Warning &warning) override {
    if (warning.msg().rfind("Grad strides do not match", 0) != 0) c10::WarningHandler::process(warning);
  }
};

}  // namespace

char *torch_process_group_new(
    TorchStore meeting, const char *prefix, int rank, int size, const char *device, double start_timeout_seconds,
    double timeout_seconds, TorchProcessGroup *result) {
  return guarded([&] {
    Store keys = c10::make_intrusive<c10d::PrefixStore>(prefix, connection(meeting).store);
    c10::Device where(device);
    auto made = c10::make_intrusive<c10d::ProcessGroup>(keys, rank, size);
    auto type = where.is_cpu() ? c10d::ProcessGroup::GLOO : c10d::ProcessGroup::NCCL;
    made->setDefaultBackend(type);
    made->setBackend(
        where.type(), type,
        backend(
            keys, connection(meeting).own_address, rank, size, where, milliseconds(start_timeout_seconds),
            milliseconds(timeout_seconds)));
    *result = {new Group(made)};
  });
}

void torch_process_group_release(TorchProcessGroup handle) { delete static_cast<Group *>(handle.ref); }

char *torch_process_group_sum(TorchProcessGroup handle, TorchTensor tensor) {
  return guarded([&] {
    c10::NoGradGuard no_gradient;
    Tensor whole = borrowed(tensor);
    sum(group(handle), whole);
  });
}

char *torch_process_group_broadcast(TorchProcessGroup handle, TorchTensor tensor, int root) {
  return guarded([&] {
    c10::NoGradGuard no_gradient;
    Tensor whole = borrowed(tensor);
    c10d::BroadcastOptions options;
    options.rootRank = root;
    in_row_major_order(whole, [&](auto &list) { group(handle)->broadcast(list, options)->wait(); });
  });
}

char *torch_synchronized_batch_norm(
    TorchProcessGroup handle, TorchTensor x, TorchTensor weight, TorchTensor bias, TorchTensor running_mean,
    TorchTensor running_variance, double momentum, double epsilon, TorchTensor *result) {
  return guarded([&] {
    *result = owned(SynchronizedBatchNorm::apply(
        borrowed(x), borrowed(weight), borrowed(bias), borrowed(running_mean), borrowed(running_variance), momentum,
        epsilon, group(handle)));
  });
}

char *torch_reducer_new(TorchProcessGroup handle, const TorchTensor *parameters, size_t count, TorchReducer *result) {
  return guarded([&] {
    std::vector<Tensor> all = tensors(parameters, count);
    std::vector<bool> is_sparse(count, false);
    auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
        all, {c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap}, is_sparse);
    static StridesWarningFilter filter;
    c10::WarningUtils::set_warning_handler(&filter);
    // Gradients come in the reverse order of the forward pass.
    std::reverse(buckets.begin(), buckets.end());
    *result = {new c10d::Reducer(
        all, buckets, group(handle), is_sparse, c10d::kDefaultBucketBytesCap, /*find_unused_parameters=*/false,
        /*gradient_as_bucket_view=*/false, {}, c10d::kDefaultFirstBucketBytes,
        /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false, {})};
  });
}

void torch_reducer_release(TorchReducer handle) {
  free(guarded([&] { delete static_cast<c10d::Reducer *>(handle.ref); }));
}

char *torch_reducer_prepare(TorchReducer handle) {
  return guarded([&] { static_cast<c10d::Reducer *>(handle.ref)->prepare_for_backward({}); });
}
