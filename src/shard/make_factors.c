/* Shards of expressions. */
#include "shard/making.h"
fct_status fct_shard_plan_add_factors(fct_shard_making *making, fct_error *err)
{
    (void)making;
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                         "expressions cannot be planned as shards: evaluate them on one machine");
}
