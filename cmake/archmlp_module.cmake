# archmlp_compile_together(TARGET ON|OFF)
#
# Has the files of a target compiled several at a time, which saves reading the same headers again and again. So
# names in the unnamed namespaces of a module's files must not meet. What includes itself (Highway) sets
# SKIP_UNITY_BUILD_INCLUSION.
function(archmlp_compile_together target together)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${together} UNITY_BUILD_BATCH_SIZE 8
    UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include)")
  if(ARCHMLP_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It takes what a .cc file keeps to itself for part of a header, as the file is included.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# archmlp_module(NAME
#   DEPENDS   module...      modules whose headers this one may include (and theirs, transitively)
#   HEADERS   file...        SOURCES file...        TESTS file...
#   TEST_DEPENDS module...   what only the TESTS may include besides
#   LIBRARIES target...      third-party libraries that only the .cc files see
#   PUBLIC_LIBRARIES target...  third-party libraries that the headers show)
#
# Declares src/NAME as the static library archmlp_NAME and, with TESTS, the program NAME_test.
# The only include directory that it exports is build/include_roots/NAME, which holds nothing but
# archmlp/NAME, so that including a header of a module that is not in DEPENDS does not compile.
# tests/layering reads the same declarations.
function(archmlp_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS;HEADERS;SOURCES;TESTS;TEST_DEPENDS;LIBRARIES;PUBLIC_LIBRARIES" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "archmlp_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(root "${PROJECT_BINARY_DIR}/include_roots/${name}")
  file(MAKE_DIRECTORY "${root}/archmlp")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${root}/archmlp/${name}" SYMBOLIC)

  set_property(GLOBAL APPEND PROPERTY ARCHMLP_MODULES ${name})
  set(target archmlp_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(archmlp::${name} ALIAS ${target})
  list(TRANSFORM arg_HEADERS PREPEND "${root}/archmlp/${name}/" OUTPUT_VARIABLE headers)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  list(TRANSFORM arg_DEPENDS PREPEND "archmlp::")
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_PUBLIC_LIBRARIES} PRIVATE ${arg_LIBRARIES} archmlp_flags)

  archmlp_compile_together(${target} ${ARCHMLP_UNITY})

  if(arg_TESTS AND BUILD_TESTING)
    add_executable(${name}_test ${arg_TESTS})
    list(TRANSFORM arg_TEST_DEPENDS PREPEND "archmlp::")
    target_link_libraries(${name}_test PRIVATE archmlp::${name} ${arg_TEST_DEPENDS} archmlp_test_flags GTest::gmock GTest::gtest_main)
    archmlp_compile_together(${name}_test ON)
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/test_tmp")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300
      ENVIRONMENT "TEST_TMPDIR=${PROJECT_BINARY_DIR}/test_tmp")
  endif()
endfunction()
