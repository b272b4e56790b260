#include "model/safetensors_writer.h"

#include <bit>
#include <cstring>

#include "doctest/doctest.h"
#include "model/support.h"
#include "nlohmann/json.hpp"

namespace pointsman::test {
namespace {

template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Zero and normal numbers without rounding, which is all the tests write.
std::uint16_t exact_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  if ((bits & 0x7FFFFFFFU) == 0) return sign;
  const std::uint32_t mantissa = bits & 0x7FFFFFU;
  const int exponent = static_cast<int>(bits >> 23 & 0xFFU) - 127;
  if (exponent == 128) return static_cast<std::uint16_t>(sign | 0x7C00U | mantissa >> 13);  // infinity, NaN
  REQUIRE((mantissa & 0x1FFFU) == 0);
  REQUIRE(exponent >= -14);
  REQUIRE(exponent <= 15);
  return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(exponent + 15) << 10 | mantissa >> 13);
}

void append_number(std::string& bytes, float value, const std::string& dtype) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (dtype == "F32") return append(bytes, value);
  if (dtype == "F16") return append(bytes, exact_half(value));
  REQUIRE(dtype == "BF16");
  REQUIRE((bits & 0xFFFFU) == 0);
  append(bytes, static_cast<std::uint16_t>(bits >> 16));
}

}  // namespace

std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string bytes;
  append(bytes, static_cast<std::uint64_t>(header.size()));
  return bytes + header + data;
}

void write_safetensors(const std::filesystem::path& path, const Tensors& tensors, const std::string& dtype) {
  nlohmann::json header{{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = data.size();
    for (const float value : tensor.values) append_number(data, value, dtype);
    header[name] = {{"dtype", dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  // An odd header length puts every tensor on an odd address, as some published files do.
  if (text.size() % 2 == 0) text += ' ';
  write_file(path, safetensors_bytes(text, data));
}

}  // namespace pointsman::test
