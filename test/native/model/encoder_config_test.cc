#include "model/encoder_config.h"

#include <string>

#include "model/support.h"
#include "model/tiny_model.h"
#include "nlohmann/json.hpp"

namespace pointsman::test {
namespace {

using nlohmann::json;

EncoderConfig read(const json& config) {
  const TemporaryFolder folder;
  write_file(folder / "config.json", config.dump());
  return read_encoder_config(folder / "config.json");
}

json tiny(const std::string& model_type) {
  TinyModel model;
  model.model_type = model_type;
  return json::parse(model.config_json());
}

// `change` is merged into a valid BERT configuration; null removes a field.
void check_refused(ErrorCode code, const json& change, const std::string& message) {
  json config = tiny("bert");
  config.merge_patch(change);
  const TemporaryFolder folder;
  const auto path = folder / "config.json";
  write_file(path, config.dump());
  check_error(code, path.string() + ": " + message, [&] { read_encoder_config(path); });
}

TEST_CASE("a BERT configuration is read field by field") {
  const EncoderConfig config = read(tiny("bert"));
  CHECK(config.family == EncoderFamily::kBert);
  CHECK(config.hidden_size == 48);
  CHECK(config.num_heads == 4);
  CHECK(config.num_layers == 2);
  CHECK(config.intermediate_size == 96);
  CHECK(config.vocab_size == 60);
  CHECK(config.type_vocab_size == 2);
  CHECK(config.max_positions == 80);
  CHECK(config.relative_buckets == 0);
  CHECK(config.layer_norm_epsilon == doctest::Approx(1e-5));
  CHECK(config.activation == Activation::kGelu);
  CHECK(config.positions.first == 0);
  CHECK_FALSE(config.positions.uncounted_id.has_value());
  CHECK(config.max_tokens() == 80);
}

TEST_CASE("RoBERTa-like models and MPNet count positions from pad_token_id + 1") {
  for (const std::string type : {"roberta", "xlm-roberta", "camembert", "mpnet"}) {
    CAPTURE(type);
    json with_pad = tiny(type);
    with_pad["pad_token_id"] = 1;
    const EncoderConfig config = read(with_pad);
    CHECK(config.positions.first == 2);
    CHECK(config.positions.uncounted_id == 1);
    CHECK(config.max_tokens() == 78);
  }
  CHECK(read(tiny("mpnet")).relative_buckets == kTinyBuckets);
  CHECK(read(tiny("mpnet")).type_vocab_size == 0);
}

TEST_CASE("DistilBERT's own field names are understood") {
  const EncoderConfig config = read(tiny("distilbert"));
  CHECK(config.family == EncoderFamily::kDistilBert);
  CHECK(config.hidden_size == 48);
  CHECK(config.num_heads == 4);
  CHECK(config.intermediate_size == 96);
  CHECK(config.type_vocab_size == 0);
  CHECK(config.layer_norm_epsilon == 1e-12F);
}

TEST_CASE("what this build does not compute is unsupported by name") {
  check_refused(
      ErrorCode::kUnsupported, {{"model_type", "deberta-v2"}},
      "model_type \"deberta-v2\" is not supported; expected one of bert, roberta, xlm-roberta, camembert, "
      "mpnet, distilbert");
  check_refused(ErrorCode::kUnsupported, {{"hidden_act", "gelu_new"}},
                "hidden_act \"gelu_new\" is not supported; expected \"gelu\" (the exact form) or \"relu\"");
  check_refused(ErrorCode::kUnsupported, {{"position_embedding_type", "relative_key"}},
                "position_embedding_type \"relative_key\" is not supported, only \"absolute\"");
  check_refused(ErrorCode::kUnsupported, {{"is_decoder", true}},
                "is_decoder true is not supported, only false");
}

TEST_CASE("missing and impossible fields are refused with the range expected") {
  check_refused(ErrorCode::kCorruptFile, {{"model_type", nullptr}}, "expected model_type, it is missing");
  check_refused(ErrorCode::kCorruptFile, {{"model_type", 7}}, "expected model_type to be a string");
  check_refused(ErrorCode::kCorruptFile, {{"hidden_size", nullptr}}, "expected hidden_size, it is missing");
  check_refused(ErrorCode::kCorruptFile, {{"hidden_size", 0}},
                "expected hidden_size to be an integer from 1 to 65536, got 0");
  check_refused(ErrorCode::kCorruptFile, {{"hidden_size", -48}},
                "expected hidden_size to be an integer from 1 to 65536, got -48");
  check_refused(ErrorCode::kCorruptFile, {{"num_hidden_layers", 2.5}},
                "expected num_hidden_layers to be an integer from 1 to 1024, got 2.5");
  check_refused(ErrorCode::kCorruptFile, {{"vocab_size", 4'000'000'000}},
                "expected vocab_size to be an integer from 1 to 16777216, got 4000000000");
  check_refused(ErrorCode::kCorruptFile, {{"layer_norm_eps", -1.0}},
                "expected layer_norm_eps to be a number from 0.000000 to 1.000000, got -1.0");
  check_refused(ErrorCode::kCorruptFile, {{"num_attention_heads", 5}},
                "expected the hidden size, 48, to be a multiple of the number of heads, 5");
  check_refused(ErrorCode::kCorruptFile,
                {{"model_type", "roberta"}, {"pad_token_id", 59}, {"max_position_embeddings", 60}},
                "positions begin at 60 (pad_token_id + 1), beyond max_position_embeddings, 60");
}

TEST_CASE("a configuration that is missing or is not JSON says so") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { read_encoder_config(folder / "none.json"); }).code() == ErrorCode::kFileNotFound);
  write_file(folder / "empty.json", "");
  CHECK(error_of([&] { read_encoder_config(folder / "empty.json"); }).code() == ErrorCode::kCorruptFile);
  write_file(folder / "deep.json", std::string(100'000, '['));
  CHECK(error_of([&] { read_encoder_config(folder / "deep.json"); }).code() == ErrorCode::kCorruptFile);
}

}  // namespace
}  // namespace pointsman::test
