// gpu_bench: how fast the encoder is on a GPU, beside what the card can do. Nothing is timed before all of it
// has been compared with the CPU's results. Figures go to stdout, progress to stderr.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <list>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "gpu/card.h"
#include "gpu/encoder_bench.h"
#include "gpu/head_bench.h"
#include "gpu/paper.h"
#include "gpu/peaks.h"

namespace pointsman::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string date_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char text[32];
  std::strftime(text, sizeof text, "%FT%TZ", std::gmtime(&now));
  return text;
}

void print(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

// Every encoder in every format, compared.
std::list<EncoderBench> checked_benches(const std::vector<EncoderCase>& cases, const Options& options,
                                        Progress& progress) {
  std::list<EncoderBench> benches;
  for (const EncoderCase& measured : cases) {
    progress.begin(measured.name + ": loading on the CPU");
    const Encoder oracle = measured.on(make_oracle());
    for (const cuda::Format format : options.formats) {
      progress.begin(measured.name + ", " + name_of(format) + ": loading on the GPU");
      benches.emplace_back(measured, format, options).check(oracle, progress);
    }
  }
  return benches;
}

void measure(const Options& options) {
  Progress progress;
  const Card card = read_card();
  progress.begin("comparing what the measuring loops compute");
  check_peaks(card);
  progress.begin("making weights");
  const std::vector<EncoderCase> cases = cases_of(options);
  std::list<EncoderBench> benches = checked_benches(cases, options, progress);
  progress.begin("comparing heads");
  HeadBench heads(options.runs);
  heads.check();

  progress.begin("the card's peaks");
  const Peaks peaks = measure_peaks(card, options.peak_megabytes << 20U, options.runs, progress);
  Json json{
      {"bench", "gpu"},          {"commit", options.commit.empty() ? Json(nullptr) : Json(options.commit)},
      {"date", date_text()},     {"cpu", cpu_brand()},
      {"card", card_json(card)}, {"peaks", peaks_json(peaks)}};
  if (!options.json) print(card_text(card) + "\n" + peaks_text(peaks) + "\n");
  for (EncoderBench& bench : benches) {
    const EncoderFigures figures = bench.measure(peaks.roof(), progress);
    json["encoders"].push_back(figures_json(figures, peaks.roof()));
    if (!options.json) print(figures_text(figures, peaks.roof()));
  }
  const std::vector<HeadFigures> head_figures = heads.measure(progress);
  json["heads"] = heads_json(head_figures);
  if (options.json) {
    print(json.dump(2));
  } else {
    print(heads_text(head_figures));
  }
}

void run(const std::vector<std::string>& arguments) {
  const Options options = parse_options(arguments);
  if (options.help) return print(kUsage);
  if (!options.paper) return measure(options);
  if (options.json) return print(paper_json(options.paper_roof, options.length).dump(2));
  print(paper_text(options.paper_roof, options.length));
}

}  // namespace
}  // namespace pointsman::bench

int main(int argc, char** argv) {
  try {
    pointsman::bench::run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_bench: %s\n", error.what());
    return 1;
  }
}
