/* One page of a bucket's listing (S3's ListBucketResult, the first version): names, and whether there is more. */
#ifndef FCT_ARCHIVE_LISTING_H
#define FCT_ARCHIVE_LISTING_H

#include "base/text.h"
#include "base/text_set.h"

/* Starts as {0}; freed by fct_listing_free. */
typedef struct fct_listing {
    fct_text_set
        prefixes; /* what a folder's folders are called, "data/spot/daily/trades/BTCUSDT/" */
    fct_text_set keys;
    bool is_truncated;
    char *next_marker; /* what the next page is asked for with; NULL where there is none */
} fct_listing;

/*
 * Adds a page. FCT_ERROR_DATA where it is no listing, or one that says there is more and not where. A document type
 * is refused: listings have none, and entities can be made to explode.
 */
fct_status fct_listing_add(fct_listing *listing, const char *xml, size_t n_bytes, fct_error *err);
void fct_listing_free(fct_listing *listing);

#endif
