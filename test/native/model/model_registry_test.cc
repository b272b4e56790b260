#include <barrier>
#include <thread>
#include <vector>

#include "engine/encoder_model.h"
#include "engine/engine.h"
#include "model/support.h"
#include "model/tiny_model.h"

namespace pointsman::test {
namespace {

TEST_CASE("the same files, hash and options are one model, by whatever path they are named") {
  const TinyModelFiles files{TinyModel{}};
  const EncoderOptions options = files.options();
  const auto model = open_encoder_model(options);
  EncoderOptions detour = options;
  detour.weights = options.weights.parent_path() / "." / ".." / options.weights.parent_path().filename() /
                   options.weights.filename();
  CHECK(open_encoder_model(detour) == model);
  const TemporaryFolder links;
  std::filesystem::create_symlink(options.config, links / "config.json");
  detour.config = links / "config.json";
  CHECK(open_encoder_model(detour) == model);
  CHECK(count_open_encoder_models() == 1);
}

TEST_CASE("another option, hash or file is another model") {
  const TinyModelFiles files{TinyModel{}};
  const TinyModelFiles same_content{TinyModel{}};
  std::vector<std::shared_ptr<const EncoderModel>> models{open_encoder_model(files.options())};
  const auto open_changed = [&](auto change) {
    EncoderOptions options = files.options();
    change(options);
    models.push_back(open_encoder_model(options));
  };
  open_changed([](EncoderOptions& o) { o.pooling = Pooling::kCls; });
  open_changed([](EncoderOptions& o) { o.normalize = false; });
  open_changed([](EncoderOptions& o) { o.max_tokens = 10; });
  open_changed([](EncoderOptions& o) { o.view = TextView::kHeadFocusTail; });
  open_changed([](EncoderOptions& o) { o.features = {Feature::kEmbedding, Feature::kTokens}; });
  open_changed([](EncoderOptions& o) { o.content_hash = "other"; });
  open_changed([&](EncoderOptions& o) { o.weights = same_content.options().weights; });
  CHECK(count_open_encoder_models() == 8);
  for (std::size_t i = 0; i < models.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK(models[i] != models[j]);
  }
}

TEST_CASE("a model goes with its last holder and opens anew after") {
  const TinyModelFiles files{TinyModel{}};
  auto model = open_encoder_model(files.options());
  const std::weak_ptr<const EncoderModel> watch = model;
  CHECK(count_open_encoder_models() == 1);
  {
    Engine engine(model);
    model.reset();
    CHECK(count_open_encoder_models() == 1);
  }
  CHECK(watch.expired());
  CHECK(count_open_encoder_models() == 0);
  CHECK(open_encoder_model(files.options()) != nullptr);
}

TEST_CASE("a load that failed leaves nothing behind and the next may succeed") {
  const TinyModelFiles files{TinyModel{}};
  const TemporaryFolder folder;
  EncoderOptions options = files.options();
  options.weights = folder / "model.safetensors";
  CHECK(error_of([&] { open_encoder_model(options); }).code() == ErrorCode::kFileNotFound);
  write_file(options.weights, "not weights at all");
  CHECK(error_of([&] { open_encoder_model(options); }).code() == ErrorCode::kCorruptFile);
  CHECK(count_open_encoder_models() == 0);
  std::filesystem::copy_file(files.options().weights, options.weights,
                             std::filesystem::copy_options::overwrite_existing);
  const auto model = open_encoder_model(options);
  CHECK(count_open_encoder_models() == 1);
}

TEST_CASE("threads that open one key at once get one model, and a failing key fails for each of them") {
  const TinyModelFiles files{TinyModel{}};
  EncoderOptions broken = files.options();
  const TemporaryFolder folder;
  broken.weights = folder / "broken";
  write_file(broken.weights, "12345678");
  constexpr int kThreads = 8;
  for (int round = 0; round < 10; ++round) {
    std::barrier start(kThreads);
    std::vector<std::shared_ptr<const EncoderModel>> models(kThreads);
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        start.arrive_and_wait();
        models[static_cast<std::size_t>(t)] = open_encoder_model(files.options());
        try {
          open_encoder_model(broken);
        } catch (const Error& error) {
          if (error.code() == ErrorCode::kCorruptFile) ++failures;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& model : models) CHECK(model == models[0]);
    CHECK(failures == kThreads);
    CHECK(count_open_encoder_models() == 1);
  }
}

}  // namespace
}  // namespace pointsman::test
