/* The exchange of a user's own files: no table of columns, no layout; --map says what is what. */
#include "exchange/exchange.h"

/*
 * A name like gold-2013-12-01.csv may count days in any time zone, so it is taken to say nothing.
 */
static void parse_path(const char *path, fct_archive_name *name)
{
    (void)path;
    *name = (fct_archive_name){.first_day = INT64_MIN};
}

const fct_exchange fct_exchange_generic = {.name = "generic", .parse_path = parse_path};
