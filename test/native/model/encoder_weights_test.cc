#include "model/encoder_weights.h"

#include <limits>

#include "backend/cpu_backend.h"
#include "kernels/select.h"
#include "model/support.h"
#include "model/tiny_model.h"

namespace pointsman::test {
namespace {

// Loads the tensors as a model with this configuration.
void load(const TinyModel& model, const Tensors& tensors, const std::filesystem::path& path) {
  write_safetensors(path, tensors, "F32");
  const TemporaryFolder folder;
  write_file(folder / "config.json", model.config_json());
  CpuBackend backend(kernels());
  (void)load_encoder_weights(path, read_encoder_config(folder / "config.json"), backend, kernels());
}

TEST_CASE("weights load with every prefix a saver may have put before the names") {
  for (const std::string prefix : {"", "bert.", "roberta.", "model."}) {
    CAPTURE(prefix);
    const TemporaryFolder folder;
    TinyModel model;
    model.prefix = prefix;
    CHECK_NOTHROW(load(model, model.tensors(), folder / "x"));
  }
  for (const std::string type : {"mpnet", "distilbert"}) {
    const TemporaryFolder folder;
    TinyModel model;
    model.model_type = type;
    model.prefix = type + ".";
    CHECK_NOTHROW(load(model, model.tensors(), folder / "x"));
  }
}

TEST_CASE("layer norms of early checkpoints are called gamma and beta") {
  const TemporaryFolder folder;
  const TinyModel model;
  Tensors tensors = model.tensors();
  for (const std::string name : {"embeddings.LayerNorm", "encoder.layer.1.output.LayerNorm"}) {
    auto weight = tensors.extract(name + ".weight");
    weight.key() = name + ".gamma";
    tensors.insert(std::move(weight));
    auto bias = tensors.extract(name + ".bias");
    bias.key() = name + ".beta";
    tensors.insert(std::move(bias));
  }
  CHECK_NOTHROW(load(model, tensors, folder / "x"));
}

TEST_CASE("tensors the encoder does not use are ignored") {
  const TemporaryFolder folder;
  const TinyModel model;
  Tensors tensors = model.tensors();
  tensors["pooler.dense.weight"] = {{48, 48}, std::vector<float>(48 * 48)};
  CHECK_NOTHROW(load(model, tensors, folder / "x"));
}

TEST_CASE("any missing tensor is named") {
  for (const std::string type : {"bert", "mpnet", "distilbert"}) {
    TinyModel model;
    model.model_type = type;
    model.prefix = "model.";
    const Tensors whole = model.tensors();
    for (const auto& [name, unused] : whole) {
      if (name == "model.embeddings.word_embeddings.weight") continue;  // see the prefixes' own error
      CAPTURE(name);
      const TemporaryFolder folder;
      Tensors tensors = whole;
      tensors.erase(name);
      check_error(ErrorCode::kCorruptFile,
                  (folder / "x").string() + ": tensor \"" + name + "\": missing; the file has " +
                      std::to_string(tensors.size()) +
                      " other tensors. Is it the model that config.json describes?",
                  [&] { load(model, tensors, folder / "x"); });
    }
  }
}

TEST_CASE("a file without a word table under a known prefix lists the prefixes tried") {
  const TemporaryFolder folder;
  TinyModel model;
  model.prefix = "other.";
  check_error(ErrorCode::kCorruptFile,
              (folder / "x").string() +
                  ": expected a tensor \"embeddings.word_embeddings.weight\" under one of the prefixes \"\", "
                  "\"bert.\", "
                  "\"roberta.\", \"mpnet.\", \"distilbert.\", \"model.\", found none among 37 tensors",
              [&] { load(model, model.tensors(), folder / "x"); });
}

TEST_CASE("a tensor of another shape says which, what was expected and what was found") {
  const TinyModel model;
  for (const auto& [name, tensor] : model.tensors()) {
    CAPTURE(name);
    const TemporaryFolder folder;
    Tensors tensors = model.tensors();
    tensors[name].shape.push_back(1);
    check_error(ErrorCode::kCorruptFile,
                (folder / "x").string() + ": tensor \"" + name + "\": expected shape " +
                    shape_text(tensor.shape) + ", got " + shape_text(tensors[name].shape),
                [&] { load(model, tensors, folder / "x"); });
  }
}

TEST_CASE("a weight that is not finite is refused at its place") {
  const TinyModel model;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const TemporaryFolder folder;
    Tensors tensors = model.tensors();
    tensors["encoder.layer.1.output.dense.weight"].values[7] = bad;
    check_error(
        ErrorCode::kCorruptFile,
        (folder / "x").string() +
            ": tensor \"encoder.layer.1.output.dense.weight\": expected finite numbers, element 7 is not",
        [&] { load(model, tensors, folder / "x"); });
  }
}

}  // namespace
}  // namespace pointsman::test
