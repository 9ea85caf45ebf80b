#include "panel_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selection.h"

static bool choose_bar(const invocation *in, fct_bar_spec *bar)
{
    fct_error err;
    if (in->values[PANEL_BAR] && in->values[PANEL_INTERVAL])
        return option_error(in, PANEL_BAR, "give either --bar or --interval");
    size_t i = in->values[PANEL_BAR] ? PANEL_BAR : PANEL_INTERVAL;
    if (!in->values[i] || fct_bar_spec_parse(in->values[i], bar, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

static bool make_request(const invocation *in, fct_bars_request *request, symbol_list *symbols)
{
    static const char *const missing_words[] = {"error", "skip", NULL};
    int missing = 0;
    *request = (fct_bars_request){
        .store = in->values[PANEL_STORE],
        .dataset = {.exchange = in->values[PANEL_EXCHANGE],
                    .market = in->values[PANEL_MARKET],
                    .data_type = in->values[PANEL_TYPE]},
        .with_notional = true,
        .with_num_trades = true,
        .no_cache = in->values[PANEL_NO_CACHE],
    };
    if (!choose_bar(in, &request->bar) ||
        !option_range(in, PANEL_FROM, PANEL_TO, PANEL_DAYS, &request->from_ms, &request->to_ms) ||
        !option_symbols(in, PANEL_SYMBOLS, symbols) ||
        !option_word(in, PANEL_MISSING, missing_words, &missing))
        return false;
    request->symbols = symbols->symbols;
    request->n_symbols = symbols->n_symbols;
    request->missing = (fct_missing)missing;
    return true;
}

/* Replaces *panel by what `made` is, where that succeeded. */
static fct_status replace(fct_panel **panel, fct_panel *made, fct_status status)
{
    if (status == FCT_OK) {
        fct_panel_free(*panel);
        *panel = made;
    }
    return status;
}

needed_columns columns_of_plan(const fct_plan *plan, const char *const *more, size_t n_more)
{
    size_t n = plan ? fct_plan_n_columns(plan) : 0;
    needed_columns columns = {.names = calloc(n + n_more + 1, sizeof *columns.names)};
    if (!columns.names)
        return columns;
    for (; columns.n_names < n; columns.n_names++)
        columns.names[columns.n_names] = fct_plan_column(plan, columns.n_names);
    for (size_t i = 0; i < n_more; i++)
        if (more[i])
            columns.names[columns.n_names++] = more[i];
    return columns;
}

static fct_panel_selection selection_of(const fct_bars_request *request)
{
    return (fct_panel_selection){
        .from_ms = request->from_ms,
        .to_ms = request->to_ms,
        .symbols = request->symbols,
        .n_symbols = request->n_symbols,
    };
}

void panel_source_shards(const invocation *in, const fct_bars_request *bars,
                         fct_panel_selection *selection, fct_shard_request *request)
{
    *selection = selection_of(bars);
    *request = (fct_shard_request){
        .bars = in->values[PANEL_BARS] ? NULL : bars,
        .panel = in->values[PANEL_BARS],
        .selection = selection,
        .attributes = in->values[PANEL_ATTRIBUTES],
        .missing_columns = bars->missing,
    };
}

/* ---- What is not there ------------------------------------------------------------------------ */

bool skips_missing(const invocation *in)
{
    return in->values[PANEL_MISSING] && strcmp(in->values[PANEL_MISSING], "skip") == 0;
}

void add_partial(session *s, fct_status *status, fct_error *err, const fct_error *more)
{
    if (*status == FCT_ERROR_PARTIAL)
        session_say(s, "warning: %s", err->message);
    *status = FCT_ERROR_PARTIAL;
    *err = *more;
}

/* What of the plan the panel's columns suffice for: a published set reads more than most bars have. */
fct_status fit_plan(session *s, const fct_plan *plan, const fct_panel *panel, fct_plan **fitted,
                    fct_error *err)
{
    fct_status status = fct_plan_fit(plan, panel, fitted, err);
    if (status != FCT_OK)
        return status;
    size_t n = fct_plan_n_factors(plan);
    size_t n_fitted = fct_plan_n_factors(*fitted);
    for (size_t i = 0, k = 0; i < n && s->verbose; i++) {
        const char *name = fct_plan_factor_name(plan, i);
        if (k < n_fitted && strcmp(name, fct_plan_factor_name(*fitted, k)) == 0)
            k++;
        else
            session_say(s, "left out: %s", name);
    }
    if (n == n_fitted)
        return FCT_OK;
    snprintf(err->message, sizeof err->message,
             "%zu of %zu factors are left out: the bars lack columns that they need%s",
             n - n_fitted, n, s->verbose ? "" : " (-v names them)");
    return FCT_ERROR_PARTIAL;
}

static bool has_symbol(const fct_panel *panel, const char *symbol)
{
    for (size_t i = 0; i < fct_panel_n_symbols(panel); i++)
        if (strcmp(fct_panel_symbol(panel, i), symbol) == 0)
            return true;
    return false;
}

/*
 * The selection's symbols that the panel has, in *kept, which is freed with free(). FCT_ERROR_PARTIAL: not all of them. Where
 * there is none, all are kept: they are an error.
 */
static fct_status keep_symbols(const fct_panel *panel, fct_panel_selection *selection,
                               const char ***kept, fct_error *err)
{
    const char *first = NULL;
    size_t n = 0;
    *kept = calloc(selection->n_symbols + 1, sizeof **kept);
    if (!*kept) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return FCT_ERROR_MEMORY;
    }
    for (size_t i = 0; i < selection->n_symbols; i++)
        if (has_symbol(panel, selection->symbols[i]))
            (*kept)[n++] = selection->symbols[i];
        else if (!first)
            first = selection->symbols[i];
    size_t n_missing = selection->n_symbols - n;
    if (!n || !n_missing)
        return FCT_OK;
    selection->symbols = *kept;
    selection->n_symbols = n;
    snprintf(err->message, sizeof err->message,
             "%zu symbol%s not in the bars and left out: %.60s%s", n_missing,
             n_missing == 1 ? " is" : "s are", first, n_missing == 1 ? "" : ", ...");
    return FCT_ERROR_PARTIAL;
}

/* ---- Loading ---------------------------------------------------------------------------------- */

static fct_status read_file(const session *s, const invocation *in, const fct_bars_request *request,
                            const needed_columns *columns, fct_panel **out, fct_error *err)
{
    fct_panel *part = NULL;
    const char **kept = NULL;
    fct_status found = FCT_OK;
    fct_panel_selection selection = selection_of(request);
    fct_status status = fct_panel_read_columns(in->values[PANEL_BARS], columns->names,
                                               columns->n_names, &s->run, out, err);
    if (status != FCT_OK || (!selection.symbols && !selection.from_ms && !selection.to_ms))
        return status;
    if (selection.symbols && request->missing == FCT_MISSING_SKIP)
        found = keep_symbols(*out, &selection, &kept, err);
    if (found == FCT_OK || found == FCT_ERROR_PARTIAL) {
        fct_error why = {0};
        status = fct_panel_slice(*out, &selection, &s->run, &part, &why);
        status = replace(out, part, status);
        if (status != FCT_OK)
            *err = why;
    }
    free(kept);
    return status == FCT_OK ? found : status;
}

static fct_status load(session *s, const invocation *in, const fct_bars_request *request,
                       const needed_columns *columns, fct_panel **out, fct_error *err)
{
    fct_panel *joined = NULL;
    fct_status status = FCT_OK;
    if (in->values[PANEL_BARS]) {
        status = read_file(s, in, request, columns, out, err);
    } else {
        say_range(s, request->from_ms, request->to_ms);
        status = fct_load_bars(request, &s->run, out, err);
    }
    if ((status != FCT_OK && status != FCT_ERROR_PARTIAL) || !in->values[PANEL_ATTRIBUTES])
        return status;
    fct_status with =
        fct_panel_join_file(*out, in->values[PANEL_ATTRIBUTES], &s->run, &joined, err);
    return replace(out, joined, with) == FCT_OK ? status : with;
}

bool panel_source_request(const invocation *in, fct_bars_request *request, symbol_list *symbols)
{
    if (in->values[PANEL_BARS] && in->values[PANEL_STORE])
        return option_error(in, PANEL_BARS, "give either --bars or --store");
    if (in->values[PANEL_BARS] || in->values[PANEL_STORE])
        return make_request(in, request, symbols);
    fprintf(stderr, "factorium %s: error: say where the bars are: --bars FILE, or --store DIR\n",
            in->verb->name);
    return false;
}

fct_status panel_source_load(session *s, const invocation *in, const needed_columns *columns,
                             fct_panel **out, bool *is_usage, fct_error *err)
{
    fct_bars_request request;
    symbol_list symbols = {0};
    fct_status status = FCT_ERROR_ARGUMENT;
    *out = NULL;
    *is_usage = !panel_source_request(in, &request, &symbols);
    if (!*is_usage)
        status = load(s, in, &request, columns, out, err);
    symbols_free(&symbols);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL) {
        fct_panel_free(*out);
        *out = NULL;
    }
    return status;
}
