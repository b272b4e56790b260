#include "text/tokenizer_config.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/json_file.h"
#include "text/json_view.h"

namespace pointsman {
namespace {

// A tokenizer.json is five levels deep where its template names a special token.
constexpr int kMaxJsonDepth = 16;

NormalizerOptions read_normalizer(const JsonView& root) {
  if (!root.has("normalizer")) return {};
  const JsonView normalizer = root.at("normalizer");
  const std::string& type = normalizer.at("type").string();
  if (type != "BertNormalizer") normalizer.unsupported(type, "BertNormalizer or none");
  NormalizerOptions options;
  options.clean_text = normalizer.at("clean_text").boolean();
  options.handle_chinese_chars = normalizer.at("handle_chinese_chars").boolean();
  options.lowercase = normalizer.at("lowercase").boolean();
  options.strip_accents =
      normalizer.has("strip_accents") ? normalizer.at("strip_accents").boolean() : options.lowercase;
  return options;
}

void check_pre_tokenizer(const JsonView& root) {
  const JsonView pre_tokenizer = root.at("pre_tokenizer");
  if (pre_tokenizer.is_null()) pre_tokenizer.unsupported("null", "BertPreTokenizer");
  const std::string& type = pre_tokenizer.at("type").string();
  if (type != "BertPreTokenizer") pre_tokenizer.unsupported(type, "BertPreTokenizer");
}

WordPieceOptions read_model(const JsonView& root) {
  const JsonView model = root.at("model");
  const std::string& type = model.at("type").string();
  if (type != "WordPiece") model.unsupported(type, "WordPiece");
  WordPieceOptions options;
  options.unknown_token = model.at("unk_token").string();
  options.continuing_prefix = model.at("continuing_subword_prefix").string();
  options.max_chars_per_word = model.at("max_input_chars_per_word").count();
  const JsonView vocabulary = model.at("vocab");
  for (const auto& [token, id] : vocabulary.object()) {
    options.vocabulary.emplace_hint(options.vocabulary.end(), token, vocabulary.at(token).token_id());
  }
  if (!options.vocabulary.contains(options.unknown_token)) {
    vocabulary.reject("does not contain the unknown token \"" + options.unknown_token + "\"");
  }
  return options;
}

AddedToken read_added_token(const JsonView& entry) {
  AddedToken token;
  token.id = entry.at("id").token_id();
  token.content = entry.at("content").string();
  token.single_word = entry.at("single_word").boolean();
  token.lstrip = entry.at("lstrip").boolean();
  token.rstrip = entry.at("rstrip").boolean();
  token.normalized = entry.at("normalized").boolean();
  if (token.content.empty()) entry.reject("has an empty \"content\", which would match everywhere");
  return token;
}

std::vector<AddedToken> read_added_tokens(const JsonView& root) {
  std::vector<AddedToken> tokens;
  if (!root.has("added_tokens")) return tokens;
  const JsonView list = root.at("added_tokens");
  for (std::size_t i = 0; i < list.array().size(); ++i) tokens.push_back(read_added_token(list.at(i)));
  return tokens;
}

using TokensById = std::unordered_map<std::int32_t, std::string_view>;

// Every token, of the vocabulary or added, by id; views of `config`. Throws where two tokens share one id or
// one token has two.
TokensById index_by_id(const JsonView& root, const TokenizerConfig& config) {
  TokensById by_id;
  by_id.reserve(config.model.vocabulary.size() + config.added_tokens.size());
  const auto claim = [&](std::int32_t id, const std::string& token, const JsonView& where) {
    const auto [entry, is_new] = by_id.emplace(id, token);
    if (!is_new && entry->second != token) {
      where.reject("gives id " + std::to_string(id) + " to \"" + token + "\", which \"" +
                   std::string(entry->second) + "\" has");
    }
  };
  const JsonView vocabulary = root.at("model").at("vocab");
  for (const auto& [token, id] : config.model.vocabulary) claim(id, token, vocabulary);
  std::map<std::string_view, std::int32_t> added;
  for (std::size_t i = 0; i < config.added_tokens.size(); ++i) {
    const AddedToken& token = config.added_tokens[i];
    const JsonView where = root.at("added_tokens").at(i);
    const auto in_vocabulary = config.model.vocabulary.find(token.content);
    const std::int32_t id = in_vocabulary != config.model.vocabulary.end()
                                ? in_vocabulary->second
                                : added.emplace(token.content, token.id).first->second;
    if (id != token.id) {
      where.reject("gives \"" + token.content + "\" the id " + std::to_string(token.id) + ", but it has " +
                   std::to_string(id));
    }
    claim(token.id, token.content, where);
  }
  return by_id;
}

std::int32_t read_known_id(const JsonView& value, const TokensById& known) {
  const std::int32_t id = value.token_id();
  if (!known.contains(id)) value.reject("is " + std::to_string(id) + ", which no token has");
  return id;
}

SpecialTokens read_template(const JsonView& processor, const TokensById& known) {
  SpecialTokens special;
  const JsonView single = processor.at("single");
  std::size_t sequences = 0;
  for (std::size_t i = 0; i < single.array().size(); ++i) {
    const JsonView piece = single.at(i);
    if (piece.has("Sequence")) {
      const JsonView name = piece.at("Sequence").at("id");
      if (name.string() != "A") name.fail("\"A\"");
      ++sequences;
      continue;
    }
    const JsonView token = processor.at("special_tokens").at(piece.at("SpecialToken").at("id").string());
    const JsonView ids = token.at("ids");
    std::vector<std::int32_t>& side = sequences == 0 ? special.before : special.after;
    for (std::size_t k = 0; k < ids.array().size(); ++k) side.push_back(read_known_id(ids.at(k), known));
  }
  if (sequences != 1) single.reject("must have Sequence A once, not " + std::to_string(sequences) + " times");
  return special;
}

SpecialTokens read_post_processor(const JsonView& root, const TokensById& known) {
  if (!root.has("post_processor")) return {};
  const JsonView processor = root.at("post_processor");
  const std::string& type = processor.at("type").string();
  if (type == "TemplateProcessing") return read_template(processor, known);
  if (type != "BertProcessing") processor.unsupported(type, "TemplateProcessing, BertProcessing or none");
  return {{read_known_id(processor.at("cls").at(1), known)},
          {read_known_id(processor.at("sep").at(1), known)}};
}

}  // namespace

TokenizerConfig read_tokenizer_config(const std::filesystem::path& path) {
  const nlohmann::json document = read_json_file(path, kMaxJsonDepth);
  const JsonView root(document, path.string(), "");
  TokenizerConfig config;
  config.model = read_model(root);
  config.normalizer = read_normalizer(root);
  check_pre_tokenizer(root);
  config.added_tokens = read_added_tokens(root);
  const TokensById known = index_by_id(root, config);
  config.special_tokens = read_post_processor(root, known);
  std::int32_t highest = 0;
  for (const auto& [id, token] : known) highest = std::max(highest, id);
  config.vocabulary_size = static_cast<std::size_t>(highest) + 1;
  return config;
}

}  // namespace pointsman
