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

  # The precompiled headers show JSON: they are for what sees it anyway.
  get_property(json_modules GLOBAL PROPERTY ARCHMLP_JSON_MODULES)
  set(sees_json ${arg_PUBLIC_LIBRARIES})
  list(FILTER sees_json INCLUDE REGEX "^nlohmann_json::")
  foreach(module IN LISTS json_modules)
    if("archmlp::${module}" IN_LIST arg_DEPENDS)
      set(sees_json ON)
    endif()
  endforeach()
  if(sees_json)
    set_property(GLOBAL APPEND PROPERTY ARCHMLP_JSON_MODULES ${name})
    if("fmt::fmt" IN_LIST arg_LIBRARIES)
      archmlp_precompile(${target} library)
    endif()
  endif()

  if(arg_TESTS AND BUILD_TESTING)
    add_executable(${name}_test ${arg_TESTS})
    list(TRANSFORM arg_TEST_DEPENDS PREPEND "archmlp::")
    target_link_libraries(${name}_test PRIVATE archmlp::${name} ${arg_TEST_DEPENDS} archmlp_test_flags GTest::gmock GTest::gtest_main)
    if(sees_json)
      archmlp_precompile(${name}_test test)
    endif()
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/test_tmp")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300
      ENVIRONMENT "TEST_TMPDIR=${PROJECT_BINARY_DIR}/test_tmp")
  endif()
endfunction()
