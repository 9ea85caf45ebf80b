#include "store/duplicates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Each new row of a key is compared with all before it; a column of real ids repeats one a few times at most. */
enum { MAX_ROWS_PER_KEY = 4096 };

static uint64_t value_bits(fct_value_type type, const void *column, int64_t i)
{
    uint64_t bits = 0;
    if (type == FCT_VALUE_BOOL) {
        bits = ((const uint8_t *)column)[i];
    } else if (type == FCT_VALUE_INT64) {
        bits = (uint64_t)((const int64_t *)column)[i];
    } else {
        double value = ((const double *)column)[i] + 0.0; /* -0 becomes 0 */
        memcpy(&bits, &value, sizeof bits);
    }
    return bits;
}

static fct_status grow(fct_duplicates *seen, fct_error *err)
{
    size_t capacity = seen->capacity ? 2 * seen->capacity : 4;
    size_t n_bytes = capacity * (seen->identity.n_columns + 1) * sizeof *seen->values;
    uint64_t *values = realloc(seen->values, n_bytes);
    if (!values)
        return fct_error_memory(err, n_bytes);
    seen->values = values;
    seen->capacity = capacity;
    return FCT_OK;
}

fct_status fct_duplicates_check(fct_duplicates *seen, const fct_archive_schema *schema,
                                const fct_archive_block *rows, int64_t i, bool *is_duplicate,
                                fct_error *err)
{
    const int64_t *ids = fct_rows_id(schema, rows);
    int64_t id = ids ? ids[i] : 0;
    if (!seen->started || seen->time_us != rows->time_us[i] || seen->id != id) {
        seen->started = true;
        seen->time_us = rows->time_us[i];
        seen->id = id;
        seen->n_rows = 0;
    }
    if (seen->n_rows == seen->capacity)
        FCT_TRY(grow(seen, err));
    const fct_row_identity *identity = &seen->identity;
    uint64_t *values = seen->values + seen->n_rows * identity->n_columns;
    for (size_t c = 0; c < identity->n_columns; c++) {
        size_t column = identity->columns[c];
        values[c] = value_bits(schema->columns[column].type, rows->columns[column], i);
    }
    *is_duplicate = true;
    for (size_t row = 0; row < seen->n_rows; row++)
        if (memcmp(seen->values + row * identity->n_columns, values,
                   identity->n_columns * sizeof *values) == 0)
            return FCT_OK;
    *is_duplicate = false;
    if (++seen->n_rows > MAX_ROWS_PER_KEY)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "more than %d different rows have the time %" PRId64 " us and the id "
                             "%" PRId64 ": name the column that really is the id, or none",
                             MAX_ROWS_PER_KEY, seen->time_us, id);
    return FCT_OK;
}

fct_status fct_duplicates_start(fct_duplicates *seen, const fct_archive_schema *schema,
                                const fct_archive_block *rows, int64_t i, fct_error *err)
{
    bool is_duplicate;
    seen->started = false;
    return fct_duplicates_check(seen, schema, rows, i, &is_duplicate, err);
}

void fct_duplicates_free(fct_duplicates *seen)
{
    free(seen->values);
    *seen = (fct_duplicates){.identity = seen->identity};
}
