#include "graph/graph.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"

namespace pointsman {
namespace {

void check_edges(std::size_t nodes, std::span<const Edge> edges) {
  if (nodes > std::numeric_limits<NodeId>::max())
    throw Error(ErrorCode::kInvalidArgument, "graph: expected fewer than 2^32 nodes");
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& edge = edges[i];
    const std::string name = "graph: edge " + std::to_string(i);
    if (std::max(edge.from, edge.to) >= nodes) {
      throw Error(ErrorCode::kInvalidArgument, name + ": expected nodes below " + std::to_string(nodes) +
                                                   ", got " + std::to_string(edge.from) + " and " +
                                                   std::to_string(edge.to));
    }
    if (!std::isfinite(edge.weight) || edge.weight < 0.0) {
      throw Error(ErrorCode::kInvalidArgument,
                  name + ": expected a finite weight of at least 0, got " + std::to_string(edge.weight));
    }
  }
}

}  // namespace

Graph::Graph(std::size_t nodes, std::span<const Edge> edges)
    : offsets_(nodes + 1), loops_(nodes), strengths_(nodes) {
  check_edges(nodes, edges);
  const auto is_link = [](const Edge& edge) { return edge.from != edge.to && edge.weight > 0.0; };
  for (const Edge& edge : edges) {
    if (edge.from == edge.to) loops_[edge.from] += edge.weight;
    if (!is_link(edge)) continue;
    ++offsets_[edge.from + 1];
    ++offsets_[edge.to + 1];
  }
  for (std::size_t node = 0; node < nodes; ++node) offsets_[node + 1] += offsets_[node];
  neighbours_.resize(offsets_[nodes]);
  std::vector<std::size_t> next(offsets_.begin(), offsets_.end() - 1);
  for (const Edge& edge : edges) {
    if (!is_link(edge)) continue;
    neighbours_[next[edge.from]++] = {edge.to, edge.weight};
    neighbours_[next[edge.to]++] = {edge.from, edge.weight};
  }
  merge_parallel_edges();
  for (NodeId node = 0; node < nodes; ++node) {
    double sum = 2.0 * loops_[node];
    for (const Neighbour& neighbour : neighbours(node)) sum += neighbour.weight;
    strengths_[node] = sum;
    total_ += 0.5 * sum;
  }
}

// Stable order within a row, so that both ends of an edge add its parts up in the same order, to the same
// bits.
void Graph::merge_parallel_edges() {
  std::size_t kept = 0;
  std::size_t begin = 0;
  for (std::size_t node = 0; node < loops_.size(); ++node) {
    const std::size_t end = offsets_[node + 1];
    std::stable_sort(neighbours_.begin() + static_cast<std::ptrdiff_t>(begin),
                     neighbours_.begin() + static_cast<std::ptrdiff_t>(end),
                     [](const Neighbour& a, const Neighbour& b) { return a.node < b.node; });
    const std::size_t first = kept;
    for (std::size_t i = begin; i < end; ++i) {
      if (kept > first && neighbours_[kept - 1].node == neighbours_[i].node)
        neighbours_[kept - 1].weight += neighbours_[i].weight;
      else
        neighbours_[kept++] = neighbours_[i];
    }
    begin = end;
    offsets_[node + 1] = kept;
  }
  neighbours_.resize(kept);
}

}  // namespace pointsman
