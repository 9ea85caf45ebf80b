/* Any bytes as a page of a bucket's listing: a message, or names and a way to go on. */
#include <stdint.h>
#include <stdlib.h>

#include "archive/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fct_listing listing = {0};
    fct_error err = {0};
    if (fct_listing_add(&listing, (const char *)data, size, &err) == FCT_OK)
        require(!listing.is_truncated || listing.next_marker);
    else
        require(err.message[0] != '\0');
    fct_listing_free(&listing);
    return 0;
}
