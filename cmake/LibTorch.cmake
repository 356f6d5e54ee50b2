# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch from the PyPI wheel, as imported targets.
#
# find_package(Torch) on the wheel demands a CUDA toolkit; we link only its CPU libraries and open
# libtorch_cuda.so at run time when a GPU is asked for (core/lm/device.h).
#
#   featurescope::torch   headers (as system headers), libtorch_cpu, libc10
#   -DLIBTORCH=DIR        uses the LibTorch there instead (2.8 or newer)

set(FEATURESCOPE_TORCH_VERSION 2.11.0)

if(LIBTORCH)
  set(torch_root ${LIBTORCH})
  set(torch_rpath_link "")
else()
  set(wheel ${CMAKE_SOURCE_DIR}/.deps/libtorch)
  set(torch_root ${wheel}/torch)
  if(NOT EXISTS ${torch_root}/lib/libtorch_cpu.so)
    message(STATUS "Fetching LibTorch ${FEATURESCOPE_TORCH_VERSION} (530 MB) into .deps/libtorch")
    execute_process(
      COMMAND ${CMAKE_SOURCE_DIR}/cmake/fetch_libtorch ${wheel} ${FEATURESCOPE_TORCH_VERSION}
      COMMAND_ERROR_IS_FATAL ANY)
  endif()
  set(torch_rpath_link ${wheel}/nvidia/cu13/lib)
endif()

if(NOT EXISTS ${torch_root}/lib/libtorch_cpu.so OR NOT EXISTS ${torch_root}/include/ATen/ATen.h)
  message(FATAL_ERROR "No LibTorch in ${torch_root}: lib/libtorch_cpu.so and include/ATen/ATen.h "
    "are needed (give -DLIBTORCH=DIR, or leave it out to fetch one)")
endif()
# Newer releases define their version in the first of these, older ones in the second.
set(torch_version "")
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(EXISTS ${torch_root}/include/${header} AND NOT torch_version)
    file(READ ${torch_root}/include/${header} header_text)
    if(header_text MATCHES
        "_MAJOR ([0-9]+).*TORCH_VERSION_MINOR ([0-9]+).*TORCH_VERSION_PATCH ([0-9]+)")
      set(torch_version ${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3})
    endif()
  endif()
endforeach()
if(NOT torch_version OR torch_version VERSION_LESS 2.8)
  message(FATAL_ERROR "The LibTorch in ${torch_root} is too old (version '${torch_version}'): "
    "2.8 or newer is needed")
endif()
message(STATUS "LibTorch ${torch_version} in ${torch_root}")

add_library(featurescope_c10 SHARED IMPORTED)
set_target_properties(featurescope_c10 PROPERTIES IMPORTED_LOCATION ${torch_root}/lib/libc10.so)

add_library(featurescope_torch_cpu SHARED IMPORTED)
set_target_properties(featurescope_torch_cpu PROPERTIES
  IMPORTED_LOCATION ${torch_root}/lib/libtorch_cpu.so)

# The wheel brings headers of another fmt than the one we link: ours must be found first.
find_path(fmt_headers fmt/format.h REQUIRED NO_CACHE)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/our_fmt)
file(CREATE_LINK ${fmt_headers}/fmt ${CMAKE_BINARY_DIR}/our_fmt/fmt SYMBOLIC)

add_library(featurescope_torch INTERFACE)
add_library(featurescope::torch ALIAS featurescope_torch)
target_include_directories(featurescope_torch SYSTEM INTERFACE
  ${CMAKE_BINARY_DIR}/our_fmt ${torch_root}/include ${torch_root}/include/torch/csrc/api/include)
target_link_libraries(featurescope_torch INTERFACE featurescope_torch_cpu featurescope_c10)
if(torch_rpath_link)
  target_link_options(featurescope_torch INTERFACE -Wl,-rpath-link,${torch_rpath_link})
endif()
