#!/bin/sh
# Installs what the build needs and is missing:  scripts/deps.sh [--check-tools] [--python] [--evaluation] [--factors] [--finmlkit] [--aarch64]
#
# System packages come through apt, where there is the right to use it; otherwise the command is printed. DuckDB's library
# and header come as npm packages into build/deps/duckdb, version and SHA-256 pinned. DUCKDB_ROOT=DIR names a copy
# that is already there (DIR/include/duckdb.h, DIR/lib/libduckdb.so). The charts of reports are made of npm packages into
# build/deps/charts; FACTORIUM_CHARTS=FILE names one made elsewhere. A second run installs nothing.
#
#   --check-tools   what scripts/check.sh needs: clang, clang-format, clang-tidy, valgrind, gcovr, shellcheck
#   --python        build/venv with the libraries that tests and benchmarks compare against, and build/python-venv, which
#                   runs the Python package's tests with them
#   --evaluation    build/venv-evaluation with alphalens-reloaded and vectorbt, which want libraries of their own
#   --factors       build/venv-factors with Polars, pandas, numbagg and KunQuant, which benchmarks of factors run beside
#   --finmlkit      build/venv-finmlkit, a peer of benchmarks that wants libraries of its own
#   --aarch64       a cross compiler and an emulator
set -eu
cd "$(dirname "$0")/.."

duckdb_version=1.5.5 # the newest that has its extension httpfs as a package, too

build_packages="cmake make gcc g++ pkg-config libcmocka-dev libzip-dev libdeflate-dev libisal-dev liblz4-dev
    libzstd-dev libsnappy-dev libbrotli-dev libssl-dev libcurl4-openssl-dev libexpat1-dev libcjson-dev
    libxxhash-dev zlib1g-dev python3 util-linux"
check_packages="clang clang-format clang-tidy valgrind gcovr shellcheck nghttp2-server"
python_packages="python3-venv python3-pip"
aarch64_packages="gcc-aarch64-linux-gnu qemu-user-static"

say() { printf '%s\n' "$*" >&2; }

# Packages of the list that are not installed.
missing_of() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf ' %s' "$package"
    done
}

install_packages() {
    if ! command -v apt-get >/dev/null; then
        say "This is no Debian or Ubuntu: install what corresponds to these packages: $*"
        return 0
    fi
    # shellcheck disable=SC2048,SC2086
    missing=$(missing_of $*)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        say "Missing packages. Run this, then try again:"
        say "  sudo apt-get install$missing"
        exit 1
    fi
    say "Installing:$missing"
    # apt says a line or more for each of hundreds of packages: they matter only where it fails.
    mkdir -p build
    # shellcheck disable=SC2086
    if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends $missing; } >build/apt.log 2>&1; then
        cat build/apt.log >&2
        exit 1
    fi
}

