#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "model/support.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

using nlohmann::json;

constexpr std::size_t kHuge = 10'000'000;

std::string repeat(std::string_view part, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + part.size());
  while (text.size() < bytes) text += part;
  return text;
}

// The best of a few runs, for a busy machine may take the processor away in any one.
double milliseconds(int runs, auto&& call) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

TEST_CASE("encode keeps the first tokens that fit, within a word too, and the special ones") {
  const auto tokenizer = load(tiny_tokenizer_json());
  Ids whole;
  tokenizer->encode("hello world, a b", 100, whole);
  REQUIRE(whole.size() == 8);
  for (std::size_t limit = 2; limit <= whole.size(); ++limit) {
    CAPTURE(limit);
    Ids expected(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(limit - 1));
    expected.push_back(kSep);
    Ids ids;
    CHECK(tokenizer->encode("hello world, a b", limit, ids) == limit);
    CHECK(ids == expected);
  }
}

TEST_CASE("a limit below the special tokens is an error") {
  const auto tokenizer = load(tiny_tokenizer_json());
  Ids ids;
  check_error(ErrorCode::kInvalidArgument,
              "max_tokens is 1, but the 2 special tokens alone do not fit in it; raise it",
              [&] { tokenizer->encode("a", 1, ids); });
  CHECK(ids.empty());
}

TEST_CASE("count says how many bytes its tokens cover") {
  json with_added = tiny_tokenizer_json();
  with_added["added_tokens"] = json::array({added_token(kMask, "[MASK]")});
  SUBCASE("with raw added tokens") {}
  SUBCASE("with normalized added tokens") {
    with_added["added_tokens"][0]["normalized"] = true;
  }
  const auto tokenizer = load(with_added);
  const auto count = [&](std::string_view text, std::size_t limit) {
    const TokenCount counted = tokenizer->count(text, limit);
    return std::pair{counted.tokens, counted.bytes_read};
  };
  using Pair = std::pair<std::size_t, std::size_t>;
  CHECK(count("", 10) == Pair{0, 0});
  CHECK(count("hello", 0) == Pair{0, 0});
  CHECK(count(" hello world, a ", 100) == Pair{5, 16});
  CHECK(count(" hello world, a ", 1) == Pair{1, 6});
  CHECK(count(" hello world, a ", 2) == Pair{3, 12});  // both pieces of the word
  CHECK(count(" hello world, a ", 4) == Pair{4, 13});
  CHECK(count("a\u4e2d\u6587", 2) == Pair{2, 4});
  CHECK(count("a\u0301\x01 b", 1) == Pair{1, 4});  // what normalisation drops from a word belongs to it
  CHECK(count("e\u00e9 b", 1) == Pair{2, 3});
  CHECK(count(" [MASK] b", 1) == Pair{1, 7});
  CHECK(count(std::string(20, 'a') + " b", 1) == Pair{1, 11});  // 10 are a word, 11 are too many
  CHECK(count(std::string(20, 'a') + " b", 2) == Pair{2, 22});
}

TEST_CASE("count agrees with encode") {
  const auto tokenizer = load(tiny_tokenizer_json());
  const std::string text =
      repeat("hello, wor\u00e9 ab \u4e2d! xyz \u00c9\u00c9\u00c9\u00c9\u00c9 " + std::string(20, 'a'), 3000);
  Ids ids;
  tokenizer->encode(text, text.size(), ids);
  CHECK(tokenizer->count(text, text.size()).tokens == ids.size() - 2);
  for (const std::size_t limit : {1, 2, 3, 10, 100, 500}) {
    const TokenCount counted = tokenizer->count(text, limit);
    CHECK(counted.tokens >= limit);
    CHECK(tokenizer->count(text.substr(0, counted.bytes_read), text.size()).tokens == counted.tokens);
  }
}

TEST_CASE("a text is read no further than the limit asks") {
  json with_added = tiny_tokenizer_json();
  with_added["added_tokens"] = json::array({added_token(kMask, "[MASK]")});
  json normalized = with_added;
  normalized["added_tokens"][0]["normalized"] = true;
  for (const json& config : {tiny_tokenizer_json(), with_added, normalized}) {
    const auto tokenizer = load(config);
    for (const std::string_view part :
         {"hello ", "a,", "\u4e2d", "\u00c9 ", "[MASK]", "[", "]\xff", "a\u0301 "}) {
      CAPTURE(part);
      const std::string text = repeat(part, kHuge);
      Ids ids;
      // Reading it all takes 20 ms or more; the 256 tokens need some microseconds.
      const double elapsed = milliseconds(5, [&] {
        ids.clear();
        tokenizer->encode(text, 256, ids);
      });
      CHECK(elapsed < 5);
      CHECK(ids.size() == 256);
      CHECK(tokenizer->count(text, 256).bytes_read < 5000);
    }
  }
}

TEST_CASE("ten megabytes without a word's end are one unknown token, in linear time") {
  json with_added = tiny_tokenizer_json();
  with_added["added_tokens"] = json::array({added_token(kMask, "[MASK]")});
  with_added["added_tokens"][0]["normalized"] = true;
  for (const json& config : {tiny_tokenizer_json(), with_added}) {
    const auto tokenizer = load(config);
    for (const std::string_view part : {"a", "\u00c9", "\uac01", "\U0001e000\u302e", "a\u0301"}) {
      CAPTURE(part);
      const std::string text = repeat(part, kHuge);
      Ids ids;
      // Quadratic work would take hours; the bound leaves room for sanitizers on a busy machine.
      CHECK(milliseconds(1, [&] { tokenizer->encode(text, 256, ids); }) < 20'000);
      CHECK(ids == Ids{kCls, kUnk, kSep});
    }
    Ids ids;
    tokenizer->encode(repeat("\u0301", kHuge), 256, ids);
    CHECK(ids == Ids{kCls, kSep});
    tokenizer->encode(repeat(" ", kHuge) + "a", 256, ids);
    CHECK(ids == Ids{kCls, kSep, kCls, 9, kSep});
  }
}

}  // namespace
}  // namespace pointsman::test
