// The forward pass against plain double arithmetic, for every ISA that runs here.
#include "model/encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "backend/bf16_backend.h"
#include "base/l2_normalize.h"
#include "engine/packed_batch.h"
#include "kernels/select.h"
#include "model/plain_encoder.h"
#include "model/relative_bias.h"
#include "model/support.h"
#include "model/tiny_model.h"

namespace pointsman::test {
namespace {

using Sequences = std::vector<std::vector<std::int32_t>>;

Encoder load(const EncoderOptions& options, const KernelTable& kernels) {
  const EncoderConfig config = read_encoder_config(options.config);
  std::unique_ptr<Backend> backend = make_cpu_backend(kernels, config.shape());
  EncoderWeights weights = load_encoder_weights(options.weights, config, *backend, kernels);
  return {config, std::move(weights), std::move(backend)};
}

std::vector<float> run(const Encoder& encoder, const Sequences& sequences, Pooling pooling,
                       Workspace& workspace) {
  PackedBatch batch(encoder.config().positions);
  for (const auto& ids : sequences) batch.append(ids);
  std::vector<float> out(sequences.size() * encoder.config().hidden_size,
                         std::numeric_limits<float>::quiet_NaN());
  encoder.forward(batch.view(), {pooling, false}, workspace, out);
  return out;
}

std::vector<float> run(const Encoder& encoder, const Sequences& sequences, Pooling pooling = Pooling::kMean) {
  const auto workspace = encoder.make_workspace();
  return run(encoder, sequences, pooling, *workspace);
}

std::vector<std::int32_t> random_ids(std::size_t length, std::size_t vocabulary, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> ids(length);
  for (auto& id : ids) id = static_cast<std::int32_t>(random() % vocabulary);
  return ids;
}

bool rounds_to_bf16(const KernelTable& kernels, const Encoder& encoder) {
  return kernels.bf16 != nullptr && Bf16Backend::supports(encoder.config().shape());
}

// Components are around 1. bf16 keeps 8 bits of every operand, and a random model has no redundancy that
// would average that out: one component may be off by 0.1 there, the whole vector by no more than 5 %.
void check_close(std::span<const float> got, const std::vector<double>& expected, bool rounded) {
  double worst = 0;
  double squares = 0;
  double length = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - expected[i]);
    worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(worst, difference);
    squares += difference * difference;
    length += expected[i] * expected[i];
  }
  if (rounded) {
    CHECK(std::sqrt(squares / length) < 0.05);
  } else {
    CHECK(worst < 1e-4);
  }
}

void check_against_plain(const TinyModel& model, const Sequences& sequences) {
  const TinyModelFiles files(model);
  CAPTURE(model.model_type);
  CAPTURE(model.dtype);
  for (const Pooling pooling : {Pooling::kMean, Pooling::kCls}) {
    std::vector<std::vector<double>> expected;
    for (const auto& ids : sequences) expected.push_back(plain_embedding(model, ids, pooling, false));
    for (const KernelTable* kernels : available_kernel_tables()) {
      CAPTURE(kernels->name);
      const Encoder encoder = load(files.options(), *kernels);
      std::vector<float> out = run(encoder, sequences, pooling);
      for (std::size_t i = 0; i < sequences.size(); ++i) {
        CAPTURE(sequences[i].size());
        check_close(std::span(out).subspan(i * model.hidden, model.hidden), expected[i],
                    rounds_to_bf16(*kernels, encoder));
      }
    }
  }
}

Sequences mixed_lengths(std::size_t vocabulary) {
  Sequences sequences;
  // Around vector widths, tile heights and the block of queries.
  for (const std::size_t length : {1, 2, 3, 15, 16, 17, 31, 33, 63, 64, 65, 78}) {
    sequences.push_back(random_ids(length, vocabulary, static_cast<std::uint32_t>(length)));
  }
  return sequences;
}

TEST_CASE("every family of encoder computes what plain double arithmetic computes") {
  for (const std::string type : {"bert", "roberta", "xlm-roberta", "camembert", "mpnet", "distilbert"}) {
    TinyModel model;
    model.model_type = type;
    model.pad_id = 1;
    check_against_plain(model, mixed_lengths(model.vocabulary));
  }
}

// Widths and heads that are whole tiles, so that ISAs with bf16 products use them.
TinyModel whole_tiles(const std::string& type, std::size_t head_dim) {
  TinyModel model;
  model.model_type = type;
  model.pad_id = 1;
  model.heads = 2;
  model.hidden = 2 * head_dim;
  model.intermediate = 416;  // more than one block of k
  return model;
}

TEST_CASE("encoders of whole tiles compute what plain double arithmetic computes") {
  for (const std::string type : {"bert", "roberta", "mpnet", "distilbert"}) {
    check_against_plain(whole_tiles(type, 32), mixed_lengths(60));
  }
  check_against_plain(whole_tiles("bert", 64), mixed_lengths(60));
}

