#include <deque>
#include <numeric>

#include "graph/community_weights.h"
#include "graph/leiden_steps.h"

namespace pointsman {
namespace {

// A move gains at least so much modularity: more than rounding could make of nothing, so moving ends.
constexpr double kLeastGain = 1e-12;

std::vector<NodeId> random_order(std::size_t nodes, RandomStream& random) {
  std::vector<NodeId> order(nodes);
  std::iota(order.begin(), order.end(), NodeId{0});
  random.shuffle(std::span<NodeId>(order));
  return order;
}

}  // namespace

void move_nodes(const Graph& graph, Partition& partition, double resolution, RandomStream& random) {
  const double per_strength = resolution / (2.0 * graph.total());
  const double least_gain = kLeastGain * graph.total();
  const std::vector<NodeId> order = random_order(graph.nodes(), random);
  std::deque<NodeId> queue(order.begin(), order.end());
  std::vector<bool> is_queued(graph.nodes(), true);
  CommunityWeights weights(graph.nodes());
  while (!queue.empty()) {
    const NodeId node = queue.front();
    queue.pop_front();
    is_queued[node] = false;
    weights.gather(graph, partition.communities(), node, [](NodeId) { return true; });
    const CommunityId own = partition.of(node);
    const double strength = graph.strength(node);
    // The gain of joining a community, from being alone.
    const auto gain_of = [&](CommunityId community) {
      const double others = partition.strength(community) - (community == own ? strength : 0.0);
      return weights.to(community) - per_strength * strength * others;
    };
    CommunityId best = own;
    double most = gain_of(own) + least_gain;
    for (const CommunityId community : weights.around()) {
      if (community == own) continue;
      const double gain = gain_of(community);
      if (gain <= most) continue;
      most = gain;
      best = community;
    }
    if (most < 0.0 && partition.size(own) > 1) best = partition.empty_community();
    if (best == own) continue;
    partition.move(node, best);
    for (const Graph::Neighbour& neighbour : graph.neighbours(node)) {
      if (is_queued[neighbour.node] || partition.of(neighbour.node) == best) continue;
      is_queued[neighbour.node] = true;
      queue.push_back(neighbour.node);
    }
  }
}

}  // namespace pointsman
