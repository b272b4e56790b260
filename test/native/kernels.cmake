pointsman_native_test(kernels_test kernels_bf16_test.cc kernels_gemm_test.cc kernels_math_test.cc kernels_rows_test.cc kernels_vectors_test.cc)
pointsman_native_test(kernels_select_test kernels_select_test.cc)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(baseline_isa neon)
else()
  set(baseline_isa reference)
endif()
target_compile_definitions(kernels_select_test PRIVATE POINTSMAN_BASELINE_ISA="${baseline_isa}")

# A weak symbol in a per-ISA object could replace the baseline's copy of the same inline function at link time.
if(NOT POINTSMAN_SANITIZE)
  add_test(NAME kernels_isa_objects_share_no_code
           COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DOBJECTS=$<TARGET_OBJECTS:pointsman_engine>"
                   -P ${CMAKE_CURRENT_SOURCE_DIR}/kernels_no_weak_symbols.cmake)
endif()
