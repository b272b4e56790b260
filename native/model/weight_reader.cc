#include "model/weight_reader.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "model/tensor_names.h"

namespace pointsman {
namespace {

std::string find_prefix(const SafetensorsFile& file) {
  std::string tried;
  for (const std::string_view prefix : kNamePrefixes) {
    if (file.contains(std::string(prefix).append(kWordTable))) return std::string(prefix);
    tried += (tried.empty() ? "\"" : ", \"") + std::string(prefix) + "\"";
  }
  throw Error(ErrorCode::kCorruptFile, file.path().string() + ": expected a tensor \"" +
                                           std::string(kWordTable) + "\" under one of the prefixes " + tried +
                                           ", found none among " + std::to_string(file.num_tensors()) +
                                           " tensors");
}

}  // namespace

WeightReader::WeightReader(const SafetensorsFile& file, const KernelTable& kernels)
    : file_(file), kernels_(kernels), prefix_(find_prefix(file)) {}

StoredFloats WeightReader::stored(const std::string& name, std::initializer_list<std::size_t> shape) const {
  return file_.floats(prefix_ + name, shape);
}

std::vector<float> WeightReader::floats(const std::string& name,
                                        std::initializer_list<std::size_t> shape) const {
  std::vector<float> values(stored(name, shape).count());
  load(name, shape, values);
  return values;
}

void WeightReader::load(const std::string& name, std::initializer_list<std::size_t> shape,
                        std::span<float> values) const {
  load_floats(stored(name, shape), 0, values, kernels_);
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (bad != values.end()) {
    throw Error(ErrorCode::kCorruptFile, file_.path().string() + ": tensor \"" + prefix_ + name +
                                             "\": expected finite numbers, element " +
                                             std::to_string(bad - values.begin()) + " is not");
  }
}

std::unique_ptr<const PreparedLinear> WeightReader::linear(Backend& backend,
                                                           std::initializer_list<std::string> names,
                                                           std::size_t outputs, std::size_t inputs) {
  const std::size_t count = outputs * inputs;
  weight_.reserve_discard(names.size() * count);
  std::vector<float> bias(names.size() * outputs);
  std::size_t part = 0;
  for (const std::string& name : names) {
    load(name + ".weight", {outputs, inputs}, weight_.span().subspan(part * count, count));
    load(name + ".bias", {outputs}, std::span(bias).subspan(part * outputs, outputs));
    ++part;
  }
  return backend.prepare(LinearWeights{weight_.span().first(names.size() * count), bias});
}

WeightReader::NormVectors WeightReader::norm_vectors(const std::string& name, std::size_t width) const {
  const bool early = !file_.contains(prefix_ + name + ".weight") && file_.contains(prefix_ + name + ".gamma");
  return {floats(name + (early ? ".gamma" : ".weight"), {width}),
          floats(name + (early ? ".beta" : ".bias"), {width})};
}

std::unique_ptr<const PreparedLayerNorm> WeightReader::layer_norm(Backend& backend, const std::string& name,
                                                                  std::size_t width, float epsilon) const {
  const NormVectors vectors = norm_vectors(name, width);
  return backend.prepare(LayerNormWeights{vectors.gamma, vectors.beta, epsilon});
}

}  // namespace pointsman
