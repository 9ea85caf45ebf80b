#!/bin/sh
# Every check by its name, the same for a person and for CI:  scripts/check.sh NAME...   (scripts/check.sh list)
# Each prints one line; its log is build/checks/NAME.log.
# Checks are functions, called by their names.
# shellcheck disable=SC2317
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=$(nproc)
logs=build/checks

c_files() { git ls-files -- '*.c' '*.h'; }

build_with() { # preset
    [ -e "build-$1/CMakeCache.txt" ] || cmake --preset "$1"
    cmake --build "build-$1" -j "$jobs"
}

# build/NAME-venv with what scripts/requirements-NAME.txt names.
venv_of() { # name
    stamp=build/$1-venv/$(sha256sum <"scripts/requirements-$1.txt" | cut -c1-16)
    [ ! -e "$stamp" ] || return 0
    python3 -m venv "build/$1-venv" &&
        "build/$1-venv/bin/pip" install --quiet -r "scripts/requirements-$1.txt" && touch "$stamp"
}

purelib='import sysconfig; print(sysconfig.get_path("purelib"))'

# The Python package as built by `make`, and what runs its tests.
python_tests() { make all && cmake --build build -j "$jobs" --target factorium_python && sh scripts/deps.sh --python; }

check_format() { # every C file is as clang-format writes it
    c_files | xargs clang-format --dry-run --Werror
}

check_tidy() { # clang-tidy finds nothing
    make all && c_files | grep '^\(src\|cli\)/.*\.c$' | xargs -P "$jobs" -n 4 clang-tidy -p build --quiet
}

check_shell() { # scripts have nothing that shellcheck finds
    git ls-files -- '*.sh' .ci/run | xargs shellcheck
}

check_asan() { # tests under AddressSanitizer and UndefinedBehaviorSanitizer
    build_with asan && ctest --test-dir build-asan --output-on-failure -j "$jobs" -L 'unit|fuzz|cli'
}

check_asan_unit() { # the same for unit tests and fuzz corpora alone
    build_with asan && ctest --test-dir build-asan --output-on-failure -j "$jobs" -L 'unit|fuzz'
}

check_tsan() { # tests under ThreadSanitizer
    build_with tsan && TSAN_OPTIONS="suppressions=$PWD/cmake/tsan.supp" \
        ctest --test-dir build-tsan --output-on-failure -j "$jobs" -L unit
}

check_valgrind() { # unit tests under valgrind; those that simulate a whole archive take too long and are left out
    make all && cmake --build build -j "$jobs" && for test in build/test_*; do
        case $test in *_oom_* | *_golden | *_simulate | *_kill*) continue ;; esac
        valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite \
            --suppressions=cmake/valgrind.supp "$test" || return 1
    done
}

check_coverage() { # how much of the source the tests run; build-coverage/index.html
    build_with coverage && ctest --test-dir build-coverage -j "$jobs" --output-on-failure &&
        gcovr --root . --filter src/ --filter cli/ --html-details build-coverage/index.html --print-summary \
            build-coverage
}

