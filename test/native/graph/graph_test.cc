// Graphs from edges, and modularity against its definition over pairs of nodes.
#include "graph/graph.h"

#include <cmath>
#include <limits>

#include "graph/graphs.h"
#include "graph/leiden_steps.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

TEST_CASE("parallel edges are added up, loops count twice in a strength, edges of weight 0 are none") {
  const std::vector<Edge> edges = {{0, 1, 1.0},  {1, 0, 0.5}, {2, 2, 2.0},
                                   {1, 2, 0.25}, {0, 3, 0.0}, {2, 2, 1.0}};
  const Graph graph(4, edges);
  CHECK(graph.nodes() == 4);
  CHECK(graph.edges() == 2);
  REQUIRE(graph.neighbours(1).size() == 2);
  CHECK(graph.neighbours(1)[0].node == 0);
  CHECK(graph.neighbours(1)[0].weight == 1.5);
  CHECK(graph.neighbours(1)[1].node == 2);
  CHECK(graph.neighbours(3).empty());
  CHECK(graph.loop(2) == 3.0);
  CHECK(graph.strength(0) == 1.5);
  CHECK(graph.strength(1) == 1.75);
  CHECK(graph.strength(2) == 6.25);
  CHECK(graph.strength(3) == 0.0);
  CHECK(graph.total() == 4.75);
}

TEST_CASE("edges of nodes that do not exist and impossible weights are refused") {
  const auto refused = [](const Edge& edge, const std::string& message) {
    check_error(ErrorCode::kInvalidArgument, message, [&] {
      const std::vector<Edge> edges = {{0, 1, 1.0}, edge};
      const Graph graph(2, edges);
    });
  };
  refused({0, 2, 1.0}, "graph: edge 1: expected nodes below 2, got 0 and 2");
  refused({0, 1, -1.0}, "graph: edge 1: expected a finite weight of at least 0, got -1.000000");
  refused({0, 1, std::numeric_limits<double>::infinity()},
          "graph: edge 1: expected a finite weight of at least 0, got inf");
  refused({0, 1, std::nan("")}, "graph: edge 1: expected a finite weight of at least 0, got nan");
}

// sum over pairs (i, j) of one community of A_ij / 2m - resolution k_i k_j / (2m)^2, where A_ii is twice the
// loop.
double plain_modularity(const Graph& graph, std::span<const CommunityId> communities, double resolution) {
  const double twice = 2.0 * graph.total();
  double sum = 0.0;
  for (NodeId a = 0; a < graph.nodes(); ++a) {
    std::vector<double> row(graph.nodes());
    row[a] = 2.0 * graph.loop(a);
    for (const Graph::Neighbour& neighbour : graph.neighbours(a)) row[neighbour.node] = neighbour.weight;
    for (NodeId b = 0; b < graph.nodes(); ++b) {
      if (communities[a] != communities[b]) continue;
      sum += row[b] / twice - resolution * graph.strength(a) * graph.strength(b) / (twice * twice);
    }
  }
  return sum;
}

TEST_CASE("modularity is its definition over pairs of nodes, and stays when communities become nodes") {
  const Graph graph(30, random_edges(30, 90, 5));  // some of these are loops
  RandomStream random(6);
  std::vector<CommunityId> communities(30);
  for (CommunityId& community : communities) community = static_cast<CommunityId>(random.below(5));
  const std::size_t count = renumber(communities);
  for (const double resolution : {0.5, 1.0, 3.0}) {
    const double quality = modularity(graph, communities, resolution);
    CHECK(quality == doctest::Approx(plain_modularity(graph, communities, resolution)).epsilon(1e-12));
    const Graph coarse = aggregate(graph, communities, count);
    CHECK(coarse.total() == doctest::Approx(graph.total()).epsilon(1e-12));
    const Partition alone(coarse);
    CHECK(modularity(coarse, alone.communities(), resolution) == doctest::Approx(quality).epsilon(1e-12));
  }
  const Graph empty(3, {});
  CHECK(modularity(empty, Partition(empty).communities(), 1.0) == 0.0);
}

TEST_CASE("communities are numbered in the order of their first nodes") {
  std::vector<CommunityId> communities = {4, 4, 0, 2, 0};
  CHECK(renumber(communities) == 3);
  CHECK(communities == std::vector<CommunityId>{0, 0, 1, 2, 1});
}

}  // namespace
}  // namespace pointsman::test
