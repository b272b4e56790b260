target_sources(pointsman_engine PRIVATE
  backend/bf16_backend.cc backend/bf16_weights.cc backend/bf16_workspace.cc
  backend/cpu_attention.cc backend/cpu_backend.cc backend/cpu_tokens.cc backend/cpu_weights.cc backend/cpu_workspace.cc
  backend/cuda_backend.cc backend/cuda_library.cc backend/device.cc
  backend/stored_floats.cc)
