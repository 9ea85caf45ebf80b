/* fct_universe: which rows of a panel count. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/run.h"
#include "base/sum.h"
#include "base/text.h"
#include "panel/match.h"

enum { MAX_WINDOW = 1000000, DEFAULT_WINDOW = 20, N_QUOTES = 12 };

/* Money that others are priced in, or that is worth as much; longer names first where one begins another. */
static const char *const quotes[N_QUOTES] = {"FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP",
                                             "USDS",  "USD",  "BTC",  "ETH",  "BNB",  "EUR"};
static const char *const stablecoins[] = {
    "USDT",  "USDC",  "BUSD", "TUSD", "FDUSD", "USDP", "DAI",  "USDD", "PYUSD",
    "GUSD",  "FRAX",  "LUSD", "SUSD", "USTC",  "UST",  "PAX",  "USDS", "USDE",
    "USD1",  "USD",   "EUR",  "EURT", "EURS",  "EURI", "AEUR", "EURC", "XUSD",
    "BFUSD", "RLUSD", "USDJ", "IDRT", "BIDR",  "GBP",  "AUD",  "TRY"};

/* ---- Names ------------------------------------------------------------------------------------ */

/* Cuts "BTC-USDT" or "BTCUSDT" into its base; false where no quote is known. */
static bool split_pair(const char *symbol, char base[65], const char **quote)
{
    size_t n = strlen(symbol);
    for (size_t i = 0; i < N_QUOTES; i++) {
        size_t n_quote = strlen(quotes[i]);
        if (n <= n_quote || n - n_quote > 64 || strcmp(symbol + n - n_quote, quotes[i]) != 0)
            continue;
        size_t n_base = n - n_quote;
        memcpy(base, symbol, n_base);
        while (n_base && !isalnum((unsigned char)base[n_base - 1]))
            n_base--;
        base[n_base] = '\0';
        *quote = quotes[i];
        return n_base > 0;
    }
    return false;
}

static bool is_stablecoin(const char *name)
{
    for (size_t i = 0; i < sizeof stablecoins / sizeof *stablecoins; i++)
        if (strcmp(name, stablecoins[i]) == 0)
            return true;
    return false;
}

static bool is_stable_pair(const char *symbol)
{
    char base[65];
    const char *quote;
    return split_pair(symbol, base, &quote) && is_stablecoin(base) && is_stablecoin(quote);
}

static bool has_symbol(const fct_panel *bars, const char *base, size_t n_base, const char *ending,
                       const char *rest)
{
    for (size_t s = 0; s < bars->n_symbols; s++) {
        const char *symbol = bars->symbols[s];
        size_t n_ending = strlen(ending);
        if (strncmp(symbol, base, n_base) == 0 && strncmp(symbol + n_base, ending, n_ending) == 0 &&
            strcmp(symbol + n_base + n_ending, rest) == 0)
            return true;
    }
    return false;
}

/* A name that ends like a leveraged token's is one where the plain symbol or the opposite token is there: JUP is none. */
static bool is_leveraged(const fct_panel *bars, const char *symbol)
{
    static const char *const endings[][2] = {
        {"UP", "DOWN"}, {"DOWN", "UP"}, {"BULL", "BEAR"}, {"BEAR", "BULL"}, {"2L", "2S"},
        {"2S", "2L"},   {"3L", "3S"},   {"3S", "3L"},     {"5L", "5S"},     {"5S", "5L"}};
    char base[65];
    const char *quote;
    if (!split_pair(symbol, base, &quote))
        return false;
    size_t n = strlen(base);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n_ending = strlen(endings[i][0]);
        if (n < n_ending + 2 || strcmp(base + n - n_ending, endings[i][0]) != 0)
            continue;
        const char *rest = symbol + n; /* a sign between, and the quote */
        if (has_symbol(bars, base, n - n_ending, "", rest) ||
            has_symbol(bars, base, n - n_ending, endings[i][1], rest))
            return true;
    }
    return false;
}

