#include "backend/cuda_backend.h"

#include <string>
#include <vector>

#include "backend/cuda_call.h"
#include "base/error.h"

namespace pointsman {
namespace {

// Enough for every multiprocessor of a large device to have work in every step. Not measured yet.
constexpr std::size_t kBatchTokens = 8192;

// Weights on the device behind the types that the encoder knows.
template <typename Prepared>
class OnDevice final : public Prepared {
 public:
  OnDevice(const cuda::Api& api, const cuda::Weights* weights) : api_(api), weights_(weights) {}
  ~OnDevice() override { api_.free_weights(weights_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  const cuda::Weights* get() const noexcept { return weights_; }

 private:
  const cuda::Api& api_;
  const cuda::Weights* weights_;
};

template <typename Prepared>
const cuda::Weights* on_device(const Prepared& prepared) {
  return static_cast<const OnDevice<Prepared>&>(prepared).get();
}

class CudaWorkspace final : public Workspace {
 public:
  CudaWorkspace(const cuda::Api& api, const cuda::DeviceEncoder* encoder)
      : api_(api), lane_(checked([&](cuda::Status* status) { return api.open_lane(encoder, status); })) {}
  ~CudaWorkspace() override { api_.close_lane(lane_); }
  CudaWorkspace(const CudaWorkspace&) = delete;
  CudaWorkspace& operator=(const CudaWorkspace&) = delete;

  void begin(const BatchView& batch) {
    batch_ = batch;
    steps_.clear();
    pooled_.clear();
  }

  void add(const cuda::Step& step) { steps_.push_back(step); }

  void add_pool(const PoolingRule& rule, std::span<float> out) {
    cuda::Step step{};
    step.kind = cuda::StepKind::kPool;
    step.pooling = rule.pooling == Pooling::kMean ? cuda::Pooling::kMean : cuda::Pooling::kCls;
    step.normalize = rule.normalize ? 1 : 0;
    steps_.push_back(step);
    pooled_.push_back(out.data());
  }

  void run() {
    offsets_.assign(batch_.offsets.begin(), batch_.offsets.end());
    const cuda::Batch batch = {.ids = batch_.ids.data(),
                               .positions = batch_.positions.data(),
                               .offsets = offsets_.data(),
                               .num_tokens = static_cast<std::uint32_t>(batch_.num_tokens()),
                               .num_sequences = static_cast<std::uint32_t>(batch_.num_sequences())};
    checked([&](cuda::Status* status) {
      api_.run(lane_, &batch, steps_.data(), static_cast<std::uint32_t>(steps_.size()), pooled_.data(),
               status);
    });
  }

 private:
  const cuda::Api& api_;
  cuda::Lane* lane_;
  BatchView batch_;
  std::vector<std::int32_t> offsets_;
  std::vector<cuda::Step> steps_;
  std::vector<float*> pooled_;
};

CudaWorkspace& own(Workspace& workspace) {
  return static_cast<CudaWorkspace&>(workspace);
}

cuda::NormValues values_of(const LayerNormWeights& norm) {
  return {.gamma = norm.gamma.data(),
          .beta = norm.beta.data(),
          .width = static_cast<std::uint32_t>(norm.gamma.size()),
          .epsilon = norm.epsilon};
}

cuda::Activation activation_on_device(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return cuda::Activation::kNone;
    case Activation::kRelu:
      return cuda::Activation::kRelu;
    case Activation::kGelu:
      return cuda::Activation::kGelu;
    case Activation::kSigmoid:
    case Activation::kTanh:
      break;
  }
  throw Error(ErrorCode::kUnsupported, "CUDA back end: the activations between layers are relu and gelu");
}

cuda::Slot slot_on_device(Slot slot) {
  static_assert(static_cast<std::uint32_t>(Slot::kFfn) == static_cast<std::uint32_t>(cuda::Slot::kFfn));
  return static_cast<cuda::Slot>(slot);
}

}  // namespace

CudaBackend::CudaBackend(const cuda::Api& api, const KernelTable& kernels, const EncoderShape& shape,
                         cuda::Format format)
    : api_(api), kernels_(kernels), shape_(shape) {
  const cuda::EncoderShape on_device = {
      .hidden_size = static_cast<std::uint32_t>(shape.hidden_size),
      .num_heads = static_cast<std::uint32_t>(shape.num_heads),
      .intermediate_size = static_cast<std::uint32_t>(shape.intermediate_size),
      .format = format};
  encoder_ = checked([&](cuda::Status* status) { return api.open_encoder(&on_device, status); });
}

CudaBackend::~CudaBackend() {
  api_.close_encoder(encoder_);
}

std::unique_ptr<const PreparedLinear> CudaBackend::prepare(const LinearWeights& weights) {
  const std::size_t outputs = weights.bias.size();
  const cuda::LinearValues values = {.weight = weights.weight.data(),
                                     .bias = weights.bias.data(),
                                     .outputs = static_cast<std::uint32_t>(outputs),
                                     .inputs = static_cast<std::uint32_t>(weights.weight.size() / outputs)};
  return std::make_unique<OnDevice<PreparedLinear>>(
      api_, checked([&](cuda::Status* status) { return api_.load_linear(encoder_, &values, status); }));
}

std::unique_ptr<const PreparedLayerNorm> CudaBackend::prepare(const LayerNormWeights& weights) {
  const cuda::NormValues values = values_of(weights);
  return std::make_unique<OnDevice<PreparedLayerNorm>>(
      api_, checked([&](cuda::Status* status) { return api_.load_norm(encoder_, &values, status); }));
}

std::unique_ptr<const PreparedEmbeddings> CudaBackend::prepare(const EmbeddingWeights& weights) {
  const std::size_t width = shape_.hidden_size;
  std::vector<float> words(weights.words.count());
  load_floats(weights.words, 0, words, kernels_);
  const cuda::EmbeddingValues values = {
      .words = words.data(),
      .positions = weights.positions.data(),
      .num_words = static_cast<std::uint32_t>(words.size() / width),
      .num_positions = static_cast<std::uint32_t>(weights.positions.size() / width),
      .norm = values_of(weights.norm)};
  return std::make_unique<OnDevice<PreparedEmbeddings>>(
      api_, checked([&](cuda::Status* status) { return api_.load_embeddings(encoder_, &values, status); }));
}

std::unique_ptr<const PreparedAttentionBias> CudaBackend::prepare(const AttentionBias& bias) {
  const cuda::BiasValues values = {.by_distance = bias.by_distance.data(),
                                   .num_heads = static_cast<std::uint32_t>(shape_.num_heads),
                                   .max_distance = static_cast<std::uint32_t>(bias.max_distance)};
  return std::make_unique<OnDevice<PreparedAttentionBias>>(
      api_, checked([&](cuda::Status* status) { return api_.load_bias(encoder_, &values, status); }));
}

std::size_t CudaBackend::max_batch_tokens(const EncoderShape&) const noexcept {
  return kBatchTokens;
}

std::unique_ptr<Workspace> CudaBackend::make_workspace(const EncoderShape&) const {
  return std::make_unique<CudaWorkspace>(api_, encoder_);
}

void CudaBackend::begin(Workspace& workspace, const BatchView& batch) const {
  own(workspace).begin(batch);
}

void CudaBackend::embed(Workspace& workspace, const PreparedEmbeddings& embeddings) const {
  cuda::Step step{};
  step.kind = cuda::StepKind::kEmbed;
  step.weights = on_device(embeddings);
  own(workspace).add(step);
}

void CudaBackend::linear(Workspace& workspace, Slot from, const PreparedLinear& weights,
                         Activation activation, Slot to) const {
  cuda::Step step{};
  step.kind = cuda::StepKind::kLinear;
  step.from = slot_on_device(from);
  step.to = slot_on_device(to);
  step.activation = activation_on_device(activation);
  step.weights = on_device(weights);
  own(workspace).add(step);
}

void CudaBackend::attention(Workspace& workspace, const PreparedAttentionBias* bias) const {
  cuda::Step step{};
  step.kind = cuda::StepKind::kAttention;
  step.weights = bias == nullptr ? nullptr : on_device(*bias);
  own(workspace).add(step);
}

void CudaBackend::residual_layer_norm(Workspace& workspace, const PreparedLayerNorm& norm) const {
  cuda::Step step{};
  step.kind = cuda::StepKind::kLayerNorm;
  step.weights = on_device(norm);
  own(workspace).add(step);
}

void CudaBackend::pool(Workspace& workspace, const PoolingRule& rule, std::span<float> out) const {
  own(workspace).add_pool(rule, out);
}

void CudaBackend::finish(Workspace& workspace) const {
  own(workspace).run();
}

}  // namespace pointsman
