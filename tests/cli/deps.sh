#!/bin/sh
# scripts/deps.sh, with package managers that only note what they were asked for: what is there is left alone.
. "$(dirname "$0")/harness.sh"
mkdir -p tree/scripts bin root/include root/lib
cp "$root/scripts/deps.sh" "$root"/scripts/requirements-*.txt tree/scripts/
touch root/include/duckdb.h root/lib/libduckdb.so

# tool NAME LINE...: a program of that name that notes its call and does the lines.
tool() {
    name=$1
    shift
    { echo '#!/bin/sh' && echo "echo $name \"\$@\" >>'$work/calls'" && printf '%s\n' "$@"; } >"bin/$name"
    chmod +x "bin/$name"
}
# deps CODE OPTION...: runs it with these tools.
deps() {
    wanted=$1
    shift
    : >calls
    last="deps.sh $*"
    code=0
    PATH="$work/bin:$PATH" sh tree/scripts/deps.sh "$@" >stdout 2>stderr || code=$?
    check "$last: exit code $code" test "$code" = "$wanted"
}

tool dpkg-query 'echo install ok installed'
tool apt-get 'exit 1'
tool npm 'exit 1'
export DUCKDB_ROOT="$work/root" FACTORIUM_CHARTS="$work/root/charts.js"
deps 0
check "nothing is installed where all is there" sh -c '! grep -Eq "^(apt-get|npm)" calls'
check "and nothing said" test ! -s stderr
deps 0
check "the second run asks nobody" test ! -s calls
check "and says nothing" test ! -s stderr

# What is missing comes through apt, or the command for it is shown.
rm -rf tree/build
tool dpkg-query 'case "$*" in *libzip-dev) exit 1 ;; esac' 'echo install ok installed'
tool id 'echo 1000'
tool sudo 'exit 1'
deps 1
says "sudo apt-get install libzip-dev"
check "nothing is tried without the right to" sh -c '! grep -q "^apt-get" calls'
tool id 'echo 0'
tool apt-get 'exit 0'
deps 0
check "apt-get update" grep -q '^apt-get update' calls
check "apt-get install" grep -q '^apt-get install .*libzip-dev' calls

# A DuckDB that is not the one that was pinned is refused, and not kept.
unset DUCKDB_ROOT
tool npm 'echo forged >forged.tgz'
deps 1
says "is not what was pinned"
check "nothing of it is kept" test ! -e tree/build/deps/duckdb
deps 1
check "it is asked for again" grep -q '^npm pack' calls
export DUCKDB_ROOT="$work/root" FACTORIUM_CHARTS="$work/root/charts.js"
deps 2 --no-such
says "unknown option --no-such"
finish
