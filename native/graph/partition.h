// Which community each node of a graph is in, with the sums that moves between communities need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace pointsman {

using CommunityId = std::uint32_t;

class Partition {
 public:
  // Every node in a community of its own.
  explicit Partition(const Graph& graph);
  // `communities` [nodes], each below the number of nodes.
  Partition(const Graph& graph, std::vector<CommunityId> communities);

  CommunityId of(NodeId node) const { return communities_[node]; }
  std::size_t size(CommunityId community) const { return sizes_[community]; }
  // Sum of the strengths of a community's nodes.
  double strength(CommunityId community) const { return strengths_[community]; }
  // An id that no node has; there must be a community of two nodes or more.
  CommunityId empty_community();
  void move(NodeId node, CommunityId to);

  std::span<const CommunityId> communities() const noexcept { return communities_; }

 private:
  const Graph* graph_;
  std::vector<CommunityId> communities_;
  std::vector<std::size_t> sizes_;
  std::vector<double> strengths_;
  std::vector<CommunityId> maybe_empty_;
};

// Numbers communities from 0 in the order of their first nodes; returns how many there are.
std::size_t renumber(std::span<CommunityId> communities);

// sum over communities of (weight inside) / m - resolution * (strength / 2m)^2 (Newman and Girvan 2004; the
// resolution of Reichardt and Bornholdt 2006). 0 for a graph without edges.
double modularity(const Graph& graph, std::span<const CommunityId> communities, double resolution);

}  // namespace pointsman
