// Rows of text in columns: the first to the left, the others to the right.
#pragma once

#include <string>
#include <vector>

namespace pointsman::bench {

using TextRow = std::vector<std::string>;

// `rows` as wide as `head`, every line indented by two spaces.
std::string aligned_table(const TextRow& head, const std::vector<TextRow>& rows);

std::string markdown_table(const TextRow& head, const std::vector<TextRow>& rows);

// With so many significant digits, never as 1e6.
std::string number_text(double value, int digits = 3);

// Rounded to three significant digits, with commas: 218,000.
std::string grouped_text(double value);

}  // namespace pointsman::bench
