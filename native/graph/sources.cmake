target_sources(pointsman_engine PRIVATE
  graph/aggregate.cc graph/graph.cc graph/leiden.cc graph/move_nodes.cc graph/nearest_rows.cc graph/partition.cc
  graph/refine.cc graph/split_disconnected.cc)
