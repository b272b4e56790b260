#include "text/tokenizer_config.h"

#include <string>

#include "model/support.h"
#include "text/tiny_tokenizer.h"

namespace pointsman::test {
namespace {

using nlohmann::json;

// Whole message, after the path of the file and ": ".
void check_refused(ErrorCode code, const json& tokenizer, const std::string& message) {
  const TemporaryFolder folder;
  const auto path = folder / "tokenizer.json";
  write_file(path, tokenizer.dump());
  check_error(code, path.string() + ": " + message, [&] { WordPieceTokenizer::from_file(path); });
}

json changed(const std::string& pointer, const json& value) {
  json tokenizer = tiny_tokenizer_json();
  tokenizer[json::json_pointer(pointer)] = value;
  return tokenizer;
}

json without(const std::string& parent, const std::string& key) {
  json tokenizer = tiny_tokenizer_json();
  tokenizer[json::json_pointer(parent)].erase(key);
  return tokenizer;
}

TEST_CASE("a tokenizer that is not there is named") {
  const TemporaryFolder folder;
  const auto path = folder / "tokenizer.json";
  check_error(ErrorCode::kFileNotFound, "cannot open " + path.string() + ": No such file or directory",
              [&] { WordPieceTokenizer::from_file(path); });
}

TEST_CASE("components that are not implemented are named with what is") {
  const auto refused = [](const std::string& part, const json& value, const std::string& message) {
    check_refused(ErrorCode::kUnsupported, changed("/" + part, value), message);
  };
  refused("model/type", "BPE", "model of type BPE is not implemented; use a tokenizer with WordPiece");
  refused("normalizer", {{"type", "Sequence"}, {"normalizers", json::array()}},
          "normalizer of type Sequence is not implemented; use a tokenizer with BertNormalizer or none");
  refused("pre_tokenizer", {{"type", "Whitespace"}},
          "pre_tokenizer of type Whitespace is not implemented; use a tokenizer with BertPreTokenizer");
  refused("pre_tokenizer", nullptr,
          "pre_tokenizer of type null is not implemented; use a tokenizer with BertPreTokenizer");
  refused(
      "post_processor", {{"type", "RobertaProcessing"}},
      "post_processor of type RobertaProcessing is not implemented; use a tokenizer with TemplateProcessing, "
      "BertProcessing or none");
}

TEST_CASE("an added token that normalises to nothing is refused") {
  const TemporaryFolder folder;
  json tokenizer = tiny_tokenizer_json();
  tokenizer["added_tokens"] = json::array({added_token(900, "\u0301")});
  tokenizer["added_tokens"][0]["normalized"] = true;
  write_file(folder / "tokenizer.json", tokenizer.dump());
  check_error(ErrorCode::kUnsupported,
              "the added token \"\u0301\" (id 900) is empty once normalised; set its \"normalized\" to false",
              [&] { WordPieceTokenizer::from_file(folder / "tokenizer.json"); });
}

TEST_CASE("fields that are missing or of another type are named") {
  const auto corrupt = [](const json& tokenizer, const std::string& message) {
    check_refused(ErrorCode::kCorruptFile, tokenizer, message);
  };
  corrupt(json::array(), "expected a JSON object, got array");
  corrupt(without("", "model"), "the file has no \"model\"");
  corrupt(without("/model", "vocab"), "model has no \"vocab\"");
  corrupt(without("/normalizer", "lowercase"), "normalizer has no \"lowercase\"");
  corrupt(changed("/model", 3), "model must be an object, not 3");
  corrupt(changed("/model/unk_token", nullptr), "model.unk_token must be a string, not null");
  corrupt(changed("/model/max_input_chars_per_word", -1),
          "model.max_input_chars_per_word must be a whole number from 0, not -1");
  corrupt(changed("/normalizer/clean_text", "yes"),
          "normalizer.clean_text must be true or false, not \"yes\"");
  corrupt(changed("/added_tokens", json::object()), "added_tokens must be an array, not an object");
  corrupt(changed("/model/vocab", {"a", "b"}), "model.vocab must be an object, not an array of 2 elements");
}

TEST_CASE("ids are whole numbers, unique and known") {
  const auto corrupt = [](const json& tokenizer, const std::string& message) {
    check_refused(ErrorCode::kCorruptFile, tokenizer, message);
  };
  const std::string range = " must be a token id, an integer from 0 to 2147483646, not ";
  corrupt(changed("/model/vocab/hello", -1), "model.vocab.hello" + range + "-1");
  corrupt(changed("/model/vocab/hello", 1.5), "model.vocab.hello" + range + "1.5");
  corrupt(changed("/model/vocab/hello", 2147483647), "model.vocab.hello" + range + "2147483647");
  corrupt(changed("/model/vocab/hello", kMask), "model.vocab gives id 3 to \"hello\", which \"[MASK]\" has");
  corrupt(changed("/model/unk_token", "[X]"), "model.vocab does not contain the unknown token \"[X]\"");
  corrupt(changed("/added_tokens", json::array({added_token(4, "[MASK]")})),
          "added_tokens[0] gives \"[MASK]\" the id 4, but it has 3");
  corrupt(changed("/added_tokens", json::array({added_token(900, "<x>"), added_token(4, "<y>")})),
          "added_tokens[1] gives id 4 to \"<y>\", which \"hello\" has");
  corrupt(changed("/added_tokens", json::array({added_token(900, "")})),
          "added_tokens[0] has an empty \"content\", which would match everywhere");
}

TEST_CASE("a post-processor puts known ids around one sequence") {
  const auto corrupt = [](const json& processor, const std::string& message) {
    check_refused(ErrorCode::kCorruptFile, changed("/post_processor", processor), "post_processor" + message);
  };
  const json sequence = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const json second = {{"Sequence", {{"id", "B"}, {"type_id", 0}}}};
  const json special = {{"SpecialToken", {{"id", "[CLS]"}, {"type_id", 0}}}};
  const auto processor = [](const json& single, const json& ids) {
    return json{
        {"type", "TemplateProcessing"}, {"single", single}, {"special_tokens", {{"[CLS]", {{"ids", ids}}}}}};
  };
  corrupt(processor(json::array({special}), {1}), ".single must have Sequence A once, not 0 times");
  corrupt(processor({sequence, sequence}, {1}), ".single must have Sequence A once, not 2 times");
  corrupt(processor(json::array({second}), {1}), ".single[0].Sequence.id must be \"A\", not \"B\"");
  corrupt(processor({special, sequence}, {900}), ".special_tokens.[CLS].ids[0] is 900, which no token has");
  corrupt(processor({special, sequence}, "x"), ".special_tokens.[CLS].ids must be an array, not \"x\"");
  corrupt({{"type", "BertProcessing"}, {"cls", {"[CLS]"}}},
          ".cls must be an array of at least 2 elements, not an array of 1 elements");
}

TEST_CASE("every post-processor places its tokens") {
  const auto encoded = [](const json& processor) {
    Ids ids;
    load(changed("/post_processor", processor))->encode("hello", 10, ids);
    return ids;
  };
  CHECK(encoded(nullptr) == Ids{4});
  CHECK(encoded({{"type", "BertProcessing"}, {"sep", {"[SEP]", kSep}}, {"cls", {"[CLS]", kCls}}}) ==
        Ids{kCls, 4, kSep});
  CHECK(encoded({{"type", "TemplateProcessing"},
                 {"single",
                  {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
                   {{"SpecialToken", {{"id", "end"}, {"type_id", 0}}}}}},
                 {"special_tokens", {{"end", {{"ids", {kSep, kMask}}}}}}}) == Ids{4, kSep, kMask});
}

TEST_CASE("the vocabulary size covers holes and added tokens") {
  const std::size_t words = tiny_tokenizer_json()["model"]["vocab"].size();
  CHECK(load(tiny_tokenizer_json())->vocabulary_size() == words);
  CHECK(load(changed("/model/vocab/hello", 500))->vocabulary_size() == 501);
  CHECK(load(changed("/added_tokens", json::array({added_token(900, "<x>")})))->vocabulary_size() == 901);
}

}  // namespace
}  // namespace pointsman::test
