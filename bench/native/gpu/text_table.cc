#include "gpu/text_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace pointsman::bench {
namespace {

std::string padded(const std::string& text, std::size_t width, bool to_the_left) {
  // Letters of other alphabets are several bytes and one column.
  const auto letters = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  const std::string spaces(width > letters ? width - letters : 0, ' ');
  return to_the_left ? text + spaces : spaces + text;
}

std::string markdown_row(const TextRow& row) {
  std::string line = "|";
  for (const std::string& cell : row) line += " " + cell + " |";
  return line + "\n";
}

}  // namespace

std::string aligned_table(const TextRow& head, const std::vector<TextRow>& rows) {
  std::vector<std::size_t> widths(head.size());
  for (std::size_t i = 0; i < head.size(); ++i) {
    widths[i] = head[i].size();
    for (const TextRow& row : rows) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto line_of = [&](const TextRow& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += "  " + padded(row[i], widths[i], i == 0);
    return line + "\n";
  };
  std::string text = line_of(head);
  for (const TextRow& row : rows) text += line_of(row);
  return text;
}

std::string markdown_table(const TextRow& head, const std::vector<TextRow>& rows) {
  std::string text = markdown_row(head) + markdown_row(TextRow(head.size(), "---"));
  for (const TextRow& row : rows) text += markdown_row(row);
  return text;
}

std::string number_text(double value, int digits) {
  const int before_point = value == 0 ? 1 : static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", std::max(0, digits - before_point), value);
  return text;
}

std::string grouped_text(double value) {
  const double unit = value < 1000 ? 1 : std::pow(10, std::floor(std::log10(value)) - 2);
  std::string digits = number_text(std::round(value / unit) * unit, 0);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

}  // namespace pointsman::bench
