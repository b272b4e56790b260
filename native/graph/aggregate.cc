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

void split_disconnected(const Graph& graph, std::span<CommunityId> communities) {
  std::vector<bool> is_reached(graph.nodes());
  std::vector<CommunityId> parts(graph.nodes());
  std::vector<NodeId> frontier;
  CommunityId count = 0;
  for (NodeId first = 0; first < graph.nodes(); ++first) {
    if (is_reached[first]) continue;
    is_reached[first] = true;
    frontier.assign(1, first);
    while (!frontier.empty()) {
      const NodeId node = frontier.back();
      frontier.pop_back();
      parts[node] = count;
      for (const Graph::Neighbour& neighbour : graph.neighbours(node)) {
        if (is_reached[neighbour.node] || communities[neighbour.node] != communities[node]) continue;
        is_reached[neighbour.node] = true;
        frontier.push_back(neighbour.node);
      }
    }
    ++count;
  }
  for (NodeId node = 0; node < graph.nodes(); ++node) communities[node] = parts[node];
}

}  // namespace pointsman