check_fuzz() { # every fuzz target for FUZZ_SECONDS (30)
    build_with fuzz && for target in build-fuzz/fuzz_*; do
        [ -x "$target" ] || continue
        name=${target##*/fuzz_}
        mkdir -p "build-fuzz/corpus/$name"
        "$target" -max_total_time="${FUZZ_SECONDS:-30}" -rss_limit_mb=2048 -print_final_stats=1 \
            "build-fuzz/corpus/$name" "fuzz/corpus/$name" || return 1
    done
}

check_sync_kill() { # kill -9 at KILLS (100) random moments of a sync of FILES (200) files
    make all && KILLS="${KILLS:-100}" FILES="${FILES:-200}" python3 -B tests/sync/sync_kill.py
}

check_long() { # both engines on files of ten million trades: a minute of them, a row group of them
    make all && sh scripts/deps.sh --python && FACTORIUM_LONG=1 sh scripts/run-oracle.sh tests/oracle/engines_agree.py
}

check_parquet_java() { # reads what parquet-java writes; needs mvn, which fetches that library, and is skipped without it
    make all && sh scripts/run-oracle.sh tests/oracle/parquet_java.py
}

check_clang() { # builds with clang and passes its unit tests
    build_with clang && ctest --test-dir build-clang --output-on-failure -j "$jobs" -L unit
}

check_python() { # ruff and mypy find nothing in the Python package, its stubs are up to date; how much of it its tests run
    venv_of lint && python_tests && lint=build/lint-venv/bin &&
        "$lint/ruff" check python scripts && "$lint/ruff" format --check python scripts &&
        "$lint/mypy" python/factorium &&
        PYTHONPATH=build/python build/python-venv/bin/python -B scripts/python_stubs.py --check &&
        PYTHONPATH=build/python build/python-venv/bin/python -B scripts/python_reference.py --check &&
        sh scripts/run-pytest.sh --cov=factorium --cov-report=term-missing:skip-covered
}

check_python_pandas2() { # the Python package's tests with pandas 2, whose texts and times lie otherwise than those of pandas 3
    venv_of pandas2 && python_tests && folder=$(build/pandas2-venv/bin/python -c "$purelib") &&
        for venv in python-venv venv; do "build/$venv/bin/python" -c "$purelib"; done >"$folder/libraries.pth" &&
        PYTHONPATH=build/python build/pandas2-venv/bin/python -B -m pytest
}

check_python_asan() { # the Python package's tests under AddressSanitizer and UndefinedBehaviorSanitizer
    { [ -e build-asan/CMakeCache.txt ] || cmake --preset asan; } &&
        cmake --build build-asan -j "$jobs" --target factorium_python && python_tests &&
        LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so)" \
            LD_LIBRARY_PATH="$(echo "$PWD"/build/deps/duckdb/*/lib)" ASAN_OPTIONS=detect_leaks=0 FACTORIUM_BUILD_DIR=build-asan \
            sh scripts/run-pytest.sh -k 'not memory_stays_flat'
}

check_wheel() { # make wheel, and the wheel in an empty environment, without compilers and libraries
    make wheel && rm -rf build/clean-venv && python3 -m venv build/clean-venv &&
        build/clean-venv/bin/pip install --quiet --no-index build/dist/*.whl &&
        (cd / && env -i PATH=/nowhere "$OLDPWD/build/clean-venv/bin/python" -I "$OLDPWD/python/tests/wheel.py")
}

check_published() { # every operator and loader option beside the published Python package: equal, or in docs/migration.md
    venv_of published && python_tests &&
        PYTHONPATH=build/python build/python-venv/bin/python -B python/differential/compare.py "$PWD/build/published-venv/bin/python"
}

check_distributed() { # shards on local clusters of Ray, Dask and Spark, with workers and a node killed; Spark needs Java 17
    venv_of distributed && make all && cmake --build build -j "$jobs" --target factorium_python &&
        PYTHONPATH=build/python:python/tests build/distributed-venv/bin/python -B -m pytest --durations=10 \
            python/tests/test_executors.py python/tests/test_distributed.py python/tests/test_clusters.py
}

all_checks="format shell tidy asan tsan valgrind coverage fuzz sync_kill clang long parquet_java python
    python_pandas2 python_asan wheel published distributed"

list() {
    sed -n 's/^check_\([a-z_]*\)() { # \(.*\)/\1: \2/p' scripts/check.sh
    echo "quick: format, shell"
    echo "all: $all_checks"
}

names=""
for name in "$@"; do
    case $name in
    list) list && exit 0 ;;
    quick) names="$names format shell" ;;
    all) names="$names $all_checks" ;;
    *)
        if ! grep -q "^check_$name() {" scripts/check.sh; then
            echo "check.sh: no check $name; there are:" >&2
            list >&2
            exit 2
        fi
        names="$names $name"
        ;;
    esac
done
[ -n "$names" ] || { list && exit 2; }

sh scripts/deps.sh --check-tools || exit 1
mkdir -p "$logs"
failed=0
for name in $names; do
    start=$(date +%s)
    "check_$name" >"$logs/$name.log" 2>&1
    case $? in
    0) result=ok ;;
    77) result=skipped ;;
    *) result=FAILED failed=1 ;;
    esac
    printf '%-12s %-7s %4d s\n' "$name" "$result" "$(($(date +%s) - start))"
    [ "$result" = ok ] || tail -n 60 "$logs/$name.log"
done
exit "$failed"
