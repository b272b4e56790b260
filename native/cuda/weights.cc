#include "cuda/weights.h"

#include <vector>

#include "cuda/number.h"

namespace pointsman::cuda {
namespace {

DeviceBuffer upload(const void* from, std::size_t bytes, const Stream& stream) {
  DeviceBuffer buffer(bytes, stream);
  check(cudaMemcpyAsync(buffer.bytes(), from, bytes, cudaMemcpyHostToDevice, stream.get()),
        "copying weights to the GPU");
  stream.wait();  // `from` may go, and other streams may read
  return buffer;
}

DeviceBuffer upload_floats(const float* values, std::size_t count, const Stream& stream) {
  return upload(values, count * sizeof(float), stream);
}

template <typename T>
DeviceBuffer upload_as(const float* values, std::size_t count, const Stream& stream) {
  std::vector<T> stored(count);
  for (std::size_t i = 0; i < count; ++i) stored[i] = from_float<T>(values[i]);
  return upload(stored.data(), count * sizeof(T), stream);
}

DeviceBuffer upload_matrix(const float* values, std::size_t count, Format format, const Stream& stream) {
  return format == Format::kBf16 ? upload_as<Bf16>(values, count, stream)
                                 : upload_as<F16>(values, count, stream);
}

}  // namespace

DeviceNorm::DeviceNorm(const NormValues& values, const Stream& stream)
    : gamma(upload_floats(values.gamma, values.width, stream)),
      beta(upload_floats(values.beta, values.width, stream)),
      epsilon(values.epsilon) {}

DeviceLinear::DeviceLinear(const LinearValues& values, Format format, const Stream& stream)
    : weight(upload_matrix(values.weight, std::size_t{values.outputs} * values.inputs, format, stream)),
      bias(upload_floats(values.bias, values.outputs, stream)),
      outputs(values.outputs),
      inputs(values.inputs) {}

DeviceEmbeddings::DeviceEmbeddings(const EmbeddingValues& values, Format format, const Stream& stream)
    : words(upload_matrix(values.words, std::size_t{values.num_words} * values.norm.width, format, stream)),
      positions(
          upload_floats(values.positions, std::size_t{values.num_positions} * values.norm.width, stream)),
      norm(values.norm, stream) {}

DeviceBias::DeviceBias(const BiasValues& values, const Stream& stream)
    : by_distance(upload_floats(values.by_distance,
                                std::size_t{values.num_heads} * (2 * values.max_distance + 1), stream)),
      max_distance(values.max_distance) {}

}  // namespace pointsman::cuda
