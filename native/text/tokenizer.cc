#include "text/tokenizer.h"

#include <string>

#include "base/error.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/text_boundary.h"
#include "text/text_reader.h"
#include "text/token_sink.h"
#include "text/tokenizer_config.h"
#include "text/word_piece.h"

namespace pointsman {
namespace {

class BertTokenizer final : public WordPieceTokenizer {
 public:
  explicit BertTokenizer(const TokenizerConfig& config)
      : normalizer_(config.normalizer),
        added_(config.added_tokens, normalizer_),
        boundary_(normalizer_, added_),
        model_(config.model),
        special_(config.special_tokens),
        vocabulary_size_(config.vocabulary_size) {}

  std::size_t encode(std::string_view text, std::size_t max_tokens,
                     std::vector<std::int32_t>& ids) const override {
    if (max_tokens < num_special_tokens()) {
      throw Error(ErrorCode::kInvalidArgument, "max_tokens is " + std::to_string(max_tokens) + ", but the " +
                                                   std::to_string(num_special_tokens()) +
                                                   " special tokens alone do not fit in it; raise it");
    }
    const std::size_t first = ids.size();
    ids.insert(ids.end(), special_.before.begin(), special_.before.end());
    encode_part(text, max_tokens - num_special_tokens(), ids);
    ids.insert(ids.end(), special_.after.begin(), special_.after.end());
    return ids.size() - first;
  }

  std::size_t encode_part(std::string_view part, std::size_t max_tokens,
                          std::vector<std::int32_t>& ids) const override {
    const std::size_t first = ids.size();
    TokenSink sink(ids, max_tokens, TokenSink::Mode::kKeep);
    TextReader(normalizer_, added_, model_, part, sink).read();
    if (sink.tokens() > max_tokens) ids.resize(first + max_tokens);
    return ids.size() - first;
  }

  TokenCount count(std::string_view text, std::size_t limit) const override {
    std::vector<std::int32_t> scratch;
    TokenSink sink(scratch, limit, TokenSink::Mode::kCount);
    TextReader(normalizer_, added_, model_, text, sink).read();
    return {sink.tokens(), sink.full() ? sink.end() : text.size()};
  }

  const TextBoundary& boundary() const noexcept override { return boundary_; }
  const SpecialTokens& special_tokens() const noexcept override { return special_; }
  std::size_t vocabulary_size() const noexcept override { return vocabulary_size_; }

  std::size_t num_special_tokens() const noexcept override {
    return special_.before.size() + special_.after.size();
  }

 private:
  Normalizer normalizer_;
  AddedTokens added_;
  TextBoundary boundary_;
  WordPiece model_;
  SpecialTokens special_;
  std::size_t vocabulary_size_;
};

}  // namespace

std::shared_ptr<const WordPieceTokenizer> WordPieceTokenizer::from_file(const std::filesystem::path& path) {
  return std::make_shared<BertTokenizer>(read_tokenizer_config(path));
}

}  // namespace pointsman
