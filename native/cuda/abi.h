// What crosses the border between the addon and libpointsman_cuda.so: plain data and functions, no exception
// and no C++ object, for the two may come from different compilers. The library exports kEntryPoint, of type
// EntryPoint, and nothing else.
#pragma once

#include <cstdint>

#include "model/head_step.h"

namespace pointsman::cuda {

// Raised with every change of this file. The addon refuses a library of another version.
inline constexpr std::uint32_t kAbiVersion = 2;
inline constexpr char kEntryPoint[] = "pointsman_cuda_api";

enum class Outcome : std::int32_t {
  kOk,
  kUnavailable,  // no driver, no device, or one that cannot run the kernels
  kOutOfMemory,
  kUnsupported,
  kInternal,
};

// Every function that can fail fills one in, and the message only where it failed.
struct Status {
  Outcome outcome;
  char message[508];
};

struct DeviceFacts {
  char name[256];
  std::int32_t compute_major;
  std::int32_t compute_minor;
  std::uint64_t memory_bytes;
  std::int32_t driver_version;   // of CUDA that the driver supports: 13000 is 13.0
  std::int32_t runtime_version;  // of CUDA that the library was built with
};

// What weights and activations are stored as on the device.
enum class Format : std::uint32_t { kBf16, kF16 };

struct EncoderShape {
  std::uint32_t hidden_size;
  std::uint32_t num_heads;
  std::uint32_t intermediate_size;
  Format format;
};

// Weights on the host; they are copied. Shapes as in backend/backend.h.
struct LinearValues {
  const float* weight;  // [outputs, inputs]
  const float* bias;    // [outputs]
  std::uint32_t outputs;
  std::uint32_t inputs;
};
struct NormValues {
  const float* gamma;
  const float* beta;
  std::uint32_t width;
  float epsilon;
};
struct EmbeddingValues {
  const float* words;  // [num_words, norm.width]
  const float* positions;
  std::uint32_t num_words;
  std::uint32_t num_positions;
  NormValues norm;
};
struct BiasValues {
  const float* by_distance;  // [num_heads, 2 * max_distance + 1]
  std::uint32_t num_heads;
  std::uint32_t max_distance;
};

// The values of backend/backend.h's enumerations of these names, in their order.
enum class Slot : std::uint32_t { kHidden, kQkv, kContext, kUpdate, kFfn };
enum class Activation : std::uint32_t { kNone, kRelu, kGelu };
enum class Pooling : std::uint32_t { kMean, kCls };

// A forward pass is a list of steps, so that it can be captured as a graph. Fields that a kind does not name
// are zero.
enum class StepKind : std::uint32_t {
  kEmbed,      // kHidden = layer_norm(word + position): weights
  kLinear,     // to = activation(from · weightᵀ + bias), with kHidden added where `to` is kUpdate: weights
  kAttention,  // kContext from kQkv: weights (a bias) or null
  kLayerNorm,  // kHidden = layer_norm(kUpdate): weights
  kPool,       // the next array of `pooled` from kHidden: pooling, normalize
};

class Weights;
struct Step {
  StepKind kind;
  Slot from;
  Slot to;
  Activation activation;
  Pooling pooling;
  std::uint32_t normalize;  // 1: divide by the L2 norm
  const Weights* weights;

  bool operator==(const Step&) const = default;
};

struct Batch {
  const std::int32_t* ids;
  const std::int32_t* positions;
  const std::int32_t* offsets;  // [num_sequences + 1]
  std::uint32_t num_tokens;
  std::uint32_t num_sequences;
};

// A head's program, see model/head_program.h; it is copied.
struct HeadValues {
  const HeadStep* steps;
  const float* values;
  std::uint64_t num_values;
  std::uint32_t num_steps;
  std::uint32_t row_floats;
  std::uint32_t scores_at;
  std::uint32_t num_models;
  std::uint32_t most_keys;
};

class DeviceHeads;    // the heads that score the same prompts; usable by any thread
class HeadLane;       // one thread's: a stream, features, scores, staging
class DeviceEncoder;  // usable by any thread, one at a time while weights are loaded
class Lane;           // one thread's: a stream, activations, staging, graphs

// What is made by a function here is ended by its counterpart, weights and lanes before their encoder.
struct Api {
  std::uint32_t abi_version;  // stays the first field in every version
  // The first device, if it can run the kernels.
  void (*probe)(DeviceFacts* facts, Status* status);

  // Null where it failed, as all that follows.
  DeviceEncoder* (*open_encoder)(const EncoderShape* shape, Status* status);
  void (*close_encoder)(DeviceEncoder* encoder);
  const Weights* (*load_linear)(DeviceEncoder* encoder, const LinearValues* values, Status* status);
  const Weights* (*load_norm)(DeviceEncoder* encoder, const NormValues* values, Status* status);
  const Weights* (*load_embeddings)(DeviceEncoder* encoder, const EmbeddingValues* values, Status* status);
  const Weights* (*load_bias)(DeviceEncoder* encoder, const BiasValues* values, Status* status);
  void (*free_weights)(const Weights* weights);

  Lane* (*open_lane)(const DeviceEncoder* encoder, Status* status);
  void (*close_lane)(Lane* lane);
  // Runs the steps and waits for them. pooled: per kPool step, in order, [num_sequences, hidden_size] on the
  // host. After kOutOfMemory the lane is as before; a smaller batch may do.
  void (*run)(Lane* lane, const Batch* batch, const Step* steps, std::uint32_t num_steps,
              float* const* pooled, Status* status);

  // Heads whose inputs have `dimension` floats. kUnsupported where one needs more memory than a block has.
  DeviceHeads* (*open_heads)(const HeadValues* heads, std::uint32_t num_heads, std::uint32_t dimension,
                             Status* status);
  void (*close_heads)(DeviceHeads* heads);
  HeadLane* (*open_head_lane)(const DeviceHeads* heads, Status* status);
  void (*close_head_lane)(HeadLane* lane);
  // features: [num_prompts, dimension]; scores: [num_prompts, models of all heads, in their order].
  void (*score)(HeadLane* lane, const float* features, std::uint32_t num_prompts, float* scores,
                Status* status);
};

using EntryPoint = const Api* (*)();

}  // namespace pointsman::cuda
