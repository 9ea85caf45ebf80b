#include "bars_shape.h"

#include "map.h"

bool option_bars_shape(const invocation *in, const bars_shape_options *where,
                       fct_bars_request *request, bars_shape *kept)
{
    static const char *const fill_words[] = {"none", "previous", NULL};
    static const char *const engine_words[] = {"auto", "native", "duckdb", NULL};
    int fill = 0;
    int engine = 0;
    if (!option_word(in, where->fill, fill_words, &fill) ||
        !option_word(in, where->engine, engine_words, &engine) ||
        (in->values[where->map] && !option_map(in, where->map, &kept->map, &kept->map_text)))
        return false;
    request->map = in->values[where->map] ? &kept->map : NULL;
    request->fill_previous = fill == 1;
    request->engine = (fct_engine)engine;
    request->without_sides = in->values[where->no_sides];
    request->with_notional = in->values[where->notional];
    request->with_num_trades = in->values[where->num_trades];
    request->drop_last = in->values[where->drop_last];
    request->cache_folder = in->values[where->cache];
    return true;
}
