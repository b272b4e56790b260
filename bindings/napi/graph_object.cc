#include "graph_object.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "errors.h"
#include "graph/leiden.h"
#include "graph/nearest_rows.h"
#include "results.h"
#include "values.h"

namespace pointsman::binding {
namespace {

bool share_memory(std::span<const std::int32_t> ints, std::span<const float> floats) {
  constexpr std::less<const void*> before;  // of unrelated arrays, < alone is not defined
  return !ints.empty() && !floats.empty() && before(ints.data(), floats.data() + floats.size()) &&
         before(floats.data(), ints.data() + ints.size());
}

void find_nearest_rows(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    const std::span<const float> rows = read_floats(call[0], "nearestRows: rows");
    const std::size_t dimension = read_count(call[1], "nearestRows: dimension");
    const std::size_t k = read_count(call[2], "nearestRows: k");
    const std::size_t first = read_count(call[3], "nearestRows: first");
    const std::size_t count = read_count(call[4], "nearestRows: count");
    const std::span<std::int32_t> neighbours = read_ints(call[5], "nearestRows: neighbours");
    const std::span<float> similarities = read_floats(call[6], "nearestRows: similarities");
    require_disjoint(similarities, "nearestRows: similarities", rows, "rows");
    if (share_memory(neighbours, rows) || share_memory(neighbours, similarities)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "nearestRows: neighbours must not share memory with another array: pass a copy");
    }
    nearest_rows({.rows = rows,
                  .dimension = dimension,
                  .k = k,
                  .first = first,
                  .count = count,
                  .neighbours = neighbours,
                  .similarities = similarities});
  });
}

NodeId read_node(std::int32_t node, std::size_t edge) {
  if (node >= 0) return static_cast<NodeId>(node);
  throw Error(ErrorCode::kInvalidArgument, "graph: edge " + std::to_string(edge) +
                                               ": expected nodes of at least 0, got " + std::to_string(node));
}

// Nodes, and edges as three arrays of one length.
Graph read_graph(const Napi::CallbackInfo& call) {
  const std::size_t nodes = read_count(call[0], "graph: nodes");
  if (nodes > INT32_MAX) throw Error(ErrorCode::kInvalidArgument, "graph: expected fewer than 2^31 nodes");
  const std::span<const std::int32_t> from = read_ints(call[1], "graph: from");
  const std::span<const std::int32_t> to = read_ints(call[2], "graph: to");
  const std::span<const float> weights = read_floats(call[3], "graph: weights");
  if (from.size() != to.size() || from.size() != weights.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "graph: from, to and weights must have one length, got " + std::to_string(from.size()) +
                    ", " + std::to_string(to.size()) + " and " + std::to_string(weights.size()));
  }
  std::vector<Edge> edges;
  edges.reserve(from.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    edges.push_back({read_node(from[i], i), read_node(to[i], i), weights[i]});
  return {nodes, edges};
}

std::vector<CommunityId> read_communities(Napi::Value value, const std::string& name) {
  std::vector<CommunityId> communities;
  for (const std::int32_t community : read_ints(value, name)) {
    if (community < 0)
      throw Error(ErrorCode::kInvalidArgument,
                  name + " must not be negative, got " + std::to_string(community));
    communities.push_back(static_cast<CommunityId>(community));
  }
  return communities;
}

Napi::Value find_communities(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const Napi::Object given = read_object(call[4], "leidenPass: options");
    const LeidenOptions options = {
        .resolution = read_finite(given.Get("resolution"), "leidenPass: resolution"),
        .theta = read_finite(given.Get("theta"), "leidenPass: theta"),
        .seed = read_count(given.Get("seed"), "leidenPass: seed"),
    };
    const Napi::Value start = given.Get("start");
    const std::vector<CommunityId> communities =
        start.IsUndefined() ? std::vector<CommunityId>() : read_communities(start, "leidenPass: start");
    const Graph graph = read_graph(call);  // last: getters above can detach the arrays
    Napi::Int32Array result = new_ints(env, graph.nodes());
    const std::vector<CommunityId> found = leiden_pass(graph, communities, options);
    std::copy(found.begin(), found.end(), result.Data());
    return result;
  });
}

Napi::Value find_modularity(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const Graph graph = read_graph(call);
    const std::vector<CommunityId> communities = read_communities(call[4], "modularity: communities");
    const float resolution = read_finite(call[5], "modularity: resolution");
    const auto is_known = [&](CommunityId community) { return community < graph.nodes(); };
    if (communities.size() != graph.nodes() ||
        !std::all_of(communities.begin(), communities.end(), is_known)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "modularity: expected a community from 0 to nodes - 1 for each of " +
                      std::to_string(graph.nodes()) + " nodes");
    }
    return Napi::Number::New(env, modularity(graph, communities, resolution));
  });
}

}  // namespace

Napi::Object graph_object(Napi::Env env) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("nearestRows", Napi::Function::New<find_nearest_rows>(env, "nearestRows"));
  object.Set("leidenPass", Napi::Function::New<find_communities>(env, "leidenPass"));
  object.Set("modularity", Napi::Function::New<find_modularity>(env, "modularity"));
  return object;
}

}  // namespace pointsman::binding
