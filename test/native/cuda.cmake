# The CUDA kernels' own source, compiled for the host against cuda_emulation/include and run there.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  message(STATUS "CUDA emulation: left out, its fibers switch stacks on x86-64 only")
  return()
endif()

if(POINTSMAN_SANITIZE)
  return()  # sanitizers do not know stacks that are switched by hand; the checked build below is ours
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
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(cuda_emulation_flags INTERFACE -Wno-restrict)  # as in native/CMakeLists.txt
endif()
target_link_libraries(cuda_emulation_flags INTERFACE Threads::Threads ${CMAKE_DL_LIBS})

# Object libraries, for several programs are made of the same parts.
function(cuda_objects name)
  add_library(${name} OBJECT ${ARGN})
  target_link_libraries(${name} PRIVATE cuda_emulation_flags)
endfunction()
cuda_objects(cuda_emulation
  cuda_emulation/block.cc cuda_emulation/device_memory.cc cuda_emulation/fiber.cc cuda_emulation/primitives.cc
  cuda_emulation/runtime.cc)
cuda_objects(cuda_plain_execution cuda_emulation/access_plain.cc cuda_emulation/executor_native.cc)
cuda_objects(cuda_host ${cuda_host_sources})

# Kernels as one object library per build of them: `options` are added to their compilation.
function(cuda_kernels name)
  cuda_objects(${name} ${cuda_kernel_sources})
  target_compile_options(${name} PRIVATE ${ARGN})
  # A kernel is known by its symbol.
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF)
  target_link_libraries(${name} PRIVATE cuda_emulation_flags)
endfunction()

# A program of sources, the objects of object libraries and further objects.
function(cuda_program name)
  cmake_parse_arguments(PARSE_ARGV 1 program "" "" "SOURCES;PARTS;OBJECTS")
  set(objects "")
  foreach(part ${program_PARTS})
    list(APPEND objects $<TARGET_OBJECTS:${part}>)
  endforeach()
  # In this order: of an inline function that several objects hold, the first one's is linked, which must be a mutant's.
  add_executable(${name} ${program_SOURCES} ${objects} ${program_OBJECTS})
  target_link_libraries(${name} PRIVATE cuda_emulation_flags pointsman_engine)
  # A kernel is found by its symbol.
  set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
endfunction()

cuda_objects(cuda_kernel_cases
  main.cc cuda/attention_test.cc cuda/emulated_executions.cc cuda/gemm_test.cc cuda/heads_test.cc
  cuda/rows_test.cc)
target_link_libraries(cuda_kernel_cases PRIVATE pointsman_engine)

cuda_kernels(cuda_kernels_plain)
set(plain_parts cuda_kernels_plain cuda_emulation cuda_plain_execution)
cuda_program(cuda_kernels_test PARTS ${plain_parts} cuda_kernel_cases)
add_test(NAME cuda_kernels_test COMMAND cuda_kernels_test)
cuda_program(cuda_encoder_test PARTS ${plain_parts} cuda_host
  SOURCES main.cc cuda/device_heads_test.cc cuda/encoder_test.cc model/safetensors_writer.cc model/tiny_model.cc)
add_test(NAME cuda_encoder_test COMMAND cuda_encoder_test)

# The library as the addon opens it, on the emulation: for tests of the whole stack.
add_library(pointsman_cuda_emulated SHARED
  $<TARGET_OBJECTS:cuda_kernels_plain> $<TARGET_OBJECTS:cuda_emulation> $<TARGET_OBJECTS:cuda_plain_execution>
  $<TARGET_OBJECTS:cuda_host>)
