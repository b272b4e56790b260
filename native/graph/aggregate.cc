#include "graph/leiden_steps.h"

namespace pointsman {

Graph aggregate(const Graph& graph, std::span<const CommunityId> communities, std::size_t count) {
  std::vector<Edge> edges;
  edges.reserve(graph.edges() + graph.nodes());
  for (NodeId node = 0; node < graph.nodes(); ++node) {
    const CommunityId own = communities[node];
    if (graph.loop(node) > 0.0) edges.push_back({own, own, graph.loop(node)});
    for (const Graph::Neighbour& neighbour : graph.neighbours(node))
      if (node < neighbour.node) edges.push_back({own, communities[neighbour.node], neighbour.weight});
  }
  return {count, edges};
}

}  // namespace pointsman