/* ---- Rules ------------------------------------------------------------------------------------ */

static void leave_out_symbols(fct_panel *universe, const fct_universe_rules *rules)
{
    for (size_t s = 0; s < universe->n_symbols; s++) {
        bool out = (rules->without_stablecoins && is_stable_pair(universe->symbols[s])) ||
                   (rules->without_leveraged && is_leveraged(universe, universe->symbols[s]));
        for (int64_t r = 0; r < universe->symbol_rows[s]; r++)
            universe->columns[0].cells[fct_panel_cell_index(universe, s, r)] =
                !out && r + 1 >= rules->min_history;
    }
}

/* Notional of a row: its column, or close x volume. */
typedef struct notional {
    const double *values, *prices, *volumes;
} notional;

static fct_status find_notional(const fct_panel *bars, notional *n, fct_error *err)
{
    const fct_panel_column *values = fct_panel_find_column(bars, "notional");
    const fct_panel_column *prices = fct_panel_find_column(bars, "close");
    const fct_panel_column *volumes = fct_panel_find_column(bars, "volume");
    if (values && values->type != FCT_PANEL_TEXT)
        n->values = values->cells;
    else if (prices && volumes && prices->type != FCT_PANEL_TEXT &&
             volumes->type != FCT_PANEL_TEXT) {
        n->prices = prices->cells;
        n->volumes = volumes->cells;
    } else {
        return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                             "a least notional needs the column notional, or close and volume");
    }
    return FCT_OK;
}

static double notional_at(const notional *n, size_t cell)
{
    return n->values ? n->values[cell] : n->prices[cell] * n->volumes[cell];
}

static fct_status leave_out_small(fct_panel *universe, const fct_panel *bars,
                                  const fct_universe_rules *rules, fct_error *err)
{
    notional source = {0};
    int64_t window = rules->notional_window ? rules->notional_window : DEFAULT_WINDOW;
    FCT_TRY(find_notional(bars, &source, err));
    for (size_t s = 0; s < bars->n_symbols; s++) {
        fct_sum sum = {0};
        int64_t n_valid = 0;
        for (int64_t r = 0; r < bars->symbol_rows[s]; r++) {
            double value = notional_at(&source, fct_panel_cell_index(bars, s, r));
            if (!isnan(value)) {
                fct_sum_add(&sum, value);
                n_valid++;
            }
            if (r >= window) {
                double old = notional_at(&source, fct_panel_cell_index(bars, s, r - window));
                if (!isnan(old)) {
                    fct_sum_add(&sum, -old);
                    n_valid--;
                }
            }
            fct_sum_normalise(&sum);
            double *mark = &universe->columns[0].cells[fct_panel_cell_index(universe, s, r)];
            if (n_valid < window || !(fct_sum_value(sum) / (double)window >= rules->min_notional))
                *mark = 0;
        }
    }
    return FCT_OK;
}

/* ---- Tags ------------------------------------------------------------------------------------- */

/* What the cells of a row with the tag hold; NaN where no cell can. */
static double cell_of_tag(const fct_panel_column *column, const char *tag)
{
    if (column->type == FCT_PANEL_TEXT) {
        for (size_t i = 0; i < column->n_texts; i++)
            if (strcmp(column->texts[i], tag) == 0)
                return (double)i;
        return NAN;
    }
    if (column->type == FCT_PANEL_BOOL && strcasecmp(tag, "true") == 0)
        return 1;
    if (column->type == FCT_PANEL_BOOL && strcasecmp(tag, "false") == 0)
        return 0;
    char *end;
    double number = strtod(tag, &end);
    return end == tag || *end ? NAN : number;
}

/* The tags as cells, and which of them a row has. */
typedef struct tag_cells {
    double *cells;
    bool *met;
    size_t n;
} tag_cells;

static bool is_tagged(const tag_cells *tags, double cell)
{
    bool tagged = false;
    for (size_t i = 0; i < tags->n; i++)
        if (tags->cells[i] == cell)
            tags->met[i] = tagged = true;
    return tagged;
}

