// The one symbol that libpointsman_cuda.so exports.
#include "cuda/abi.h"
#include "cuda/check.h"
#include "cuda/device.h"
#include "cuda/device_encoder.h"
#include "cuda/device_heads.h"
#include "cuda/head_lane.h"
#include "cuda/lane.h"
#include "cuda/weights.h"

namespace pointsman::cuda {
namespace {

void probe(DeviceFacts* facts, Status* status) {
  guarded(*status, [&] { *facts = probe_device(); });
}

// What `make` makes; null where it failed.
template <typename Made, typename Make>
Made* made(Status& status, Make&& make) {
  Made* result = nullptr;
  guarded(status, [&] { result = make(); });
  return result;
}

DeviceEncoder* open_encoder(const EncoderShape* shape, Status* status) {
  return made<DeviceEncoder>(*status, [&] { return new DeviceEncoder(*shape); });
}

void close_encoder(DeviceEncoder* encoder) {
  delete encoder;
}

const Weights* load_linear(DeviceEncoder* encoder, const LinearValues* values, Status* status) {
  return made<const Weights>(
      *status, [&] { return new DeviceLinear(*values, encoder->shape().format, encoder->stream()); });
}

const Weights* load_norm(DeviceEncoder* encoder, const NormValues* values, Status* status) {
  return made<const Weights>(*status, [&] { return new DeviceNorm(*values, encoder->stream()); });
}

const Weights* load_embeddings(DeviceEncoder* encoder, const EmbeddingValues* values, Status* status) {
  return made<const Weights>(
      *status, [&] { return new DeviceEmbeddings(*values, encoder->shape().format, encoder->stream()); });
}

const Weights* load_bias(DeviceEncoder* encoder, const BiasValues* values, Status* status) {
  return made<const Weights>(*status, [&] { return new DeviceBias(*values, encoder->stream()); });
}

void free_weights(const Weights* weights) {
  delete weights;
}

Lane* open_lane(const DeviceEncoder* encoder, Status* status) {
  return made<Lane>(*status, [&] { return new Lane(encoder->shape(), encoder->multiprocessors()); });
}

void close_lane(Lane* lane) {
  delete lane;
}

void run(Lane* lane, const Batch* batch, const Step* steps, std::uint32_t num_steps, float* const* pooled,
         Status* status) {
  guarded(*status, [&] { lane->run(*batch, {steps, num_steps}, pooled); });
}

DeviceHeads* open_heads(const HeadValues* heads, std::uint32_t num_heads, std::uint32_t dimension,
                        Status* status) {
  return made<DeviceHeads>(*status, [&] { return new DeviceHeads({heads, num_heads}, dimension); });
}

void close_heads(DeviceHeads* heads) {
  delete heads;
}

HeadLane* open_head_lane(const DeviceHeads* heads, Status* status) {
  return made<HeadLane>(*status, [&] { return new HeadLane(*heads); });
}

void close_head_lane(HeadLane* lane) {
  delete lane;
}

void score(HeadLane* lane, const float* features, std::uint32_t num_prompts, float* scores, Status* status) {
  guarded(*status, [&] { lane->score(features, num_prompts, scores); });
}

constexpr Api kApi = {
    .abi_version = kAbiVersion,
    .probe = probe,
    .open_encoder = open_encoder,
    .close_encoder = close_encoder,
    .load_linear = load_linear,
    .load_norm = load_norm,
    .load_embeddings = load_embeddings,
    .load_bias = load_bias,
    .free_weights = free_weights,
    .open_lane = open_lane,
    .close_lane = close_lane,
    .run = run,
    .open_heads = open_heads,
    .close_heads = close_heads,
    .open_head_lane = open_head_lane,
    .close_head_lane = close_head_lane,
    .score = score,
};

}  // namespace
}  // namespace pointsman::cuda

extern "C" __attribute__((visibility("default"))) const pointsman::cuda::Api* pointsman_cuda_api() {
  return &pointsman::cuda::kApi;
}
