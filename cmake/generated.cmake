# What tools/wiregen makes of schema/: headers and sources under GENERATED_DIR. It rewrites only files
# whose content changes, so an edit of one schema recompiles what uses that message and nothing else.
set(GENERATED_DIR ${CMAKE_BINARY_DIR}/gen)
file(GLOB schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/kafka/*.wire
     ${CMAKE_SOURCE_DIR}/schema/state/*.wire)
set(wiregen ${CMAKE_SOURCE_DIR}/tools/wiregen.py)
file(GLOB wiregen_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/wiregen/*.py)
list(FILTER wiregen_parts EXCLUDE REGEX "_test\\.py$")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${wiregen} ${wiregen_parts})

execute_process(
  COMMAND ${Python3_EXECUTABLE} ${wiregen} --out ${GENERATED_DIR} --list
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  OUTPUT_VARIABLE listed
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "\n" ";" listed "${listed}")
list(FILTER listed INCLUDE REGEX "\\.cc$")
set(wire_generated_sources ${listed})
list(FILTER wire_generated_sources INCLUDE REGEX "/gen/wire/")
set(base_generated_sources ${listed})
list(FILTER base_generated_sources INCLUDE REGEX "/gen/base/")
set(json_generated_sources ${listed})
list(FILTER json_generated_sources INCLUDE REGEX "/gen/json/")

add_custom_command(
  OUTPUT ${GENERATED_DIR}/stamp
  BYPRODUCTS ${listed}
  COMMAND ${Python3_EXECUTABLE} ${wiregen} --out ${GENERATED_DIR}
  COMMAND ${CMAKE_COMMAND} -E touch ${GENERATED_DIR}/stamp
  DEPENDS ${schemas} ${wiregen} ${wiregen_parts} ${CMAKE_SOURCE_DIR}/schema/errors.table
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  COMMENT "wiregen")
add_custom_target(generated DEPENDS ${GENERATED_DIR}/stamp)
