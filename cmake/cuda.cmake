# POINTSMAN_WITH_CUDA decides whether libpointsman_cuda.so is built beside the addon: AUTO where nvcc 12.8 or later is (the
# first that knows sm_100), ON fails where it is not, OFF never. Sets POINTSMAN_BUILD_CUDA.
set(POINTSMAN_WITH_CUDA AUTO CACHE STRING "Build the CUDA back end: AUTO, ON or OFF")
set_property(CACHE POINTSMAN_WITH_CUDA PROPERTY STRINGS AUTO ON OFF)
if(NOT POINTSMAN_WITH_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "POINTSMAN_WITH_CUDA is ${POINTSMAN_WITH_CUDA}; expected AUTO, ON or OFF")
endif()

set(POINTSMAN_BUILD_CUDA OFF)
if(POINTSMAN_WITH_CUDA STREQUAL "OFF" OR (POINTSMAN_WITH_CUDA STREQUAL "AUTO" AND CMAKE_CROSSCOMPILING))
  return()
endif()

# Before the check: CMake's default, 75, has neither bf16 nor cp.async, and "native" fails where no GPU is. Ampere, Ada, Hopper
# and Blackwell get code of their own; the PTX of the last is compiled by the driver for what comes later.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 89-real 90-real 100-real 100-virtual)
endif()
include(CheckLanguage)
check_language(CUDA)
set(problem "")
if(NOT CMAKE_CUDA_COMPILER)
  set(problem "nvcc was not found")
else()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake up to 3.25.1 does not know that nvcc has C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.8)
    set(problem "${CMAKE_CUDA_COMPILER} is version ${CMAKE_CUDA_COMPILER_VERSION}, 12.8 or later is needed")
  endif()
endif()

if(problem STREQUAL "")
  set(POINTSMAN_BUILD_CUDA ON)
  message(STATUS "CUDA back end: built with nvcc ${CMAKE_CUDA_COMPILER_VERSION}")
elseif(POINTSMAN_WITH_CUDA STREQUAL "ON")
  message(FATAL_ERROR "POINTSMAN_WITH_CUDA is ON, but ${problem}")
else()
  message(STATUS "CUDA back end: left out, ${problem}; the addon runs on the CPU")
endif()
