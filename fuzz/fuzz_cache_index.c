/*
 * Any bytes as the index of a series of cached days, as they are and with the digest that they should have: what is accepted is in
 * order and within bounds, and each of its days is found.
 */
#include <stdlib.h>
#include <string.h>

#include "bars/cache_index.h"
#include "base/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAGIC_BYTES = 8, HEADER_BYTES = 16 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void parse(const uint8_t *data, size_t size)
{
    fct_cache_index index;
    require(fct_cache_index_parse(data, size, &index, NULL) == FCT_OK);
    require(index.n_records ? index.records != NULL : !index.records);
    for (size_t i = 0; i < index.n_records; i++) {
        const fct_cache_record *record = &index.records[i];
        require(!i || record[-1].day < record->day);
        require(record->offset >= 0 && record->n_bars <= 1U << 27 && record->has_side <= 1);
        require(fct_cache_index_find(&index, record->day) == record);
    }
    fct_cache_index_free(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size);
    if (size < HEADER_BYTES)
        return 0;
    uint8_t *mended = malloc(size);
    if (!mended)
        return 0;
    memcpy(mended, data, size);
    memcpy(mended, "FCTINDX1", MAGIC_BYTES);
    uint64_t digest = fct_digest_of(mended + HEADER_BYTES, size - HEADER_BYTES);
    memcpy(mended + MAGIC_BYTES, &digest, sizeof digest);
    parse(mended, size);
    free(mended);
    return 0;
}
