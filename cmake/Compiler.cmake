# SPDX-License-Identifier: GPL-3.0-or-later
# Flags of our own code, the sanitizers, the linker and ccache.

set(FEATURESCOPE_SANITIZER "" CACHE STRING "Value for -fsanitize= (empty: none)")

add_library(featurescope_warnings INTERFACE)
target_compile_options(featurescope_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wimplicit-fallthrough -Wundef -Werror)

set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")
if(FEATURESCOPE_SANITIZER)
  add_compile_options(-fsanitize=${FEATURESCOPE_SANITIZER} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FEATURESCOPE_SANITIZER})
  # GCC's own headers trip this warning when instrumented.
  add_compile_options(-Wno-maybe-uninitialized)
endif()

option(FEATURESCOPE_COVERAGE "Count which lines run" OFF)
if(FEATURESCOPE_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# Keep every warning and message free of the folder the sources happen to lie in.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

find_program(MOLD mold)
if(MOLD AND NOT FEATURESCOPE_SANITIZER)
  add_link_options(-fuse-ld=mold)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header is part of nearly every compile: without this sloppiness ccache skips them,
  # without remembering hashes by inode it reads those 400 MB each time.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_INODECACHE=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
