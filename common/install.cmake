# cmake --install build --prefix DIR: a tree that may be moved or copied to another machine of the same system packages.
#   bin/gradus                  alone on the PATH: `select`, `test` and the like would hide words of the shell
#   libexec/gradus/VERB         what gradus runs
#   lib/gradus/                 the libraries of libtorch, found by $ORIGIN (-DGRADUS_BUNDLE=OFF leaves them where they are)
#   share/gradus/               slurm/ configs/ data/ as in a clone; its build/bin leads to the verbs, for the scripts
#   share/man, share/bash-completion, share/zsh, share/modulefiles/gradus
option(GRADUS_BUNDLE "install copies the libraries of libtorch" ON)

foreach(source ${tools})
  get_filename_component(verb ${source} NAME_WE)
  set(place libexec/gradus)
  set(libraries "$ORIGIN/../../lib/gradus")
  if(verb STREQUAL gradus)
    set(place bin)
    set(libraries "$ORIGIN/../lib/gradus")
  endif()
  # Ours first; then where the other libraries were linked from, if from no place of the system.
  set_target_properties(${verb} PROPERTIES INSTALL_RPATH "${libraries}" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${verb} RUNTIME DESTINATION ${place})
endforeach()

if(TARGET gradus_cuda)  # loaded by the verbs, from beside them
  set_target_properties(gradus_cuda PROPERTIES INSTALL_RPATH "$ORIGIN/../../lib/gradus" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS gradus_cuda LIBRARY DESTINATION libexec/gradus)
endif()

install(DIRECTORY slurm configs data DESTINATION share/gradus USE_SOURCE_PERMISSIONS
  PATTERN "demo*.sh" EXCLUDE PATTERN "deps.sh" EXCLUDE PATTERN "libtorch.sh" EXCLUDE)
install(FILES README.md DESTINATION share/doc/gradus)
install(FILES tools/README.md DESTINATION share/doc/gradus RENAME tools.md)
foreach(document LICENSE CITATION.cff)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${document})
    install(FILES ${document} DESTINATION share/doc/gradus)
  endif()
endforeach()

set(version ${PROJECT_VERSION})
configure_file(common/modulefile.in ${CMAKE_BINARY_DIR}/modulefile @ONLY)
configure_file(common/modulefile.lua.in ${CMAKE_BINARY_DIR}/modulefile.lua @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/modulefile DESTINATION share/modulefiles/gradus RENAME ${PROJECT_VERSION})
install(FILES ${CMAKE_BINARY_DIR}/modulefile.lua DESTINATION share/modulefiles/gradus RENAME ${PROJECT_VERSION}.lua)

# What the verbs say of themselves, and the libraries they need, once they are in place.
install(CODE "set(libtorch \"${LIBTORCH}\")\nset(bundle ${GRADUS_BUNDLE})")
install(SCRIPT common/install_pages.cmake)
