#include "text/tiny_tokenizer.h"

#include <filesystem>
#include <map>

#include "model/support.h"

namespace pointsman::test {
namespace {

using nlohmann::json;

// The first four are kUnk to kMask of the header.
const char* const kTokens[] = {"[UNK]",      "[CLS]",    "[SEP]",    "[MASK]",   "hello",
                               "wor",        "##ld",     "##l",      "##d",      "a",
                               "##a",        "b",        "##b",      "c",        "##c",
                               "e",          "##e",      "i",        "##i",      "x",
                               "##x",        "A",        "I",        "ss",       "##s",
                               "mask",       ",",        "!",        "[",        "]",
                               "`",          "\u00df",   "\u00e9",   "##\u0301", "##\u0307",
                               "\u03c3",     "##\u03c3", "##\u03c2", "\u4e2d",   "\u6587",
                               "\U00020000", "\u1100",   "##\u1161", "##\u11a8", "##\U0001e000",
                               "##\u302e",   "\uac01"};

}  // namespace

json tiny_tokenizer_json() {
  json vocabulary = json::object();
  std::int32_t id = 0;
  for (const char* token : kTokens) vocabulary[token] = id++;
  const auto special = [](const char* name) {
    return json{{"SpecialToken", {{"id", name}, {"type_id", 0}}}};
  };
  const auto ids = [](const char* name, std::int32_t token_id) {
    return json{{"id", name}, {"ids", {token_id}}, {"tokens", {name}}};
  };
  return {
      {"version", "1.0"},
      {"truncation", {{"max_length", 4}}},
      {"padding", {{"strategy", {{"Fixed", 4}}}}},
      {"added_tokens", json::array()},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", {special("[CLS]"), {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, special("[SEP]")}},
        {"special_tokens", {{"[CLS]", ids("[CLS]", kCls)}, {"[SEP]", ids("[SEP]", kSep)}}}}},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"max_input_chars_per_word", 10},
        {"vocab", vocabulary}}},
  };
}

json added_token(std::int32_t id, const std::string& content) {
  return {{"id", id},        {"content", content}, {"special", true},    {"single_word", false},
          {"lstrip", false}, {"rstrip", false},    {"normalized", false}};
}

std::shared_ptr<const WordPieceTokenizer> load(const json& tokenizer) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "tokenizer.json";
  write_file(path, tokenizer.dump());
  return WordPieceTokenizer::from_file(path);
}

std::string tokens(const json& tokenizer, std::string_view text) {
  std::map<std::int32_t, std::string> names;
  for (const auto& [token, id] : tokenizer["model"]["vocab"].items()) names[id.get<std::int32_t>()] = token;
  for (const json& added : tokenizer["added_tokens"])
    names[added["id"].get<std::int32_t>()] = added["content"];
  json bare = tokenizer;
  bare["post_processor"] = nullptr;
  Ids ids;
  load(bare)->encode(text, 1 << 20, ids);
  std::string joined;
  for (const std::int32_t id : ids) joined += (joined.empty() ? "" : " ") + names.at(id);
  return joined;
}

}  // namespace pointsman::test
