# The target sans_io_tests: every test that needs nothing, from the folders that do no I/O. They are what is cheap
# to build and run with sanitizers. Their names, one a line, are in <build>/sans_io_tests.txt.
set(sans_io_tests "")
foreach(folder protocol/wire protocol/sql protocol/change protocol/catalog proxy/session proxy/config tests/session_model tests/fuzz)
  get_property(targets DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE AND target MATCHES "_(test|fuzz)$")
      list(APPEND sans_io_tests ${target})
    endif()
  endforeach()
endforeach()

add_custom_target(sans_io_tests DEPENDS ${sans_io_tests})
list(JOIN sans_io_tests "\n" lines)
file(WRITE ${CMAKE_BINARY_DIR}/sans_io_tests.txt "${lines}\n")
