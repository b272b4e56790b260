#include "graph/leiden_steps.h"

namespace pointsman {

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
