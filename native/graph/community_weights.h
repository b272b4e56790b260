// How strongly one node is tied to each community around it.
#pragma once

#include <span>
#include <vector>

#include "graph/partition.h"

namespace pointsman {

class CommunityWeights {
 public:
  explicit CommunityWeights(std::size_t nodes) : weights_(nodes), is_touched_(nodes) {}

  // Weights of the edges from `node` to the communities of those neighbours that `is_counted`.
  template <typename Predicate>
  void gather(const Graph& graph, std::span<const CommunityId> communities, NodeId node,
              Predicate&& is_counted) {
    for (const CommunityId community : touched_) {
      weights_[community] = 0.0;
      is_touched_[community] = false;
    }
    touched_.clear();
    for (const Graph::Neighbour& neighbour : graph.neighbours(node)) {
      if (!is_counted(neighbour.node)) continue;
      const CommunityId community = communities[neighbour.node];
      weights_[community] += neighbour.weight;
      if (is_touched_[community]) continue;
      is_touched_[community] = true;
      touched_.push_back(community);
    }
  }

  double to(CommunityId community) const { return weights_[community]; }
  // Communities around the node, in the order of its neighbours.
  std::span<const CommunityId> around() const noexcept { return touched_; }

 private:
  std::vector<double> weights_;
  std::vector<bool> is_touched_;
  std::vector<CommunityId> touched_;
};

}  // namespace pointsman
