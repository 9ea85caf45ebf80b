#include "factor_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

static fct_status said(fct_error *err)
{
    *err = (fct_error){.status = FCT_ERROR_ARGUMENT, .position = -1};
    return FCT_ERROR_ARGUMENT;
}

bool option_number(const invocation *in, size_t i, double low, double high, double *out)
{
    const char *text = in->values[i];
    if (!text)
        return true;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= low && value <= high))
        return option_error(in, i, "a number from %g to %g is needed", low, high);
    *out = value;
    return true;
}

/* ---- Bars ------------------------------------------------------------------------------------- */

static fct_status bars_of_store(session *s, const invocation *in, const symbol_list *symbols,
                                int64_t from_ms, int64_t to_ms, fct_panel **out, fct_error *err)
{
    fct_bars_request request = {
        .store = in->values[INPUT_STORE],
        .dataset = {.exchange = in->values[INPUT_EXCHANGE],
                    .market = in->values[INPUT_MARKET],
                    .data_type = in->values[INPUT_TYPE]},
        .symbols = symbols->symbols,
        .n_symbols = symbols->n_symbols,
        .from_ms = from_ms,
        .to_ms = to_ms,
    };
    if (in->values[INPUT_INTERVAL] &&
        fct_interval_parse(in->values[INPUT_INTERVAL], &request.bar.interval_ms, err) != FCT_OK) {
        option_error(in, INPUT_INTERVAL, "%s", err->message);
        return said(err);
    }
    say_range(s, from_ms, to_ms);
    return fct_load_bars(&request, &s->run, out, err);
}

static fct_status bars_of_file(session *s, const invocation *in, const symbol_list *symbols,
                               int64_t from_ms, int64_t to_ms, fct_panel **out, fct_error *err)
{
    fct_panel *all;
    fct_status status = fct_panel_read(in->values[INPUT_BARS], &s->run, &all, err);
    if (status != FCT_OK || (!symbols->symbols && !from_ms && !to_ms)) {
        *out = all;
        return status;
    }
    const fct_panel_selection selection = {
        .from_ms = from_ms,
        .to_ms = to_ms,
        .symbols = symbols->symbols,
        .n_symbols = symbols->n_symbols,
    };
    say_range(s, from_ms, to_ms);
    status = fct_panel_slice(all, &selection, &s->run, out, err);
    fct_panel_free(all);
    return status;
}

static fct_status read_bars(session *s, const invocation *in, fct_panel **out, fct_error *err)
{
    symbol_list symbols;
    int64_t from_ms;
    int64_t to_ms;
    if (!in->values[INPUT_BARS] == !in->values[INPUT_STORE]) {
        fprintf(stderr, "factorium %s: error: say which bars: either --bars FILE or --store DIR\n",
                in->verb->name);
        return said(err);
    }
    if (!option_symbols(in, INPUT_SYMBOLS, &symbols))
        return said(err);
    fct_status status;
    if (!option_range(in, INPUT_FROM, INPUT_TO, INPUT_DAYS, &from_ms, &to_ms))
        status = said(err);
    else if (in->values[INPUT_STORE])
        status = bars_of_store(s, in, &symbols, from_ms, to_ms, out, err);
    else
        status = bars_of_file(s, in, &symbols, from_ms, to_ms, out, err);
    symbols_free(&symbols);
    return status;
}

/* ---- Factors ---------------------------------------------------------------------------------- */

static fct_status read_columns(session *s, const invocation *in, fct_panel **out, fct_error *err)
{
    const char **columns = NULL;
    char *storage = NULL;
    size_t n_columns = 0;
    fct_panel *all = NULL;
    fct_status status = fct_panel_read(in->values[INPUT_FACTOR], &s->run, &all, err);
    if (status != FCT_OK)
        return status;
    if (!in->values[INPUT_COLUMNS]) {
        *out = all;
        return FCT_OK;
    }
    if (!split_list(in->values[INPUT_COLUMNS], &columns, &n_columns, &storage)) {
        option_error(in, INPUT_COLUMNS, "out of memory");
        status = said(err);
    } else {
        status =
            fct_panel_slice(all, &(fct_panel_selection){.columns = columns, .n_columns = n_columns},
                            &s->run, out, err);
    }
    fct_panel_free(all);
    free(columns);
    free(storage);
    return status;
}

fct_status factor_input_read(session *s, const invocation *in, factor_input *input, fct_error *err)
{
    if (!in->values[INPUT_FACTOR]) {
        fprintf(stderr, "factorium %s: error: say which factor: --factor FILE\n", in->verb->name);
        return said(err);
    }
    fct_status status = read_bars(s, in, &input->bars, err);
    if (status == FCT_OK)
        status = read_columns(s, in, &input->factors, err);
    return status;
}

void factor_input_free(factor_input *input)
{
    fct_panel_free(input->bars);
    fct_panel_free(input->factors);
}

int factor_input_end(session *s, fct_status status, const fct_error *err)
{
    if (status == FCT_ERROR_ARGUMENT && !err->message[0])
        return EXIT_USAGE;
    return session_end(s, status, err);
}
