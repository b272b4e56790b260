// Heads by number, so that another thread can attach to one: an id passes through a message, a pointer does
// not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "model/heads.h"

namespace pointsman {

// Thread-safe. Holds weakly: a head lives as long as its holders, never as long as its entry.
class HeadRegistry {
 public:
  // Ids count up from 1 and are never used again.
  static std::uint64_t add(const std::shared_ptr<const Head>& head);

  // Throws kDisposed when the head is gone, kInvalidArgument when `id` was never given out.
  static std::shared_ptr<const Head> find(std::uint64_t id);

  // Heads alive.
  static std::size_t size();
};

}  // namespace pointsman
