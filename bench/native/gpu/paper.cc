#include "gpu/paper.h"

#include <vector>

#include "gpu/shapes.h"
#include "gpu/text_table.h"

namespace pointsman::bench {
namespace {

bool is_in_a_layer(Kernel kernel) {
  return kernel != Kernel::kEmbedding && kernel != Kernel::kPooling;
}

Work without_weights(const Work& work) {
  return {.flop = work.flop, .activation_bytes = work.activation_bytes};
}

// Per token; sequences a second of the three bounds.
struct Paper {
  double product_flop;
  double attention_flop;
  double bytes;
  double flop_per_byte;
  double arithmetic_alone;
  double memory_alone;
  double kernel_by_kernel;
};

Paper paper_of(const Sizes& sizes, const Roof& roof, std::size_t length) {
  const Load one{.sequences = 1, .length = length};
  const auto tokens = static_cast<double>(length);
  const Work products = pass_work(sizes, one, is_product);
  const Work attention = pass_work(sizes, one, [](Kernel kernel) { return kernel == Kernel::kAttention; });
  const double flop = products.flop + attention.flop;
  const double bytes = pass_work(sizes, one, is_in_a_layer).activation_bytes;
  double seconds = 0;
  for (const Kernel kernel : kKernels) {
    if (!is_in_a_layer(kernel)) continue;
    const Work work = without_weights(work_of(kernel, sizes, one));
    seconds += static_cast<double>(launches_of(kernel, sizes)) * roof.seconds(work);
  }
  return {.product_flop = products.flop / tokens,
          .attention_flop = attention.flop / tokens,
          .bytes = bytes / tokens,
          .flop_per_byte = flop / bytes,
          .arithmetic_alone = roof.flop_per_second / flop,
          .memory_alone = roof.bytes_per_second / bytes,
          .kernel_by_kernel = 1 / seconds};
}

std::string sizes_text(const Sizes& sizes) {
  return "(" + grouped_text(static_cast<double>(sizes.hidden)) + ", " +
         number_text(static_cast<double>(sizes.intermediate), 0) + ", " + std::to_string(sizes.layers) +
         " layers)";
}

TextRow encoder_row(const NamedShape& shape, const Roof& roof, std::size_t length) {
  const Paper paper = paper_of(shape.sizes, roof, length);
  return {std::string(shape.name) + " " + sizes_text(shape.sizes),
          number_text(paper.product_flop / 1e6, paper.product_flop < 1e8 ? 3 : 4) + " MFLOP",
          number_text(paper.attention_flop / 1e6, 2) + " MFLOP",
          number_text(paper.bytes / 1e3) + " KB",
          std::to_string(pass_launches(shape.sizes)),
          number_text(paper.flop_per_byte),
          grouped_text(paper.arithmetic_alone),
          grouped_text(paper.memory_alone),
          grouped_text(paper.kernel_by_kernel)};
}

TextRow kernel_row(Kernel kernel, const Roof& roof, std::size_t length) {
  TextRow row = {name_of(kernel)};
  for (const NamedShape& shape : kShapes) {
    const Work work = without_weights(work_of(kernel, shape.sizes, {.sequences = 1, .length = length}));
    row.push_back(number_text(work.flop_per_byte()) +
                  (roof.is_arithmetic(work) ? ", arithmetic" : ", memory"));
  }
  return row;
}

}  // namespace

std::string paper_text(const Roof& roof, std::size_t length) {
  std::vector<TextRow> encoders;
  encoders.reserve(kShapes.size());
  for (const NamedShape& shape : kShapes) encoders.push_back(encoder_row(shape, roof, length));
  TextRow kernel_head = {"FLOP a byte, bound by"};
  for (const NamedShape& shape : kShapes) kernel_head.emplace_back(shape.name);
  std::vector<TextRow> kernels;
  kernels.reserve(kKernels.size());
  for (const Kernel kernel : kKernels) kernels.push_back(kernel_row(kernel, roof, length));
  return "At " + number_text(roof.flop_per_second / 1e12) + " TFLOP/s and " +
         number_text(roof.bytes_per_second / 1e12) + " TB/s, " + number_text(roof.flop_per_byte()) +
         " FLOP a byte; sequences of " + std::to_string(length) +
         " tokens, weights left out.\nFLOP and bytes a token of the layers; bounds in sequences a "
         "second.\n\n" +
         markdown_table({"encoder", "products", "attention", "bytes", "launches", "FLOP a byte",
                         "arithmetic alone", "memory alone", "kernel by kernel"},
                        encoders) +
         "\n" + markdown_table(kernel_head, kernels);
}

nlohmann::ordered_json paper_json(const Roof& roof, std::size_t length) {
  nlohmann::ordered_json json{
      {"flopPerSecond", roof.flop_per_second}, {"bytesPerSecond", roof.bytes_per_second}, {"length", length}};
  for (const NamedShape& shape : kShapes) {
    const Paper paper = paper_of(shape.sizes, roof, length);
    json["encoders"].push_back({{"name", shape.name},
                                {"launches", pass_launches(shape.sizes)},
                                {"productFlopPerToken", paper.product_flop},
                                {"attentionFlopPerToken", paper.attention_flop},
                                {"bytesPerToken", paper.bytes},
                                {"flopPerByte", paper.flop_per_byte},
                                {"sequencesPerSecond",
                                 {{"arithmeticAlone", paper.arithmetic_alone},
                                  {"memoryAlone", paper.memory_alone},
                                  {"kernelByKernel", paper.kernel_by_kernel}}}});
  }
  return json;
}

}  // namespace pointsman::bench
