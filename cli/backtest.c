/* factorium backtest: what trading on factors would have come to. */
#include <factorium.h>
#include <stdio.h>
#include <string.h>

#include "factor_input.h"
#include "selection.h"
#include "verbs.h"

enum {
    PRICE = N_INPUT_OPTIONS,
    DELAY,
    NO_DELAY,
    EVERY,
    WEIGHTS,
    QUANTILES,
    GROSS,
    MAX_POSITION,
    TURNOVER_CAP,
    NEUTRAL_TO,
    BUY_COST,
    SELL_COST,
    FUNDING,
    CAPITAL,
    VOLUME,
    VOLUME_SHARE,
    PER_YEAR,
    TABLE,
    OUTPUT,
    FORMAT
};

static const option options[] = {
    INPUT_OPTIONS,
    [PRICE] = {"price", 0, "COLUMN", "the column of the bars one trades at and values by [close]"},
    [DELAY] = {"delay", 0, "N", "times between a factor and the trade on it [1]"},
    [NO_DELAY] = {"no-delay", 0, NULL, "trade at the factor's own time: it looks ahead"},
    [EVERY] = {"every", 0, "N", "trade at every N-th time [1]"},
    [WEIGHTS] = {"weights", 'w', "neutral|long|quantiles|given",
                 "by distance from the mean; of what is above it; top less bottom; the values "
                 "themselves [neutral]"},
    [QUANTILES] = {"quantiles", 0, "N", "2 to 100 [5]"},
    [GROSS] = {"gross", 0, "X", "gross exposure over equity [1]"},
    [MAX_POSITION] = {"max-position", 0, "X", "largest weight of one symbol [no limit]"},
    [TURNOVER_CAP] = {"turnover-cap", 0, "X",
                      "most that is traded at a time over equity [no limit]"},
    [NEUTRAL_TO] = {"neutral-to", 0, "COLUMN", "weights neutral within each value of the column"},
    [BUY_COST] = {"buy-cost", 0, "X", "share of what is bought, as in 0.0005 [0]"},
    [SELL_COST] = {"sell-cost", 0, "X", "share of what is sold [0]"},
    [FUNDING] = {"funding", 0, "COLUMN", "the rate that longs pay to shorts at a row"},
    [CAPITAL] = {"capital", 0, "X", "at the start [1000000]"},
    [VOLUME] = {"volume", 0, "COLUMN", "a row's volume, for the capacity [volume]"},
    [VOLUME_SHARE] = {"volume-share", 0, "X", "what a trade may be of a row's volume [0.01]"},
    [PER_YEAR] = {"per-year", 0, "X", "times a year [by the distance of times]"},
    [TABLE] = {"table", 0, "NAME", "metrics, equity, positions or trades [metrics]"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 0, "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static const char *table_of(const invocation *in)
{
    return in->values[TABLE] ? in->values[TABLE] : "metrics";
}

static bool read_options(const invocation *in, fct_backtest_request *request)
{
    static const char *const words[] = {"neutral", "long", "quantiles", "given", NULL};
    int64_t n_quantiles = 0;
    int weighting = 0;
    *request = (fct_backtest_request){
        .price = in->values[PRICE],
        .volume = in->values[VOLUME],
        .funding = in->values[FUNDING],
        .group = in->values[NEUTRAL_TO],
        .no_delay = in->values[NO_DELAY],
        .with_positions = strcmp(table_of(in), "positions") == 0,
        .with_trades = strcmp(table_of(in), "trades") == 0,
    };
    if (in->values[DELAY] && strcmp(in->values[DELAY], "0") == 0)
        return option_error(in, DELAY,
                            "a trade at the price the factor is made of looks ahead; --no-delay "
                            "does it nevertheless");
    if (!option_count(in, DELAY, 1, 1000000, &request->delay) ||
        !option_count(in, EVERY, 1, 1000000, &request->every) ||
        !option_word(in, WEIGHTS, words, &weighting) ||
        !option_count(in, QUANTILES, 2, 100, &n_quantiles) ||
        !option_number(in, GROSS, 1e-6, 100, &request->gross) ||
        !option_number(in, MAX_POSITION, 1e-6, 100, &request->max_position) ||
        !option_number(in, TURNOVER_CAP, 1e-6, 1000, &request->turnover_cap) ||
        !option_number(in, BUY_COST, 0, 0.999999, &request->buy_cost) ||
        !option_number(in, SELL_COST, 0, 0.999999, &request->sell_cost) ||
        !option_number(in, CAPITAL, 1e-6, 1e18, &request->capital) ||
        !option_number(in, VOLUME_SHARE, 1e-9, 1, &request->volume_share) ||
        !option_number(in, PER_YEAR, 1e-6, 1e9, &request->steps_per_year))
        return false;
    request->weighting = (fct_weighting)weighting;
    request->n_quantiles = (int)n_quantiles;
    return true;
}

static bool check_table(const invocation *in)
{
    for (size_t i = 0; fct_backtest_table_name(i); i++)
        if (strcmp(table_of(in), fct_backtest_table_name(i)) == 0)
            return true;
    return option_error(in, TABLE, "there is no table %s; --help lists them", table_of(in));
}

static int backtest(session *s, const invocation *in, fct_backtest_request *request,
                    fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    const char *volume = in->values[VOLUME];
    factor_input input = {
        .price = request->price,
        .delay = request->delay,
        .columns = {volume ? volume : "volume", in->values[NEUTRAL_TO], in->values[FUNDING]}};
    fct_backtest *result = NULL;
    int code;
    if (factor_input_read(s, in, &input, &code)) {
        request->universe = input.universe;
        fct_status status =
            fct_backtest_run(input.bars, input.factors, request, &s->run, &result, &err);
        if (status == FCT_OK)
            status = fct_backtest_table(result, table_of(in), &stream, &err);
        code = status == FCT_OK
                   ? write_answer(s, in, OUTPUT, format, &stream, "rows", input.made, &input.err)
                   : session_end(s, status, &err);
    }
    fct_backtest_free(result);
    factor_input_free(&input);
    return code;
}

static int run(const invocation *in)
{
    session s;
    fct_backtest_request request;
    fct_format format;
    if (!session_start(&s, in) || !read_options(in, &request) || !check_table(in) ||
        !option_format(in, FORMAT, OUTPUT, &format))
        return EXIT_USAGE;
    return backtest(&s, in, &request, format);
}

const cli_verb backtest_verb = {
    .name = "backtest",
    .summary = "trade on factors, with costs",
    .operands = "['EXPRESSION'...]",
    .description =
        "Turns factors into weights, trades them --delay times later, pays costs, and says what "
        "came of it:\n"
        "metrics with and without costs, equity, positions, trades. docs/backtest.md says what "
        "every figure is.",
    .options = options,
    .examples =
        "  factorium backtest 'cs_rank(-ts_delta(close,5))' --bars bars.parquet --buy-cost 0.0005 "
        "--sell-cost 0.0005\n"
        "  factorium backtest --bars bars.parquet --factor factors.parquet -w quantiles "
        "--table equity -o equity.csv",
    .run = run,
    .repeats = "tag",
};
