// Work of a CUDA device that is recorded once and then done again as a whole.
#include "CLibTorch.h"

#include <memory>

#include <c10/util/Exception.h>

#include "Guarded.h"
#include "Handles.h"

#ifdef BLPSEG_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

namespace {

using at::cuda::CUDAGraph;
using c10::cuda::CUDAStream;

/// Makes a stream the current one of its device while it exists. Recording is not possible on the default stream.
class StreamScope {
 public:
  explicit StreamScope(CUDAStream stream) : before_(c10::cuda::getCurrentCUDAStream(stream.device_index())) {
    c10::cuda::setCurrentCUDAStream(stream);
  }
  ~StreamScope() { c10::cuda::setCurrentCUDAStream(before_); }
  StreamScope(const StreamScope &) = delete;
  StreamScope &operator=(const StreamScope &) = delete;

 private:
  CUDAStream before_;
};

/// Ends a recording; where CUDA refuses what was recorded, memory is no longer taken from the recording's pool either.
void end(CUDAGraph &graph, c10::DeviceIndex device) {
  try {
    graph.capture_end();
  } catch (...) {
    c10::cuda::CUDACachingAllocator::endAllocateToPool(device, graph.pool());
    throw;
  }
}

}  // namespace
#endif

bool torch_graph_is_possible(const char *device) {
  bool result = false;
#ifdef BLPSEG_CUDA
  char *error = guarded([&] { result = c10::Device(device).is_cuda(); });
  free(error);
#else
  (void)device;
#endif
  return result;
}

char *torch_graph_record(
    const char *device, const TorchGenerator *generators, size_t generator_count, TorchWork work, void *context,
    TorchGraph *result) {
  return guarded([&] {
#ifdef BLPSEG_CUDA
    const c10::Device where(device);
    TORCH_CHECK(where.is_cuda(), "only CUDA records work, and not ", device);
    const c10::DeviceIndex index = where.has_index() ? where.index() : c10::cuda::current_device();
    auto graph = std::make_unique<CUDAGraph>();
    for (size_t i = 0; i < generator_count; i++) graph->register_generator_state(generator(generators[i].ref));
    // What was asked for before must be done before the recording, and what it left is of no use to the recording's memory.
    c10::cuda::device_synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();
    {
      StreamScope scope(c10::cuda::getStreamFromPool(false, index));
      graph->capture_begin();
      const bool is_done = work(context);
      end(*graph, index);
      TORCH_CHECK(is_done, "the work failed");
    }
    *result = {graph.release()};
#else
    (void)generators, (void)generator_count, (void)work, (void)context, (void)result;
    TORCH_CHECK(false, "this program was built without CUDA's headers, and records nothing on ", device);
#endif
  });
}

char *torch_graph_replay(TorchGraph graph) {
  return guarded([&] {
#ifdef BLPSEG_CUDA
    static_cast<CUDAGraph *>(graph.ref)->replay();
#else
    (void)graph;
#endif
  });
}

void torch_graph_release(TorchGraph graph) {
#ifdef BLPSEG_CUDA
  char *error = guarded([&] {
    c10::cuda::device_synchronize();
    delete static_cast<CUDAGraph *>(graph.ref);
  });
  free(error);
#else
  (void)graph;
#endif
}
