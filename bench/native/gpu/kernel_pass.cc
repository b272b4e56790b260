#include "gpu/kernel_pass.h"

#include <cstdint>

#include "cuda/batch_size.h"
#include "cuda/device_encoder.h"
#include "cuda/kernels.h"
#include "cuda/staging.h"
#include "cuda/weights.h"

namespace pointsman::bench {
namespace {

constexpr auto kStored = static_cast<std::size_t>(kStoredBytes);

cuda::EncoderShape shape_of(const EncoderConfig& config, cuda::Format format) {
  return {.hidden_size = static_cast<std::uint32_t>(config.hidden_size),
          .num_heads = static_cast<std::uint32_t>(config.num_heads),
          .intermediate_size = static_cast<std::uint32_t>(config.intermediate_size),
          .format = format};
}

cuda::LinearValues values_of(const RandomLinear& linear) {
  return {.weight = linear.weight.data(),
          .bias = linear.bias.data(),
          .outputs = static_cast<std::uint32_t>(linear.bias.size()),
          .inputs = static_cast<std::uint32_t>(linear.weight.size() / linear.bias.size())};
}

cuda::NormValues values_of(const RandomNorm& norm, float epsilon) {
  return {.gamma = norm.gamma.data(),
          .beta = norm.beta.data(),
          .width = static_cast<std::uint32_t>(norm.gamma.size()),
          .epsilon = epsilon};
}

cuda::EmbeddingValues values_of(const RandomWeights& weights, const EncoderConfig& config) {
  return {.words = weights.words.data(),
          .positions = weights.positions.data(),
          .num_words = static_cast<std::uint32_t>(config.vocab_size),
          .num_positions = static_cast<std::uint32_t>(config.max_positions),
          .norm = values_of(weights.norm, config.layer_norm_epsilon)};
}

struct DeviceLayer {
  DeviceLayer(const RandomLayer& layer, float epsilon, cuda::Format format, const cuda::Stream& stream)
      : qkv(values_of(layer.qkv), format, stream),
        output(values_of(layer.output), format, stream),
        attention_norm(values_of(layer.attention_norm, epsilon), stream),
        up(values_of(layer.up), format, stream),
        down(values_of(layer.down), format, stream),
        ffn_norm(values_of(layer.ffn_norm, epsilon), stream) {}

  cuda::DeviceLinear qkv;
  cuda::DeviceLinear output;
  cuda::DeviceNorm attention_norm;
  cuda::DeviceLinear up;
  cuda::DeviceLinear down;
  cuda::DeviceNorm ffn_norm;
};

// T: the stored number of `format`.
template <typename T>
class TypedKernelPass final : public KernelPass {
 public:
  TypedKernelPass(const EncoderConfig& config, const RandomWeights& weights, cuda::Format format)
      : config_(config),
        device_(shape_of(config, format)),
        embeddings_(values_of(weights, config), format, stream()) {
    for (const RandomLayer& layer : weights.layers) {
      layers_.push_back(std::make_unique<DeviceLayer>(layer, config.layer_norm_epsilon, format, stream()));
    }
  }

  const cuda::Stream& stream() const override { return device_.stream(); }

  void begin(const BatchView& batch) override {
    const std::vector<std::int32_t> offsets(batch.offsets.begin(), batch.offsets.end());
    const cuda::Batch staged = {.ids = batch.ids.data(),
                                .positions = batch.positions.data(),
                                .offsets = offsets.data(),
                                .num_tokens = static_cast<std::uint32_t>(batch.num_tokens()),
                                .num_sequences = static_cast<std::uint32_t>(batch.num_sequences())};
    num_sequences_ = batch.num_sequences();
    size_ = cuda::size_for(staged);
    const std::size_t bytes = cuda::StagedBatch::bytes_for(size_);
    std::vector<cuda::BatchHeader> on_host(bytes / sizeof(cuda::BatchHeader));  // of its alignment
    cuda::StagedBatch(reinterpret_cast<std::byte*>(on_host.data()), size_).write(staged);
    staged_ = cuda::DeviceBuffer(bytes, stream());
    cuda::check(
        cudaMemcpyAsync(staged_.bytes(), on_host.data(), bytes, cudaMemcpyHostToDevice, stream().get()),
        "copying a batch to the GPU");
    stream().wait();
    reserve();
  }

  void launch(Kernel kernel, std::size_t layer) override {
    const DeviceLayer& weights = *layers_[layer];
    switch (kernel) {
      case Kernel::kEmbedding:
        return launch_embedding();
      case Kernel::kQkv:
        return launch_linear(weights.qkv, hidden_, cuda::Epilogue::kBias, qkv_);
      case Kernel::kAttention:
        return launch_attention();
      case Kernel::kOutput:
        return launch_linear(weights.output, context_, cuda::Epilogue::kBiasResidual, update_);
      case Kernel::kLayerNorm:
        return launch_norm(weights.attention_norm);
      case Kernel::kUp:
        return launch_linear(weights.up, hidden_, cuda::Epilogue::kBiasGelu, ffn_);
      case Kernel::kDown:
        return launch_linear(weights.down, ffn_, cuda::Epilogue::kBiasResidual, update_);
      case Kernel::kPooling:
        return launch_pooling();
    }
  }