target_link_libraries(pointsman_cuda_emulated PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(pointsman_cuda_emulated PRIVATE
  LINKER:-z,defs LINKER:--version-script=${PROJECT_SOURCE_DIR}/native/cuda/exports.map)

# The product's own choices: a program that opens this library as the addon does.
pointsman_native_test(cuda_format_test cuda/format_test.cc model/safetensors_writer.cc model/tiny_model.cc)
add_dependencies(cuda_format_test pointsman_cuda_emulated)
set_tests_properties(cuda_format_test PROPERTIES
  ENVIRONMENT POINTSMAN_CUDA_LIBRARY=$<TARGET_FILE:pointsman_cuda_emulated>)

# The checked build: every access of a kernel is seen, see cuda_emulation/access_checked.cc. Without optimisation across
# accesses, so that none is left out, and with the lines to name.
set(checked_options -fsanitize=thread -O1 -g -fno-inline-small-functions --param=tsan-instrument-func-entry-exit=0)
cuda_objects(cuda_checked_execution cuda_emulation/access_checked.cc cuda_emulation/executor_native.cc)
cuda_kernels(cuda_kernels_checked ${checked_options})
set(checked_parts cuda_emulation cuda_checked_execution cuda_kernel_cases)
cuda_program(cuda_kernels_checked_test PARTS cuda_kernels_checked ${checked_parts})
add_test(NAME cuda_kernels_checked_test COMMAND cuda_kernels_checked_test)

include(${CMAKE_CURRENT_LIST_DIR}/cuda_mutants.cmake)

# How much of the kernels their tests run, line by line: see cuda_coverage.mjs.
option(POINTSMAN_CUDA_COVERAGE "Build the CUDA kernels' tests with gcov counters" OFF)
if(POINTSMAN_CUDA_COVERAGE)
  cuda_kernels(cuda_kernels_counted --coverage -O0)
  cuda_program(cuda_kernels_coverage PARTS cuda_kernels_counted cuda_emulation cuda_plain_execution cuda_kernel_cases)
  target_link_options(cuda_kernels_coverage PRIVATE --coverage)
endif()

# The second line: the same tests on the PTX that nvcc makes, where it is.
find_program(POINTSMAN_NVCC nvcc)
if(NOT POINTSMAN_NVCC)
  message(STATUS "PTX of the CUDA kernels: not run, nvcc was not found")
  return()
endif()
file(GLOB cuda_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/native/cuda/*.h ${PROJECT_SOURCE_DIR}/native/cuda/*.cuh)

# The PTX of kernels in `folder`; headers are looked for in `include` first.
function(cuda_ptx target folder include)
  file(MAKE_DIRECTORY ${folder})
  set(files "")
  foreach(kernel ${ARGN})
    get_filename_component(name ${kernel} NAME_WE)
    add_custom_command(OUTPUT ${folder}/${name}.ptx
      COMMAND ${POINTSMAN_NVCC} -std=c++20 -I${include} -I${PROJECT_SOURCE_DIR}/native --expt-relaxed-constexpr
              -arch=compute_80 -ptx ${kernel} -o ${folder}/${name}.ptx
      DEPENDS ${kernel} ${cuda_headers})
    list(APPEND files ${folder}/${name}.ptx)
  endforeach()
  add_custom_target(${target} DEPENDS ${files})
  add_dependencies(cuda_kernels_ptx_test ${target})
endfunction()

cuda_objects(cuda_ptx_execution cuda_emulation/access_plain.cc cuda_emulation/executor_ptx.cc
  cuda_emulation/ptx_module.cc cuda_emulation/ptx_opcodes.cc)
cuda_program(cuda_kernels_ptx_test PARTS cuda_kernels_plain cuda_emulation cuda_ptx_execution cuda_kernel_cases)
set(ptx ${CMAKE_CURRENT_BINARY_DIR}/ptx)
cuda_ptx(cuda_ptx ${ptx}/kernels ${PROJECT_SOURCE_DIR}/native ${cuda_kernel_sources})
add_test(NAME cuda_kernels_ptx_test COMMAND cuda_kernels_ptx_test)
set_tests_properties(cuda_kernels_ptx_test PROPERTIES ENVIRONMENT POINTSMAN_PTX=${ptx}/kernels)

# A bug that only this line can see: operands of inline assembly in the wrong order.
set(origin ${PROJECT_SOURCE_DIR}/native/cuda/ptx.cuh)
file(READ ${origin} text)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${origin})
string(REPLACE "\"r\"(b0), \"r\"(b1)" "\"r\"(b1), \"r\"(b0)" changed "${text}")
if(changed STREQUAL text)
  message(FATAL_ERROR "mutant ptx_swapped_operands: what it swaps is not in ${origin}")
endif()
file(CONFIGURE OUTPUT ${ptx}/swapped_include/cuda/ptx.cuh CONTENT "${changed}" @ONLY)
cuda_ptx(cuda_ptx_swapped ${ptx}/swapped ${ptx}/swapped_include ${PROJECT_SOURCE_DIR}/native/cuda/gemm.cu)
add_test(NAME cuda_mutant_ptx_swapped_operands COMMAND cuda_kernels_ptx_test --source-file=*gemm_test*)
set_tests_properties(cuda_mutant_ptx_swapped_operands PROPERTIES
  ENVIRONMENT POINTSMAN_PTX=${ptx}/swapped PASS_REGULAR_EXPRESSION "ERROR: CHECK.*beyond_rounding")
