#include "gpu/options.h"

#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>

#include "gpu/shapes.h"

namespace pointsman::bench {

const char kUsage[] = R"(npm run bench:gpu -- [options]
  --json                 one JSON object on stdout
  --paper                the roofline of the named encoders, without a GPU
  --peak N               of --paper, TFLOP/s (989)
  --bandwidth N          of --paper, TB/s (3.35)
  --encoder NAME         MiniLM-L6 or 110M (both)
  --weights FILE         an encoder's safetensors file, config.json beside it, in place of random weights
  --format NAME          f16 or bf16 (both)
  --layers N             fewer layers than the named encoder has
  --tokens N,N           of a batch (8192,12288,16384)
  --length N             tokens of a sequence in batches (128)
  --latency-tokens N,N   of the single sequences (16,64,128,256)
  --runs N               of a batch, a kernel and a peak (200)
  --latency-runs N       of a single sequence (2000)
  --launches N           of a kernel in one sample (24)
  --peak-megabytes N     of memory that is swept to find its speed (2048)
  --commit TEXT          of the build, for the JSON
)";

namespace {

template <typename T>
T number_of(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0)) {
    throw std::invalid_argument("expected a number above 0, got \"" + text + "\"");
  }
  return value;
}

std::vector<std::size_t> numbers_of(const std::string& text) {
  std::vector<std::size_t> numbers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    numbers.push_back(number_of<std::size_t>(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return numbers;
}

cuda::Format format_of(const std::string& name) {
  for (const cuda::Format format : {cuda::Format::kF16, cuda::Format::kBf16}) {
    if (name == name_of(format)) return format;
  }
  throw std::invalid_argument("unknown format \"" + name + "\"; there are f16 and bf16");
}

std::string encoder_of(const std::string& name) {
  std::string known;
  for (const NamedShape& shape : kShapes) {
    if (shape.name == name) return name;
    known += (known.empty() ? "" : " and ") + std::string(shape.name);
  }
  throw std::invalid_argument("unknown encoder \"" + name + "\"; there are " + known);
}

// Options that take a value, by name.
std::map<std::string, std::function<void(const std::string&)>> setters_of(Options& options) {
  return {
      {"--peak",
       [&](const std::string& text) { options.paper_roof.flop_per_second = 1e12 * number_of<double>(text); }},
      {"--bandwidth",
       [&](const std::string& text) {
         options.paper_roof.bytes_per_second = 1e12 * number_of<double>(text);
       }},
      {"--encoder", [&](const std::string& text) { options.encoder = encoder_of(text); }},
      {"--weights", [&](const std::string& text) { options.weights = text; }},
      {"--format", [&](const std::string& text) { options.formats = {format_of(text)}; }},
      {"--layers", [&](const std::string& text) { options.layers = number_of<std::size_t>(text); }},
      {"--tokens", [&](const std::string& text) { options.tokens = numbers_of(text); }},
      {"--length", [&](const std::string& text) { options.length = number_of<std::size_t>(text); }},
      {"--latency-tokens", [&](const std::string& text) { options.latency_tokens = numbers_of(text); }},
      {"--runs", [&](const std::string& text) { options.runs = number_of<int>(text); }},
      {"--latency-runs", [&](const std::string& text) { options.latency_runs = number_of<int>(text); }},
      {"--launches", [&](const std::string& text) { options.launches = number_of<int>(text); }},
      {"--peak-megabytes",
       [&](const std::string& text) { options.peak_megabytes = number_of<std::size_t>(text); }},
      {"--commit", [&](const std::string& text) { options.commit = text; }},
  };
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  const auto setters = setters_of(options);
  const std::map<std::string, bool*> flags = {
      {"--json", &options.json}, {"--paper", &options.paper}, {"--help", &options.help}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (const auto flag = flags.find(name); flag != flags.end()) {
      *flag->second = true;
      continue;
    }
    const auto setter = setters.find(name);
    if (setter == setters.end()) throw std::invalid_argument("unknown option " + name + "\n" + kUsage);
    if (++i == arguments.size()) throw std::invalid_argument(name + " needs a value");
    try {
      setter->second(arguments[i]);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(name + ": " + error.what());
    }
  }
  return options;
}

}  // namespace pointsman::bench
