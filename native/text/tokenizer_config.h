// tokenizer.json, read and checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/tokenizer.h"
#include "text/word_piece.h"

namespace pointsman {

struct TokenizerConfig {
  NormalizerOptions normalizer;
  std::vector<AddedToken> added_tokens;
  SpecialTokens special_tokens;
  WordPieceOptions model;
  std::size_t vocabulary_size = 0;  // largest id + 1, added tokens included
};

// Throws kFileNotFound, kIo, kCorruptFile, or kUnsupported naming the component that is not implemented.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& path);

}  // namespace pointsman
