// Leiden from end to end: planted communities, connectivity, graphs that are hardly graphs, what is refused.
#include "graph/leiden.h"

#include <limits>
#include <set>

#include "graph/graphs.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

TEST_CASE("planted communities are found") {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const Graph graph(240, planted_edges(12, 20, 0.5, 0.01, seed));
    const std::vector<CommunityId> found = leiden_pass(graph, {}, {.seed = seed});
    for (NodeId a = 0; a < graph.nodes(); ++a) {
      CAPTURE(a);
      CHECK((found[a] == found[a / 20 * 20]));
    }
    CHECK(std::set<CommunityId>(found.begin(), found.end()).size() == 12);
  }
}

TEST_CASE(
    "communities are connected, numbered from 0, and repeat by seed; more passes never lower modularity") {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    for (const double resolution : {0.3, 1.0, 4.0}) {
      const Graph graph(300, random_edges(300, 450, seed));  // some nodes have no edge
      const LeidenOptions options{.resolution = resolution, .theta = 0.05, .seed = seed};
      std::vector<CommunityId> communities = leiden_pass(graph, {}, options);
      CHECK(communities == leiden_pass(graph, {}, options));
      double quality = modularity(graph, communities, resolution);
      for (std::uint64_t pass = 1; pass <= 4; ++pass) {
        CHECK(are_connected(graph, communities));
        std::vector<CommunityId> names = communities;
        renumber(names);
        CHECK(names == communities);
        communities = leiden_pass(graph, communities,
                                  {.resolution = resolution, .theta = 0.05, .seed = seed + 100 * pass});
        const double next = modularity(graph, communities, resolution);
        CHECK(next >= quality - 1e-12);
        quality = next;
      }
    }
  }
}

TEST_CASE("another seed may find other communities") {
  const Graph graph(300, random_edges(300, 900, 9));
  CHECK(leiden_pass(graph, {}, {.seed = 1}) != leiden_pass(graph, {}, {.seed = 2}));
}

TEST_CASE("a higher resolution gives more communities") {
  const Graph graph(240, planted_edges(12, 20, 0.6, 0.02, 3));
  const auto count = [&](double resolution) {
    std::vector<CommunityId> found = leiden_pass(graph, {}, {.resolution = resolution});
    return renumber(found);
  };
  CHECK(count(0.05) < count(1.0));
  CHECK(count(1.0) < count(8.0));
}

TEST_CASE("graphs that are hardly graphs") {
  CHECK(leiden_pass(Graph(0, {}), {}, {}).empty());
  CHECK(leiden_pass(Graph(3, {}), {}, {}) == std::vector<CommunityId>{0, 1, 2});
  const std::vector<Edge> loop = {{1, 1, 3.0}};
  CHECK(leiden_pass(Graph(3, loop), {}, {}) == std::vector<CommunityId>{0, 1, 2});
  const std::vector<Edge> weightless = {{0, 1, 0.0}, {1, 2, 0.0}};
  CHECK(leiden_pass(Graph(3, weightless), {}, {}) == std::vector<CommunityId>{0, 1, 2});
  // The same edge often, in both directions, and nodes without any.
  const std::vector<Edge> often = {{0, 4, 1.0}, {4, 0, 1.0}, {0, 4, 1.0}};
  CHECK(leiden_pass(Graph(5, often), {}, {}) == std::vector<CommunityId>{0, 1, 2, 3, 0});
  // Weights of very different size.
  const std::vector<Edge> uneven = {{0, 1, 1e12}, {1, 2, 1e-12}, {2, 3, 1e12}};
  CHECK(leiden_pass(Graph(4, uneven), {}, {}) == std::vector<CommunityId>{0, 0, 1, 1});
  // A start whose communities no edge joins is cut.
  const std::vector<CommunityId> together = {2, 2, 2};
  CHECK(leiden_pass(Graph(3, {}), together, {}) == std::vector<CommunityId>{0, 1, 2});
}

TEST_CASE("two cliques joined by one edge stay two, whatever the start") {
  std::vector<Edge> edges = {{0, 5, 1.0}};
  for (NodeId clique : {0, 5}) {
    for (NodeId a = clique; a < clique + 5; ++a)
      for (NodeId b = a + 1; b < clique + 5; ++b) edges.push_back({a, b, 1.0});
  }
  const Graph graph(10, edges);
  const std::vector<CommunityId> wanted = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  const std::vector<CommunityId> one(10, 7);
  const std::vector<CommunityId> odd = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  CHECK(leiden_pass(graph, {}, {}) == wanted);
  CHECK(leiden_pass(graph, one, {}) == wanted);
  CHECK(leiden_pass(graph, odd, {}) == wanted);
}

TEST_CASE("impossible options and starts are refused") {
  const Graph graph(2, {});
  const auto refused = [&](std::vector<CommunityId> start, LeidenOptions options,
                           const std::string& message) {
    check_error(ErrorCode::kInvalidArgument, message, [&] { leiden_pass(graph, start, options); });
  };
  const std::string range = "leiden: expected a resolution and a theta that are finite and above 0, got ";
  refused({}, {.resolution = 0.0}, range + "0.000000 and 0.010000");
  refused({}, {.theta = -1.0}, range + "1.000000 and -1.000000");
  refused({}, {.resolution = std::numeric_limits<double>::quiet_NaN()}, range + "nan and 0.010000");
  refused({0}, {}, "leiden: expected a start of 2 communities, got 1");
  refused({0, 2}, {}, "leiden: expected a start of communities below 2, got 2");
}

}  // namespace
}  // namespace pointsman::test
