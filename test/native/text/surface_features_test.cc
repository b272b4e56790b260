#include "text/surface_features.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "text/random_texts.h"

namespace pointsman::test {
namespace {

using Values = std::array<float, kSurfaceFeatures>;

Values surface_of(std::string_view text) {
  Values values;
  values.fill(-1.0F);
  surface_features(text, values);
  return values;
}

// Before scaling.
double value_of(SurfaceFeature feature, std::string_view text) {
  const auto at = static_cast<std::size_t>(feature);
  return surface_of(text)[at] / kSurfaceScales[at];
}

void check_value(SurfaceFeature feature, std::string_view text, double expected) {
  CAPTURE(static_cast<std::size_t>(feature));
  CAPTURE(text);
  CHECK(value_of(feature, text) == doctest::Approx(expected).epsilon(1e-6));
}

// A second implementation, in one pass of one byte at a time, of what counting bytes in blocks could get
// wrong.
double plain_share(std::string_view text, std::string_view members) {
  const auto is_member = [&](char c) { return members.find(c) != std::string_view::npos; };
  return static_cast<double>(std::count_if(text.begin(), text.end(), is_member)) /
         static_cast<double>(text.size());
}

TEST_CASE("every surface feature of a question with options is what counting by hand gives") {
  const std::string text = "What is 12 + 30?\n\n(A) 42\n(B) 18\nAnswer:";
  const Values values = surface_of(text);
  const std::vector<double> expected = {std::log1p(39),         // bytes
                                        std::log1p(10),         // What is 12 + 30? (A) 42 (B) 18 Answer:
                                        std::log1p(5),          // lines
                                        8.0 / 39,               // 1 2 3 0 4 2 1 8
                                        4.0 / 39,               // W A B A
                                        1.0 / 39,               // +
                                        4.0 / 39,               // ( ) ( )
                                        2.0 / 39,               // ? :
                                        0,                      // above ASCII
                                        std::log1p(1),          // ?
                                        std::log1p(29 / 10.0),  // bytes a word
                                        1,                      // all words distinct
                                        0,                      // code
                                        0,                      // $ and backslash
                                        std::log1p(2),          // (A) (B)
                                        std::log1p(7)};         // Answer:
  for (std::size_t i = 0; i < kSurfaceFeatures; ++i) {
    CAPTURE(i);
    const double scaled = expected[i] * static_cast<double>(kSurfaceScales[i]);
    CHECK(values[i] == doctest::Approx(std::min<double>(scaled, kMostSurface)).epsilon(1e-6));
  }
}

TEST_CASE("an empty text is all zeros, and one of white space has bytes and lines only") {
  CHECK(surface_of("") == Values{});
  Values blank = surface_of(" \n\t\r\n");
  CHECK(blank[0] == doctest::Approx(std::log1p(5) * 0.84));
  CHECK(blank[2] == doctest::Approx(std::log1p(2) * 0.85));
  blank[0] = blank[2] = 0.0F;
  CHECK(blank == Values{});
}

TEST_CASE("the last line that is not blank counts, without white space around it") {
  check_value(SurfaceFeature::kLastLine, "Long rules.\n\n  Why?  \n \n\n", std::log1p(4));
  check_value(SurfaceFeature::kLastLine, "one line", std::log1p(8));
  check_value(SurfaceFeature::kLines, "a\nb", std::log1p(2));
  check_value(SurfaceFeature::kLines, "a\nb\n", std::log1p(2));
  check_value(SurfaceFeature::kLines, "\n\n", std::log1p(2));
}

TEST_CASE("a line begins with an option as letter and dot, letter and bracket, or letter in brackets") {
  check_value(SurfaceFeature::kOptions, "A. x\nB) y\n (C) z\nJ.", std::log1p(4));
  check_value(SurfaceFeature::kOptions, "A\nB x\nK. y\na. z\n(A z\nThe A. x\n(AB)\n1. x", 0);
}

TEST_CASE("code is a fence, a definition, or a line that ends in a brace or a semicolon") {
  for (const char* text : {"x ```py", "  def f(x):", "int main() {\n", "a\n  return 1;  \nb"}) {
    check_value(SurfaceFeature::kCode, text, 1);
  }
  for (const char* text : {"``x``", "a def f", "define", "use {x} and y; z", "", "\n"}) {
    check_value(SurfaceFeature::kCode, text, 0);
  }
}

TEST_CASE("words are told apart by their bytes, and a repeated one counts once") {
  check_value(SurfaceFeature::kDistinctWords, "to be or not to be", 4.0 / 6);
  check_value(SurfaceFeature::kDistinctWords, "a\ta\na  a", 0.25);
  check_value(SurfaceFeature::kWordLength, "ab abcd", std::log1p(3));
  check_value(SurfaceFeature::kWords, "\n a  b\t", std::log1p(2));
}

TEST_CASE("of 1,000 distinct words about 890 are told apart") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "word" + std::to_string(i) + " ";
  const double share = value_of(SurfaceFeature::kDistinctWords, text);
  CHECK(share > 0.84);
  CHECK(share < 0.94);
}

TEST_CASE("shares are those of counting one byte at a time, on texts of any length") {
  std::mt19937 random(3);
  const std::string bytes = "ab 1Z+-({;.,?!:$\\\xc3\xa9\n";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (std::size_t i = random() % 1200 + 1; i > 0; --i) text += bytes[random() % bytes.size()];
    const auto check_share = [&](SurfaceFeature feature, std::string_view members) {
      const double scale = kSurfaceScales[static_cast<std::size_t>(feature)];
      check_value(feature, text, std::min(plain_share(text, members), kMostSurface / scale));
    };
    check_share(SurfaceFeature::kDigits, "0123456789");
    check_share(SurfaceFeature::kCapitals, "Z");
    check_share(SurfaceFeature::kOperators, "+-*/=<>^");
    check_share(SurfaceFeature::kBrackets, "{}()[];");
    check_share(SurfaceFeature::kPunctuation, ".,:!?");
    check_share(SurfaceFeature::kNonAscii, "\xc3\xa9");
    const auto count = [&](std::string_view members) {
      return plain_share(text, members) * static_cast<double>(text.size());
    };
    check_value(SurfaceFeature::kQuestionMarks, text, std::log1p(count("?")));
    check_value(SurfaceFeature::kMathMarks, text, std::log1p(count("$\\")));
  }
}

TEST_CASE("any bytes give values from 0 to the largest, the same every time") {
  std::mt19937 random(7);
  std::vector<std::string> texts = {std::string(1 << 20, '\n'), std::string(1 << 20, 'a'),
                                    std::string(1 << 20, '`'),  std::string(1 << 20, '\xff'),
                                    std::string(1 << 20, '7'),  std::string("\0a\0", 3)};
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 600, ' ');
    for (char& c : text) c = static_cast<char>(random());
    texts.push_back(text);
    texts.push_back(random_text(random, 1 + random() % 100));
  }
  for (const std::string& text : texts) {
    // On the heap and of this very size, so that a sanitizer sees a read past the end.
    const std::vector<char> exact(text.begin(), text.end());
    const Values values = surface_of({exact.data(), exact.size()});
    for (const float value : values) {
      CHECK(value >= 0.0F);
      CHECK(value <= kMostSurface);
    }
    CHECK(surface_of(text) == values);
  }
}

}  // namespace
}  // namespace pointsman::test
