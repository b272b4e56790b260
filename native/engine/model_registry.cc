// The process-wide table of open encoder models: N lanes cost one copy of the weights.
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "base/error.h"
#include "engine/encoder_model.h"
#include "engine/engine.h"
#include "kernels/select.h"

namespace pointsman {
namespace {

class ModelRegistry {
 public:
  // Never destroyed: worker threads may still open models while the process exits.
  static ModelRegistry& instance() {
    static auto* registry = new ModelRegistry;
    return *registry;
  }

  std::shared_ptr<const EncoderModel> open(const std::string& key, const EncoderOptions& options) {
    std::unique_lock lock(mutex_);
    loading_ended_.wait(lock, [&] { return !is_loading(key); });
    std::erase_if(entries_,
                  [](const auto& entry) { return !entry.second.loading && entry.second.model.expired(); });
    Entry& entry = entries_[key];
    if (auto model = entry.model.lock()) return model;
    entry.loading = true;
    lock.unlock();
    std::shared_ptr<const EncoderModel> model;
    try {
      model = EncoderModel::load(options, kernels());
    } catch (...) {
      lock.lock();
      entries_.erase(key);
      loading_ended_.notify_all();
      throw;
    }
    lock.lock();
    entry = {model, false};
    loading_ended_.notify_all();
    return model;
  }

  std::size_t count_open() {
    const std::lock_guard lock(mutex_);
    std::size_t open = 0;
    for (const auto& [key, entry] : entries_) open += entry.model.expired() ? 0 : 1;
    return open;
  }

 private:
  struct Entry {
    std::weak_ptr<const EncoderModel> model;
    bool loading = false;  // by one thread, without the lock; the entry stays where it is meanwhile
  };

  bool is_loading(const std::string& key) const {
    const auto found = entries_.find(key);
    return found != entries_.end() && found->second.loading;
  }

  std::mutex mutex_;
  std::condition_variable loading_ended_;
  std::map<std::string, Entry> entries_;
};

std::string canonical_text(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::canonical(path, error);
  if (!error) return resolved.string();
  const bool missing = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  throw Error(missing ? ErrorCode::kFileNotFound : ErrorCode::kIo,
              "cannot open " + path.string() + ": " + error.message());
}

std::string sharing_key(const EncoderOptions& options) {
  std::string key;
  // A path cannot hold a NUL, so fields cannot run into each other.
  const auto add = [&key](const std::string& field) { key.append(field).push_back('\0'); };
  add(canonical_text(options.weights));
  add(canonical_text(options.tokenizer));
  add(canonical_text(options.config));
  add(options.pooling == Pooling::kMean ? "mean" : "cls");
  add(options.normalize ? "normalized" : "raw");
  add(std::to_string(options.max_tokens));
  add(std::to_string(static_cast<int>(options.device)));
  add(options.view == TextView::kHead ? "head" : "head-focus-tail");
  std::string features;
  for (const Feature feature : options.features) features += std::to_string(static_cast<int>(feature));
  add(features);
  add(options.content_hash);
  return key;
}

}  // namespace

std::shared_ptr<const EncoderModel> open_encoder_model(const EncoderOptions& options) {
  return ModelRegistry::instance().open(sharing_key(options), options);
}

std::size_t count_open_encoder_models() {
  return ModelRegistry::instance().count_open();
}

}  // namespace pointsman
