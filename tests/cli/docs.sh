#!/bin/sh
# What the pages show is what happens. In README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md a block marked
#   sh      runs in a scratch folder of its page, in order, and succeeds
#   text    right behind another block is what that one prints, words on stderr included
#   c       with a main is compiled against the library and run; without one it compiles as a part of a function
#   python  runs where the libraries it needs are installed; without them the rest of the page is left out
#   py      is a cell of the page's notebook, which python/tests/test_docs.py runs; so is the text behind it
#   shell   is for the project's folder: not run, but its targets, scripts and files exist
# and every link to a file leads somewhere. UPDATE_EXPECTED=1 rewrites the text blocks.
. "$(dirname "$0")/harness.sh"
PATH=$work/bin:$PATH
mkdir bin pages
ln -s "$factorium" bin/factorium

# The compiler and flags of the library: one with sanitizers can be linked with nothing else.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
compiler=$(cached CMAKE_C_COMPILER)
flags="$(cached CMAKE_C_FLAGS) -std=gnu17 -Wall -Wextra -Werror -I$root/include"

# Cuts a page into files NNN.KIND, KIND being "page" between blocks; a block's fences belong to the page around it.
cut_page() { # page folder
    awk -v folder="$2" '
        function start(kind) { n++; file = sprintf("%s/%03d.%s", folder, n, kind); printf "" >file }
        BEGIN { start("page") }
        /^```/ && !inside { print >file; inside = 1; start(length($0) > 3 ? substr($0, 4) : "none"); next }
        /^```$/ { inside = 0; start("page") }
        { print >file }' "$1"
}

# Times, rates and the scratch folder differ from run to run.
steady() { sed 's/ in [0-9.]* s ([0-9.]* [kMG]*B\/s):$/ in TIME:/; s#file://[^ ,]*/scratch/#file:///.../#' "$1"; }

run_block() { # block: leaves what it printed in $output
    block=$1
    case $block in
    *.sh) sh -e "$block" ;;
    *.python) "$python" "$block" ;;
    *.c)
        if grep -q '^int main' "$block"; then
            set -- "$block"
        else
            {
                printf '#include <factorium.h>\n#include <stdio.h>\n#include <stdlib.h>\nint part(void);\n'
                printf 'int part(void)\n{\n%s\nreturn 0;\n}\nint main(void) { return 0; }\n' "$(cat "$block")"
            } >part.c
            set -- part.c -Wno-unused-variable
        fi
        # shellcheck disable=SC2086
        "$compiler" $flags -x c "$@" -o program -L"$build" -lfactorium -Wl,-rpath,"$build" && ./program
        ;;
    esac
}

check_output() { # page, the text block, the block before it
    if [ -z "$output" ]; then
        fail "$1: a text block does not follow a block that prints"
        return
    fi
    steady "$2" >"$work/shown"
    steady "$output" >"$work/printed"
    if diff -u "$work/shown" "$work/printed" >"$work/diff"; then
        pass
    elif [ -n "${UPDATE_EXPECTED:-}" ]; then
        cp "$output" "$2"
    else
        fail "$1: its text is not what this prints (UPDATE_EXPECTED=1 rewrites it): $(cat "$3")"
        head -n 30 "$work/diff"
    fi
}

# Targets, checks and files that a command for the project's folder names.
check_shell() { # page block
    sed -n 's/^make \([a-z][a-z]*\).*/\1/p' "$2" >"$work/names"
    while read -r target; do
        check "$1: make $target" grep -q "^$target:" "$root/Makefile"
    done <"$work/names"
    sed -n 's/^scripts\/check\.sh \([a-z_]*\).*/\1/p' "$2" >"$work/names"
    while read -r name; do
        check "$1: the check $name" grep -Eq "^check_$name\(\)|^ *$name\)" "$root/scripts/check.sh"
    done <"$work/names"
    grep -Eo '(scripts|tests|examples|fuzz|bench|share|docs)/[A-Za-z0-9_./-]+' "$2" >"$work/names"
    while read -r file; do
        check "$1: $file" test -e "$root/$file"
    done <"$work/names"
}

check_links() { # page
    grep -Eo '\]\([^)# ]+' "$root/$1" | cut -c3- | grep -v '://' >"$work/names"
    while read -r link; do
        check "$1: the link to $link" test -e "$root/$(dirname "$1")/$link"
    done <"$work/names"
}

run_page() { # page
    pieces=$work/pages/$(echo "$1" | tr / -)
    mkdir -p "$pieces/scratch"
    cut_page "$root/$1" "$pieces"
    cd "$pieces/scratch" || exit 1
    output=""
    before=""
    left_out=""
    is_cell=""
    for piece in "$pieces"/*.*; do
        [ -f "$piece" ] || continue
        last="$1, $(basename "$piece")"
        case $piece in
        *.page) grep -Eqv '^$|^```' "$piece" && output="" && is_cell="" ;;
        *.shell) check_shell "$1" "$piece" ;;
        *.py) is_cell=1 ;;
        *.text) [ -n "$is_cell" ] && is_cell="" || [ -n "$left_out" ] || check_output "$1" "$piece" "$before" ;;
        *.sh | *.c | *.python)
            case $piece in *.python)
                if [ -z "$left_out" ] && ! "$python" -c 'import duckdb, pandas, polars, pyarrow' 2>/dev/null; then
                    echo "$1: left out from the first Python block on: scripts/deps.sh --python installs what it needs"
                    left_out=1
                fi
                ;;
            esac
            [ -z "$left_out" ] || continue
            output=$work/output
            before=$piece
            code=0
            (run_block "$piece") >"$output" 2>&1 </dev/null || code=$?
            cp "$output" "$work/stderr"
            if [ "$code" = 0 ]; then pass; else fail "$1: exit code $code of: $(cat "$piece")"; fi
            ;;
        *) fail "$1: a block of an unknown kind: $(basename "$piece")" ;;
        esac
    done
    cd "$work" || exit 1
    if [ -n "${UPDATE_EXPECTED:-}" ] && [ -z "$left_out" ]; then
        find "$pieces" -maxdepth 1 -type f | sort | xargs cat >"$work/page"
        cmp -s "$work/page" "$root/$1" || cp "$work/page" "$root/$1"
    fi
}

python=${PYTHON:-$root/build/venv/bin/python}
for page in "$root"/*.md "$root"/docs/*.md; do
    check_links "${page#"$root"/}"
    run_page "${page#"$root"/}"
done

# Every verb has its section in the command reference, with its help.
verbs=$("$factorium" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
check "there are verbs" test -n "$verbs"
for verb in $verbs; do
    check "docs/commands.md shows the help of $verb" grep -qx "factorium $verb --help" "$root/docs/commands.md"
done
# ... and every check its line in the page about development.
for name in $(sh "$root/scripts/check.sh" list | cut -d: -f1); do
    check "docs/development.md lists the check $name" grep -q "^| $name |" "$root/docs/development.md"
done
finish
