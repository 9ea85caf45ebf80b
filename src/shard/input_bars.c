/* Bars for a shard: of the store, or of a file; with the attributes of symbols. */
#include <string.h>

#include "panel/file.h"
#include "shard/input.h"
#include "shard/source.h"

static fct_status load_from_store(const fct_shard_running *r, const fct_shard *shard,
                                  fct_panel **out, fct_error *err)
{
    fct_store_selection selection = {0};
    fct_bars_request request = r->plan->bars;
    fct_run run = r->job->run;
    request.symbols = r->plan->symbols.names + shard->first_symbol;
    request.n_symbols = shard->end_symbol - shard->first_symbol;
    FCT_TRY(fct_shard_source_select(r->plan, shard, r->job, &selection, err));
    fct_store_selection_free(&selection);
    /* What lacks was told of when the plan was made. */
    if (r->plan->n_missing_days)
        run.on_message = NULL;
    fct_status status = fct_load_bars(&request, &run, out, err);
    return status == FCT_ERROR_PARTIAL ? FCT_OK : status;
}

/* Rows of symbols between the shard's first and last, which may be too many where the plan is of a part of the file. */
static fct_status load_from_file(const fct_shard_running *r, const fct_shard *shard,
                                 const fct_shard_names *wanted, fct_panel **out, fct_error *err)
{
    const struct fct_shard_plan *plan = r->plan;
    const fct_table_part part = {
        .first_symbol = plan->symbols.names[shard->first_symbol],
        .last_symbol = plan->symbols.names[shard->end_symbol - 1],
        /* The attributes' columns must not meet others of the same name: all are needed to see that. */
        .columns = plan->attributes ? NULL : wanted->names,
        .n_columns = wanted->n_names,
    };
    const fct_panel_selection selection = {
        .from_ms = plan->from_ms,
        .to_ms = plan->to_ms,
        .symbols = plan->symbols.names + shard->first_symbol,
        .n_symbols = shard->end_symbol - shard->first_symbol,
    };
    fct_panel *whole;
    FCT_TRY(fct_panel_read_part(plan->panel, &part, &r->job->run, &whole, err));
    if (!plan->is_part) {
        *out = whole;
        return FCT_OK;
    }
    fct_status status = fct_panel_slice(whole, &selection, &r->job->run, out, err);
    fct_panel_free(whole);
    return status;
}

fct_status fct_shard_load_bars(const fct_shard_running *r, const fct_shard_names *wanted,
                               fct_panel **out, fct_error *err)
{
    const fct_shard *shard = &r->plan->stages[r->stage].shards[r->shard];
    fct_panel *bars = NULL;
    *out = NULL;
    FCT_TRY(fct_shard_source_check_files(r->plan, err));
    FCT_TRY(r->plan->panel ? load_from_file(r, shard, wanted, &bars, err)
                           : load_from_store(r, shard, &bars, err));
    if (!r->plan->attributes) {
        *out = bars;
        return FCT_OK;
    }
    fct_status status = fct_panel_join_file(bars, r->plan->attributes, &r->job->run, out, err);
    fct_panel_free(bars);
    return status;
}
