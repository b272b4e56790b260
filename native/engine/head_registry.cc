#include "engine/head_registry.h"

#include <map>
#include <mutex>
#include <string>

#include "base/error.h"

namespace pointsman {
namespace {

struct Entries {
  std::mutex mutex;
  std::map<std::uint64_t, std::weak_ptr<const Head>> heads;
  std::uint64_t last_id = 0;
};

// Never destroyed: worker threads may still look up heads while the process exits.
Entries& entries() {
  static auto* instance = new Entries;
  return *instance;
}

// With the lock held.
void drop_expired(Entries& table) {
  std::erase_if(table.heads, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace

std::uint64_t HeadRegistry::add(const std::shared_ptr<const Head>& head) {
  Entries& table = entries();
  const std::lock_guard lock(table.mutex);
  drop_expired(table);
  table.heads.emplace(++table.last_id, head);
  return table.last_id;
}

std::shared_ptr<const Head> HeadRegistry::find(std::uint64_t id) {
  Entries& table = entries();
  const std::lock_guard lock(table.mutex);
  if (id == 0 || id > table.last_id) {
    throw Error(ErrorCode::kInvalidArgument, "no head has the id " + std::to_string(id) +
                                                 "; ids so far: 1 to " + std::to_string(table.last_id));
  }
  const auto found = table.heads.find(id);
  auto head = found == table.heads.end() ? nullptr : found->second.lock();
  if (head == nullptr) {
    throw Error(ErrorCode::kDisposed,
                "head " + std::to_string(id) +
                    " was disposed by its last holder; keep it alive until others have attached");
  }
  return head;
}

std::size_t HeadRegistry::size() {
  Entries& table = entries();
  const std::lock_guard lock(table.mutex);
  drop_expired(table);
  return table.heads.size();
}

}  // namespace pointsman
