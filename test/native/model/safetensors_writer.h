// Writes safetensors files, well formed or with a header of the test's own making.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pointsman::test {

struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

using Tensors = std::map<std::string, Tensor>;

// Eight bytes of length, the header, the data.
std::string safetensors_bytes(const std::string& header, const std::string& data);

// `dtype`: F32, F16 or BF16. Values must be exact in it.
void write_safetensors(const std::filesystem::path& path, const Tensors& tensors, const std::string& dtype);

}  // namespace pointsman::test
