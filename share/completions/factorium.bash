# bash completion for factorium, made by: factorium completion bash
_factorium() {
    local word=${COMP_WORDS[COMP_CWORD]} options
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "ingest sync bars factor eval backtest check report plan run merge ops cache ls verify sql simulate exchanges completion man help --help --version" -- "$word"))
        return
    fi
    case ${COMP_WORDS[1]} in
    ingest) options="--store --exchange --market --type --interval --symbol --map --on-bad-row --again --max-member-size --max-ratio --max-line --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    sync) options="--store --symbols --exchange --market --type --interval --from --to --days --listed-before --period --jobs --request-rate --limit-rate --retries --retry-wait --stall --base-url --list-url --keep-archives --refresh --unchecked --on-bad-row --dry-run --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    bars) options="--store --symbols --exchange --market --type --from --to --days --interval --bar --output --format --map --missing --fill --drop-last --no-sides --notional --num-trades --engine --cache --no-cache --sync --base-url --executor --shards --work --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    factor) options="--bars --store --symbols --exchange --market --type --from --to --days --interval --bar --missing --no-cache --attributes --file --alpha101 --alpha158 --dialect --strict --explain --print --wide --output --format --executor --shards --work --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    eval) options="--bars --store --symbols --exchange --market --type --from --to --days --interval --bar --missing --no-cache --attributes --file --dialect --factor --columns --combine --universe --min-history --min-notional --no-stablecoins --no-leveraged --tag --price --horizons --delay --no-delay --quantiles --decay --group --events --event-size --table --redundant --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    backtest) options="--bars --store --symbols --exchange --market --type --from --to --days --interval --bar --missing --no-cache --attributes --file --dialect --factor --columns --combine --universe --min-history --min-notional --no-stablecoins --no-leveraged --tag --price --delay --no-delay --every --weights --quantiles --gross --max-position --turnover-cap --neutral-to --buy-cost --sell-cost --funding --capital --volume --volume-share --per-year --table --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    check) options="--bars --store --symbols --exchange --market --type --from --to --days --interval --bar --missing --no-cache --attributes --file --dialect --cuts --seed --price --suspicious-ic --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    report) options="--bars --store --symbols --exchange --market --type --from --to --days --interval --bar --missing --no-cache --attributes --file --dialect --factor --columns --combine --universe --min-history --min-notional --no-stablecoins --no-leveraged --tag --price --horizons --delay --no-delay --quantiles --decay --group --events --event-size --weights --buy-cost --sell-cost --output --title --open --compare --figures --figure-format --browser --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    plan) options="--bars --store --symbols --exchange --market --type --from --to --days --interval --bar --missing --no-cache --attributes --file --alpha101 --alpha158 --dialect --strict --map --fill --drop-last --no-sides --notional --num-trades --engine --cache --shards --work --output --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    run) options="--stage --shard --wait --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    merge) options="--output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    ops) options="--dialect --markdown --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    cache) options="--store --cache --max-size --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    ls) options="--store --symbols --market --type --files --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    verify) options="--store --symbols --exchange --map --market --type --from --to --days --repair --base-url --output --format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    sql) options="--store --panel --symbols --exchange --market --type --from --to --days --interval --map --missing --output --format --allow-external --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    simulate) options="--market --type --interval --symbols --days --from --trades --seed --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    exchanges) options="--format --threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    completion) options="--threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    man) options="--threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    help) options="--threads --memory-limit --temp-dir --quiet --verbose --progress --config --help" ;;
    esac
    if [ "${word#-}" != "$word" ]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}
complete -o filenames -F _factorium factorium
