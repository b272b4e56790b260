#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/community_weights.h"
#include "graph/leiden_steps.h"

namespace pointsman {
namespace {

class Refinement {
 public:
  Refinement(const Graph& graph, const Partition& partition, double resolution, double theta)
      : graph_(graph),
        partition_(partition),
        refined_(graph),
        per_strength_(graph.total() > 0.0 ? resolution / (2.0 * graph.total()) : 0.0),
        // Gains below are in weight. A mean edge of an aggregate counts what became loops: gains grow with
        // it.
        scale_(theta * mean_edge(graph)),
        weights_(graph.nodes()),
        outside_(graph.nodes()) {
    for (NodeId node = 0; node < graph.nodes(); ++node) {
      for (const Graph::Neighbour& neighbour : graph.neighbours(node))
        if (partition.of(neighbour.node) == partition.of(node)) outside_[node] += neighbour.weight;
    }
  }

  std::vector<CommunityId> run(RandomStream& random) {
    std::vector<NodeId> order(graph_.nodes());
    std::iota(order.begin(), order.end(), NodeId{0});
    random.shuffle(std::span<NodeId>(order));
    // Communities do not see each other's nodes, so one order for all is as good as one for each.
    for (const NodeId node : order) {
      if (refined_.size(refined_.of(node)) == 1 && is_well_connected(refined_.of(node), partition_.of(node)))
        merge(node, random);
    }
    return {refined_.communities().begin(), refined_.communities().end()};
  }

 private:
  static double mean_edge(const Graph& graph) {
    return graph.edges() == 0 ? 1.0 : graph.total() / static_cast<double>(graph.edges());
  }

  // Whether a refined community is tied to the rest of its community more than by chance.
  bool is_well_connected(CommunityId refined, CommunityId community) const {
    const double strength = refined_.strength(refined);
    return outside_[refined] >= per_strength_ * strength * (partition_.strength(community) - strength);
  }

  void merge(NodeId node, RandomStream& random) {
    const CommunityId community = partition_.of(node);
    weights_.gather(graph_, refined_.communities(), node,
                    [&](NodeId other) { return partition_.of(other) == community; });
    const CommunityId own = refined_.of(node);
    candidates_.assign(1, {own, 0.0});
    for (const CommunityId refined : weights_.around()) {
      if (refined == own || !is_well_connected(refined, community)) continue;
      const double gain =
          weights_.to(refined) - per_strength_ * graph_.strength(node) * refined_.strength(refined);
      if (gain >= 0.0) candidates_.push_back({refined, gain});
    }
    const CommunityId chosen = draw(random);
    if (chosen == own) return;
    const double tied = weights_.to(chosen);
    outside_[chosen] += outside_[own] - 2.0 * tied;
    refined_.move(node, chosen);
  }

  CommunityId draw(RandomStream& random) {
    double most = 0.0;
    for (const Candidate& candidate : candidates_) most = std::max(most, candidate.gain);
    double total = 0.0;
    for (Candidate& candidate : candidates_) {
      total += std::exp((candidate.gain - most) / scale_);
      candidate.gain = total;  // from here on the sum up to it
    }
    const double drawn = random.uniform() * total;
    for (const Candidate& candidate : candidates_)
      if (drawn < candidate.gain) return candidate.community;
    return candidates_.back().community;
  }

  struct Candidate {
    CommunityId community;
    double gain;
  };

  const Graph& graph_;
  const Partition& partition_;
  Partition refined_;
  double per_strength_;
  double scale_;
  CommunityWeights weights_;
  std::vector<double> outside_;  // of a refined community, to the rest of its community
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<CommunityId> refine(const Graph& graph, const Partition& partition, double resolution,
                                double theta, RandomStream& random) {
  return Refinement(graph, partition, resolution, theta).run(random);
}

}  // namespace pointsman
