# SPDX-License-Identifier: GPL-3.0-or-later
# A room is one folder and one static library: featurescope::<name>, all .cpp files of the folder.
#
#   featurescope_room(NAME [TORCH | JSON] [DEPENDS targets...])
#
# TORCH: the room's sources see LibTorch, through one shared precompiled header. Rooms that only use
# a TORCH room's torch-free headers do not get LibTorch's include path. JSON: through another one,
# JSON alone.
# tests/rules holds the order of the rooms; here it shows in DEPENDS.

# What many files include is read once, ahead: NAME is a target that carries the precompiled headers
# and gives them to the targets that reuse them. It links LIBRARIES, as they must.
function(featurescope_precompile name)
  cmake_parse_arguments(AHEAD "" "" "LIBRARIES;HEADERS" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  set_target_properties(${name} PROPERTIES AUTOMOC OFF AUTORCC OFF)
  target_link_libraries(${name} PRIVATE ${AHEAD_LIBRARIES} featurescope_warnings)
  target_precompile_headers(${name} PRIVATE ${AHEAD_HEADERS} <algorithm> <filesystem> <functional>
    <map> <memory> <optional> <string> <vector>)
endfunction()

# A torch header costs 15 s a file otherwise, JSON's one.
featurescope_precompile(featurescope_torch_pch LIBRARIES featurescope::torch
  HEADERS <ATen/ATen.h> <nlohmann/json.hpp>)
featurescope_precompile(featurescope_json_pch LIBRARIES nlohmann_json::nlohmann_json
  HEADERS <nlohmann/json.hpp>)

# Gives a target of our own LibTorch and the precompiled header with it.
function(featurescope_use_torch target)
  target_link_libraries(${target} PRIVATE featurescope::torch)
  target_precompile_headers(${target} REUSE_FROM featurescope_torch_pch)
endfunction()

# JSON's without it.
function(featurescope_use_json target)
  target_precompile_headers(${target} REUSE_FROM featurescope_json_pch)
endfunction()

# The same for Qt's widgets. Made in ui/, where Qt is found.
function(featurescope_use_widgets target)
  if(NOT TARGET featurescope_qt_pch)
    featurescope_precompile(featurescope_qt_pch LIBRARIES Qt6::Widgets HEADERS <QtWidgets/QtWidgets>)
  endif()
  target_precompile_headers(${target} REUSE_FROM featurescope_qt_pch)
endfunction()

function(featurescope_room name)
  cmake_parse_arguments(ROOM "TORCH;JSON" "" "DEPENDS" ${ARGN})
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
  elseif(ROOM_JSON)
    featurescope_use_json(${target})
  endif()
endfunction()
