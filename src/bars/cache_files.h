/* The files of a cache: listing and removing them. */
#ifndef FCT_BARS_CACHE_FILES_H
#define FCT_BARS_CACHE_FILES_H

#include "bars/cache.h"
#include "base/file.h"

struct fct_cache {
    char *store;
    char *folder; /* of all caches: bars-1 and what older versions left lie in it */
};

/* What the path of an entry says. */
typedef struct fct_cache_place {
    char market[65], data_type[65], symbol[65];
    char interval[32]; /* "1m-5f0c2a91" */
    int64_t day;
} fct_cache_place;

/* False where the path is of no entry of this version. */
bool fct_cache_place_parse(const fct_cache *cache, const char *path, fct_cache_place *place);

#endif
