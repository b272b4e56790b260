// Weighted undirected graphs. Immutable; nodes are numbered from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pointsman {

using NodeId = std::uint32_t;

struct Edge {
  NodeId from;
  NodeId to;
  double weight;
};

class Graph {
 public:
  struct Neighbour {
    NodeId node;
    double weight;
  };

  // Edges between the same two nodes are added up, whichever way they point; edges of weight 0 are left out.
  // Throws kInvalidArgument for a node that does not exist and for a weight that is negative or not finite.
  Graph(std::size_t nodes, std::span<const Edge> edges);

  std::size_t nodes() const noexcept { return loops_.size(); }
  // The other nodes that a node has an edge to, ascending.
  std::span<const Neighbour> neighbours(NodeId node) const {
    return {neighbours_.data() + offsets_[node], neighbours_.data() + offsets_[node + 1]};
  }
  // Weight of a node's edge to itself.
  double loop(NodeId node) const { return loops_[node]; }
  // Sum of a node's edges, its loop twice: the weighted degree.
  double strength(NodeId node) const { return strengths_[node]; }
  // Sum of all edges, m.
  double total() const noexcept { return total_; }
  // Edges between different nodes.
  std::size_t edges() const noexcept { return neighbours_.size() / 2; }

 private:
  void merge_parallel_edges();

  std::vector<std::size_t> offsets_;  // [nodes + 1]
  std::vector<Neighbour> neighbours_;
  std::vector<double> loops_;
  std::vector<double> strengths_;
  double total_ = 0.0;
};

}  // namespace pointsman
