#include "model/tiny_model.h"

#include <random>

#include "nlohmann/json.hpp"

namespace pointsman::test {
namespace {

// Names as `transformers` saves them, spelled out here and not taken from the code under test.
class TensorMaker {
 public:
  explicit TensorMaker(const TinyModel& model) : model_(model), random_(model.seed) {}

  void table(const std::string& name, std::size_t rows, std::size_t cols) {
    tensors_[model_.prefix + name] = {{rows, cols}, numbers(rows * cols, 512)};
  }
  void linear(const std::string& name, std::size_t outputs, std::size_t inputs) {
    table(name + ".weight", outputs, inputs);
    tensors_[model_.prefix + name + ".bias"] = {{outputs}, numbers(outputs, 1024)};
  }
  void norm(const std::string& name) {
    std::vector<float> gamma(model_.hidden);
    for (float& value : gamma) value = static_cast<float>(48 + random_() % 64) / 64.0F;
    tensors_[model_.prefix + name + ".weight"] = {{model_.hidden}, gamma};
    tensors_[model_.prefix + name + ".bias"] = {{model_.hidden}, numbers(model_.hidden, 1024)};
  }

  Tensors take() { return std::move(tensors_); }

 private:
  std::vector<float> numbers(std::size_t count, int denominator) {
    std::vector<float> values(count);
    for (float& value : values) {
      value = static_cast<float>(static_cast<int>(random_() % 255) - 127) / static_cast<float>(denominator);
    }
    return values;
  }

  const TinyModel& model_;
  std::mt19937 random_;
  Tensors tensors_;
};

void add_bert_layer(TensorMaker& make, const TinyModel& model, const std::string& layer) {
  make.linear(layer + "attention.self.query", model.hidden, model.hidden);
  make.linear(layer + "attention.self.key", model.hidden, model.hidden);
  make.linear(layer + "attention.self.value", model.hidden, model.hidden);
  make.linear(layer + "attention.output.dense", model.hidden, model.hidden);
  make.norm(layer + "attention.output.LayerNorm");
  make.linear(layer + "intermediate.dense", model.intermediate, model.hidden);
  make.linear(layer + "output.dense", model.hidden, model.intermediate);
  make.norm(layer + "output.LayerNorm");
}

void add_mpnet_layer(TensorMaker& make, const TinyModel& model, const std::string& layer) {
  for (const char* part : {"q", "k", "v", "o"})
    make.linear(layer + "attention.attn." + part, model.hidden, model.hidden);
  make.norm(layer + "attention.LayerNorm");
  make.linear(layer + "intermediate.dense", model.intermediate, model.hidden);
  make.linear(layer + "output.dense", model.hidden, model.intermediate);
  make.norm(layer + "output.LayerNorm");
}

void add_distilbert_layer(TensorMaker& make, const TinyModel& model, const std::string& layer) {
  for (const char* part : {"q_lin", "k_lin", "v_lin", "out_lin"}) {
    make.linear(layer + "attention." + part, model.hidden, model.hidden);
  }
  make.norm(layer + "sa_layer_norm");
  make.linear(layer + "ffn.lin1", model.intermediate, model.hidden);
  make.linear(layer + "ffn.lin2", model.hidden, model.intermediate);
  make.norm(layer + "output_layer_norm");
}

std::string tokenizer_json(const TinyModel& model) {
  nlohmann::json vocabulary;
  const char* const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]"};
  for (std::size_t id = 0; id < model.vocabulary; ++id) {
    vocabulary[id < 4 ? specials[id] : "w" + std::to_string(id)] = id;
  }
  const auto special = [](const char* token) {
    return nlohmann::json{{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
  };
  const auto sequence = nlohmann::json{{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const auto template_token = [](const char* token, int id) {
    return nlohmann::json{{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  };
  nlohmann::json added = nlohmann::json::array();
  for (int id = 0; id < 4; ++id) {
    added.push_back({{"id", id},
                     {"content", specials[id]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  return nlohmann::json{
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", {special("[CLS]"), sequence, special("[SEP]")}},
        {"pair", {special("[CLS]"), sequence, special("[SEP]")}},
        {"special_tokens", {{"[CLS]", template_token("[CLS]", 2)}, {"[SEP]", template_token("[SEP]", 3)}}}}},
      {"decoder", nullptr},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"max_input_chars_per_word", 100},
        {"vocab", vocabulary}}}}
      .dump();
}

}  // namespace

Tensors TinyModel::tensors() const {
  TensorMaker make(*this);
  make.table("embeddings.word_embeddings.weight", vocabulary, hidden);
  make.table("embeddings.position_embeddings.weight", positions, hidden);
  if (has_segments()) make.table("embeddings.token_type_embeddings.weight", 2, hidden);
  make.norm("embeddings.LayerNorm");
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string number = std::to_string(i) + ".";
    if (model_type == "mpnet") {
      add_mpnet_layer(make, *this, "encoder.layer." + number);
    } else if (model_type == "distilbert") {
      add_distilbert_layer(make, *this, "transformer.layer." + number);
    } else {
      add_bert_layer(make, *this, "encoder.layer." + number);
    }
  }
  // Large enough that a wrong bucket moves the result far beyond the tolerance.
  if (model_type == "mpnet") make.table("encoder.relative_attention_bias.weight", kTinyBuckets, heads);
  Tensors all = make.take();
  if (model_type == "mpnet") {
    for (float& value : all[prefix + "encoder.relative_attention_bias.weight"].values) value *= 8.0F;
  }
  return all;
}

std::string TinyModel::config_json() const {
  nlohmann::json config{{"model_type", model_type},
                        {"vocab_size", vocabulary},
                        {"max_position_embeddings", positions},
                        {"pad_token_id", pad_id}};
  if (model_type == "distilbert") {
    config.update({{"dim", hidden},
                   {"n_heads", heads},
                   {"n_layers", layers},
                   {"hidden_dim", intermediate},
                   {"activation", activation}});
    return config.dump();
  }
  config.update({{"hidden_size", hidden},
                 {"num_attention_heads", heads},
                 {"num_hidden_layers", layers},
                 {"intermediate_size", intermediate},
                 {"hidden_act", activation},
                 {"layer_norm_eps", kTinyEpsilon},
                 {"position_embedding_type", "absolute"}});
  if (has_segments()) config["type_vocab_size"] = 2;
  if (model_type == "mpnet") config["relative_attention_num_buckets"] = kTinyBuckets;
  return config.dump();
}

TinyModelFiles::TinyModelFiles(const TinyModel& model, const Tensors& tensors)
    : max_tokens_(model.positions - model.first_position()) {
  write_safetensors(folder_ / "model.safetensors", tensors, model.dtype);
  write_file(folder_ / "config.json", model.config_json());
  write_file(folder_ / "tokenizer.json", tokenizer_json(model));
}

EncoderOptions TinyModelFiles::options() const {
  EncoderOptions options;
  options.weights = folder_ / "model.safetensors";
  options.tokenizer = folder_ / "tokenizer.json";
  options.config = folder_ / "config.json";
  options.max_tokens = max_tokens_;
  options.content_hash = "tiny";
  return options;
}

EncoderWeights load_encoder_weights(const std::filesystem::path& path, const EncoderConfig& config,
                                    Backend& backend, const KernelTable& kernels) {
  return pointsman::load_encoder_weights(std::make_shared<const SafetensorsFile>(path), config, backend,
                                         kernels);
}

}  // namespace pointsman::test
