# Flags that every target of the project is compiled with: the library and programs link archmlp_flags, tests
# archmlp_test_flags.
add_library(archmlp_common_flags INTERFACE)
add_library(archmlp_flags INTERFACE)
add_library(archmlp_test_flags INTERFACE)
target_link_libraries(archmlp_flags INTERFACE archmlp_common_flags)
target_link_libraries(archmlp_test_flags INTERFACE archmlp_common_flags)

# Contraction to FMA would make results depend on the instruction set. Designated initialisers leave fields at
# their defaults on purpose.
target_compile_options(archmlp_common_flags INTERFACE
  -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # It sees overlapping copies in `"text" + string` where there are none (GCC bug 105651).
  target_compile_options(archmlp_common_flags INTERFACE -Wno-restrict)
endif()
if(ARCHMLP_WERROR)
  target_compile_options(archmlp_common_flags INTERFACE -Werror)
endif()

if(ARCHMLP_SANITIZE)
  target_compile_options(archmlp_common_flags INTERFACE
    -fsanitize=${ARCHMLP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(archmlp_common_flags INTERFACE -fsanitize=${ARCHMLP_SANITIZE})
  # Sanitizers multiply the code of a test's many small assertions: optimising it takes longer than it ever runs.
  target_compile_options(archmlp_test_flags INTERFACE -O0)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND ARCHMLP_SANITIZE MATCHES "undefined")
    target_compile_options(archmlp_common_flags INTERFACE -fno-sanitize=function)
  endif()
endif()
if(ARCHMLP_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ARCHMLP_FUZZ needs clang: libFuzzer is part of it")
  endif()
  # Coverage counters in the library itself; only the fuzz targets link libFuzzer's main.
  target_compile_options(archmlp_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
