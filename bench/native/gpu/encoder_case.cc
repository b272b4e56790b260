#include "gpu/encoder_case.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>

#include "backend/cpu_backend.h"
#include "backend/cuda_backend.h"
#include "gpu/shapes.h"
#include "kernels/select.h"

extern "C" const pointsman::cuda::Api* pointsman_cuda_api();

namespace pointsman::bench {
namespace {

EncoderCase make_case(std::string name, const EncoderConfig& config, std::filesystem::path weights) {
  return {.name = std::move(name),
          .config = config,
          .weights = std::move(weights),
          .random = std::make_unique<const RandomWeights>(config)};
}

}  // namespace

Encoder EncoderCase::on(std::unique_ptr<Backend> backend) const {
  if (weights.empty()) return make_encoder(*random, config, std::move(backend));
  EncoderWeights loaded =
      load_encoder_weights(std::make_shared<const SafetensorsFile>(weights), config, *backend, kernels());
  return {config, std::move(loaded), std::move(backend)};
}

std::vector<EncoderCase> cases_of(const Options& options) {
  std::vector<EncoderCase> cases;
  if (!options.weights.empty()) {
    const std::filesystem::path path = options.weights;
    const EncoderConfig config = read_encoder_config(path.parent_path() / "config.json");
    cases.push_back(make_case(options.weights, config, path));
    return cases;
  }
  for (const NamedShape& shape : kShapes) {
    if (options.encoder.value_or(std::string(shape.name)) != shape.name) continue;
    EncoderConfig config = config_of(shape);
    config.num_layers = std::min(config.num_layers, options.layers.value_or(config.num_layers));
    cases.push_back(make_case(std::string(shape.name), config, {}));
  }
  return cases;
}

std::unique_ptr<Backend> make_oracle() {
  const auto tables = available_kernel_tables();
  const auto found =
      std::ranges::find_if(tables, [](const KernelTable* table) { return table->bf16 == nullptr; });
  return std::make_unique<CpuBackend>(**found);
}

std::unique_ptr<Backend> make_gpu_backend(const EncoderConfig& config, cuda::Format format) {
  return std::make_unique<CudaBackend>(*pointsman_cuda_api(), kernels(), config.shape(), format);
}

PackedBatch make_batch(const EncoderConfig& config, const std::vector<std::size_t>& lengths) {
  std::mt19937 random(1);
  PackedBatch batch(config.positions);
  for (const std::size_t length : lengths) {
    if (length > config.max_tokens()) {
      throw std::invalid_argument("sequences of " + std::to_string(length) +
                                  " tokens: the encoder has positions for " +
                                  std::to_string(config.max_tokens()));
    }
    std::vector<std::int32_t> ids(length);
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>(random() % config.vocab_size);
    batch.append(ids);
  }
  return batch;
}

}  // namespace pointsman::bench
