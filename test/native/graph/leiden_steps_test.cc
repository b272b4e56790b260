// The steps of Leiden one by one.
#include "graph/leiden_steps.h"

#include <algorithm>

#include "doctest/doctest.h"
#include "graph/graphs.h"

namespace pointsman::test {
namespace {

TEST_CASE("moving nodes never lowers modularity and ends where no single move gains") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Graph graph(80, random_edges(80, 240, seed));
    RandomStream random(seed);
    Partition partition(graph);
    const double before = modularity(graph, partition.communities(), 1.0);
    move_nodes(graph, partition, 1.0, random);
    std::vector<CommunityId> moved(partition.communities().begin(), partition.communities().end());
    const double after = modularity(graph, moved, 1.0);
    CHECK(after > before);
    for (NodeId node = 0; node < graph.nodes(); ++node) {
      const CommunityId own = moved[node];
      for (CommunityId community = 0; community < graph.nodes(); ++community) {
        moved[node] = community;
        CHECK(modularity(graph, moved, 1.0) < after + 1e-9);
      }
      moved[node] = own;
    }
  }
}

TEST_CASE("a refinement lies within the partition, and each of its communities is connected") {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    for (const double theta : {0.01, 1.0}) {
      const Graph graph(120, random_edges(120, 300, seed));
      RandomStream random(seed);
      // Communities at random, of which many are in pieces: refinement must not join what no edge joins.
      std::vector<CommunityId> communities(120);
      for (CommunityId& community : communities) community = static_cast<CommunityId>(random.below(4));
      const Partition partition(graph, communities);
      CHECK_FALSE(are_connected(graph, communities));
      const std::vector<CommunityId> refined = refine(graph, partition, 1.0, theta, random);
      CHECK(is_within(refined, communities));
      CHECK(are_connected(graph, refined));
      std::vector<CommunityId> names = refined;
      CHECK(renumber(names) < graph.nodes());
    }
  }
}

TEST_CASE("communities in pieces are cut, which raises modularity") {
  const std::vector<Edge> edges = {{0, 1, 1.0}, {2, 3, 1.0}, {4, 5, 1.0}, {1, 4, 0.1}};
  const Graph graph(7, edges);
  const std::vector<CommunityId> before = {5, 5, 5, 5, 1, 1, 5};
  std::vector<CommunityId> after = before;
  split_disconnected(graph, after);
  CHECK(after == std::vector<CommunityId>{0, 0, 1, 1, 2, 2, 3});
  CHECK(modularity(graph, after, 1.0) > modularity(graph, before, 1.0));
}

}  // namespace
}  // namespace pointsman::test
