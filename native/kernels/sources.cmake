# Per-ISA files are compiled with their own flags; select.cc picks among them at run time.
# To add an ISA: its vector type and table in kernels/<isa>.cc, one line in isa_tables.h and in select.cc, its flags here.
target_sources(pointsman_engine PRIVATE kernels/reference.cc kernels/select.cc)

# No contraction: every fused multiply-add is written as one, so results do not depend on what the compiler merged.
set(kernel_options -ffp-contract=off -fno-exceptions)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  target_sources(pointsman_engine PRIVATE base/cpu_x86.cc kernels/amx.cc kernels/avx2.cc kernels/avx512.cc
    kernels/avx512_bf16.cc)
  target_compile_definitions(pointsman_engine PRIVATE POINTSMAN_X86_KERNELS)
  set(avx2_options ${kernel_options} -mavx2 -mfma -mf16c)
  set(avx512_options ${avx2_options} -mavx512f -mavx512bw -mavx512vl -mavx512dq)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    # GCC's own AVX-512 headers trip these (GCC bug 105593).
    list(APPEND avx512_options -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  set_source_files_properties(kernels/avx2.cc PROPERTIES COMPILE_OPTIONS "${avx2_options}")
  set(avx512_bf16_options ${avx512_options} -mavx512bf16)
  set_source_files_properties(kernels/avx512.cc PROPERTIES COMPILE_OPTIONS "${avx512_options}")
  set_source_files_properties(kernels/avx512_bf16.cc PROPERTIES COMPILE_OPTIONS "${avx512_bf16_options}")
  set_source_files_properties(kernels/amx.cc PROPERTIES COMPILE_OPTIONS "${avx512_bf16_options};-mamx-tile;-mamx-bf16")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  target_sources(pointsman_engine PRIVATE base/cpu_generic.cc kernels/neon.cc)
  target_compile_definitions(pointsman_engine PRIVATE POINTSMAN_ARM64_KERNELS)
  # Fused multiply-add is in the baseline here, so the rest of the engine must be told as well.
  target_compile_options(pointsman_engine PRIVATE -ffp-contract=off)
  set(neon_options ${kernel_options})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Scheduled before registers are allocated, a GEMM tile loads all of its rows of A first and spills accumulators.
    list(APPEND neon_options -fno-schedule-insns)
  endif()
  set_source_files_properties(kernels/neon.cc PROPERTIES COMPILE_OPTIONS "${neon_options}")
else()
  target_sources(pointsman_engine PRIVATE base/cpu_generic.cc)
endif()
