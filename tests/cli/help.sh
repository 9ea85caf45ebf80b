#!/bin/sh
# Help, version, usage errors, man page and completion.
. "$(dirname "$0")/harness.sh"

run 0 --help
same "$work/stdout" help.txt
run 0 help
same "$work/stdout" help.txt
run 0 -h
run 2
says "Usage: factorium VERB"
run 0 --version
check "version" grep -Eq '^factorium [0-9]+\.[0-9]+\.[0-9]+$' "$work/stdout"

for verb in ingest bars simulate exchanges completion man help; do
    run 0 "$verb" --help
    same "$work/stdout" "help-$verb.txt"
    prints "Usage: factorium $verb" "Examples:" "Exit codes:"
    run 0 help "$verb"
    same "$work/stdout" "help-$verb.txt"
done

# One letter is one option.
"$factorium" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort -u >verbs
while read -r verb; do
    "$factorium" help "$verb" >stdout 2>stderr </dev/null || continue
    twice=$(grep -oE '^  -[A-Za-z],' stdout | sort | uniq -d)
    check "$verb has a letter for two options: $twice" test -z "$twice"
done <verbs
check "those were the verbs" test "$(grep -cxE 'eval|backtest|report|check|bars' verbs)" = 5

run 2 bras
says "did you mean bars?"
run 2 help nothing
says "there is no verb nothing"
run 2 bars --stroe x
says "--stroe" "did you mean --store?"
run 2 bars --zzzzzzzz
says "--help lists"
run 2 bars -Z
says "unknown option -Z"
run 2 bars --store
says "--store needs a value"
run 2 bars --quiet=yes
says "takes no value"
run 2 bars
says "--store DIR"
run 2 bars --store x operand
says "operand"
run 2 bars --store x --threads many
says "--threads many" "whole number"
run 2 bars --store x --threads 0
run 2 bars --store x --memory-limit 4XB
says "--memory-limit 4XB" "4GB"
run 2 bars --store x --progress sometimes
says "auto, json, none"
run 2 ingest --store x
says "name the files"
run 2 ingest x
says "--store DIR"
run 2 simulate
says "name one folder"
run 2 completion csh
says "bash, zsh or fish"

# What is installed is what the program says today.
for pair in bash:factorium.bash zsh:_factorium fish:factorium.fish; do
    run 0 completion "${pair%%:*}"
    check "share/completions/${pair#*:} is up to date" cmp "$work/stdout" "$root/share/completions/${pair#*:}"
done
run 0 man
check "docs/man/factorium.1 is up to date" cmp "$work/stdout" "$root/docs/man/factorium.1"
if command -v bash >/dev/null; then
    check "bash completion" bash -c ". $root/share/completions/factorium.bash
        COMP_WORDS=(factorium bars --symb) COMP_CWORD=2; _factorium; [ \"\${COMPREPLY[*]}\" = --symbols ]"
fi
finish
