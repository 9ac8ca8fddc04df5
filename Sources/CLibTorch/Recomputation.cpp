// Computations whose intermediate results are recomputed in the backward pass instead of being stored for it.
#include <unordered_set>
#include <vector>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include "AutocastScope.h"
#include "Guarded.h"
#include "Handles.h"

namespace {

using at::Tensor;
using blpseg::Autocast;
using blpseg::AutocastScope;

/// The caller's function with its context, released with the last reference.
class Computation : public torch::CustomClassHolder {
 public:
  Computation(TorchComputation compute, void *context, void (*release)(void *))
      : compute_(compute), context_(context), release_(release) {}
  ~Computation() override { release_(context_); }
  Computation(const Computation &) = delete;
  Computation &operator=(const Computation &) = delete;

  Tensor operator()(const Tensor &input) const {
    TorchTensor result{nullptr};
    if (char *failure = compute_(context_, {input.unsafeGetTensorImpl()}, &result)) {
      std::string message = failure;
      free(failure);
      TORCH_CHECK(false, message);
    }
    auto *impl = static_cast<at::TensorImpl *>(result.ref);
    return Tensor(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(impl));
  }

 private:
  TorchComputation compute_;
  void *context_;
  void (*release_)(void *);
};

/// The leaves that `result` was computed from and that require a gradient.
std::vector<Tensor> leaves(const Tensor &result) {
  std::vector<Tensor> found;
  std::vector<torch::autograd::Node *> waiting = {result.grad_fn().get()};
  std::unordered_set<torch::autograd::Node *> seen;
  while (!waiting.empty()) {
    torch::autograd::Node *node = waiting.back();
    waiting.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    if (auto *leaf = dynamic_cast<torch::autograd::AccumulateGrad *>(node)) found.push_back(leaf->variable);
    for (const auto &edge : node->next_edges()) waiting.push_back(edge.function.get());
  }
  return found;
}

/// An existing result, which autograd must not take for an input.
struct Computed {
  Tensor result;
};

struct Recomputed : torch::autograd::Function<Recomputed> {
  static Tensor forward(
      torch::autograd::AutogradContext *context, const Tensor &input, at::TensorList parameters,
      const Computed &computed, const c10::intrusive_ptr<Computation> &compute) {
    std::vector<Tensor> saved = {input};
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(saved);
    Autocast autocast = Autocast::current(input.device().type());
    context->saved_data["autocast"] = autocast.enabled;
    context->saved_data["type"] = static_cast<int64_t>(autocast.type);
    context->saved_data["compute"] = c10::IValue::make_capsule(compute);
    return computed.result;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, const torch::autograd::variable_list &cotangents) {
    auto saved = context->get_saved_variables();
    auto compute = c10::static_intrusive_pointer_cast<Computation>(context->saved_data["compute"].toCapsule());
    bool wants_input = saved[0].requires_grad();
    Tensor input = saved[0].detach().requires_grad_(wants_input);
    torch::autograd::variable_list reached(saved.begin() + (wants_input ? 0 : 1), saved.end());
    if (wants_input) reached[0] = input;
    Tensor result;
    {
      at::AutoGradMode recording(true);
      Autocast then{
          context->saved_data["autocast"].toBool(), static_cast<at::ScalarType>(context->saved_data["type"].toInt())};
      AutocastScope autocast(input.device().type(), then);
      result = (*compute)(input);
    }
    auto gradients = torch::autograd::grad({result}, reached, {cotangents[0]});
    if (!wants_input) gradients.insert(gradients.begin(), Tensor());
    // For the two arguments that are no tensors.
    gradients.resize(gradients.size() + 2);
    return gradients;
  }
};

}  // namespace

char *torch_recomputed(
    TorchTensor input, TorchComputation compute, void *context, void (*release)(void *context), TorchTensor *result) {
  return guarded([&] {
    auto computation = c10::make_intrusive<Computation>(compute, context, release);
    Tensor from = borrowed(input);
    Tensor alone = from.detach().requires_grad_(from.requires_grad());
    Tensor made = (*computation)(alone);
    if (!made.requires_grad()) {
      *result = owned(std::move(made));
      return;
    }
    std::vector<Tensor> parameters;
    for (const Tensor &leaf : leaves(made))
      if (!leaf.is_same(alone)) parameters.push_back(leaf);
    Tensor output = made.detach();
    made.reset();
    *result = owned(Recomputed::apply(from, at::TensorList(parameters), Computed{output}, computation));
  });
}
