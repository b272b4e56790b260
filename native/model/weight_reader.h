// Tensors of one encoder as float32, by name, with every complaint made where the name is known.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "base/aligned_buffer.h"
#include "model/safetensors.h"

namespace pointsman {

class WeightReader {
 public:
  // Finds the prefix under which the file holds the word table; throws kCorruptFile listing the prefixes
  // tried.
  WeightReader(const SafetensorsFile& file, const KernelTable& kernels);

  StoredFloats stored(const std::string& name, std::initializer_list<std::size_t> shape) const;

  // Throws kCorruptFile when a value is not finite: one would turn every embedding into NaN.
  std::vector<float> floats(const std::string& name, std::initializer_list<std::size_t> shape) const;

  // Linear layers of equal shape stacked along their outputs.
  std::unique_ptr<const PreparedLinear> linear(Backend& backend, std::initializer_list<std::string> names,
                                               std::size_t outputs, std::size_t inputs);

  // `width` elements; the names gamma and beta of early checkpoints are read too.
  std::unique_ptr<const PreparedLayerNorm> layer_norm(Backend& backend, const std::string& name,
                                                      std::size_t width, float epsilon) const;

  struct NormVectors {
    std::vector<float> gamma;
    std::vector<float> beta;
  };
  NormVectors norm_vectors(const std::string& name, std::size_t width) const;

 private:
  void load(const std::string& name, std::initializer_list<std::size_t> shape, std::span<float> out) const;

  const SafetensorsFile& file_;
  const KernelTable& kernels_;
  std::string prefix_;
  AlignedBuffer<float>
      weight_;  // of the layer at hand: kept, for fresh pages cost as much as converting into them
};

}  // namespace pointsman
