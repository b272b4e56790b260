pointsman_native_test(graph_test
  graph/graph_test.cc graph/leiden_steps_test.cc graph/leiden_test.cc graph/nearest_rows_test.cc)
