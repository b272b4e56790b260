// One maker per kind of head; each checks its specification.
#pragma once

#include <memory>

#include "model/heads.h"

namespace pointsman {

std::shared_ptr<const Head> make_head(ConstantHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(LinearHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(PairwiseHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(MlpHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(NeighbourHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(StackHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(CalibratedHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(StandardisedHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(ProjectedHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(JoinHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(MixHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(AdapterHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(FamiliarHeadSpec spec, const KernelTable& table);
std::shared_ptr<const Head> make_head(ExpertsHeadSpec spec, const KernelTable& table);

}  // namespace pointsman
