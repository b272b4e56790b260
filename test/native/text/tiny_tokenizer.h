// A tokenizer.json of a few words, to be changed by a test before it is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"
#include "text/tokenizer.h"

namespace pointsman::test {

using Ids = std::vector<std::int32_t>;

// Ids of the tiny vocabulary that tests name.
inline constexpr std::int32_t kUnk = 0;
inline constexpr std::int32_t kCls = 1;
inline constexpr std::int32_t kSep = 2;
inline constexpr std::int32_t kMask = 3;

// Uncased, "[CLS] A [SEP]", at most 10 characters a word, no added tokens.
nlohmann::json tiny_tokenizer_json();

// {"id": id, "content": content, ...} with every flag false.
nlohmann::json added_token(std::int32_t id, const std::string& content);

std::shared_ptr<const WordPieceTokenizer> load(const nlohmann::json& tokenizer);

// The tokens of `text`, space separated and without the special ones around it: "hello wor ##ld".
std::string tokens(const nlohmann::json& tokenizer, std::string_view text);

}  // namespace pointsman::test
