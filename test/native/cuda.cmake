# The CUDA kernels' own source, compiled for the host against cuda_emulation/include and run there.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  message(STATUS "CUDA emulation: left out, its fibers switch stacks on x86-64 only")
  return()
endif()

include(${PROJECT_SOURCE_DIR}/native/cuda/sources.cmake)
list(TRANSFORM cuda_kernel_sources PREPEND ${PROJECT_SOURCE_DIR}/native/cuda/)
list(TRANSFORM cuda_host_sources PREPEND ${PROJECT_SOURCE_DIR}/native/cuda/)
set_source_files_properties(${cuda_kernel_sources} PROPERTIES LANGUAGE CXX)

add_library(cuda_emulation_flags INTERFACE)
target_include_directories(cuda_emulation_flags INTERFACE
  ${CMAKE_CURRENT_SOURCE_DIR}/cuda_emulation/include ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/native)
# #pragma unroll is nvcc's. Sums in the order that the source states. GCC does not see that a row is read under the condition
# under which it was loaded; the checked build does.
target_compile_options(cuda_emulation_flags INTERFACE
  -Wall -Wextra -Werror -Wno-unknown-pragmas -Wno-maybe-uninitialized -ffp-contract=off)
target_link_libraries(cuda_emulation_flags INTERFACE Threads::Threads ${CMAKE_DL_LIBS})

set(cuda_emulation_sources
  cuda_emulation/block.cc cuda_emulation/device_memory.cc cuda_emulation/fiber.cc cuda_emulation/primitives.cc
  cuda_emulation/runtime.cc)

# Kernels as one object library per build of them: `options` are added to their compilation.
function(cuda_kernels name)
  add_library(${name} OBJECT ${cuda_kernel_sources})
  target_compile_options(${name} PRIVATE ${ARGN})
  # A kernel is known by its symbol.
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF)
  target_link_libraries(${name} PRIVATE cuda_emulation_flags)
endfunction()

set(cuda_kernel_tests cuda/attention_test.cc cuda/gemm_test.cc cuda/rows_test.cc)

cuda_kernels(cuda_kernels_plain)
pointsman_native_test(cuda_kernels_test
  ${cuda_kernel_tests} cuda/emulated_executions.cc ${cuda_emulation_sources} cuda_emulation/access_plain.cc
  cuda_emulation/executor_native.cc $<TARGET_OBJECTS:cuda_kernels_plain>)
target_include_directories(cuda_kernels_test BEFORE PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/cuda_emulation/include)
target_link_libraries(cuda_kernels_test PRIVATE ${CMAKE_DL_LIBS})
set_target_properties(cuda_kernels_test PROPERTIES ENABLE_EXPORTS ON)
