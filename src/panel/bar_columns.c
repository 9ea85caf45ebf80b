#include "panel/bar_columns.h"

#include <stdlib.h>
#include <string.h>

typedef enum wanted { ALWAYS, WITH_SIDES, WITH_NOTIONAL, WITH_NUM_TRADES } wanted;

#define FIELD(name) offsetof(fct_finished_bar, name)

/* In the order of fct_bars. */
static const struct {
    fct_bar_column column;
    wanted when;
} table[FCT_PANEL_BAR_COLUMNS] = {
    {{"open", FIELD(open), FCT_ENTRY_OPEN, FCT_PANEL_DOUBLE, false}, ALWAYS},
    {{"high", FIELD(high), FCT_ENTRY_HIGH, FCT_PANEL_DOUBLE, false}, ALWAYS},
    {{"low", FIELD(low), FCT_ENTRY_LOW, FCT_PANEL_DOUBLE, false}, ALWAYS},
    {{"close", FIELD(close), FCT_ENTRY_CLOSE, FCT_PANEL_DOUBLE, false}, ALWAYS},
    {{"volume", FIELD(volume), FCT_ENTRY_VOLUME, FCT_PANEL_DOUBLE, false}, ALWAYS},
    {{"vwap", FIELD(vwap), FCT_BAR_VWAP, FCT_PANEL_DOUBLE, false}, ALWAYS},
    {{"num_buyer", FIELD(num_buyer), FCT_ENTRY_NUM_BUYER, FCT_PANEL_INT64, true}, WITH_SIDES},
    {{"num_seller", FIELD(num_seller), FCT_BAR_NUM_SELLER, FCT_PANEL_INT64, true}, WITH_SIDES},
    {{"num_buyer_volume", FIELD(num_buyer_volume), FCT_ENTRY_BUYER_VOLUME, FCT_PANEL_DOUBLE, false},
     WITH_SIDES},
    {{"num_seller_volume", FIELD(num_seller_volume), FCT_ENTRY_SELLER_VOLUME, FCT_PANEL_DOUBLE,
      false},
     WITH_SIDES},
    {{"notional", FIELD(notional), FCT_ENTRY_NOTIONAL, FCT_PANEL_DOUBLE, false}, WITH_NOTIONAL},
    {{"num_trades", FIELD(num_trades), FCT_ENTRY_NUM_TRADES, FCT_PANEL_INT64, false},
     WITH_NUM_TRADES},
};

static bool is_wanted(const fct_bars_output *output, wanted when)
{
    const bool has[] = {
        [ALWAYS] = true,
        [WITH_SIDES] = output->with_sides,
        [WITH_NOTIONAL] = output->with_notional,
        [WITH_NUM_TRADES] = output->with_num_trades,
    };
    return has[when];
}

fct_status fct_bar_panel_make_columns(fct_bar_panel *bars, fct_error *err)
{
    struct fct_panel *panel = bars->panel;
    size_t n_cells = fct_panel_n_cells(panel);
    panel->columns = calloc(FCT_PANEL_BAR_COLUMNS, sizeof *panel->columns);
    if (!panel->columns)
        return fct_error_memory(err, FCT_PANEL_BAR_COLUMNS * sizeof *panel->columns);
    for (size_t i = 0; i < FCT_PANEL_BAR_COLUMNS; i++) {
        if (!is_wanted(bars->output, table[i].when))
            continue;
        fct_panel_column *column = &panel->columns[panel->n_columns];
        FCT_TRY(fct_job_memory_hold(bars->job, n_cells * sizeof(double), "the panel", err));
        *column = (fct_panel_column){.name = fct_text_copy(table[i].column.name),
                                     .type = table[i].column.type,
                                     .cells = fct_panel_cells_new(n_cells)};
        bars->sources[panel->n_columns++] = &table[i].column;
        if (!column->name || !column->cells)
            return fct_error_memory(err, n_cells * sizeof(double));
    }
    return FCT_OK;
}

fct_status fct_bar_panel_make_times(fct_bar_panel *bars, fct_error *err)
{
    struct fct_panel *panel = bars->panel;
    size_t n = panel->shared_grid ? (size_t)panel->n_rows : fct_panel_n_cells(panel);
    FCT_TRY(fct_job_memory_hold(bars->job, 2 * n * sizeof(int64_t), "the panel", err));
    panel->start_ms = (int64_t *)(void *)fct_panel_cells_new(n);
    panel->end_ms = (int64_t *)(void *)fct_panel_cells_new(n);
    if (!panel->start_ms || !panel->end_ms)
        return fct_error_memory(err, n * sizeof *panel->start_ms);
    if (!panel->shared_grid)
        return FCT_OK;
    panel->time_ms = calloc(n + 1, sizeof *panel->time_ms);
    if (!panel->time_ms)
        return fct_error_memory(err, n * sizeof *panel->time_ms);
    panel->n_times = panel->n_rows;
    return FCT_OK;
}

/* Symbols without a bar are none of the panel's, as in a stream they would not be. */
fct_status fct_bar_panel_start(fct_bar_panel *bars, const int64_t *n_rows, size_t *kept,
                               fct_error *err)
{
    fct_bars_output *output = bars->output;
    struct fct_panel *panel = fct_panel_new();
    bars->panel = panel;
    if (!panel)
        return fct_error_memory(err, sizeof *panel);
    panel->symbols = calloc(output->n_symbols + 1, sizeof *panel->symbols);
    panel->symbol_rows = calloc(output->n_symbols + 1, sizeof *panel->symbol_rows);
    if (!panel->symbols || !panel->symbol_rows)
        return fct_error_memory(err, (output->n_symbols + 1) * sizeof *panel->symbols);
    for (size_t i = 0; i < output->n_symbols; i++) {
        if (!n_rows[i])
            continue;
        panel->symbols[panel->n_symbols] = output->symbols[i];
        output->symbols[i] = NULL;
        panel->symbol_rows[panel->n_symbols] = n_rows[i];
        kept[panel->n_symbols++] = i;
    }
    return fct_panel_lay_tiles(panel, err);
}
