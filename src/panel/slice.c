/* Part of a panel: some symbols, times and columns. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "panel/rows.h"

enum { MAX_LISTED = 12 };

/* "a, b, c and 4 more" */
static fct_status not_there(const char *what, const char *name, char *const *names, size_t n_names,
                            fct_error *err)
{
    fct_text list = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; status == FCT_OK && i < n_names && i < MAX_LISTED; i++)
        status = fct_text_append_format(&list, err, "%s%s", i ? ", " : "", names[i]);
    if (status == FCT_OK && n_names > MAX_LISTED)
        status = fct_text_append_format(&list, err, " and %zu more", n_names - MAX_LISTED);
    if (status == FCT_OK)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND, "the panel has no %s %s; it has: %s", what,
                               name, n_names ? list.data : "none");
    fct_text_free(&list);
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static fct_status choose_symbols(const struct fct_panel *panel,
                                 const fct_panel_selection *selection, bool *chosen, fct_error *err)
{
    for (size_t s = 0; s < panel->n_symbols; s++)
        chosen[s] = !selection->symbols;
    for (size_t i = 0; selection->symbols && i < selection->n_symbols; i++) {
        char **found = panel->n_symbols ? bsearch(&selection->symbols[i], panel->symbols,
                                                  panel->n_symbols, sizeof(char *), by_bytes)
                                        : NULL;
        if (!found)
            return not_there("symbol", selection->symbols[i], panel->symbols, panel->n_symbols,
                             err);
        chosen[found - panel->symbols] = true;
    }
    return FCT_OK;
}

static fct_status column_not_there(const struct fct_panel *panel, const char *name, fct_error *err)
{
    char **names = calloc(panel->n_columns + 1, sizeof *names);
    if (!names)
        return fct_error_memory(err, panel->n_columns * sizeof *names);
    for (size_t i = 0; i < panel->n_columns; i++)
        names[i] = panel->columns[i].name;
    fct_status status = not_there("column", name, names, panel->n_columns, err);
    free(names);
    return status;
}

static fct_status choose_columns(const struct fct_panel *panel,
                                 const fct_panel_selection *selection,
                                 const fct_panel_column **chosen, size_t *n_chosen, fct_error *err)
{
    assert(panel->columns || !panel->n_columns);
    *n_chosen = selection->columns ? selection->n_columns : panel->n_columns;
    for (size_t i = 0; i < *n_chosen; i++) {
        chosen[i] = selection->columns ? fct_panel_find_column(panel, selection->columns[i])
                                       : &panel->columns[i];
        if (!chosen[i])
            return column_not_there(panel, selection->columns[i], err);
        for (size_t j = 0; j < i; j++)
            if (chosen[j] == chosen[i])
                return fct_error_set(err, FCT_ERROR_ARGUMENT, "the column %s is wanted twice",
                                     chosen[i]->name);
    }
    return FCT_OK;
}

static fct_status copy_rows(fct_panel_rows *rows, const struct fct_panel *panel,
                            const fct_panel_selection *selection, const bool *symbols,
                            const fct_panel_column *const *columns, size_t n_columns,
                            fct_error *err)
{
    int64_t to_ms = selection->to_ms || selection->from_ms ? selection->to_ms : INT64_MAX;
    int64_t from_ms = selection->from_ms || selection->to_ms ? selection->from_ms : INT64_MIN;
    if (selection->from_ms && !selection->to_ms)
        to_ms = INT64_MAX;
    for (size_t i = 0; i < n_columns; i++)
        FCT_TRY(fct_panel_rows_add_column(rows, columns[i]->name, columns[i]->type, err));
    for (size_t s = 0; s < panel->n_symbols; s++) {
        int64_t n_rows = symbols[s] ? panel->symbol_rows[s] : 0;
        for (int64_t r = 0; r < n_rows;) {
            int64_t first = r;
            while (r < n_rows && fct_panel_start_ms(panel, s, r) >= from_ms &&
                   fct_panel_end_ms(panel, s, r) <= to_ms)
                r++;
            if (r > first)
                FCT_TRY(fct_panel_rows_copy(rows, panel, s, first, r, columns, n_columns, 0, err));
            else
                r++;
        }
    }
    return FCT_OK;
}

fct_status fct_panel_slice(const fct_panel *panel, const fct_panel_selection *selection,
                           const fct_run *run, fct_panel **out, fct_error *err)
{
    static const fct_panel_selection all;
    const fct_panel_selection *wanted = selection ? selection : &all;
    fct_job job;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_panel_rows rows = {.job = &job};
    size_t n_columns = wanted->columns ? wanted->n_columns : panel->n_columns;
    bool *symbols = calloc(panel->n_symbols + 1, sizeof *symbols);
    const fct_panel_column **columns = calloc(n_columns + 1, sizeof *columns);
    fct_status status;
    if (!symbols || !columns) {
        status = fct_error_memory(err, (n_columns + panel->n_symbols) * sizeof *columns);
        goto out;
    }
    if (wanted->to_ms && wanted->from_ms > wanted->to_ms) {
        status = fct_error_set(err, FCT_ERROR_ARGUMENT, "the range ends before it begins");
        goto out;
    }
    FCT_TRY_OUT(choose_symbols(panel, wanted, symbols, err));
    FCT_TRY_OUT(choose_columns(panel, wanted, columns, &n_columns, err));
    FCT_TRY_OUT(copy_rows(&rows, panel, wanted, symbols, columns, n_columns, err));
    status = fct_panel_from_rows(&rows, out, err);
out:
    free(symbols);
    free(columns);
    fct_panel_rows_free(&rows);
    fct_job_end(&job);
    return status;
}
