#include "shard/schema.h"

#include <stdlib.h>

#include "panel/file.h"

/* No bars, as a panel: of them the columns stay. */
static fct_status schema_of_store(const fct_shard_making *making, const fct_shard_store *store,
                                  fct_panel **out, fct_error *err)
{
    const fct_bars_request *bars = making->request->bars;
    const fct_column_map *map = store->resolved.map;
    struct ArrowArrayStream stream;
    const fct_bars_output output = {
        .symbols = calloc(1, sizeof(char *)),
        .lists = calloc(1, sizeof(fct_bar_list)),
        .by_time = true,
        .with_sides = !bars->without_sides &&
                      (store->resolved.klines || !map || map->is_buyer_maker || map->side),
        .with_notional = bars->with_notional,
        .with_num_trades = bars->with_num_trades,
    };
    if (!output.symbols || !output.lists) {
        free(output.symbols);
        free(output.lists);
        return fct_error_memory(err, sizeof(fct_bar_list));
    }
    FCT_TRY(fct_bars_stream(&output, &stream, err));
    return fct_panel_from_stream(&stream, &making->job->run, out, err);
}

fct_status fct_shard_schema(const fct_shard_making *making, const fct_shard_store *store,
                            fct_panel **out, fct_error *err)
{
    const fct_shard_request *request = making->request;
    const fct_run *run = &making->job->run;
    const fct_table_part none = {.without_rows = true};
    fct_panel *bars;
    *out = NULL;
    FCT_TRY(store ? schema_of_store(making, store, &bars, err)
                  : fct_panel_read_part(request->panel, &none, run, &bars, err));
    if (!request->attributes) {
        *out = bars;
        return FCT_OK;
    }
    fct_status status = fct_panel_join_file(bars, request->attributes, run, out, err);
    fct_panel_free(bars);
    return status;
}
