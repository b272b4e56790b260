// Communities of a graph by modularity: Leiden (Traag, Waltman and van Eck 2019, Scientific Reports 9:5233).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "graph/partition.h"

namespace pointsman {

struct LeidenOptions {
  // More and smaller communities the higher it is.
  double resolution = 1.0;
  // Randomness of the refinement, in units of a mean edge's weight.
  double theta = 0.01;
  std::uint64_t seed = 0;
};

// One pass of Leiden from `start` [nodes] (empty: every node alone): communities numbered from 0, each
// connected, of no lower modularity than `start`. Passes repeated from the last one's communities find more
// until they find nothing. The same graph, start and options give the same communities. Throws
// kInvalidArgument for an option out of range and for a start of the wrong size or with ids beyond the number
// of nodes.
std::vector<CommunityId> leiden_pass(const Graph& graph, std::span<const CommunityId> start,
                                     const LeidenOptions& options);

}  // namespace pointsman
