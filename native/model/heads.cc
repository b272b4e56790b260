#include "model/heads.h"

#include <utility>

#include "model/head_kinds.h"

namespace pointsman {

std::shared_ptr<const Head> Head::create(HeadSpec spec, const KernelTable& table) {
  return std::visit(
      [&table]<typename Kind>(Kind&& kind) { return make_head(std::forward<Kind>(kind), table); },
      std::move(spec));
}

}  // namespace pointsman