  std::vector<float> run() override {
    launch(Kernel::kEmbedding, 0);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      for (const Kernel kernel : {Kernel::kQkv, Kernel::kAttention, Kernel::kOutput, Kernel::kLayerNorm,
                                  Kernel::kUp, Kernel::kDown}) {
        launch(kernel, layer);
      }
      launch_norm(layers_[layer]->ffn_norm);
    }
    launch(Kernel::kPooling, 0);
    std::vector<float> rows(num_sequences_ * config_.hidden_size);
    cuda::check(cudaMemcpyAsync(rows.data(), pooled_.bytes(), rows.size() * sizeof(float),
                                cudaMemcpyDeviceToHost, stream().get()),
                "copying embeddings from the GPU");
    stream().wait();
    return rows;
  }

 private:
  // Memory of its own for every activation, for a kernel is timed again and again on what the pass left.
  void reserve() {
    const auto buffer = [&](std::size_t width) {
      return cuda::DeviceBuffer(size_.tokens * width * kStored, stream());
    };
    hidden_ = buffer(config_.hidden_size);
    qkv_ = buffer(3 * config_.hidden_size);
    context_ = buffer(config_.hidden_size);
    update_ = buffer(config_.hidden_size);
    ffn_ = buffer(config_.intermediate_size);
    pooled_ = cuda::DeviceBuffer(size_.sequences * config_.hidden_size * sizeof(float), stream());
  }

  cuda::StagedBatch batch() const { return {staged_.bytes(), size_}; }
  std::int32_t width() const { return static_cast<std::int32_t>(config_.hidden_size); }

  void launch_embedding() {
    cuda::launch_embedding<T>({.batch = batch().header(),
                               .ids = batch().ids(),
                               .position_of = batch().positions(),
                               .words = embeddings_.words.template as<const T>(),
                               .positions = embeddings_.positions.template as<const float>(),
                               .gamma = embeddings_.norm.gamma.template as<const float>(),
                               .beta = embeddings_.norm.beta.template as<const float>(),
                               .hidden = hidden_.as<T>(),
                               .epsilon = embeddings_.norm.epsilon,
                               .width = width()},
                              size_.tokens, stream().get());
  }

  void launch_linear(const cuda::DeviceLinear& weights, const cuda::DeviceBuffer& from,
                     cuda::Epilogue epilogue, const cuda::DeviceBuffer& to) {
    cuda::launch_gemm<T>({.batch = batch().header(),
                          .a = from.as<const T>(),
                          .weight = weights.weight.template as<const T>(),
                          .bias = weights.bias.template as<const float>(),
                          .residual = hidden_.as<const T>(),
                          .out = to.as<T>(),
                          .n = static_cast<std::int32_t>(weights.outputs),
                          .k = static_cast<std::int32_t>(weights.inputs)},
                         epilogue, cuda::gemm_tile_for(size_, weights.outputs, device_.multiprocessors()),
                         size_.tokens, stream().get());
  }

  void launch_attention() {
    cuda::launch_attention<T>(
        {.batch = batch().header(),
         .tiles = batch().tiles(),
         .qkv = qkv_.as<const T>(),
         .context = context_.as<T>(),
         .bias = nullptr,
         .max_distance = 0,
         .num_heads = static_cast<std::int32_t>(config_.num_heads),
         .head_dim = static_cast<std::int32_t>(config_.hidden_size / config_.num_heads)},
        size_.tiles(), stream().get());
  }

  void launch_norm(const cuda::DeviceNorm& weights) {
    cuda::launch_layer_norm<T>({.batch = batch().header(),
                                .x = update_.as<const T>(),
                                .gamma = weights.gamma.template as<const float>(),
                                .beta = weights.beta.template as<const float>(),
                                .out = hidden_.as<T>(),
                                .epsilon = weights.epsilon,
                                .width = width()},
                               size_.tokens, stream().get());
  }

  void launch_pooling() {
    cuda::launch_pool<T>({.batch = batch().header(),
                          .offsets = batch().offsets(),
                          .hidden = hidden_.as<const T>(),
                          .out = pooled_.as<float>(),
                          .width = width(),
                          .kind = cuda::PoolKind::kMean,
                          .normalize = true},
                         size_.sequences, stream().get());
  }

  EncoderConfig config_;
  cuda::DeviceEncoder device_;  // before what is freed in its stream's order
  cuda::DeviceEmbeddings embeddings_;
  std::vector<std::unique_ptr<DeviceLayer>> layers_;
  std::size_t num_sequences_ = 0;
  cuda::BatchSize size_;
  cuda::DeviceBuffer staged_;
  cuda::DeviceBuffer hidden_;
  cuda::DeviceBuffer qkv_;
  cuda::DeviceBuffer context_;
  cuda::DeviceBuffer update_;
  cuda::DeviceBuffer ffn_;
  cuda::DeviceBuffer pooled_;
};

}  // namespace

std::unique_ptr<KernelPass> make_kernel_pass(const EncoderConfig& config, const RandomWeights& weights,
                                             cuda::Format format) {
  if (format == cuda::Format::kBf16)
    return std::make_unique<TypedKernelPass<cuda::Bf16>>(config, weights, format);
  return std::make_unique<TypedKernelPass<cuda::F16>>(config, weights, format);
}

}  // namespace pointsman::bench
