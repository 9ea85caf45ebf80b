/* Shards of expressions. */
#include "shard/run.h"
fct_status fct_shard_run_factors(fct_shard_running *running, fct_error *err)
{
    (void)running;
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                         "expressions cannot be planned as shards: evaluate them on one machine");
}
