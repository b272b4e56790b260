#include "model/encoder_config.h"

#include <array>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_file.h"

namespace pointsman {
namespace {

using nlohmann::json;

// task_specific_params and the like nest; nothing a real configuration holds comes near this.
constexpr int kMaxConfigDepth = 32;

// DistilBERT calls the same things by other names.
struct ConfigKeys {
  const char* hidden_size;
  const char* num_heads;
  const char* num_layers;
  const char* intermediate_size;
  const char* activation;
};
constexpr ConfigKeys kBertKeys{"hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size",
                               "hidden_act"};
constexpr ConfigKeys kDistilBertKeys{"dim", "n_heads", "n_layers", "hidden_dim", "activation"};

struct ModelType {
  std::string_view name;
  EncoderFamily family;
  bool positions_follow_padding;
};
constexpr std::array<ModelType, 6> kModelTypes{{{"bert", EncoderFamily::kBert, false},
                                                {"roberta", EncoderFamily::kBert, true},
                                                {"xlm-roberta", EncoderFamily::kBert, true},
                                                {"camembert", EncoderFamily::kBert, true},
                                                {"mpnet", EncoderFamily::kMpnet, true},
                                                {"distilbert", EncoderFamily::kDistilBert, false}}};

class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& path)
      : where_(path.string() + ": "), json_(read_json_file(path, kMaxConfigDepth)) {}

  [[noreturn]] void fail(ErrorCode code, const std::string& what) const { throw Error(code, where_ + what); }

  std::size_t count(const char* key, std::size_t min, std::size_t max) const {
    const json& value = required(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < min || value.get<std::uint64_t>() > max) {
      fail(ErrorCode::kCorruptFile, std::string("expected ") + key + " to be an integer from " +
                                        std::to_string(min) + " to " + std::to_string(max) + ", got " +
                                        value.dump());
    }
    return value.get<std::size_t>();
  }

  std::size_t count_or(const char* key, std::size_t fallback, std::size_t min, std::size_t max) const {
    return json_.contains(key) ? count(key, min, max) : fallback;
  }

  float number_or(const char* key, float fallback, float min, float max) const {
    if (!json_.contains(key)) return fallback;
    const json& value = json_.at(key);
    if (!value.is_number() || value.get<float>() < min || value.get<float>() > max) {
      fail(ErrorCode::kCorruptFile, std::string("expected ") + key + " to be a number from " +
                                        std::to_string(min) + " to " + std::to_string(max) + ", got " +
                                        value.dump());
    }
    return value.get<float>();
  }

  std::string text(const char* key) const {
    const json& value = required(key);
    if (!value.is_string()) fail(ErrorCode::kCorruptFile, std::string("expected ") + key + " to be a string");
    return value.get<std::string>();
  }

  // A switch that this build computes only one way.
  void require_if_present(const char* key, const json& expected) const {
    if (!json_.contains(key) || json_.at(key).is_null() || json_.at(key) == expected) return;
    fail(ErrorCode::kUnsupported,
         std::string(key) + " " + json_.at(key).dump() + " is not supported, only " + expected.dump());
  }

 private:
  const json& required(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end())
      fail(ErrorCode::kCorruptFile, std::string("expected ") + key + ", it is missing");
    return *found;
  }

  std::string where_;
  json json_;
};

const ModelType& model_type(const ConfigReader& reader) {
  const std::string name = reader.text("model_type");
  std::string known;
  for (const ModelType& type : kModelTypes) {
    if (type.name == name) return type;
    known += (known.empty() ? "" : ", ") + std::string(type.name);
  }
  reader.fail(ErrorCode::kUnsupported,
              "model_type \"" + name + "\" is not supported; expected one of " + known);
}

Activation activation(const ConfigReader& reader, const char* key) {
  const std::string name = reader.text(key);
  if (name == "gelu") return Activation::kGelu;
  if (name == "relu") return Activation::kRelu;
  reader.fail(ErrorCode::kUnsupported,
              std::string(key) + " \"" + name +
                  "\" is not supported; expected \"gelu\" (the exact form) or \"relu\"");
}

void check_consistency(const ConfigReader& reader, const EncoderConfig& config) {
  if (config.hidden_size % config.num_heads != 0) {
    reader.fail(ErrorCode::kCorruptFile, "expected the hidden size, " + std::to_string(config.hidden_size) +
                                             ", to be a multiple of the number of heads, " +
                                             std::to_string(config.num_heads));
  }
  if (static_cast<std::size_t>(config.positions.first) >= config.max_positions) {
    reader.fail(ErrorCode::kCorruptFile, "positions begin at " + std::to_string(config.positions.first) +
                                             " (pad_token_id + 1), beyond max_position_embeddings, " +
                                             std::to_string(config.max_positions));
  }
}

}  // namespace

// The upper bounds lie far above any published encoder; they keep products of two sizes far below overflow.
EncoderConfig read_encoder_config(const std::filesystem::path& path) {
  const ConfigReader reader(path);
  const ModelType& type = model_type(reader);
  const bool distil = type.family == EncoderFamily::kDistilBert;
  const ConfigKeys& keys = distil ? kDistilBertKeys : kBertKeys;
  reader.require_if_present("position_embedding_type", "absolute");
  reader.require_if_present("is_decoder", false);

  EncoderConfig config;
  config.family = type.family;
  config.hidden_size = reader.count(keys.hidden_size, 1, 65'536);
  config.num_heads = reader.count(keys.num_heads, 1, 1'024);
  config.num_layers = reader.count(keys.num_layers, 1, 1'024);
  config.intermediate_size = reader.count(keys.intermediate_size, 1, 1'048'576);
  config.vocab_size = reader.count("vocab_size", 1, 16'777'216);
  config.max_positions = reader.count("max_position_embeddings", 1, 1'048'576);
  config.activation = activation(reader, keys.activation);
  config.layer_norm_epsilon = distil ? 1e-12F : reader.number_or("layer_norm_eps", 1e-12F, 0.0F, 1.0F);
  if (type.family == EncoderFamily::kBert)
    config.type_vocab_size = reader.count("type_vocab_size", 1, 65'536);
  if (type.family == EncoderFamily::kMpnet) {
    config.relative_buckets = reader.count_or("relative_attention_num_buckets", 32, 4, 256);
  }
  if (type.positions_follow_padding) {
    const auto pad_id =
        static_cast<std::int32_t>(reader.count_or("pad_token_id", 1, 0, config.vocab_size - 1));
    config.positions = {.first = pad_id + 1, .uncounted_id = pad_id};
  }
  check_consistency(reader, config);
  return config;
}

}  // namespace pointsman
