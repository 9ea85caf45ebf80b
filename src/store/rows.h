/* Rows on their way into the store: blocks of typed columns, and what makes two rows the same. */
#ifndef FCT_STORE_ROWS_H
#define FCT_STORE_ROWS_H

#include "archive/reader.h"

static inline size_t fct_value_bytes(fct_value_type type)
{
    return type == FCT_VALUE_BOOL ? sizeof(uint8_t) : sizeof(int64_t);
}

/* What one row holds, its time in µs included. */
static inline size_t fct_row_bytes(const fct_archive_schema *schema)
{
    size_t n_bytes = sizeof(int64_t);
    for (size_t c = 0; c < schema->n_columns; c++)
        n_bytes += fct_value_bytes(schema->columns[c].type);
    return n_bytes;
}

/* Leaves out the rows of a block that are not within [from_us, to_us). The arrays are the reader's, for the caller to use. */
void fct_rows_keep(const fct_archive_schema *schema, fct_archive_block *rows, int64_t from_us,
                   int64_t to_us);

/* The ids of a block, or NULL where its rows have none. */
static inline const int64_t *fct_rows_id(const fct_archive_schema *schema,
                                         const fct_archive_block *rows)
{
    return schema->id == SIZE_MAX ? NULL : rows->columns[schema->id];
}

/*
 * What tells rows of one (time, id) apart: price and quantity of trades, every column of klines, whose key is their
 * time alone. Trades without an id have no identity: two equal ones are two trades.
 */
typedef struct fct_row_identity {
    bool exists;
    size_t n_columns;
    size_t columns[FCT_ARCHIVE_MAX_COLUMNS];
} fct_row_identity;

static inline fct_row_identity fct_row_identity_of(const fct_archive_schema *schema, bool is_klines)
{
    fct_row_identity identity = {.exists = is_klines || schema->id != SIZE_MAX};
    if (!is_klines) {
        identity.n_columns = 2;
        identity.columns[0] = schema->price;
        identity.columns[1] = schema->quantity;
        return identity;
    }
    for (size_t c = 0; c < schema->n_columns; c++)
        if (c != schema->time)
            identity.columns[identity.n_columns++] = c;
    return identity;
}

#endif
