// BERT WordPiece: UTF-8 text to token ids, as configured by a Hugging Face tokenizer.json. Immutable,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace pointsman {

class TextBoundary;

// What stands around a single text.
struct SpecialTokens {
  std::vector<std::int32_t> before;
  std::vector<std::int32_t> after;
};

struct TokenCount {
  std::size_t tokens = 0;  // without special tokens
  std::size_t bytes_read =
      0;  // bytes of the text these tokens cover; text.size() when the whole text was read
};

class WordPieceTokenizer {
 public:
  // Reads tokenizer.json (model WordPiece, normalizer BertNormalizer or none, BertPreTokenizer;
  // post-processor TemplateProcessing or BertProcessing). Its truncation and padding sections are ignored:
  // limits are ours. Throws kFileNotFound, kCorruptFile, or kUnsupported naming the component that is not
  // implemented.
  static std::shared_ptr<const WordPieceTokenizer> from_file(const std::filesystem::path& path);

  virtual ~WordPieceTokenizer() = default;

  // Appends the ids of `text` with its special tokens to `ids`: at most `max_tokens` in all (>= number of
  // special tokens, checked). Stops reading the text once the limit is reached. Invalid UTF-8 reads as
  // U+FFFD. Returns how many ids were appended.
  virtual std::size_t encode(std::string_view text, std::size_t max_tokens,
                             std::vector<std::int32_t>& ids) const = 0;

  // Appends the ids of `part` alone, without special tokens: at most `max_tokens`, and returns how many.
  virtual std::size_t encode_part(std::string_view part, std::size_t max_tokens,
                                  std::vector<std::int32_t>& ids) const = 0;

  // Where a text can be cut so that both sides have the tokens they have in the whole: see text_boundary.h.
  virtual const TextBoundary& boundary() const noexcept = 0;

  virtual const SpecialTokens& special_tokens() const noexcept = 0;

  // Counts tokens (no special ones) until the text ends or at least `limit` were seen.
  virtual TokenCount count(std::string_view text, std::size_t limit) const = 0;

  virtual std::size_t vocabulary_size() const noexcept = 0;  // largest id + 1, added tokens included
  virtual std::size_t num_special_tokens() const noexcept = 0;
};

}  // namespace pointsman
