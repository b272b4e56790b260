# Kernels are compiled by nvcc for the library, and by the host's compiler for the tests (test/native/cuda_emulation).
set(cuda_kernel_sources attention.cu embedding.cu gemm.cu heads.cu layer_norm.cu pool.cu)
set(cuda_host_sources device.cc device_encoder.cc device_heads.cc head_lane.cc lane.cc library.cc staging.cc weights.cc)