TEST_CASE("token means are the embedding layer's, and asking for them changes no bit of the embeddings") {
  for (const std::string type : {"bert", "roberta", "mpnet", "distilbert"}) {
    const TinyModel model = whole_tiles(type, 32);
    const TinyModelFiles files(model);
    const Sequences sequences = mixed_lengths(model.vocabulary);
    for (const KernelTable* kernels : available_kernel_tables()) {
      CAPTURE(kernels->name);
      const Encoder encoder = load(files.options(), *kernels);
      const auto workspace = encoder.make_workspace();
      PackedBatch batch(encoder.config().positions);
      for (const auto& ids : sequences) batch.append(ids);
      std::vector<float> out(sequences.size() * model.hidden);
      std::vector<float> means(out.size(), std::numeric_limits<float>::quiet_NaN());
      encoder.forward(batch.view(), {Pooling::kCls, false}, *workspace, out, means);
      CHECK(out == run(encoder, sequences, Pooling::kCls));
      for (std::size_t i = 0; i < sequences.size(); ++i) {
        // Word and position rows are summed and normalised in float32 on every ISA.
        check_close(std::span(means).subspan(i * model.hidden, model.hidden),
                    plain_token_mean(model, sequences[i]), false);
      }
    }
  }
}

TEST_CASE("half-precision weights give the embeddings of the same numbers in float32") {
  for (const std::string dtype : {"F16", "BF16"}) {
    TinyModel model;
    model.dtype = dtype;
    check_against_plain(model, mixed_lengths(model.vocabulary));
  }
}

TEST_CASE("sizes that fill no vector and the ReLU activation are exact too") {
  TinyModel model;
  model.hidden = 21;
  model.heads = 3;
  model.intermediate = 37;
  model.vocabulary = 19;
  model.activation = "relu";
  check_against_plain(model, mixed_lengths(model.vocabulary));
}

TEST_CASE("an intermediate size far above four times the hidden size has room") {
  TinyModel model;
  model.hidden = 16;
  model.intermediate = 200;
  check_against_plain(model, mixed_lengths(model.vocabulary));
}

TEST_CASE("MPNet's bias reaches past the logarithmic buckets and across query blocks") {
  TinyModel model;
  model.model_type = "mpnet";
  model.pad_id = 1;
  model.positions = 402;
  model.layers = 1;
  check_against_plain(model, {random_ids(400, model.vocabulary, 5), random_ids(3, model.vocabulary, 6)});
  model = whole_tiles("mpnet", 32);
  model.positions = 402;
  model.layers = 1;
  check_against_plain(model, {random_ids(400, model.vocabulary, 5), random_ids(3, model.vocabulary, 6)});
}

TEST_CASE("a literal pad token does not advance RoBERTa positions") {
  TinyModel model;
  model.model_type = "roberta";
  model.pad_id = 1;
  check_against_plain(model, {{2, 1, 5, 1, 1, 7, 3}});
}

TEST_CASE("a sequence gives the same bits alone, in any batch and in any order") {
  const Sequences sequences = mixed_lengths(60);
  TinyModel mpnet;
  mpnet.model_type = "mpnet";
  mpnet.pad_id = 1;
  for (const TinyModel& model : {TinyModel{}, mpnet, whole_tiles("bert", 32), whole_tiles("mpnet", 64)}) {
    const TinyModelFiles files(model);
    for (const KernelTable* kernels : available_kernel_tables()) {
      CAPTURE(kernels->name);
      const Encoder encoder = load(files.options(), *kernels);
      const std::vector<float> together = run(encoder, sequences);
      const std::vector<float> reversed = run(encoder, {sequences.rbegin(), sequences.rend()});
      for (std::size_t i = 0; i < sequences.size(); ++i) {
        CAPTURE(sequences[i].size());
        const auto row = std::span(together).subspan(i * model.hidden, model.hidden);
        const auto mirrored =
            std::span(reversed).subspan((sequences.size() - 1 - i) * model.hidden, model.hidden);
        CHECK(std::ranges::equal(row, run(encoder, {sequences[i]})));
        CHECK(std::ranges::equal(row, mirrored));
      }
    }
  }
}

TEST_CASE("a workspace that served larger and smaller batches leaves no trace in the next") {
  const TinyModel model = whole_tiles("bert", 32);
  const TinyModelFiles files(model);
  const Encoder encoder = load(files.options(), kernels());
  const auto workspace = encoder.make_workspace();
  const Sequences small{random_ids(5, 60, 1)};
  const std::vector<float> first = run(encoder, small, Pooling::kMean, *workspace);
  run(encoder, mixed_lengths(60), Pooling::kMean, *workspace);
  CHECK(run(encoder, small, Pooling::kMean, *workspace) == first);
}

TEST_CASE("normalised rows have length 1 and a zero row stays zero") {
  std::vector<float> rows{3.0F, 4.0F, 0.0F, 0.0F, -1e-3F, 0.0F};
  l2_normalize_rows(rows, 2);
  CHECK(rows == std::vector<float>{0.6F, 0.8F, 0.0F, 0.0F, -1.0F, 0.0F});
}

TEST_CASE("relative buckets follow T5's table") {
  const auto bucket = [](std::int64_t distance) { return relative_bucket(distance, 32); };
  CHECK(bucket(0) == 0);
  CHECK(bucket(-1) == 1);
  CHECK(bucket(-7) == 7);
  CHECK(bucket(1) == 17);
  // 8 * log16(n / 8) octaves past bucket 8.
  CHECK(bucket(-8) == 8);
  CHECK(bucket(-11) == 8);
  CHECK(bucket(-12) == 9);
  CHECK(bucket(-16) == 10);
  CHECK(bucket(-64) == 14);
  CHECK(bucket(-90) == 14);
  CHECK(bucket(-91) == 15);
  CHECK(bucket(-1000) == 15);
  CHECK(bucket(1000) == 31);
}

}  // namespace
}  // namespace pointsman::test
