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
  const StoredFloats tensor = stored(name, shape);
  std::vector<float> values(tensor.count());
  load_floats(tensor, 0, values, kernels_);
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (bad != values.end()) {
    throw Error(ErrorCode::kCorruptFile, file_.path().string() + ": tensor \"" + prefix_ + name +
                                             "\": expected finite numbers, element " +
                                             std::to_string(bad - values.begin()) + " is not");
  }
  return values;
}

std::unique_ptr<const PreparedLinear> WeightReader::linear(const Backend& backend,
                                                           std::initializer_list<std::string> names,
                                                           std::size_t outputs, std::size_t inputs) const {
  std::vector<float> weight;
  std::vector<float> bias;
  weight.reserve(names.size() * outputs * inputs);
  bias.reserve(names.size() * outputs);
  for (const std::string& name : names) {
    const std::vector<float> part = floats(name + ".weight", {outputs, inputs});
    weight.insert(weight.end(), part.begin(), part.end());
    const std::vector<float> part_bias = floats(name + ".bias", {outputs});
    bias.insert(bias.end(), part_bias.begin(), part_bias.end());
  }
  return backend.prepare(LinearWeights{weight, bias});
}

WeightReader::NormVectors WeightReader::norm_vectors(const std::string& name, std::size_t width) const {
  const bool early = !file_.contains(prefix_ + name + ".weight") && file_.contains(prefix_ + name + ".gamma");
  return {floats(name + (early ? ".gamma" : ".weight"), {width}),
          floats(name + (early ? ".beta" : ".bias"), {width})};
}

std::unique_ptr<const PreparedLayerNorm> WeightReader::layer_norm(const Backend& backend,
                                                                  const std::string& name, std::size_t width,
                                                                  float epsilon) const {
  const NormVectors vectors = norm_vectors(name, width);
  return backend.prepare(LayerNormWeights{vectors.gamma, vectors.beta, epsilon});
}

}  // namespace pointsman
