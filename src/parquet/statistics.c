#include "parquet/statistics.h"

#include <math.h>
#include <string.h>

#include "base/vector.h"

static void set_statistics(fct_parquet_statistics *s, const void *low, const void *high,
                           size_t n_bytes)
{
    memcpy(s->low, low, n_bytes);
    memcpy(s->high, high, n_bytes);
    s->n_low_bytes = s->n_high_bytes = n_bytes;
    s->known = true;
}

FCT_CLONES static void find_int64(const fct_parquet_chunk *chunk, fct_parquet_statistics *s)
{
    const int64_t *values = chunk->values;
    int64_t low = values[0];
    int64_t high = values[0];
    for (size_t i = 1; i < chunk->n_values; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    set_statistics(s, &low, &high, sizeof low);
}

FCT_CLONES static void find_int32(const fct_parquet_chunk *chunk, fct_parquet_statistics *s)
{
    const int32_t *values = chunk->values;
    int32_t low = values[0];
    int32_t high = values[0];
    for (size_t i = 1; i < chunk->n_values; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    set_statistics(s, &low, &high, sizeof low);
}

FCT_CLONES static void find_bool(const fct_parquet_chunk *chunk, fct_parquet_statistics *s)
{
    const uint8_t *values = chunk->values;
    uint8_t low = values[0];
    uint8_t high = values[0];
    for (size_t i = 1; i < chunk->n_values; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    set_statistics(s, &low, &high, sizeof low);
}

/* The format wants NaN left out, -0 for a smallest and +0 for a largest zero. */
FCT_CLONES static void find_double(const fct_parquet_chunk *chunk, fct_parquet_statistics *s)
{
    const double *values = chunk->values;
    double low = INFINITY;
    double high = -INFINITY;
    bool any = false;
    for (size_t i = 0; i < chunk->n_values; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
        any = any || !isnan(values[i]);
    }
    if (!any)
        return;
    low = low == 0 ? -0.0 : low;
    high = high == 0 ? 0.0 : high;
    set_statistics(s, &low, &high, sizeof low);
}

static int compare_texts(const fct_parquet_chunk *chunk, size_t a, size_t b)
{
    size_t n_a = chunk->offsets[a + 1] - chunk->offsets[a];
    size_t n_b = chunk->offsets[b + 1] - chunk->offsets[b];
    int order = memcmp(chunk->text.data + chunk->offsets[a], chunk->text.data + chunk->offsets[b],
                       n_a < n_b ? n_a : n_b);
    return order ? order : (n_a > n_b) - (n_a < n_b);
}

/* Long texts get no statistics: cut ones would need flags that older readers do not know. */
static void find_text(const fct_parquet_chunk *chunk, fct_parquet_statistics *s)
{
    size_t low = 0;
    size_t high = 0;
    for (size_t i = 1; i < chunk->n_values; i++) {
        low = compare_texts(chunk, i, low) < 0 ? i : low;
        high = compare_texts(chunk, i, high) > 0 ? i : high;
    }
    s->n_low_bytes = chunk->offsets[low + 1] - chunk->offsets[low];
    s->n_high_bytes = chunk->offsets[high + 1] - chunk->offsets[high];
    s->known =
        s->n_low_bytes <= FCT_STATISTIC_MAX_BYTES && s->n_high_bytes <= FCT_STATISTIC_MAX_BYTES;
    if (!s->known)
        return;
    memcpy(s->low, chunk->text.data + chunk->offsets[low], s->n_low_bytes);
    memcpy(s->high, chunk->text.data + chunk->offsets[high], s->n_high_bytes);
}

fct_parquet_statistics fct_parquet_chunk_statistics(const fct_parquet_chunk *chunk)
{
    static void (*const finders[])(const fct_parquet_chunk *, fct_parquet_statistics *) = {
        [FCT_PHYSICAL_BOOLEAN] = find_bool,    [FCT_PHYSICAL_INT32] = find_int32,
        [FCT_PHYSICAL_INT64] = find_int64,     [FCT_PHYSICAL_DOUBLE] = find_double,
        [FCT_PHYSICAL_BYTE_ARRAY] = find_text,
    };
    fct_parquet_statistics s = {0};
    if (chunk->n_values)
        finders[fct_parquet_physical_type(chunk->column.type)](chunk, &s);
    return s;
}
