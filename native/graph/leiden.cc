#include "graph/leiden.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "graph/leiden_steps.h"

namespace pointsman {
namespace {

void check(const Graph& graph, std::span<const CommunityId> start, const LeidenOptions& options) {
  const auto is_positive = [](double value) { return std::isfinite(value) && value > 0.0; };
  if (!is_positive(options.resolution) || !is_positive(options.theta)) {
    throw Error(ErrorCode::kInvalidArgument,
                "leiden: expected a resolution and a theta that are finite and above 0, got " +
                    std::to_string(options.resolution) + " and " + std::to_string(options.theta));
  }
  if (!start.empty() && start.size() != graph.nodes()) {
    throw Error(ErrorCode::kInvalidArgument, "leiden: expected a start of " + std::to_string(graph.nodes()) +
                                                 " communities, got " + std::to_string(start.size()));
  }
  const auto beyond =
      std::find_if(start.begin(), start.end(), [&](CommunityId id) { return id >= graph.nodes(); });
  if (beyond == start.end()) return;
  throw Error(ErrorCode::kInvalidArgument, "leiden: expected a start of communities below " +
                                               std::to_string(graph.nodes()) + ", got " +
                                               std::to_string(*beyond));
}

// The communities that the nodes of an aggregate belong to, numbered below their count.
std::vector<CommunityId> inherit(std::span<const CommunityId> refined, std::size_t count,
                                 std::span<const CommunityId> communities) {
  std::vector<CommunityId> inherited(count);
  for (std::size_t node = 0; node < refined.size(); ++node) inherited[refined[node]] = communities[node];
  return inherited;
}

}  // namespace

std::vector<CommunityId> leiden_pass(const Graph& graph, std::span<const CommunityId> start,
                                     const LeidenOptions& options) {
  check(graph, start, options);
  RandomStream random(options.seed);
  std::optional<Graph> coarse;  // the graph of the level, from the second on
  const Graph* level = &graph;
  Partition partition = start.empty() ? Partition(graph) : Partition(graph, {start.begin(), start.end()});
  std::vector<CommunityId> node_of(graph.nodes());  // of the level, for every node of the graph
  for (NodeId node = 0; node < graph.nodes(); ++node) node_of[node] = node;
  while (graph.total() > 0.0) {
    move_nodes(*level, partition, options.resolution, random);
    std::vector<CommunityId> refined = refine(*level, partition, options.resolution, options.theta, random);
    const std::size_t count = renumber(refined);
    if (count == level->nodes()) break;  // nothing can be merged
    std::vector<CommunityId> communities(partition.communities().begin(), partition.communities().end());
    renumber(communities);  // below their number, so below that of the refined ones
    std::vector<CommunityId> inherited = inherit(refined, count, communities);
    for (CommunityId& node : node_of) node = refined[node];
    coarse.emplace(aggregate(*level, refined, count));
    level = &*coarse;
    partition = Partition(*level, std::move(inherited));
  }
  std::vector<CommunityId> communities(graph.nodes());
  for (NodeId node = 0; node < graph.nodes(); ++node) communities[node] = partition.of(node_of[node]);
  split_disconnected(graph, communities);
  return communities;
}

}  // namespace pointsman
