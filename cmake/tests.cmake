# Tests: unit (cmocka programs), cli (shell scripts), oracle (Python against other libraries), fuzz (corpora replayed).
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib) # makes the gzip files that ours reads

file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.c)
add_library(test_support STATIC ${support_sources})
target_include_directories(test_support PUBLIC tests src)
target_link_libraries(test_support PUBLIC factorium_static PkgConfig::CMOCKA PkgConfig::ZLIB)

file(GLOB test_sources CONFIGURE_DEPENDS tests/test_*.c)
foreach(source IN LISTS test_sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE test_support)
    if(name MATCHES "^test_oom_")
        target_link_options(${name} PRIVATE
            -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
            -Wl,--wrap=aligned_alloc -Wl,--wrap=strdup)
    endif()
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endforeach()

# The public header alone, as strict C and as C++.
foreach(language c cpp)
    set(unit ${PROJECT_BINARY_DIR}/header_alone.${language})
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include <factorium.h>\n")
    add_library(header_alone_${language} OBJECT ${unit})
    target_include_directories(header_alone_${language} PRIVATE include)
endforeach()
set_target_properties(header_alone_c PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
target_compile_options(header_alone_c PRIVATE -Wpedantic)
set_target_properties(header_alone_cpp PROPERTIES CXX_STANDARD 17 CXX_EXTENSIONS OFF)
target_compile_options(header_alone_cpp PRIVATE -Wall -Wextra -Wpedantic -Werror)

# ---- Scripts ---------------------------------------------------------------------------------------

set(script_environment
    FACTORIUM=${PROJECT_BINARY_DIR}/factorium
    FACTORIUM_SOURCE_DIR=${PROJECT_SOURCE_DIR}
    FACTORIUM_BUILD_DIR=${PROJECT_BINARY_DIR}
    PYTHON=${PROJECT_SOURCE_DIR}/build/venv/bin/python)

file(GLOB cli_tests CONFIGURE_DEPENDS tests/cli/*.sh)
list(FILTER cli_tests EXCLUDE REGEX "/harness\\.sh$")
foreach(script IN LISTS cli_tests)
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME cli_${name} COMMAND sh ${script} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(cli_${name} PROPERTIES LABELS cli TIMEOUT 600 SKIP_RETURN_CODE 77
        ENVIRONMENT "${script_environment}")
endforeach()

# A server and a program: Python's standard library is enough.
file(GLOB sync_tests CONFIGURE_DEPENDS tests/sync/sync_*.py)
list(FILTER sync_tests EXCLUDE REGEX "/sync_case\\.py$")
foreach(script IN LISTS sync_tests)
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME ${name} COMMAND python3 -B ${script} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS cli TIMEOUT 600 ENVIRONMENT "${script_environment}")
endforeach()

file(GLOB oracle_tests CONFIGURE_DEPENDS tests/oracle/*.py)
list(FILTER oracle_tests EXCLUDE REGEX "/oracle\\.py$")
foreach(script IN LISTS oracle_tests)
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME oracle_${name} COMMAND sh ${PROJECT_SOURCE_DIR}/scripts/run-oracle.sh ${script}
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(oracle_${name} PROPERTIES LABELS oracle TIMEOUT 600 SKIP_RETURN_CODE 77
        ENVIRONMENT "${script_environment}")
endforeach()

if(TARGET factorium_python)
    add_test(NAME python COMMAND sh ${PROJECT_SOURCE_DIR}/scripts/run-pytest.sh
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(python PROPERTIES LABELS python TIMEOUT 600 SKIP_RETURN_CODE 77
        ENVIRONMENT "${script_environment}")
endif()

# ---- Fuzz targets: libFuzzer programs, or replays of the corpora ----------------------------------

file(GLOB fuzz_sources CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(source IN LISTS fuzz_sources)
    get_filename_component(name ${source} NAME_WE)
    if(FACTORIUM_LIBFUZZER)
        add_executable(${name} ${source})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(${name} ${source} fuzz/replay_main.c)
        string(REPLACE "fuzz_" "" corpus ${name})
        add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/fuzz/corpus/${corpus})
        set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
    endif()
    target_include_directories(${name} PRIVATE src)
    target_link_libraries(${name} PRIVATE factorium_static)
endforeach()

# ---- Benchmarks and examples ----------------------------------------------------------------------

file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
foreach(source IN LISTS bench_sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_include_directories(${name} PRIVATE src)
    target_link_libraries(${name} PRIVATE factorium_static PkgConfig::ZLIB)
endforeach()

file(GLOB example_sources CONFIGURE_DEPENDS examples/*.c)
foreach(source IN LISTS example_sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(example_${name} ${source})
    target_link_libraries(example_${name} PRIVATE factorium_shared)
endforeach()
