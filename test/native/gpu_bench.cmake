# The bench of the GPU (bench/native/gpu): its arithmetic, and the program itself on the emulation with tiny sizes.
set(gpu_bench_folder ${PROJECT_SOURCE_DIR}/bench/native/gpu)
pointsman_native_test(gpu_bench_figures_test
  gpu_bench/options_test.cc gpu_bench/roofline_test.cc gpu_bench/samples_test.cc gpu_bench/text_table_test.cc
  ${gpu_bench_folder}/options.cc ${gpu_bench_folder}/samples.cc ${gpu_bench_folder}/text_table.cc)
target_include_directories(gpu_bench_figures_test PRIVATE ${gpu_bench_folder}/..)
if(NOT TARGET cuda_emulation)
  return()
endif()

include(${gpu_bench_folder}/sources.cmake)
list(TRANSFORM gpu_bench_sources PREPEND ${gpu_bench_folder}/)
set_source_files_properties(${gpu_bench_folder}/peaks.cu PROPERTIES LANGUAGE CXX)
cuda_objects(gpu_bench_parts ${gpu_bench_sources})
target_include_directories(gpu_bench_parts PRIVATE ${gpu_bench_folder}/..)
target_link_libraries(gpu_bench_parts PRIVATE pointsman_engine)
cuda_program(gpu_bench_emulated PARTS gpu_bench_parts ${plain_parts} cuda_host)

function(gpu_bench_test name program)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -DCHECK=${name}
    -DDOCUMENT=${PROJECT_SOURCE_DIR}/CONTRIBUTING.md -P ${CMAKE_CURRENT_SOURCE_DIR}/gpu_bench/check_program.cmake)
endfunction()
gpu_bench_test(gpu_bench_measures gpu_bench_emulated)
gpu_bench_test(gpu_bench_paper_is_in_contributing gpu_bench_emulated)

# Planted: positions are subtracted. What is changed must be there, so that this cannot outlive the line.
set(origin ${PROJECT_SOURCE_DIR}/native/cuda/embedding.cu)
file(READ ${origin} text)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${origin})
string(REPLACE "x[v][i] += position[i]" "x[v][i] -= position[i]" changed "${text}")
if(changed STREQUAL text)
  message(FATAL_ERROR "gpu_bench_refuses_wrong_results: what it changes is not in ${origin}")
endif()
set(wrong ${CMAKE_CURRENT_BINARY_DIR}/gpu_bench/embedding.cu)
file(CONFIGURE OUTPUT ${wrong} CONTENT "${changed}" @ONLY)
set_source_files_properties(${wrong} PROPERTIES LANGUAGE CXX)
cuda_objects(gpu_bench_wrong_kernel ${wrong})
cuda_program(gpu_bench_wrong PARTS gpu_bench_wrong_kernel gpu_bench_parts cuda_emulation cuda_plain_execution cuda_host
  OBJECTS "$<FILTER:$<TARGET_OBJECTS:cuda_kernels_plain>,EXCLUDE,/embedding\\.cu>")
gpu_bench_test(gpu_bench_refuses_wrong_results gpu_bench_wrong)
