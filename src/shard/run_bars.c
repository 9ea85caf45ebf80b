/* A shard of bars: the bars of some symbols over some days, as fct_bars has them. */
#include "bars/request.h"
#include "shard/run.h"
#include "shard/source.h"

fct_status fct_shard_run_bars(fct_shard_running *r, fct_error *err)
{
    const fct_shard *shard = &r->plan->stages[r->stage].shards[r->shard];
    fct_store_selection selection = {0};
    fct_bars_request request = r->plan->bars;
    fct_bars_output output;
    struct ArrowArrayStream stream;
    request.symbols = r->plan->symbols.names + shard->first_symbol;
    request.n_symbols = shard->end_symbol - shard->first_symbol;
    if (shard->from_ms != INT64_MIN)
        request.from_ms = shard->from_ms;
    if (shard->to_ms != INT64_MAX)
        request.to_ms = shard->to_ms;
    FCT_TRY(fct_shard_source_select(r->plan, shard, r->job, &selection, err));
    fct_status status = fct_bars_collect_selected(&request, &selection, r->job, NULL, &output, err);
    if (status == FCT_OK)
        status = fct_bars_stream(&output, &stream, err);
    if (status == FCT_OK)
        status = fct_shard_write_result(r, &stream, err);
    fct_store_selection_free(&selection);
    return status;
}
