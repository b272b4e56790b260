#include "gpu/options.h"

#include <stdexcept>
#include <string>

#include "doctest/doctest.h"

namespace pointsman::bench {
namespace {

std::string refusal(const std::vector<std::string>& arguments) {
  try {
    parse_options(arguments);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("options are read by name, the last one counts") {
  const Options options = parse_options({"--json", "--tokens", "64,128", "--format", "bf16", "--runs", "3",
                                         "--runs", "5", "--peak", "312.5", "--encoder", "110M"});
  CHECK(options.json);
  CHECK_FALSE(options.paper);
  CHECK(options.tokens == std::vector<std::size_t>{64, 128});
  CHECK(options.formats == std::vector{cuda::Format::kBf16});
  CHECK(options.runs == 5);
  CHECK(options.paper_roof.flop_per_second == 312.5e12);
  CHECK(options.encoder == "110M");
}

TEST_CASE("what an option does not take is refused with what it does") {
  CHECK(refusal({"--runs", "0"}) == "--runs: expected a number above 0, got \"0\"");
  CHECK(refusal({"--runs", "-1"}) == "--runs: expected a number above 0, got \"-1\"");
  CHECK(refusal({"--tokens", "64,"}) == "--tokens: expected a number above 0, got \"\"");
  CHECK(refusal({"--runs"}) == "--runs needs a value");
  CHECK(refusal({"--format", "f32"}) == "--format: unknown format \"f32\"; there are f16 and bf16");
  CHECK(refusal({"--encoder", "x"}) == "--encoder: unknown encoder \"x\"; there are MiniLM-L6 and 110M");
  CHECK(refusal({"--run"}) == std::string("unknown option --run\n") + kUsage);
}

}  // namespace
}  // namespace pointsman::bench
