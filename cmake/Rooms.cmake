# SPDX-License-Identifier: GPL-3.0-or-later
# A room is one folder and one static library: featurescope::<name>, all .cpp files of the folder.
#
#   featurescope_room(NAME [TORCH] [DEPENDS targets...])
#
# TORCH: the room's sources see LibTorch, through one shared precompiled header. Rooms that only use
# a TORCH room's torch-free headers do not get LibTorch's include path.
# tests/rules holds the order of the rooms; here it shows in DEPENDS.

# One precompiled ATen for every torch room (a torch header costs 15 s a file otherwise).
add_library(featurescope_torch_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/torch_pch.cpp)
target_link_libraries(featurescope_torch_pch PRIVATE featurescope::torch featurescope_warnings)
target_include_directories(featurescope_torch_pch PRIVATE ${CMAKE_SOURCE_DIR})
target_precompile_headers(featurescope_torch_pch PRIVATE <ATen/ATen.h> <vector> <string> <map>
  <memory> <filesystem> <functional>)

# Gives a target of our own LibTorch and the shared precompiled header.
function(featurescope_use_torch target)
  target_link_libraries(${target} PRIVATE featurescope::torch)
  target_precompile_headers(${target} REUSE_FROM featurescope_torch_pch)
endfunction()

# The same for Qt's widgets. Made in ui/, where Qt is found.
function(featurescope_use_widgets target)
  if(NOT TARGET featurescope_qt_pch)
    add_library(featurescope_qt_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/qt_pch.cpp)
    set_target_properties(featurescope_qt_pch PROPERTIES AUTOMOC OFF AUTORCC OFF)
    target_link_libraries(featurescope_qt_pch PRIVATE Qt6::Widgets featurescope_warnings)
    target_precompile_headers(featurescope_qt_pch PRIVATE <QtWidgets/QtWidgets> <string> <vector>
      <map> <memory> <filesystem> <functional> <optional> <algorithm>)
  endif()
  target_precompile_headers(${target} REUSE_FROM featurescope_qt_pch)
endfunction()

function(featurescope_room name)
  cmake_parse_arguments(ROOM "TORCH" "" "DEPENDS" ${ARGN})
  set(target featurescope_${name})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp
    ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.h)
  add_library(${target} STATIC ${sources})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  add_library(featurescope::${name} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${ROOM_DEPENDS} PRIVATE featurescope_warnings)
  if(ROOM_TORCH)
    featurescope_use_torch(${target})
  endif()
endfunction()
