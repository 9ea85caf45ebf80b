# make install PREFIX=...: program, header, libraries, pkg-config file, CMake package, man page, completion.
include(CMakePackageConfigHelpers)

install(TARGETS factorium_shared EXPORT factorium LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS factorium_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/factorium.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS factorium_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# DuckDB lies beside our library, which looks there first; a copy of the system's stays where it is, and is remembered.
if(DEFINED ENV{DUCKDB_ROOT})
    set_property(TARGET factorium_shared APPEND PROPERTY INSTALL_RPATH ${DUCKDB_FOLDER})
    set(pkgconfig_duckdb_folder ${DUCKDB_FOLDER})
else()
    set(pkgconfig_duckdb_folder "\${libdir}")
    install(FILES ${DUCKDB_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

file(RELATIVE_PATH pkgconfig_to_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/factorium.pc.in factorium.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/factorium.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(EXPORT factorium NAMESPACE factorium:: FILE factorium-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/factorium)
set_target_properties(factorium_shared PROPERTIES EXPORT_NAME factorium)
configure_package_config_file(cmake/factorium-config.cmake.in factorium-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/factorium)
write_basic_package_version_file(factorium-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/factorium-config.cmake ${PROJECT_BINARY_DIR}/factorium-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/factorium)

install(FILES docs/man/factorium.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES share/completions/factorium.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME factorium)
install(FILES share/completions/_factorium DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES share/completions/factorium.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
