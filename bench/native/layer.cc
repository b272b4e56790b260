#include "layer.h"

#include "harness.h"

namespace pointsman::bench {
namespace {

constexpr std::size_t kVocabulary = 1024;
constexpr std::size_t kHidden = kShape.hidden_size;

std::vector<float> scaled_floats(std::size_t count, unsigned seed, float scale) {
  std::vector<float> values = random_floats(count, seed);
  for (float& value : values) value *= scale;
  return values;
}

LayerNormWeights norm_of(const LayerWeights& weights) {
  return {.gamma = weights.gamma, .beta = std::span(weights.zeros).first(kHidden), .epsilon = 1e-12F};
}

std::unique_ptr<const PreparedLinear> prepare_linear(Backend& backend, std::span<const float> weight,
                                                     std::span<const float> bias) {
  return backend.prepare(LinearWeights{.weight = weight, .bias = bias});
}

}  // namespace

LayerWeights::LayerWeights()
    : words(random_floats(kVocabulary * kHidden, 1)),
      positions(random_floats(kVocabulary * kHidden, 2)),
      gamma(kHidden, 1.0F),
      zeros(kShape.intermediate_size),
      qkv(scaled_floats(3 * kHidden * kHidden, 3, 0.15F)),
      output(scaled_floats(kHidden * kHidden, 4, 0.15F)),
      up(scaled_floats(kShape.intermediate_size * kHidden, 5, 0.15F)),
      down(scaled_floats(kHidden * kShape.intermediate_size, 6, 0.05F)) {}

Layer::Layer(Backend& backend, const LayerWeights& weights, std::size_t sequences, std::size_t length)
    : backend_(backend),
      workspace_(backend.make_workspace(kShape)),
      embeddings_(backend.prepare(EmbeddingWeights{
          .words = {.format = FloatFormat::kF32, .bytes = std::as_bytes(std::span(weights.words))},
          .positions = weights.positions,
          .norm = norm_of(weights)})),
      norm_(backend.prepare(norm_of(weights))),
      qkv_(prepare_linear(backend, weights.qkv, std::span(weights.zeros).first(3 * kHidden))),
      output_(prepare_linear(backend, weights.output, std::span(weights.zeros).first(kHidden))),
      up_(prepare_linear(backend, weights.up, weights.zeros)),
      down_(prepare_linear(backend, weights.down, std::span(weights.zeros).first(kHidden))),
      offsets_{0} {
  for (std::size_t i = 0; i < sequences; ++i) {
    for (std::size_t j = 0; j < length; ++j) {
      ids_.push_back(static_cast<std::int32_t>((i * length + 7 * j) % kVocabulary));
      positions_.push_back(static_cast<std::int32_t>(j));
    }
    offsets_.push_back(ids_.size());
  }
  embed();
}

void Layer::embed() {
  backend_.begin(*workspace_, {.ids = ids_, .positions = positions_, .offsets = offsets_});
  backend_.embed(*workspace_, *embeddings_);
}

void Layer::project() {
  backend_.linear(*workspace_, Slot::kHidden, *qkv_, Activation::kNone, Slot::kQkv);
}

void Layer::attend() {
  backend_.attention(*workspace_, nullptr);
}

void Layer::read_context() {
  backend_.linear(*workspace_, Slot::kContext, *output_, Activation::kNone, Slot::kUpdate);
}

void Layer::normalise() {
  backend_.residual_layer_norm(*workspace_, *norm_);
}

void Layer::expand() {
  backend_.linear(*workspace_, Slot::kHidden, *up_, Activation::kGelu, Slot::kFfn);
}

void Layer::contract() {
  backend_.linear(*workspace_, Slot::kFfn, *down_, Activation::kNone, Slot::kUpdate);
}

std::vector<float> Layer::pooled() const {
  const std::size_t count = (offsets_.size() - 1) * kHidden;
  std::vector<float> out(2 * count);
  backend_.pool(*workspace_, {Pooling::kMean, false}, std::span(out).first(count));
  backend_.pool(*workspace_, {Pooling::kCls, false}, std::span(out).last(count));
  return out;
}

}  // namespace pointsman::bench