static fct_status leave_out_untagged(fct_panel *universe, const fct_panel *bars,
                                     const fct_universe_rules *rules, fct_job *job, fct_error *err)
{
    const fct_panel_column *column = fct_panel_find_column(bars, rules->tag_column);
    if (!column)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the bars have no column %s with tags",
                             rules->tag_column);
    tag_cells tags = {.cells = calloc(rules->n_tags + 1, sizeof *tags.cells),
                      .met = calloc(rules->n_tags + 1, sizeof *tags.met),
                      .n = rules->n_tags};
    fct_status status = FCT_OK;
    if (!tags.cells || !tags.met) {
        status = fct_error_memory(err, (rules->n_tags + 1) * sizeof *tags.cells);
        goto out;
    }
    for (size_t i = 0; i < tags.n; i++)
        tags.cells[i] = cell_of_tag(column, rules->tags[i]);
    for (size_t s = 0; s < bars->n_symbols; s++)
        for (int64_t r = 0; r < bars->symbol_rows[s]; r++)
            if (!is_tagged(&tags, column->cells[fct_panel_cell_index(bars, s, r)]))
                universe->columns[0].cells[fct_panel_cell_index(universe, s, r)] = 0;
    for (size_t i = 0; i < tags.n; i++)
        if (!tags.met[i])
            fct_job_message(job, FCT_MESSAGE_WARNING, "no row has %.60s in the column %.60s",
                            rules->tags[i], column->name);
out:
    free(tags.cells);
    free(tags.met);
    return status;
}

/* ---- All of them ------------------------------------------------------------------------------ */

static fct_status leave_out_masked(fct_panel *universe, const fct_panel *mask, fct_error *err)
{
    fct_panel *matched = NULL;
    int64_t n_dropped;
    if (!mask->n_columns || mask->columns[0].type == FCT_PANEL_TEXT)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a mask needs a first column of numbers: 0 or missing is out");
    FCT_TRY(fct_panel_match(universe, mask, &matched, &n_dropped, err));
    for (size_t s = 0; s < universe->n_symbols; s++)
        for (int64_t r = 0; r < universe->symbol_rows[s]; r++) {
            size_t at = fct_panel_cell_index(universe, s, r);
            double mark = matched->columns[0].cells[at];
            if (isnan(mark) || mark == 0)
                universe->columns[0].cells[at] = 0;
        }
    fct_panel_free(matched);
    return FCT_OK;
}

static fct_status check_rules(const fct_universe_rules *rules, fct_error *err)
{
    if (rules->min_history < 0)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "a history of %" PRId64 " rows",
                             rules->min_history);
    if (!(rules->min_notional >= 0))
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "a least notional of %g: it is 0 or more",
                             rules->min_notional);
    if (rules->notional_window < 0 || rules->notional_window > MAX_WINDOW)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a window of %" PRId64 " rows: it must be 1 to %d",
                             rules->notional_window, MAX_WINDOW);
    return FCT_OK;
}

fct_status fct_universe(const fct_panel *bars, const fct_universe_rules *rules, const fct_run *run,
                        fct_panel **out, fct_error *err)
{
    static const char *const names[] = {"universe"};
    fct_job job;
    fct_panel *universe = NULL;
    *out = NULL;
    FCT_TRY(check_rules(rules, err));
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status;
    FCT_TRY_OUT(fct_panel_blank(bars, names, 1, &universe, err));
    leave_out_symbols(universe, rules);
    if (rules->min_notional > 0)
        FCT_TRY_OUT(leave_out_small(universe, bars, rules, err));
    if (rules->tag_column)
        FCT_TRY_OUT(leave_out_untagged(universe, bars, rules, &job, err));
    if (rules->mask)
        FCT_TRY_OUT(leave_out_masked(universe, rules->mask, err));
    *out = universe;
    universe = NULL;
out:
    fct_panel_free(universe);
    fct_job_end(&job);
    return status;
}
