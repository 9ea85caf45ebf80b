#!/bin/sh
# What `make install` leaves works from its new place: the program, and the library through pkg-config and CMake.
. "$(dirname "$0")/harness.sh"
prefix=$work/prefix
installed=$prefix/bin/factorium
last="install"

# A user of the library has its compiler and flags: a library with sanitizers can be linked with nothing else.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
compiler=$(cached CMAKE_C_COMPILER)
flags=$(cached CMAKE_C_FLAGS)
libdir=$prefix/$(cached CMAKE_INSTALL_LIBDIR)
unset LD_LIBRARY_PATH

check "install" cmake --install "$build" --prefix "$prefix"
for file in bin/factorium include/factorium.h share/man/man1/factorium.1 \
    share/bash-completion/completions/factorium share/zsh/site-functions/_factorium \
    share/fish/vendor_completions.d/factorium.fish; do
    check "$file is there" test -s "$prefix/$file"
done
for file in libfactorium.so libfactorium.a pkgconfig/factorium.pc cmake/factorium/factorium-config.cmake; do
    check "$file is there" test -s "$libdir/$file"
done
check "nothing of the build folder is named" sh -c "! grep -rlF '$build' '$libdir/pkgconfig' '$libdir/cmake'"

# The program finds its libraries by its own place, wherever that is.
factorium=$installed
run 0 --version
check "its version" grep -Eq '^factorium [0-9]+\.[0-9]+\.[0-9]+$' "$work/stdout"
simulate
run 0 bars --store store --symbols BTCUSDT --interval 1d
check "bars of two days" test "$(wc -l <stdout)" = 3
run 0 sql --store store 'SELECT count(*) AS n FROM trades' --format csv
check "DuckDB is found beside the library" grep -q '^[1-9]' stdout

cat >consumer.c <<'C'
#include <factorium.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    fct_error err;
    fct_bars_request request = {.store = argc > 1 ? argv[1] : "", .engine = FCT_ENGINE_DUCKDB};
    struct ArrowArrayStream bars;
    int64_t n_rows = 0;
    if (fct_bar_spec_parse("1d", &request.bar, &err) != FCT_OK ||
        fct_bars(&request, NULL, &bars, &err) != FCT_OK ||
        fct_write_file(&bars, "consumer.csv", FCT_FORMAT_AUTO, NULL, &n_rows, &err) != FCT_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("factorium %s, %lld rows\n", fct_version(), (long long)n_rows);
    return 0;
}
C

# works WHAT PROGRAM: it builds the bars of the 3 symbols and 2 days.
works() {
    check "$1: it runs" sh -c "'$2' store >consumer.out 2>stderr"
    check "$1: what it says" grep -q '^factorium [0-9.]*, 6 rows$' consumer.out
}

export PKG_CONFIG_PATH="$libdir/pkgconfig"
last="pkg-config"
check "the version of the package" test "factorium $(pkg-config --modversion factorium)" = "$("$installed" --version)"
# shellcheck disable=SC2046,SC2086
check "compile through pkg-config" "$compiler" $flags consumer.c -o consumer-pkgconfig \
    $(pkg-config --cflags --libs factorium) -Wl,-rpath,"$libdir"
works pkg-config ./consumer-pkgconfig
# shellcheck disable=SC2046,SC2086
check "compile with the static library" "$compiler" $flags consumer.c -o consumer-static \
    $(pkg-config --cflags --libs --static factorium | sed "s|-lfactorium|$libdir/libfactorium.a|") \
    -Wl,-rpath,"$libdir"
works "static library" ./consumer-static
check "nothing of the shared library is in it" sh -c "! ldd consumer-static | grep -q libfactorium"

# What needs DuckDB says so where its library is missing; all else goes on without it.
last="no DuckDB"
mkdir away
mv "$libdir/libduckdb.so" away/
run 0 bars --store store --symbols BTCUSDT --interval 1d
run 1 sql --store store 'SELECT 1 AS x'
check "it says what is missing" grep -q 'libduckdb.so beside' stderr
run 1 bars --store store --symbols BTCUSDT --interval 1d --engine duckdb
LD_LIBRARY_PATH=$work/away run 0 sql --store store 'SELECT 1 AS x'
mv away/libduckdb.so "$libdir/"

mkdir project
cp consumer.c project/
cat >project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES C)
find_package(factorium 0.1 REQUIRED)
add_executable(consumer consumer.c)
target_link_libraries(consumer PRIVATE factorium::factorium)
CMAKE
last="CMake"
check "configure a project" cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags"
check "build it" cmake --build project/build
works CMake project/build/consumer
check "another version is refused" sh -c "sed -i 's/factorium 0.1/factorium 9.9/' project/CMakeLists.txt &&
    ! cmake -S project -B project/other -DCMAKE_PREFIX_PATH='$prefix' -DCMAKE_C_COMPILER='$compiler'"
finish
