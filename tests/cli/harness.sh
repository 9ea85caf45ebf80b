# shellcheck shell=sh
# Functions for tests of the command line. Each test is `sh tests/cli/NAME.sh`, works in $work, and ends with `finish`.
# UPDATE_EXPECTED=1 rewrites the files below tests/cli/expected instead of comparing with them.
set -u
root=${FACTORIUM_SOURCE_DIR:-$(pwd)}
build=${FACTORIUM_BUILD_DIR:-$root/build}
factorium=${FACTORIUM:-$build/factorium}
expected=$root/tests/cli/expected
# shellcheck disable=SC2034
shared=$root/../shared/data
work=$(mktemp -d "${TMPDIR:-/tmp}/factorium-cli-XXXXXX")
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
n_failed=0
n_passed=0
# Nothing of the user's own settings.
for variable in $(env | sed -n 's/^\(FACTORIUM_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done
export XDG_CONFIG_HOME="$work/no-config" NO_COLOR=1
# A folder for temporary files of this test's own: what lies there at the end was left behind.
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"
cd "$work" || exit 1

fail() {
    n_failed=$((n_failed + 1))
    printf 'FAILED: %s\n' "$1"
    sed 's/^/    stderr: /' "$work/stderr" 2>/dev/null | head -n 20
}

pass() { n_passed=$((n_passed + 1)); }

# start_bucket_server PYTHON FOLDER: the files below FOLDER by HTTP and, for who signs with the keys set here, by S3.
start_bucket_server() {
    "$1" "$root/tests/support/web_server.py" "$2" "$work/port" 2>requests &
    server=$!
    trap 'kill $server; rm -rf "$work"' EXIT
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$work/port" ] || sleep 0.3; done
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$work/port")
    export AWS_ENDPOINT_URL
    export AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=eu-west-1
}

# run CODE ARGUMENT...: runs the program, keeps stdout and stderr, expects the exit code.
run() {
    wanted=$1
    shift
    last="factorium $*"
    code=0
    "$factorium" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || code=$?
    if [ "$code" = "$wanted" ]; then pass; else fail "$last: exit code $code, expected $wanted"; fi
}

# says WORD...: each stands in stderr of the last run.
says() {
    for word in "$@"; do
        if grep -qF -- "$word" "$work/stderr"; then pass; else fail "$last: stderr lacks \"$word\""; fi
    done
}

# prints WORD...: the same for stdout.
prints() {
    for word in "$@"; do
        if grep -qF -- "$word" "$work/stdout"; then pass; else fail "$last: stdout lacks \"$word\""; fi
    done
}

# check WHAT COMMAND...: the command succeeds.
check() {
    what=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then pass; else fail "$what"; fi
}

# same FILE EXPECTED: equal to tests/cli/expected/EXPECTED.
same() {
    if [ -n "${UPDATE_EXPECTED:-}" ]; then
        mkdir -p "$expected"
        cp "$1" "$expected/$2"
    fi
    if diff -u "$expected/$2" "$1" >"$work/diff" 2>&1; then
        pass
    else
        fail "$last: output differs from tests/cli/expected/$2"
        head -n 30 "$work/diff"
    fi
}

# A temporary or half-written file must never be left.
no_litter() {
    litter=$(find "$@" -name '.*.tmp' -o -path '*/.factorium/tmp/*' -type f 2>/dev/null | head -n 3)
    if [ -z "$litter" ]; then pass; else fail "$last: left behind: $litter"; fi
}

# Whether `script` can make a terminal here; a container without /dev/pts cannot.
has_terminal() {
    script -qec true /dev/null >/dev/null 2>&1 && return 0
    echo "skipped: no terminal can be made here (script, /dev/pts)"
    return 1
}

# A day of simulated trades, made once a test.
simulate() {
    "$factorium" simulate "$work/archive" --symbols 3 --days 2 --trades 3000 --quiet || fail "simulate"
    "$factorium" ingest "$work/archive" --store "$work/store" --quiet || fail "ingest"
}

finish() {
    check "nothing temporary is left: $(ls -A "$TMPDIR")" test -z "$(ls -A "$TMPDIR")"
    printf '%d passed, %d failed\n' "$n_passed" "$n_failed"
    [ "$n_failed" = 0 ]
    exit $?
}
