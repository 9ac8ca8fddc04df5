// C functions over LibTorch, for Swift.
//
// Operators are called by name through LibTorch's dispatcher; only what is not an operator has a function here.
// Every function that can fail returns NULL on success, otherwise a text (LibTorch's own words) that the caller
// releases with `torch_text_release`. No C++ exception leaves this file's functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#if !__has_include(<torch/version.h>)
#error "LibTorch was not found: run Scripts/setup, or name an installation in the variable LIBTORCH"
#endif
extern "C" {
#endif

/// A reference to a tensor; NULL is no tensor.
typedef struct {
  void *ref;
} TorchTensor;
/// A resolved operator; lives as long as the process.
typedef struct {
  const void *ref;
} TorchOperator;
/// A reference to a source of random numbers.
typedef struct {
  void *ref;
} TorchGenerator;
/// An inference-mode scope that is open on this thread.
typedef struct {
  void *ref;
} TorchInferenceScope;
/// An autocast scope that is open on this thread.
typedef struct {
  void *ref;
} TorchAutocastScope;
/// A connection to the key-value store for the rendezvous of processes.
typedef struct {
  void *ref;
} TorchStore;
/// The group of processes that compute together.
typedef struct {
  void *ref;
} TorchProcessGroup;
/// Averages gradients over processes during the backward pass.
typedef struct {
  void *ref;
} TorchReducer;
typedef struct {
  void *ref;
} TorchGraph;

typedef enum {
  TorchValueNone,
  TorchValueTensor,    // pointer: tensor
  TorchValueInteger,   // integer; also element types and memory formats
  TorchValueReal,      // real
  TorchValueBool,      // integer 0 or 1
  TorchValueText,      // pointer: zero-terminated UTF-8; also devices
  TorchValueIntegers,  // pointer: int64_t[integer]
  TorchValueReals,     // pointer: double[integer]
  TorchValueTensors,   // pointer: TorchTensor[integer]
  TorchValueGenerator  // pointer: generator
} TorchValueKind;

/// An argument or a result of an operator. Arguments are borrowed; tensors in results are owned by the caller.
typedef struct {
  TorchValueKind kind;
  int64_t integer;
  double real;
  const void *pointer;
} TorchValue;

/// Version of the LibTorch that is linked, e.g. "2.13.0".
const char *torch_version(void);

/// Prepares the process: memory allocator thresholds, and the CUDA library where LibTorch has one.
void torch_start(void);

/// Gives memory that is not in use back to the system, where the allocator can.
void torch_memory_trim(void);

/// A text that `torch_text_release` frees.
char *torch_text_copy(const char *text);
void torch_text_release(char *text);

// Operators

/// `name` is "aten::add"; `overload` may be "". The result stays valid for ever.
char *torch_operator_find(const char *name, const char *overload, TorchOperator *result);
/// Calls an operator; missing trailing arguments take the schema's defaults. `result_count` holds the capacity of
/// `results` on entry and the number of results on return. A result that is a list of tensors becomes several results.
char *torch_operator_call(
    TorchOperator op, const TorchValue *arguments, size_t argument_count, TorchValue *results, size_t *result_count);

/// Calls `body`; `names` becomes those of all operators that it called on this thread, also from within others, each on
/// a line, as a text that `torch_text_release` frees.
char *torch_operators_called(void (*body)(void *context), void *context, char **names);

/// Whether blpseg::winograd_convolution takes an image `[N, C, H, W]` and a weight `[K, C, 3, 3]`, and is faster than
/// LibTorch's convolution.
bool torch_suits_winograd(TorchTensor image, TorchTensor weight);

// Tensors

/// `pinned` asks for memory that CUDA devices can copy from by themselves; without CUDA it changes nothing.
char *torch_tensor_copy(
    const void *bytes, size_t byte_count, const int64_t *shape, size_t dimension_count, int8_t element_type,
    bool pinned, TorchTensor *result);
/// Copies all elements in row-major order to `bytes`, which must hold exactly as many as the tensor has.
char *torch_tensor_read(TorchTensor tensor, void *bytes, size_t byte_count);
/// A second reference to the tensor, to be released as well.
TorchTensor torch_tensor_retain(TorchTensor tensor);
void torch_tensor_release(TorchTensor tensor);
size_t torch_tensor_dimension_count(TorchTensor tensor);
void torch_tensor_shape(TorchTensor tensor, int64_t *shape);
int8_t torch_tensor_element_type(TorchTensor tensor);
/// Bytes of one element of this type; 0 for a type that LibTorch does not know.
size_t torch_element_size(int8_t element_type);
/// Writes the device's name ("cpu", "cuda:0") with its terminating zero, cut to `capacity`.
void torch_tensor_device(TorchTensor tensor, char *name, size_t capacity);

// Gradients

char *torch_tensor_set_requires_gradient(TorchTensor tensor, bool value);
bool torch_tensor_requires_gradient(TorchTensor tensor);
/// The accumulated gradient, or no tensor.
TorchTensor torch_tensor_gradient(TorchTensor tensor);
void torch_tensor_clear_gradient(TorchTensor tensor);
void torch_tensor_set_gradient(TorchTensor tensor, TorchTensor gradient);
char *torch_tensor_backward(TorchTensor tensor, TorchTensor cotangent);
/// A computation from one tensor to another; `input` is borrowed, the result owned by the caller. Returns NULL, or an
/// error message.
typedef char *(*TorchComputation)(void *context, TorchTensor input, TorchTensor *result);
/// Computes, and stores nothing of the computation but its input: it is repeated in the backward pass. `release` frees
/// `context` when that can no longer happen.
char *torch_recomputed(
    TorchTensor input, TorchComputation compute, void *context, void (*release)(void *context), TorchTensor *result);
/// Returns the previous setting.
bool torch_gradient_mode_set(bool enabled);
TorchInferenceScope torch_inference_enter(void);
void torch_inference_leave(TorchInferenceScope scope);

// Autocast

/// Opens a scope in which the operators that profit from it compute in `element_type`, or, where `enabled` is false, in
/// the type of what they are given; closes with `leave`.
char *torch_autocast_enter(const char *device, bool enabled, int8_t element_type, TorchAutocastScope *result);
void torch_autocast_leave(TorchAutocastScope scope);

// Graphs

/// Whether `torch_graph_record` can record on the device.
bool torch_graph_is_possible(const char *device);
/// Returns whether it did its work.
typedef bool (*TorchWork)(void *context);
/// Records what `work` asks of the device, which may draw from the generators; the device does not do it yet.
char *torch_graph_record(
    const char *device, const TorchGenerator *generators, size_t generator_count, TorchWork work, void *context,
    TorchGraph *result);
/// Does the recorded work again.
char *torch_graph_replay(TorchGraph graph);
void torch_graph_release(TorchGraph graph);

// Random numbers, devices, threads

char *torch_generator_new(const char *device, uint64_t seed, TorchGenerator *result);
void torch_generator_release(TorchGenerator generator);
/// State as a byte tensor.
char *torch_generator_state(TorchGenerator generator, TorchTensor *result);
char *torch_generator_set_state(TorchGenerator generator, TorchTensor state);

/// 0 where this LibTorch has no such device.
int torch_device_count(const char *kind);
/// Waits until the device has completed all its work.
char *torch_device_synchronize(const char *device);
/// The most bytes that tensors on the device held at once, since the start or the last `reset`; 0 for the CPU.
char *torch_device_peak_memory(const char *device, bool reset, size_t *bytes);
/// Whether a device has instructions for products of this floating-point type that LibTorch may use. Known of the CPU
/// (`torch_processor_multiplies`), and on CUDA of bfloat16; taken for granted elsewhere.
bool torch_device_multiplies(const char *device, int8_t element_type);
/// Whether CUDA may round the factors of float32 products to 10 bits (TF32). At first it may not.
void torch_set_tf32(bool allowed);

/// Whether local aggregation in 16 bits takes cuDNN's attention in place of LibTorch's, on CUDA. At first it does not.
void torch_prefer_cudnn_attention(bool preferred);

/// Lets cuDNN choose algorithms by its older interface, which is quick at sizes that it has not seen, unless the environment
/// says otherwise. Without effect after the process's first convolution on CUDA.
void torch_expect_many_sizes(void);

/// The widest instructions that our kernels use, as ATEN_CPU_CAPABILITY names them: "default", "avx2" or "avx512". They
/// are those of LibTorch's own kernels.
const char *torch_instruction_set(void);
/// Whether the processor has instructions for products of this floating-point type, and oneDNN may use them.
bool torch_processor_multiplies(int8_t element_type);
/// Whether LibTorch has convolutions of this type on the CPU that compute what follows them in the same pass.
bool torch_has_fused_convolution(int8_t element_type);
int torch_thread_count(void);
void torch_set_thread_count(int count);

// Processes that compute together

/// Opens the store at `host`:`port`, for the others to connect to; listens at `host`'s address alone where it has one.
char *torch_store_open(const char *host, uint16_t port, double timeout_seconds, TorchStore *result);
/// Connects to the store at `host`:`port`. Fails at once where nobody listens, and after `timeout_seconds` where nobody
/// answers.
char *torch_store_connect(const char *host, uint16_t port, double timeout_seconds, TorchStore *result);
/// Connects once more, for another thread: a connection serves one at a time.
char *torch_store_connect_again(TorchStore store, double timeout_seconds, TorchStore *result);
void torch_store_release(TorchStore store);
char *torch_store_set(TorchStore store, const char *key, const void *bytes, size_t byte_count);
/// Waits until the key is there; the caller releases `bytes` with `torch_text_release`.
char *torch_store_get(TorchStore store, const char *key, char **bytes, size_t *byte_count);
char *torch_store_has(TorchStore store, const char *key, bool *result);
/// Adds to the number under a key, which begins at 0, and returns the sum.
char *torch_store_add(TorchStore store, const char *key, int64_t amount, int64_t *result);

/// Waits up to `start_timeout_seconds` for the other processes. Collective functions must be called in one order by
/// all, and fail when a process is lost, or after `timeout_seconds`.
char *torch_process_group_new(
    TorchStore store, const char *prefix, int rank, int size, const char *device, double start_timeout_seconds,
    double timeout_seconds, TorchProcessGroup *result);
void torch_process_group_release(TorchProcessGroup group);
/// Replaces the tensor by its sum over all processes.
char *torch_process_group_sum(TorchProcessGroup group, TorchTensor tensor);
/// Replaces the tensor by that of process `root`.
char *torch_process_group_broadcast(TorchProcessGroup group, TorchTensor tensor, int root);
/// Normalises with the statistics of all processes' batches, and updates the running ones; differentiable.
char *torch_synchronized_batch_norm(
    TorchProcessGroup group, TorchTensor x, TorchTensor weight, TorchTensor bias, TorchTensor running_mean,
    TorchTensor running_variance, double momentum, double epsilon, TorchTensor *result);

/// From now on the backward pass averages the gradients of `parameters` over all processes, in buckets, as they become
/// available.
char *torch_reducer_new(TorchProcessGroup group, const TorchTensor *parameters, size_t count, TorchReducer *result);
void torch_reducer_release(TorchReducer reducer);
/// Must be called before each backward pass, which must reach every one of the parameters.
char *torch_reducer_prepare(TorchReducer reducer);

#ifdef __cplusplus
}
#endif
