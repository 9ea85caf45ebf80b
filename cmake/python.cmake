# The Python package: its extension module, for any CPython of 3.11 and later, with the library inside.
#
# In the project's own build it lies with the package's sources in build/python, which tests put on their path; a wheel
# (pyproject.toml, scikit-build-core) installs the component "python".
find_program(PYTHON_PROGRAM NAMES ${SKBUILD_PYTHON} python3)
if(DEFINED Python_EXECUTABLE) # scikit-build-core names the one that builds
    set(PYTHON_PROGRAM ${Python_EXECUTABLE})
endif()
execute_process(COMMAND ${PYTHON_PROGRAM} -c "import sysconfig; print(sysconfig.get_path('include'))"
    OUTPUT_VARIABLE PYTHON_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT EXISTS "${PYTHON_INCLUDE}/Python.h")
    if(SKBUILD)
        message(FATAL_ERROR "Python's headers are missing: install python3-dev")
    endif()
    message(STATUS "Python's headers are missing: the package is not built")
    return()
endif()

file(GLOB python_sources CONFIGURE_DEPENDS python/src/*.c)
add_library(factorium_python MODULE ${python_sources})
target_include_directories(factorium_python SYSTEM PRIVATE ${PYTHON_INCLUDE})
target_compile_definitions(factorium_python PRIVATE Py_LIMITED_API=0x030b0000)
target_link_libraries(factorium_python PRIVATE factorium_static)
# Nothing but the module's entry leaves it: another copy of the library in the process stays another copy.
target_link_options(factorium_python PRIVATE -Wl,--exclude-libs,ALL)
set_target_properties(factorium_python PROPERTIES
    PREFIX "" OUTPUT_NAME _core SUFFIX .abi3.so
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/python/factorium
    INSTALL_RPATH "$ORIGIN")

# The sources beside the module, as links: an edit needs no build.
file(GLOB_RECURSE python_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/python
    python/factorium/*.py python/factorium/*.pyi python/factorium/py.typed)
foreach(file IN LISTS python_files)
    get_filename_component(folder ${PROJECT_BINARY_DIR}/python/${file} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/python/${file} ${PROJECT_BINARY_DIR}/python/${file} SYMBOLIC)
endforeach()

if(SKBUILD)
    install(TARGETS factorium_python LIBRARY DESTINATION factorium COMPONENT python)
    # DuckDB lies in the package, where the module looks first; a copy that DUCKDB_ROOT names stays where it is.
    if(DEFINED ENV{DUCKDB_ROOT})
        set_property(TARGET factorium_python APPEND PROPERTY INSTALL_RPATH ${DUCKDB_FOLDER})
    else()
        install(FILES ${DUCKDB_LIBRARY} DESTINATION factorium COMPONENT python)
    endif()
endif()
