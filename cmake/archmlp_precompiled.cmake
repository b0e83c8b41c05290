# Precompiled headers: of std and third-party libraries alone, so that layering stays with the include directories.
#   archmlp_precompile(TARGET library|test)   has TARGET start from the one for libraries, or for tests
#
# The self-contained headers and clang-tidy see the code without them, so a file includes what it uses.
option(ARCHMLP_PCH "Precompile the headers of std and third-party libraries" ON)
if(ARCHMLP_PCH AND CMAKE_CXX_COMPILER_LAUNCHER AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # A time in the file would make it another one, for the cache, each time that it is built.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

set(std_headers
  <algorithm> <array> <atomic> <bit> <charconv> <cmath> <cstddef> <cstdint> <cstring> <filesystem> <functional>
  <limits> <map> <memory> <mutex> <numeric> <optional> <set> <span> <string> <string_view> <tuple> <unordered_map>
  <utility> <variant> <vector>)

# archmlp_precompiled_set(NAME HEADERS header... LIBRARIES target...): what the users of the set are compiled with
# must be among LIBRARIES, flags above all.
function(archmlp_precompiled_set name)
  cmake_parse_arguments(arg "" "" "HEADERS;LIBRARIES" ${ARGN})
  set(target archmlp_precompiled_${name})
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${target}.cc")
  file(CONFIGURE OUTPUT "${source}" CONTENT "")
  add_library(${target} OBJECT EXCLUDE_FROM_ALL "${source}")
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES})
  target_precompile_headers(${target} PRIVATE ${std_headers} ${arg_HEADERS})
endfunction()

if(ARCHMLP_PCH)
  archmlp_precompiled_set(library HEADERS <fmt/format.h> <nlohmann/json.hpp>
    LIBRARIES fmt::fmt nlohmann_json::nlohmann_json archmlp_flags)
  if(BUILD_TESTING)
    archmlp_precompiled_set(test HEADERS <fstream> <sstream> <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>
      LIBRARIES GTest::gmock GTest::gtest_main nlohmann_json::nlohmann_json archmlp_test_flags)
  endif()
endif()

function(archmlp_precompile target set)
  if(ARCHMLP_PCH)
    target_precompile_headers(${target} REUSE_FROM archmlp_precompiled_${set})
  endif()
endfunction()
