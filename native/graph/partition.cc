#include "graph/partition.h"

#include <limits>
#include <numeric>
#include <utility>

namespace pointsman {
namespace {

std::vector<CommunityId> singletons(std::size_t nodes) {
  std::vector<CommunityId> communities(nodes);
  std::iota(communities.begin(), communities.end(), CommunityId{0});
  return communities;
}

}  // namespace

Partition::Partition(const Graph& graph) : Partition(graph, singletons(graph.nodes())) {}

Partition::Partition(const Graph& graph, std::vector<CommunityId> communities)
    : graph_(&graph),
      communities_(std::move(communities)),
      sizes_(communities_.size()),
      strengths_(communities_.size()) {
  for (NodeId node = 0; node < communities_.size(); ++node) {
    ++sizes_[communities_[node]];
    strengths_[communities_[node]] += graph.strength(node);
  }
  for (CommunityId community = 0; community < sizes_.size(); ++community)
    if (sizes_[community] == 0) maybe_empty_.push_back(community);
}

CommunityId Partition::empty_community() {
  while (sizes_[maybe_empty_.back()] > 0) maybe_empty_.pop_back();
  return maybe_empty_.back();
}

void Partition::move(NodeId node, CommunityId to) {
  const CommunityId from = communities_[node];
  --sizes_[from];
  ++sizes_[to];
  strengths_[to] += graph_->strength(node);
  if (sizes_[from] == 0) {
    strengths_[from] = 0.0;  // what rounding left
    maybe_empty_.push_back(from);
  } else {
    strengths_[from] -= graph_->strength(node);
  }
  communities_[node] = to;
}

std::size_t renumber(std::span<CommunityId> communities) {
  constexpr CommunityId kUnseen = std::numeric_limits<CommunityId>::max();
  std::vector<CommunityId> names(communities.size(), kUnseen);
  CommunityId count = 0;
  for (CommunityId& community : communities) {
    if (names[community] == kUnseen) names[community] = count++;
    community = names[community];
  }
  return count;
}

double modularity(const Graph& graph, std::span<const CommunityId> communities, double resolution) {
  if (graph.total() == 0.0) return 0.0;
  std::vector<double> inside(communities.size());  // twice the weight
  std::vector<double> strengths(communities.size());
  for (NodeId node = 0; node < communities.size(); ++node) {
    const CommunityId community = communities[node];
    strengths[community] += graph.strength(node);
    inside[community] += 2.0 * graph.loop(node);
    for (const Graph::Neighbour& neighbour : graph.neighbours(node))
      if (communities[neighbour.node] == community) inside[community] += neighbour.weight;
  }
  const double twice_total = 2.0 * graph.total();
  double quality = 0.0;
  for (std::size_t community = 0; community < inside.size(); ++community) {
    const double share = strengths[community] / twice_total;
    quality += inside[community] / twice_total - resolution * share * share;
  }
  return quality;
}

}  // namespace pointsman
