# Compiler flags, sanitizers and ccache, shared by every target of the project.
option(PGTANDEM_TESTS "Build the tests" ON)
set(PGTANDEM_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, address, thread or fuzzer")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(pgtandem_options INTERFACE)
target_include_directories(pgtandem_options INTERFACE ${CMAKE_SOURCE_DIR})
# GCC 12 sees overlaps in `"literal" + std::string` that are not there (its bug 105651), and the inactive
# alternatives of a std::variant as used uninitialized (its bug 105562). ASan and UBSan look for the real ones.
target_compile_options(pgtandem_options INTERFACE -Wall -Wextra -Werror -Wno-restrict -Wno-maybe-uninitialized)
target_compile_definitions(pgtandem_options INTERFACE PGTANDEM_VERSION="${PROJECT_VERSION}")

if(PGTANDEM_SANITIZE STREQUAL "address")
  target_compile_options(pgtandem_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-error=mismatched-new-delete)
  target_link_options(pgtandem_options INTERFACE -fsanitize=address,undefined)
elseif(PGTANDEM_SANITIZE STREQUAL "thread")
  target_compile_options(pgtandem_options INTERFACE
    -fsanitize=thread -fno-omit-frame-pointer -Wno-error=mismatched-new-delete -Wno-error=tsan)
  target_link_options(pgtandem_options INTERFACE -fsanitize=thread)
elseif(PGTANDEM_SANITIZE STREQUAL "fuzzer")
  # Clang, whose warnings nobody else looks at. Only what tests/fuzz links is built: coroutines with sanitizers
  # are beyond clang 14.
  target_compile_options(pgtandem_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-error -Wno-unknown-warning-option)
  target_link_options(pgtandem_options INTERFACE -fsanitize=address,undefined)
elseif(PGTANDEM_SANITIZE)
  message(FATAL_ERROR "PGTANDEM_SANITIZE must be empty, address, thread or fuzzer")
endif()