# An npm package's tarball, checked, unpacked into a folder.
npm_package() { # name version sha256 folder
    rm -rf "$4"
    mkdir -p "$4"
    (cd "$4" && npm pack --silent "$1@$2" >/dev/null)
    tarball=$(ls "$4"/*.tgz)
    if ! printf '%s  %s\n' "$3" "$tarball" | sha256sum -c --quiet - >&2; then
        say "$1 $2 is not what was pinned: SHA-256 $(sha256sum "$tarball" | cut -d' ' -f1) instead of $3"
        exit 1
    fi
    tar -xzf "$tarball" -C "$4"
}

# npm is the one ordinary client that has both the library (@duckdb/node-bindings) and, in the sources of the older
# package duckdb, the header. That header is of 1.4.4; the functions used here have not changed since 1.1.
install_duckdb() {
    [ -z "${DUCKDB_ROOT:-}" ] || return 0
    folder=build/deps/duckdb/$duckdb_version
    [ ! -e "$folder/done" ] || return 0
    case $(uname -m) in
    x86_64)
        package=@duckdb/node-bindings-linux-x64 version=1.5.5-r.5
        sha256=86d2bda909785550e8a14a57a8a4584827aff0e268d8f1a58c3fd48559f7020e
        ;;
    aarch64)
        package=@duckdb/node-bindings-linux-arm64 version=1.5.5-r.5
        sha256=3b85f3ea438f7dc3691d7b5e6e4222ffe9127fd17885f96ca72e0c99925c348e
        ;;
    *)
        say "There is no pinned DuckDB for $(uname -m): set DUCKDB_ROOT to a copy of yours"
        exit 1
        ;;
    esac
    command -v npm >/dev/null || install_packages npm
    say "Fetching DuckDB $duckdb_version"
    npm_package "$package" "$version" "$sha256" build/deps/tmp-library
    npm_package duckdb 1.4.4 5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed build/deps/tmp-header
    rm -rf build/deps/duckdb
    mkdir -p "$folder/include" "$folder/lib"
    cp build/deps/tmp-header/package/src/duckdb/src/include/duckdb.h "$folder/include/"
    cp build/deps/tmp-library/package/libduckdb.so "$folder/lib/"
    cp build/deps/tmp-library/package/LICENSE "$folder/" 2>/dev/null || true
    rm -rf build/deps/tmp-library build/deps/tmp-header
    touch "$folder/done"
}

# Of ECharts only what scripts/charts.js names, made into one file that the library holds for its reports.
install_charts() {
    [ -z "${FACTORIUM_CHARTS:-}" ] || return 0
    folder=build/deps/charts
    stamp=$folder/$(cksum <scripts/charts.js | cut -d' ' -f1)-6.1.0
    [ ! -e "$stamp" ] || return 0
    case $(uname -m) in
    x86_64)
        package=@esbuild/linux-x64
        sha256=9573bb2233aab0f9ea7647d5cca9726113cc1768de61d66b17267f4db84488f6
        ;;
    aarch64)
        package=@esbuild/linux-arm64
        sha256=a96dbfa41d3ef5dbd1ef22b1c10d5187be9267e86093a870f06402a7ec931596
        ;;
    *)
        say "There is no pinned bundler for $(uname -m): set FACTORIUM_CHARTS to a charts.js made elsewhere"
        exit 1
        ;;
    esac
    command -v npm >/dev/null || install_packages npm
    say "Fetching ECharts 6.1.0"
    work=build/deps/tmp-charts
    npm_package echarts 6.1.0 681aff88cc1038c3fa941a3a53d1b177a52250b05335efc607d6105ae13be481 $work/echarts
    npm_package zrender 6.1.0 38f2fb722a638be016ca0175b139c40c886ef47fc2afdb741b2e7e7ae9683f9c $work/zrender
    npm_package tslib 2.9.1 8092ae46b512c361b086443cc1b6ae94bfe2587b75034663e4b89d24ba40670a $work/tslib
    npm_package "$package" 0.28.2 "$sha256" $work/esbuild
    mkdir -p $work/node_modules
    for module in echarts zrender tslib; do mv $work/$module/package $work/node_modules/$module; done
    mkdir -p "$folder"
    cp scripts/charts.js $work/
    $work/esbuild/package/bin/esbuild $work/charts.js --bundle --minify --format=iife \
        --global-name=echarts --legal-comments=none --log-level=error --outfile="$folder/charts.js"
    cp $work/node_modules/echarts/LICENSE $work/node_modules/echarts/NOTICE "$folder/"
    rm -rf $work
    touch "$stamp"
}

# A Python environment in build/NAME with what scripts/requirements-FILE.txt lists.
install_environment() { # name file
    stamp=build/$1/$(sha256sum <"scripts/requirements-$2.txt" | cut -c1-16)
    [ ! -e "$stamp" ] || return 0
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages "$python_packages"
    say "Making build/$1"
    python3 -m venv "build/$1"
    "build/$1/bin/pip" install --quiet -r "scripts/requirements-$2.txt" >&2
    touch "$stamp"
}

# For tests of remote stores; --no-deps, as the Python client beside the oracles is of another version.
install_httpfs() {
    stamp=build/deps/httpfs-$duckdb_version
    [ ! -e "$stamp" ] || return 0
    build/venv/bin/pip install --quiet --no-deps --upgrade --target build/deps/httpfs \
        "duckdb-extension-httpfs==$duckdb_version" >&2
    touch "$stamp"
}

install_finmlkit() {
    [ ! -e build/venv-finmlkit/done ] || return 0
    say "Making build/venv-finmlkit"
    python3 -m venv build/venv-finmlkit
    build/venv-finmlkit/bin/pip install --quiet finmlkit==0.1.11 pyarrow==26.0.1 >&2
    touch build/venv-finmlkit/done
}

# The package's tests have an environment of their own, which sees the libraries of build/venv, too.
install_python_tests() {
    stamp=build/python-venv/$(sha256sum <scripts/requirements-python.txt | cut -c1-16)
    [ ! -e "$stamp" ] || return 0
    say "Making build/python-venv"
    python3 -m venv build/python-venv
    build/python-venv/bin/pip install --quiet -r scripts/requirements-python.txt >&2
    libraries=$(build/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    folder=$(build/python-venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$libraries" >"$folder/libraries.pth"
    touch "$stamp"
}

# shellcheck disable=SC2086
want() { install_packages $1; }

mkdir -p build
stamp=build/deps/packages-$(cksum <scripts/deps.sh | cut -d' ' -f1)
if [ ! -e "$stamp" ]; then
    want "$build_packages"
    # The Python package is built for the python3 that is first on the path.
    headers=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
    [ -e "$headers/Python.h" ] || want python3-dev
    mkdir -p build/deps
    touch "$stamp"
fi
install_duckdb
install_charts
for option in "$@"; do
    case $option in
    --check-tools) want "$check_packages" ;;
    --python)
        install_environment venv oracle
        install_httpfs
        install_python_tests
        ;;
    --evaluation) install_environment venv-evaluation evaluation ;;
    --factors) install_environment venv-factors factors ;;
    --finmlkit) install_finmlkit ;;
    --aarch64) want "$aarch64_packages" ;;
    *)
        say "deps.sh: unknown option $option; there are --check-tools, --python, --evaluation, --factors, --finmlkit, --aarch64"
        exit 2
        ;;
    esac
done
