# gpu_bench: compiled by nvcc for a GPU, and by the host's compiler for the tests (test/native/gpu_bench.cmake).
set(gpu_bench_sources card.cc encoder_bench.cc encoder_case.cc figures.cc head_bench.cc kernel_pass.cc main.cc options.cc paper.cc peaks.cu
  random_weights.cc samples.cc text_table.cc)
