// The runtime's calls, as far as native/cuda and bench/native/gpu make them.
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <cuda_runtime.h>

#include "cuda_emulation/access.h"
#include "cuda_emulation/device_memory.h"
#include "cuda_emulation/executor.h"

namespace {

using pointsman::cuda_emulation::Fault;
using pointsman::cuda_emulation::settings;
using Work = std::function<void()>;

constexpr int kCudaVersion = 13000;
// A device of another compute capability, for tests that reach the process by its environment only: "7.5".
constexpr char kComputeVariable[] = "POINTSMAN_EMULATED_COMPUTE";

// Dynamic shared memory of a block: what every kernel has, and what one may opt in to on the smallest device
// supported.
constexpr std::size_t kSharedBytes = 48 * 1024;
constexpr std::size_t kMostSharedBytes = 99 * 1024;

// What kernels have opted in to.
std::map<const void*, std::size_t>& shared_bytes_of_kernels() {
  static auto* bytes = new std::map<const void*, std::size_t>;
  return *bytes;
}
constexpr int kMultiprocessors = 2;

// Kernels switch stacks and there is one arena: a device runs one thing at a time.
std::recursive_mutex& device() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}

}  // namespace

struct EmulatedStream {
  std::vector<Work> queue;
  std::vector<Work>* capture = nullptr;

  void add(Work work) { (capture == nullptr ? queue : *capture).push_back(std::move(work)); }
};
// When the work before it was done, by the host's clock.
struct EmulatedEvent {
  std::optional<std::chrono::steady_clock::time_point> done;
};
struct EmulatedGraph {
  std::vector<Work> work;
};
struct EmulatedGraphExec {
  std::vector<Work> work;
};

const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "an error of the emulation";
}

const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaErrorInvalidValue";
}

cudaError_t cudaGetLastError() {
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = kCudaVersion;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = kCudaVersion;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = cudaDeviceProp{};
  std::snprintf(properties->name, sizeof properties->name, "CUDA emulation");
  properties->totalGlobalMem = settings().device_memory_bytes;
  properties->sharedMemPerBlockOptin = kMostSharedBytes;
  const char* compute = std::getenv(kComputeVariable);
  std::sscanf(compute == nullptr ? "8.0" : compute, "%d.%d", &properties->major, &properties->minor);
  properties->multiProcessorCount = kMultiprocessors;
  return cudaSuccess;
}

// It has no clock and no cache.
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? kMultiprocessors : 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device_number) {
  return device_number == 0 ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute, int value) {
  const std::lock_guard lock(device());
  if (static_cast<std::size_t>(value) > kMostSharedBytes) return cudaErrorInvalidValue;
  shared_bytes_of_kernels()[function] = static_cast<std::size_t>(value);
  return cudaSuccess;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  static int instance = 0;
  *pool = &instance;
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) {
  return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** pointer, std::size_t bytes, cudaStream_t stream) {
  const std::lock_guard lock(device());
  if (stream->capture != nullptr) throw Fault("an allocation while a graph is captured");
  *pointer = pointsman::cuda_emulation::allocate_device(bytes);
  return *pointer == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream) {
  const std::lock_guard lock(device());
  if (stream->capture != nullptr) throw Fault("a free while a graph is captured");
  cudaStreamSynchronize(stream);  // in stream order, after the work that may use it
  pointsman::cuda_emulation::free_device(pointer);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** pointer, std::size_t bytes) {
  *pointer = std::malloc(bytes);
  if (*pointer != nullptr) std::memset(*pointer, 0xFF, bytes);
  return *pointer == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeHost(void* pointer) {
  std::free(pointer);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  namespace emulation = pointsman::cuda_emulation;
  stream->add([=] {
    if (kind == cudaMemcpyHostToDevice) {
      emulation::check_device_range(to, bytes, "a copy to the device");
      std::memcpy(to, from, bytes);
      emulation::note_copied_to_device(to, bytes);
    } else {
      emulation::check_device_range(from, bytes, "a copy from the device");
      std::memcpy(to, from, bytes);
    }
  });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new EmulatedStream;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  cudaStreamSynchronize(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(device());
  if (stream->capture != nullptr) throw Fault("a wait for a stream that is captured");
  for (const Work& work : std::exchange(stream->queue, {})) work();
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new EmulatedEvent;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (stream->capture != nullptr) throw Fault("an event whose time is asked for, while a graph is captured");
  event->done.reset();
  stream->add([event] { event->done = std::chrono::steady_clock::now(); });
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  if (!begin->done || !end->done) throw Fault("the time between events that nobody has waited for");
  *milliseconds = std::chrono::duration<float, std::milli>(*end->done - *begin->done).count();
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->capture = new std::vector<Work>;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = new EmulatedGraph{std::move(*stream->capture)};
  delete std::exchange(stream->capture, nullptr);
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  ++settings().graph_captures;
  *exec = new EmulatedGraphExec{graph->work};
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  ++settings().graph_launches;
  for (const Work& work : exec->work) stream->add(work);
  return cudaSuccess;
}

namespace pointsman::cuda_emulation {

cudaError_t enqueue_kernel(const cudaLaunchConfig_t& config, const void* function, ThreadProgram program,
                           std::vector<std::byte> arguments) {
  const std::lock_guard lock(device());
  Dl_info symbol{};
  const bool is_named = dladdr(function, &symbol) != 0 && symbol.dli_sname != nullptr;
  Launch launch{.name = is_named ? symbol.dli_sname : "a kernel",
                .grid = {config.gridDim.x, config.gridDim.y, config.gridDim.z},
                .threads = config.blockDim.x * config.blockDim.y * config.blockDim.z,
                .shared_bytes = config.dynamicSmemBytes,
                .most_shared_bytes = std::max(kSharedBytes, shared_bytes_of_kernels()[function]),
                .program = std::move(program),
                .arguments = std::move(arguments)};
  check_launch(launch);
  config.stream->add([launch = with_executor(std::move(launch))] {
    Block::run_grid(launch);
    check_guards(launch.name.c_str());
  });
  return cudaSuccess;
}

}  // namespace pointsman::cuda_emulation
