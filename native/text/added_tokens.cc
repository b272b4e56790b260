#include "text/added_tokens.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "text/utf8.h"

namespace pointsman {
namespace {

bool is_space(char32_t c) {
  return (unicode::char_class(c) & unicode::kSpace) != 0;
}

bool touches_word(std::string_view text, const RawMatch& match) {
  if (match.begin > 0 && is_word_character(decode_utf8_before(text, match.begin))) return true;
  return match.end < text.size() && is_word_character(decode_utf8(text, match.end).code_point);
}

NormalizedPattern normalized_pattern(const AddedToken& token, const Normalizer& normalizer) {
  std::u32string content = normalizer.normalize(token.content);
  if (content.empty()) {
    throw Error(ErrorCode::kUnsupported, "the added token \"" + token.content + "\" (id " +
                                             std::to_string(token.id) +
                                             ") is empty once normalised; set its \"normalized\" to false");
  }
  return {std::move(content), token};
}

}  // namespace

bool is_word_character(char32_t c) noexcept {
  return (unicode::char_class(c) & unicode::kWord) != 0;
}

std::size_t skip_space(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    const DecodedChar decoded = decode_utf8(text, offset);
    if (!is_space(decoded.code_point)) break;
    offset += decoded.length;
  }
  return offset;
}

std::size_t skip_space_before(std::string_view text, std::size_t offset, std::size_t floor) {
  while (offset > floor) {
    const char32_t c = decode_utf8_before(text, offset);
    if (!is_space(c)) break;
    char encoded[4];
    offset -= encode_utf8(c, encoded);
  }
  return offset;
}

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens, const Normalizer& normalizer) {
  std::vector<RawPattern> raw;
  std::vector<NormalizedPattern> normalized;
  for (const AddedToken& token : tokens) {
    if (token.normalized) {
      normalized.push_back(normalized_pattern(token, normalizer));
    } else {
      raw.push_back({token.content, token});
      begins_raw_[static_cast<unsigned char>(token.content[0])] = true;
    }
  }
  raw_ = PatternSet<char>(std::move(raw));
  normalized_ = PatternSet<char32_t>(std::move(normalized));
}

std::size_t AddedTokens::find_first_byte(std::string_view text, std::size_t from, std::size_t to) const {
  // Most vocabularies have "[CLS]" and its like only, and memchr is many times faster than a table.
  const char lowest = raw_.patterns().front().content[0];
  if (lowest == raw_.patterns().back().content[0]) {
    const void* found = std::memchr(text.data() + from, lowest, to - from);
    return found == nullptr ? to : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  while (from < to && !begins_raw_[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

bool AddedTokens::touches_raw(std::string_view text, std::size_t offset) const {
  for (std::size_t back = 0; back <= std::min(offset, raw_.longest()); ++back) {
    const std::string_view rest = text.substr(offset - back);
    if (rest.empty() || !begins_raw_[static_cast<unsigned char>(rest[0])]) continue;
    const auto reaches = [&](const std::string& content) {
      return content.size() >= back && rest.starts_with(content);
    };
    if (raw_.find_longest(rest[0], reaches) != nullptr) return true;
  }
  return false;
}

RawMatch AddedTokens::find_raw(std::string_view text, std::size_t& from, std::size_t to) const {
  while (from < to) {
    from = find_first_byte(text, from, to);
    if (from == to) break;
    const RawPattern* pattern = raw_.find_longest(
        text[from], [&](const std::string& content) { return text.substr(from).starts_with(content); });
    if (pattern == nullptr) {
      ++from;
      continue;
    }
    const RawMatch match{&pattern->token, from, from + pattern->content.size()};
    from = match.end;  // a match that is refused below still hides what overlaps it, as in the reference
    if (!pattern->token.single_word || !touches_word(text, match)) return match;
  }
  return {};
}

}  // namespace pointsman
