/* factorium simulate: an archive of simulated trades, to try things on. */
#include <factorium.h>
#include <stdio.h>

#include "session.h"
#include "verbs.h"

enum { MARKET, TYPE, INTERVAL, SYMBOLS, DAYS, FROM, TRADES, SEED };

static const option options[] = {
    [MARKET] = {"market", 'm', "M", "spot, futures_um or futures_cm [futures_um]"},
    [TYPE] = {"type", 't', "T", "trades, aggTrades or klines [aggTrades]"},
    [INTERVAL] = {"interval", 'i', "I", "the interval of klines"},
    [SYMBOLS] = {"symbols", 's', "N", "how many symbols [6]"},
    [DAYS] = {"days", 0, "N", "how many days [2]"},
    [FROM] = {"from", 0, "DATE", "the first day [2024-08-08]"},
    [TRADES] = {"trades", 0, "N", "trades a day of the busiest symbol [20000]"},
    [SEED] = {"seed", 0, "N", "another seed, another market [1]"},
    {NULL, 0, NULL, NULL},
};

static bool make_options(const invocation *in, fct_simulate_options *out)
{
    int64_t n_symbols = 0;
    int64_t n_days = 0;
    int64_t seed = 0;
    fct_error err;
    *out = (fct_simulate_options){.dataset = {.market = in->values[MARKET],
                                              .data_type = in->values[TYPE],
                                              .interval = in->values[INTERVAL]}};
    if (!option_count(in, SYMBOLS, 1, 10000, &n_symbols) ||
        !option_count(in, DAYS, 1, 10000, &n_days) ||
        !option_count(in, TRADES, 1, INT64_C(1000000000), &out->n_trades_per_day) ||
        !option_count(in, SEED, 0, INT64_MAX, &seed))
        return false;
    if (in->values[FROM] && fct_date_parse(in->values[FROM], &out->first_day, &err) != FCT_OK)
        return option_error(in, FROM, "%s", err.message);
    out->n_symbols = (int)n_symbols;
    out->n_days = (int)n_days;
    out->seed = (uint64_t)seed;
    if (in->n_operands != 1) {
        fprintf(stderr, "factorium simulate: error: name one folder for the archive\n");
        return false;
    }
    return true;
}

static int run(const invocation *in)
{
    session s;
    fct_simulate_options simulate_options;
    fct_error err = {0};
    if (!session_start(&s, in) || !make_options(in, &simulate_options))
        return EXIT_USAGE;
    return session_end(&s, fct_simulate(in->operands[0], &simulate_options, &s.run, &err), &err);
}

const cli_verb simulate_verb = {
    .name = "simulate",
    .summary = "make an archive of simulated trades",
    .operands = "DIR",
    .description = "Writes ZIP files with checksums below DIR in the exchange's own layout: prices "
                   "with jumps, bursts\n"
                   "of trades at one time, quiet minutes. The same options give the same files.",
    .options = options,
    .examples = "  factorium simulate archive --symbols 6 --days 2\n"
                "  factorium ingest archive --store store",
    .run = run,
};
