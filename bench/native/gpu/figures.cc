#include "gpu/figures.h"

#include "gpu/text_table.h"

namespace pointsman::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) {
  return number_text(100 * share) + " %";
}

std::string microseconds(double seconds) {
  return number_text(1e6 * seconds);
}

double sequences_per_second(const BatchFigures& batch) {
  return static_cast<double>(batch.load.sequences) / batch.seconds;
}

double tokens_per_second(const BatchFigures& batch) {
  return static_cast<double>(batch.load.tokens()) / batch.seconds;
}

const char* roof_name(const Work& work, const Roof& roof) {
  return roof.is_arithmetic(work) ? "arithmetic" : "memory";
}

std::string batches_text(const EncoderFigures& figures, const Roof& roof) {
  std::vector<TextRow> rows;
  for (const BatchFigures& batch : figures.batches) {
    const double flop_per_second = batch.work.flop / batch.seconds;
    rows.push_back({std::to_string(batch.load.sequences) + " x " + std::to_string(batch.load.length),
                    number_text(1e3 * batch.seconds), grouped_text(sequences_per_second(batch)),
                    grouped_text(tokens_per_second(batch)), number_text(flop_per_second / 1e12),
                    percent(flop_per_second / roof.flop_per_second), number_text(1e3 * batch.bound_seconds),
                    percent(batch.bound_seconds / batch.seconds),
                    number_text(1e3 * batch.kernel_bound_seconds),
                    percent(batch.kernel_bound_seconds / batch.seconds)});
  }
  return aligned_table({"batch", "ms", "sequences/s", "tokens/s", "TFLOP/s", "of peak", "bound ms", "reached",
                        "kernel by kernel ms", "reached"},
                       rows);
}

std::string kernels_text(const EncoderFigures& figures, const Roof& roof) {
  std::vector<TextRow> rows;
  for (const KernelFigures& figure : figures.kernels) {
    const double bound = roof.seconds(figure.work);
    rows.push_back({std::string(name_of(figure.kernel)), std::to_string(figure.load.tokens()),
                    std::to_string(figure.launches), microseconds(figure.seconds),
                    number_text(figure.work.flop / 1e9), number_text(figure.work.bytes() / 1e6),
                    number_text(figure.work.flop_per_byte()), roof_name(figure.work, roof),
                    microseconds(bound), percent(bound / figure.seconds)});
  }
  return aligned_table({"kernel", "tokens", "launches", "us each", "GFLOP", "MB", "FLOP a byte", "roof",
                        "bound us", "reached"},
                       rows);
}

std::string latencies_text(const EncoderFigures& figures) {
  std::vector<TextRow> rows;
  for (const LatencyFigures& figure : figures.latencies) {
    rows.push_back({"1 x " + std::to_string(figure.tokens), microseconds(figure.p50),
                    microseconds(figure.p90), microseconds(figure.p99),
                    microseconds(figure.kernel_bound_seconds)});
  }
  return aligned_table({"one sequence", "p50 us", "p90 us", "p99 us", "bound us"}, rows);
}

Json batch_json(const BatchFigures& batch, const Roof& roof) {
  return {{"tokens", batch.load.tokens()},
          {"sequences", batch.load.sequences},
          {"length", batch.load.length},
          {"seconds", batch.seconds},
          {"sequencesPerSecond", sequences_per_second(batch)},
          {"tokensPerSecond", tokens_per_second(batch)},
          {"flop", batch.work.flop},
          {"bytes", batch.work.bytes()},
          {"flopPerSecond", batch.work.flop / batch.seconds},
          {"shareOfPeak", batch.work.flop / batch.seconds / roof.flop_per_second},
          {"boundSeconds", batch.bound_seconds},
          {"shareOfBound", batch.bound_seconds / batch.seconds},
          {"kernelByKernelBoundSeconds", batch.kernel_bound_seconds},
          {"shareOfKernelByKernelBound", batch.kernel_bound_seconds / batch.seconds}};
}

Json kernel_json(const KernelFigures& figure, const Roof& roof) {
  const double bound = roof.seconds(figure.work);
  return {{"kernel", name_of(figure.kernel)},
          {"tokens", figure.load.tokens()},
          {"launches", figure.launches},
          {"seconds", figure.seconds},
          {"flop", figure.work.flop},
          {"bytes", figure.work.bytes()},
          {"flopPerByte", figure.work.flop_per_byte()},
          {"roof", roof_name(figure.work, roof)},
          {"boundSeconds", bound},
          {"shareOfBound", bound / figure.seconds}};
}

Json latency_json(const LatencyFigures& figure) {
  return {{"tokens", figure.tokens},
          {"p50Seconds", figure.p50},
          {"p90Seconds", figure.p90},
          {"p99Seconds", figure.p99},
          {"kernelByKernelBoundSeconds", figure.kernel_bound_seconds}};
}

}  // namespace

std::string peaks_text(const Peaks& peaks) {
  return "measured peaks: " + number_text(peaks.flop_per_second / 1e12) +
         " TFLOP/s of mma.sync (f16, float32 sums), memory read " +
         number_text(peaks.read_bytes_per_second / 1e12) + " TB/s, copied " +
         number_text(peaks.copy_bytes_per_second / 1e12) + " TB/s; " +
         number_text(peaks.roof().flop_per_byte()) + " FLOP a byte";
}

Json peaks_json(const Peaks& peaks) {
  return {{"instruction", "mma.sync.m16n8k16.f32.f16"},
          {"flopPerSecond", peaks.flop_per_second},
          {"readBytesPerSecond", peaks.read_bytes_per_second},
          {"copyBytesPerSecond", peaks.copy_bytes_per_second}};
}

std::string figures_text(const EncoderFigures& figures, const Roof& roof) {
  return figures.name + " (" + std::to_string(figures.sizes.hidden) + ", " +
         std::to_string(figures.sizes.intermediate) + ", " + std::to_string(figures.sizes.layers) +
         " layers), " + figures.format + "; every result was compared with the CPU's first, cosine " +
         number_text(figures.worst_cosine, 6) + " at worst\n" + batches_text(figures, roof) + "\n" +
         kernels_text(figures, roof) +
         "  The bound counts all bytes as memory's; what stays in L2 can be faster than it.\n\n" +
         latencies_text(figures);
}

Json figures_json(const EncoderFigures& figures, const Roof& roof) {
  Json json{{"name", figures.name},
            {"format", figures.format},
            {"hiddenSize", figures.sizes.hidden},
            {"intermediateSize", figures.sizes.intermediate},
            {"layers", figures.sizes.layers},
            {"worstCosine", figures.worst_cosine}};
  for (const BatchFigures& batch : figures.batches) json["batches"].push_back(batch_json(batch, roof));
  for (const KernelFigures& figure : figures.kernels) json["kernels"].push_back(kernel_json(figure, roof));
  for (const LatencyFigures& figure : figures.latencies) json["latencies"].push_back(latency_json(figure));
  return json;
}

}  // namespace pointsman::bench
