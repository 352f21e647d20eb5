# Text files as C++: embed(LAYER FUNCTION HEADER FOLDER GLOB [EXCLUDE REGEX]) adds to the layer a source that defines
#   const std::vector<std::pair<std::string_view, std::string_view>>& FUNCTION();
# as HEADER (relative to common/) declares it: pairs of name (relative to FOLDER) and text, in the order of names.
# The same file is the script that writes that source, so a build needs nothing but CMake and the compiler.
# It is written as raw strings and not by .incbin, which hides the dependency from ninja and stops ccache.
function(embed layer function header folder glob)
  set(root ${folder})
  cmake_path(ABSOLUTE_PATH root BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${root}/${glob})
  cmake_parse_arguments(PARSE_ARGV 5 given "" EXCLUDE "")
  if(given_EXCLUDE)
    list(FILTER files EXCLUDE REGEX ${given_EXCLUDE})
  endif()
  set(output ${CMAKE_BINARY_DIR}/embed/${function}.cpp)
  # The list is part of the command, so that a removed file rewrites the source too.
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFUNCTION=${function} -DHEADER=${header} -DROOT=${root} "-DFILES=${files}"
      -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/common/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/common/embed.cmake VERBATIM COMMENT "Embedding ${folder}/${glob}")
  # A library of its own: within the layer, the layer's sources would wait for the layers below to be built.
  add_library(${function} OBJECT ${output})
  target_include_directories(${function} PRIVATE ${CMAKE_SOURCE_DIR}/common)
  set(${layer}_texts ${${layer}_texts} $<TARGET_OBJECTS:${function}> PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  list(SORT FILES)
  file(WRITE ${OUTPUT}.part "#include \"${HEADER}\"\n\n#include <string_view>\n#include <utility>\n#include <vector>\n\n"
    "namespace gradus {\n\nusing namespace std::string_view_literals;\n\n"
    "const std::vector<std::pair<std::string_view, std::string_view>>& ${FUNCTION}() {\n"
    "  static const std::vector<std::pair<std::string_view, std::string_view>> texts = {\n")
  foreach(path IN LISTS FILES)
    file(RELATIVE_PATH name ${ROOT} ${path})
    file(READ ${path} text)
    # ")embedded" ends the raw string: no text of ours holds it.
    file(APPEND ${OUTPUT}.part "{\"${name}\"sv, R\"embedded(${text})embedded\"sv},\n")
  endforeach()
  file(APPEND ${OUTPUT}.part "  };\n  return texts;\n}\n\n}  // namespace gradus\n")
  file(RENAME ${OUTPUT}.part ${OUTPUT})
endif()
