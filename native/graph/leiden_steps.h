// The steps of a level of Leiden (Traag, Waltman and van Eck 2019, algorithm A.2), for modularity with
// a resolution.
#pragma once

#include <vector>

#include "graph/graph.h"
#include "graph/partition.h"
#include "graph/random.h"

namespace pointsman {

// Fast local moving: nodes, in random order, go to the community around them, or to one of their own, where
// modularity gains most; neighbours of a node that moved are looked at again, until none gains.
void move_nodes(const Graph& graph, Partition& partition, double resolution, RandomStream& random);

// Refinement: within each community, starts from single nodes and merges well connected ones with well
// connected communities along edges, at random in proportion to exp(gain / theta). Gains are in units of a
// mean edge. Every community that is returned is connected and within one of `partition`.
std::vector<CommunityId> refine(const Graph& graph, const Partition& partition, double resolution,
                                double theta, RandomStream& random);

// A graph whose nodes are the communities, numbered from 0 to count - 1: what lies inside becomes a loop.
Graph aggregate(const Graph& graph, std::span<const CommunityId> communities, std::size_t count);

// Cuts communities that are not connected into their connected parts, which never lowers modularity.
// `communities` are numbered anew, from 0.
void split_disconnected(const Graph& graph, std::span<CommunityId> communities);

}  // namespace pointsman
