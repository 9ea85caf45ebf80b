#include "panel/match.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_items(const void *a, const void *b, size_t n_items, size_t item_bytes)
{
    return n_items == 0 || memcmp(a, b, n_items * item_bytes) == 0;
}

/* Cells that no symbol has hold what they will: each symbol's own rows are compared. */
static bool same_row_times(const struct fct_panel *a, const struct fct_panel *b)
{
    for (size_t s = 0; s < a->n_symbols; s++)
        for (int64_t r = 0; r < a->symbol_rows[s]; r++)
            if (fct_panel_end_ms(a, s, r) != fct_panel_end_ms(b, s, r) ||
                fct_panel_start_ms(a, s, r) != fct_panel_start_ms(b, s, r))
                return false;
    return true;
}

bool fct_panel_same_keys(const struct fct_panel *a, const struct fct_panel *b)
{
    if (a->n_symbols != b->n_symbols || a->n_rows != b->n_rows || a->n_times != b->n_times ||
        a->shared_grid != b->shared_grid ||
        !same_items(a->symbol_rows, b->symbol_rows, a->n_symbols, sizeof *a->symbol_rows))
        return false;
    for (size_t s = 0; s < a->n_symbols; s++)
        if (strcmp(a->symbols[s], b->symbols[s]) != 0)
            return false;
    if (!a->shared_grid)
        return same_row_times(a, b);
    return same_items(a->start_ms, b->start_ms, (size_t)a->n_rows, sizeof *a->start_ms) &&
           same_items(a->end_ms, b->end_ms, (size_t)a->n_rows, sizeof *a->end_ms);
}

/* The pair of a symbol in `keys` and its rows, and the same in `from`. */
static int compare_rows(const struct fct_panel *keys, size_t s, int64_t r,
                        const struct fct_panel *from, size_t t, int64_t q)
{
    int64_t end = fct_panel_end_ms(keys, s, r);
    int64_t other_end = fct_panel_end_ms(from, t, q);
    if (end != other_end)
        return end < other_end ? -1 : 1;
    int64_t start = fct_panel_start_ms(keys, s, r);
    int64_t other_start = fct_panel_start_ms(from, t, q);
    return (start > other_start) - (start < other_start);
}

/* Copies what rows both have. Returns how many. */
static int64_t match_symbol(struct fct_panel *keys, size_t s, const struct fct_panel *from,
                            size_t t, const fct_panel_column *const *columns)
{
    int64_t n_matched = 0;
    for (int64_t r = 0, q = 0; r < keys->symbol_rows[s] && q < from->symbol_rows[t];) {
        int order = compare_rows(keys, s, r, from, t, q);
        if (order == 0) {
            size_t to_cell = fct_panel_cell_index(keys, s, r);
            size_t from_cell = fct_panel_cell_index(from, t, q);
            for (size_t c = 0; c < keys->n_columns; c++)
                keys->columns[c].cells[to_cell] = columns[c]->cells[from_cell];
            n_matched++;
        }
        r += order <= 0;
        q += order >= 0;
    }
    return n_matched;
}

fct_status fct_panel_blank(const struct fct_panel *keys, const char *const *names, size_t n_columns,
                           struct fct_panel **out, fct_error *err)
{
    FCT_TRY(fct_panel_like(keys, names, n_columns, out, err));
    for (size_t c = 0; c < n_columns; c++)
        for (size_t i = 0; i < fct_panel_n_cells(keys); i++)
            (*out)->columns[c].cells[i] = NAN;
    return FCT_OK;
}

fct_status fct_panel_match(const struct fct_panel *keys, const struct fct_panel *from,
                           struct fct_panel **out, int64_t *n_dropped, fct_error *err)
{
    const char **names = calloc(from->n_columns + 1, sizeof *names);
    const fct_panel_column **columns = calloc(from->n_columns + 1, sizeof *columns);
    struct fct_panel *matched = NULL;
    fct_status status;
    if (!names || !columns) {
        status = fct_error_memory(err, (from->n_columns + 1) * sizeof *names);
        goto out;
    }
    size_t n_columns = 0;
    for (size_t c = 0; c < from->n_columns; c++)
        if (from->columns[c].type != FCT_PANEL_TEXT) {
            names[n_columns] = from->columns[c].name;
            columns[n_columns++] = &from->columns[c];
        }
    FCT_TRY_OUT(fct_panel_blank(keys, names, n_columns, &matched, err));
    for (size_t c = 0; c < n_columns; c++)
        matched->columns[c].type = columns[c]->type;
    *n_dropped = fct_panel_n_rows(from);
    for (size_t s = 0, t = 0; s < keys->n_symbols && t < from->n_symbols;) {
        int order = strcmp(keys->symbols[s], from->symbols[t]);
        if (order == 0)
            *n_dropped -= match_symbol(matched, s, from, t, columns);
        s += order <= 0;
        t += order >= 0;
    }
    *out = matched;
    matched = NULL;
out:
    fct_panel_free(matched);
    free(names);
    free(columns);
    return status;
}

static fct_status no_row_meets(const fct_panel *bars, const fct_panel *factors, fct_error *err)
{
    char bars_from[24] = "";
    char factors_from[24] = "";
    if (!bars->n_symbols || !factors->n_symbols)
        return fct_error_set(err, FCT_ERROR_DATA, "the %s have no rows",
                             bars->n_symbols ? "factors" : "bars");
    if (bars->n_times)
        fct_time_format(bars->time_ms[0], bars_from);
    if (factors->n_times)
        fct_time_format(factors->time_ms[0], factors_from);
    return fct_error_set(err, FCT_ERROR_DATA,
                         "no row of the factors has the start_time, end_time and symbol of one of "
                         "the bars: the bars begin with %s at %s, the factors with %s at %s",
                         bars->symbols[0], bars_from, factors->symbols[0], factors_from);
}

fct_status fct_panel_meet(fct_job *job, const fct_panel *bars, const fct_panel *factors,
                          const fct_panel **met, fct_panel **owned, fct_error *err)
{
    *owned = NULL;
    *met = factors;
    if (fct_panel_same_keys(bars, factors))
        return FCT_OK;
    int64_t n_dropped;
    FCT_TRY(fct_panel_match(bars, factors, owned, &n_dropped, err));
    *met = *owned;
    if (n_dropped == fct_panel_n_rows(factors)) {
        fct_panel_free(*owned);
        *owned = NULL;
        return no_row_meets(bars, factors, err);
    }
    if (n_dropped)
        fct_job_message(job, FCT_MESSAGE_WARNING,
                        "%" PRId64 " rows of the factors have no row of the bars and are left out",
                        n_dropped);
    return FCT_OK;
}
