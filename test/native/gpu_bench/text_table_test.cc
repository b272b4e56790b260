#include "gpu/text_table.h"

#include "doctest/doctest.h"

namespace pointsman::bench {
namespace {

TEST_CASE("numbers have three digits that count") {
  CHECK(number_text(0.012345) == "0.0123");
  CHECK(number_text(1.2345) == "1.23");
  CHECK(number_text(989) == "989");
  CHECK(number_text(12345) == "12345");
  CHECK(number_text(0) == "0.00");
  CHECK(number_text(169.87, 4) == "169.9");
}

TEST_CASE("large numbers are rounded and grouped") {
  CHECK(grouped_text(218'449) == "218,000");
  CHECK(grouped_text(1'234'567) == "1,230,000");
  CHECK(grouped_text(44'255) == "44,300");
  CHECK(grouped_text(384) == "384");
}

TEST_CASE("columns are as wide as their widest cell") {
  CHECK(aligned_table({"a", "us"}, {{"long", "1"}, {"b", "1000"}}) ==
        "  a       us\n"
        "  long     1\n"
        "  b     1000\n");
  CHECK(markdown_table({"a", "b"}, {{"1", "2"}}) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n");
}

}  // namespace
}  // namespace pointsman::bench
