#include "text/word_piece.h"

#include <utility>

namespace pointsman {
namespace {

using Pieces = std::vector<std::pair<std::string_view, std::int32_t>>;

Pieces pieces_after(const WordPieceOptions& options, std::string_view prefix) {
  Pieces pieces;
  for (const auto& [token, id] : options.vocabulary) {
    if (token.size() > prefix.size() && token.starts_with(prefix)) {
      pieces.emplace_back(std::string_view(token).substr(prefix.size()), id);
    }
  }
  return pieces;
}

}  // namespace

WordPiece::WordPiece(const WordPieceOptions& options)
    : starts_(pieces_after(options, "")),
      continuations_(pieces_after(options, options.continuing_prefix)),
      unknown_id_(options.vocabulary.at(options.unknown_token)),
      max_chars_per_word_(options.max_chars_per_word) {}

void WordPiece::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  const std::size_t first = ids.size();
  const PieceTable* table = &starts_;
  while (!word.empty()) {
    std::size_t length = 0;
    const std::int32_t id = table->find_longest(word, length);
    if (id == PieceTable::kAbsent) {
      ids.resize(first);
      ids.push_back(unknown_id_);
      return;
    }
    ids.push_back(id);
    word.remove_prefix(length);
    table = &continuations_;
  }
}

}  // namespace pointsman
