target_sources(pointsman_engine PRIVATE
  backend/cpu_attention.cc backend/cpu_backend.cc backend/cpu_weights.cc backend/cpu_workspace.cc
  backend/stored_floats.cc)
