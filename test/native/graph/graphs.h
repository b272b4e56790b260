// Graphs that the tests share, and what they say of communities in plain words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "graph/partition.h"
#include "graph/random.h"

namespace pointsman::test {

// `groups` of `size` nodes; two nodes of one group have an edge with probability `inside`, others with
// `outside`.
inline std::vector<Edge> planted_edges(std::size_t groups, std::size_t size, double inside, double outside,
                                       std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<Edge> edges;
  const auto nodes = static_cast<NodeId>(groups * size);
  for (NodeId a = 0; a < nodes; ++a) {
    for (NodeId b = a + 1; b < nodes; ++b) {
      const double chance = a / size == b / size ? inside : outside;
      if (random.uniform() < chance) edges.push_back({a, b, 0.5 + random.uniform()});
    }
  }
  return edges;
}

// Edges between nodes at random: some are loops, some parallel.
inline std::vector<Edge> random_edges(std::size_t nodes, std::size_t count, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < count; ++i) {
    const auto a = static_cast<NodeId>(random.below(nodes));
    const auto b = static_cast<NodeId>(random.below(nodes));
    edges.push_back({a, b, random.uniform()});
  }
  return edges;
}

// Whether the nodes of every community can reach each other without leaving it.
inline bool are_connected(const Graph& graph, std::span<const CommunityId> communities) {
  std::map<CommunityId, std::vector<NodeId>> members;
  for (NodeId node = 0; node < communities.size(); ++node) members[communities[node]].push_back(node);
  for (const auto& [community, nodes] : members) {
    std::vector<NodeId> reached{nodes.front()};
    std::vector<bool> is_reached(communities.size());
    is_reached[nodes.front()] = true;
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (const Graph::Neighbour& neighbour : graph.neighbours(reached[i])) {
        if (is_reached[neighbour.node] || communities[neighbour.node] != community) continue;
        is_reached[neighbour.node] = true;
        reached.push_back(neighbour.node);
      }
    }
    if (reached.size() != nodes.size()) return false;
  }
  return true;
}

// Whether nodes share a community in `fine` only where they do in `coarse`.
inline bool is_within(std::span<const CommunityId> fine, std::span<const CommunityId> coarse) {
  std::map<CommunityId, CommunityId> parent;
  for (std::size_t node = 0; node < fine.size(); ++node) {
    const auto [found, is_new] = parent.emplace(fine[node], coarse[node]);
    if (!is_new && found->second != coarse[node]) return false;
  }
  return true;
}

}  // namespace pointsman::test
