#include "cuda/lane.h"

#include <algorithm>
#include <cstring>

#include "cuda/kernels.h"
#include "cuda/number.h"
#include "cuda/weights.h"

namespace pointsman::cuda {
namespace {

constexpr std::size_t kStoredBytes = 2;

// kQkv and kContext share memory with kFfn: their lifetimes do not meet.
std::size_t wide_width(const EncoderShape& shape) {
  return std::max<std::size_t>(4 * shape.hidden_size, shape.intermediate_size);
}

Epilogue epilogue_of(const Step& step) {
  if (step.to == Slot::kUpdate) return Epilogue::kBiasResidual;
  switch (step.activation) {
    case Activation::kRelu:
      return Epilogue::kBiasRelu;
    case Activation::kGelu:
      return Epilogue::kBiasGelu;
    case Activation::kNone:
      break;
  }
  return Epilogue::kBias;
}

}  // namespace

void Lane::run(const Batch& batch, std::span<const Step> steps, float* const* pooled) {
  const auto num_pools = static_cast<std::size_t>(
      std::ranges::count_if(steps, [](const Step& step) { return step.kind == StepKind::kPool; }));
  const BatchSize size = size_for(batch);
  reserve(size, num_pools);
  if (!std::ranges::equal(steps, program_)) {
    graphs_.clear();
    program_.assign(steps.begin(), steps.end());
  }
  StagedBatch(staging_.bytes(), size).write(batch);
  launch(size);
  stream_.wait();
  const std::size_t floats = std::size_t{batch.num_sequences} * shape_.hidden_size;
  for (std::size_t pool = 0; pool < num_pools; ++pool) {
    const auto* from = reinterpret_cast<const float*>(pooled_on_host_.bytes()) + pool * pooled_floats(size);
    std::copy_n(from, floats, pooled[pool]);
  }
}

// Whatever cannot be had, the lane is left without memory rather than with some of it.
void Lane::reserve(const BatchSize& size, std::size_t num_pools) {
  if (capacity_.holds(size) && pools_ >= num_pools) return;
  const BatchSize wanted = {std::max(size.tokens, capacity_.tokens),
                            std::max(size.sequences, capacity_.sequences)};
  graphs_.clear();  // they name the old memory
  capacity_ = {};
  for (DeviceBuffer* buffer : {&staged_, &pooled_, &activations_}) buffer->reset();
  const std::size_t pooled_bytes = num_pools * pooled_floats(wanted) * sizeof(float);
  staging_ = PinnedBuffer(StagedBatch::bytes_for(wanted));
  pooled_on_host_ = PinnedBuffer(pooled_bytes);
  staged_ = DeviceBuffer(StagedBatch::bytes_for(wanted), stream_);
  pooled_ = DeviceBuffer(pooled_bytes, stream_);
  activations_ =
      DeviceBuffer(wanted.tokens * (2 * shape_.hidden_size + wide_width(shape_)) * kStoredBytes, stream_);
  capacity_ = wanted;
  pools_ = num_pools;
}

void Lane::launch(const BatchSize& size) {
  if (size.tokens > kMostGraphTokens) return enqueue(size);
  auto found = graphs_.find(size);
  if (found == graphs_.end()) {
    found = graphs_.try_emplace(size, stream_, [&] { enqueue(size); }).first;
  }
  found->second.launch(stream_);
}

void Lane::enqueue(const BatchSize& size) {
  check(cudaMemcpyAsync(staged_.bytes(), staging_.bytes(), StagedBatch::bytes_for(size),
                        cudaMemcpyHostToDevice, stream_.get()),
        "copying a batch to the GPU");
  std::size_t pool = 0;
  for (const Step& step : program_) {
    if (shape_.format == Format::kBf16) {
      enqueue_step<Bf16>(step, size, pool);
    } else {
      enqueue_step<F16>(step, size, pool);
    }
    if (step.kind == StepKind::kPool) ++pool;
  }
  if (pool == 0) return;
  check(cudaMemcpyAsync(pooled_on_host_.bytes(), pooled_.bytes(), pool * pooled_floats(size) * sizeof(float),
                        cudaMemcpyDeviceToHost, stream_.get()),
        "copying embeddings from the GPU");
}

template <typename T>
void Lane::enqueue_step(const Step& step, const BatchSize& size, std::size_t pool) {
  const StagedBatch batch = on_device(size);
  const auto width = static_cast<std::int32_t>(shape_.hidden_size);
  switch (step.kind) {
    case StepKind::kEmbed: {
      const auto& weights = static_cast<const DeviceEmbeddings&>(*step.weights);
      return launch_embedding<T>({.batch = batch.header(),
                                  .ids = batch.ids(),
                                  .position_of = batch.positions(),
                                  .words = weights.words.as<const T>(),
                                  .positions = weights.positions.as<const float>(),
                                  .gamma = weights.norm.gamma.as<const float>(),
                                  .beta = weights.norm.beta.as<const float>(),
                                  .hidden = slot<T>(Slot::kHidden),
                                  .epsilon = weights.norm.epsilon,
                                  .width = width},
                                 size.tokens, stream_.get());
    }
    case StepKind::kLinear:
      return enqueue_linear<T>(step, size);
    case StepKind::kAttention:
      return enqueue_attention<T>(step, size);
    case StepKind::kLayerNorm: {
      const auto& weights = static_cast<const DeviceNorm&>(*step.weights);
      return launch_layer_norm<T>({.batch = batch.header(),
                                   .x = slot<T>(Slot::kUpdate),
                                   .gamma = weights.gamma.as<const float>(),
                                   .beta = weights.beta.as<const float>(),
                                   .out = slot<T>(Slot::kHidden),
                                   .epsilon = weights.epsilon,
                                   .width = width},
                                  size.tokens, stream_.get());
    }
    case StepKind::kPool:
      return launch_pool<T>({.batch = batch.header(),
                             .offsets = batch.offsets(),
                             .hidden = slot<T>(Slot::kHidden),
                             .out = pooled_.as<float>() + pool * pooled_floats(size),
                             .width = width,
                             .kind = step.pooling == Pooling::kMean ? PoolKind::kMean : PoolKind::kCls,
                             .normalize = step.normalize != 0},
                            size.sequences, stream_.get());
  }
}

template <typename T>
void Lane::enqueue_linear(const Step& step, const BatchSize& size) {
  const auto& weights = static_cast<const DeviceLinear&>(*step.weights);
  launch_gemm<T>({.batch = on_device(size).header(),
                  .a = slot<T>(step.from),
                  .weight = weights.weight.as<const T>(),
                  .bias = weights.bias.as<const float>(),
                  .residual = slot<T>(Slot::kHidden),
                  .out = slot<T>(step.to),
                  .n = static_cast<std::int32_t>(weights.outputs),
                  .k = static_cast<std::int32_t>(weights.inputs)},
                 epilogue_of(step), gemm_tile_for(size, weights.outputs, multiprocessors_), size.tokens,
                 stream_.get());
}

template <typename T>
void Lane::enqueue_attention(const Step& step, const BatchSize& size) {
  const auto* bias = static_cast<const DeviceBias*>(step.weights);
  const StagedBatch batch = on_device(size);
  launch_attention<T>({.batch = batch.header(),
                       .tiles = batch.tiles(),
                       .qkv = slot<T>(Slot::kQkv),
                       .context = slot<T>(Slot::kContext),
                       .bias = bias == nullptr ? nullptr : bias->by_distance.template as<const float>(),
                       .max_distance = bias == nullptr ? 0 : static_cast<std::int32_t>(bias->max_distance),
                       .num_heads = static_cast<std::int32_t>(shape_.num_heads),
                       .head_dim = static_cast<std::int32_t>(shape_.hidden_size / shape_.num_heads)},
                      size.tiles(), stream_.get());
}

// In this order, each for capacity_.tokens: kHidden, kUpdate, and kQkv and kContext or kFfn.
template <typename T>
T* Lane::slot(Slot slot) const noexcept {
  static_assert(sizeof(T) == kStoredBytes);
  const std::size_t hidden = capacity_.tokens * shape_.hidden_size;
  T* const memory = activations_.as<T>();
  switch (slot) {
    case Slot::kHidden:
      return memory;
    case Slot::kUpdate:
      return memory + hidden;
    case Slot::kQkv:
    case Slot::kFfn:
      return memory + 2 * hidden;
    case Slot::kContext:
      return memory + 5 * hidden;
  }
  return nullptr;
}

}  // namespace pointsman::cuda
