#include <string>

#include "backend/bf16_backend.h"
#include "families.h"
#include "kernels/select.h"
#include "layer.h"

namespace pointsman::bench {
namespace {

struct Tokens {
  std::size_t sequences;
  std::size_t length;

  std::size_t total() const { return sequences * length; }
};

// A short prompt, a long one, two of them (a full batch), one at the position limit.
constexpr Tokens kBatches[] = {{1, 16}, {1, 128}, {2, 128}, {1, 512}};

struct Step {
  const char* kernel;
  void (Layer::*run)();
  // Shape of the product, n by k; 0 where the step is none.
  std::size_t outputs = 0;
  std::size_t inputs = 0;
};

constexpr std::size_t kHidden = kShape.hidden_size;
constexpr std::size_t kWide = kShape.intermediate_size;

// In the order of an encoder; the second layer norm is the first over again and is not timed.
constexpr Step kSteps[] = {
    {"gemm query, key, value", &Layer::project, 3 * kHidden, kHidden},
    {"attention, 12 heads of 32", &Layer::attend},
    {"gemm attention output", &Layer::read_context, kHidden, kHidden},
    {"layer norm, residual", &Layer::normalise},
    {"gemm feed-forward up, GELU", &Layer::expand, kWide, kHidden},
    {"gemm feed-forward down", &Layer::contract, kHidden, kWide},
};

// Additions and multiplications; of attention only the two products, of a product not its activation.
double flop_of(const Step& step, const Tokens& tokens) {
  const double rows = static_cast<double>(tokens.total());
  if (step.outputs > 0) return 2.0 * rows * static_cast<double>(step.outputs * step.inputs);
  if (step.run == &Layer::attend) return 4.0 * rows * static_cast<double>(tokens.length * kHidden);
  // Residual 1, mean 1, centre 1, square and sum 2, centre 1, scale 1, gamma and beta 2.
  return 9.0 * rows * static_cast<double>(kHidden);
}

// Layer norm reads the update and reads and writes the hidden state; for products of bf16 it writes that once
// more.
double bytes_of(const Step& step, const Tokens& tokens, const KernelTable& kernels) {
  if (step.run != &Layer::normalise) return 0.0;
  const double bytes_per_value = kernels.bf16 == nullptr ? 12.0 : 14.0;
  return bytes_per_value * static_cast<double>(tokens.total() * kHidden);
}

// Layer norm computes in float32, on AVX-512 where products are of bf16.
std::string_view peak_of(const Step& step, const KernelTable& kernels) {
  return step.run == &Layer::normalise && kernels.bf16 != nullptr ? "avx512" : kernels.name;
}

std::string shape_of(const Step& step, const Tokens& tokens) {
  if (step.outputs > 0) {
    return std::to_string(tokens.total()) + " x " + std::to_string(step.outputs) + " x " +
           std::to_string(step.inputs);
  }
  return std::to_string(tokens.sequences) + " x " + std::to_string(tokens.length) + " tokens";
}

std::vector<float> run_layer(Layer& layer) {
  layer.embed();
  for (const Step& step : kSteps) (layer.*step.run)();
  layer.normalise();
  return layer.pooled();
}

// Leaves the layer as it is when the encoder comes to `last`: slots share memory, so a later step's results
// may lie where this one reads.
void run_up_to(Layer& layer, const Step& last) {
  layer.embed();
  for (const Step& step : kSteps) {
    if (step.run == last.run) return;
    (layer.*step.run)();
  }
}

}  // namespace

void bench_layer(const Harness& harness, std::span<const KernelTable* const> tables) {
  const LayerWeights weights;
  const std::unique_ptr<Backend> oracle = make_cpu_backend(kernel_table("reference"), kShape);
  for (const Tokens& tokens : kBatches) {
    Layer reference(*oracle, weights, tokens.sequences, tokens.length);
    const std::vector<float> expected = run_layer(reference);
    for (const KernelTable* table : tables) {
      const std::unique_ptr<Backend> backend = make_cpu_backend(*table, kShape);
      Layer layer(*backend, weights, tokens.sequences, tokens.length);
      for (const Step& step : kSteps) {
        harness.time({.kernel = step.kernel,
                      .shape = shape_of(step, tokens),
                      .isa = table->name,
                      .peak = peak_of(step, *table),
                      .flop = flop_of(step, tokens),
                      .bytes = bytes_of(step, tokens, *table),
                      .error =
                          [&] {
                            const double error = max_error(run_layer(layer), expected);
                            run_up_to(layer, step);
                            return error;
                          },
                      // Values are about 1. A bf16 operand is rounded by up to 2^-9, and five steps follow
                      // one another.
                      .max_error = table->bf16 == nullptr ? 1e-4 : 0.1,
                      .run = [&] { (layer.*step.run)(); }});
      }
    }
  }
}

}  // namespace pointsman::bench
