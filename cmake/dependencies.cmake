# The libraries factorium stands on; each is used behind one file of src/. See docs/development.md for why.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)            # archive/zip.c
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)             # archive/source.c
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto)      # archive/checksum.c
pkg_check_modules(LIBCURL REQUIRED IMPORTED_TARGET libcurl)          # archive/fetch.c
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)              # archive/listing.c
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)           # store/manifest_json.c
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)      # base/digest.c
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)             # parquet/codec.c, and the five below
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc libbrotlidec)
find_library(SNAPPY_LIBRARY snappy REQUIRED)

# DuckDB: store/sql*.c. The copy that scripts/deps.sh fetched, or the one that DUCKDB_ROOT names.
if(DEFINED ENV{DUCKDB_ROOT})
    set(duckdb_root "$ENV{DUCKDB_ROOT}")
else()
    file(GLOB duckdb_root "${PROJECT_SOURCE_DIR}/build/deps/duckdb/*")
endif()
if(DUCKDB_LIBRARY AND NOT EXISTS "${DUCKDB_LIBRARY}") # it was of another version
    unset(DUCKDB_LIBRARY CACHE)
    unset(DUCKDB_INCLUDE_DIR CACHE)
endif()
find_path(DUCKDB_INCLUDE_DIR duckdb.h PATHS ${duckdb_root} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_library(DUCKDB_LIBRARY duckdb PATHS ${duckdb_root} PATH_SUFFIXES lib NO_DEFAULT_PATH)
if(NOT DUCKDB_INCLUDE_DIR OR NOT DUCKDB_LIBRARY)
    message(FATAL_ERROR "DuckDB is missing: run scripts/deps.sh, or name a copy with DUCKDB_ROOT")
endif()
# It is loaded when it is first needed, not linked: what lies in the build tree finds it by its run path.
get_filename_component(DUCKDB_FOLDER ${DUCKDB_LIBRARY} DIRECTORY)
set(CMAKE_BUILD_RPATH ${DUCKDB_FOLDER})

add_library(factorium_dependencies INTERFACE)
target_link_libraries(factorium_dependencies INTERFACE
    PkgConfig::LIBZIP PkgConfig::ISAL PkgConfig::LIBCRYPTO PkgConfig::LIBCURL PkgConfig::EXPAT PkgConfig::CJSON
    PkgConfig::XXHASH
    PkgConfig::ZSTD PkgConfig::LZ4 PkgConfig::LIBDEFLATE PkgConfig::BROTLI ${SNAPPY_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS} m)

# ECharts, made into one file: held by report/assets.c. What scripts/deps.sh made, or what FACTORIUM_CHARTS names.
if(DEFINED ENV{FACTORIUM_CHARTS})
    set(charts_file "$ENV{FACTORIUM_CHARTS}")
else()
    set(charts_file "${PROJECT_SOURCE_DIR}/build/deps/charts/charts.js")
endif()
if(NOT EXISTS "${charts_file}")
    message(FATAL_ERROR "The charts of reports are missing: run scripts/deps.sh, or name a copy with FACTORIUM_CHARTS")
endif()
