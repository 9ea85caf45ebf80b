#include "parquet/metadata.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parquet/chunk.h"
#include "parquet/thrift_read.h"

enum { MAX_LEAVES = 100000, MAX_NAME_BYTES = 1 << 16 };
enum { REQUIRED = 0, OPTIONAL = 1 };
enum {
    CONVERTED_UTF8 = 0,
    CONVERTED_DECIMAL = 5,
    CONVERTED_TIMESTAMP_MILLIS = 9,
    CONVERTED_TIMESTAMP_MICROS = 10
};

/* The footer while it is read. */
typedef struct parser {
    fct_thrift_reader thrift;
    const char *path;
    int64_t n_page_bytes;
    fct_parquet_metadata *out;
    fct_error *err;
} parser;

static fct_status bad_footer(const parser *p, const char *what)
{
    return fct_error_set(p->err, FCT_ERROR_DATA, "%s: the Parquet footer is damaged: %s", p->path,
                         what);
}

static char *copy_bytes(const uint8_t *bytes, size_t n_bytes)
{
    char *text = malloc(n_bytes + 1);
    if (text) {
        memcpy(text, bytes, n_bytes);
        text[n_bytes] = '\0';
    }
    return text;
}

/* ---- Schema ----------------------------------------------------------------------------------- */

typedef struct element {
    fct_parquet_leaf leaf;
    int repetition;
    int64_t n_children;
    bool has_type;
} element;

/* TimestampType { 1: isAdjustedToUTC, 2: unit { 1: ms, 2: us, 3: ns } } */
static fct_parquet_meaning read_timestamp(fct_thrift_reader *r)
{
    static const fct_parquet_meaning units[] = {FCT_MEANS_OTHER, FCT_MEANS_TIME_MS,
                                                FCT_MEANS_TIME_US, FCT_MEANS_TIME_NS};
    fct_parquet_meaning meaning = FCT_MEANS_OTHER;
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        if (f.id != 2 || !fct_thrift_enter(r, &f)) {
            if (f.id != 2)
                fct_thrift_skip(r, &f);
            continue;
        }
        for (fct_thrift_field unit = {0}; fct_thrift_next_field(r, &unit);) {
            if (unit.id >= 1 && unit.id <= 3)
                meaning = units[unit.id];
            fct_thrift_skip(r, &unit);
        }
    }
    return meaning;
}

/* LogicalType is a union: 1 string, 5 decimal { 1: scale, 2: precision }, 8 timestamp, 10 integer, ... */
static void read_logical_type(fct_thrift_reader *r, fct_parquet_leaf *leaf)
{
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        if (!fct_thrift_enter(r, &f))
            continue;
        if (f.id == 8) {
            leaf->meaning = read_timestamp(r);
            continue;
        }
        leaf->meaning = f.id == 1   ? FCT_MEANS_TEXT
                        : f.id == 5 ? FCT_MEANS_DECIMAL
                                    : FCT_MEANS_OTHER;
        bool is_signed = false;
        for (fct_thrift_field inner = {0}; fct_thrift_next_field(r, &inner);) {
            if (f.id == 5 && inner.id == 1)
                leaf->scale = (int)fct_thrift_read_int(r, &inner);
            else if (f.id == 5 && inner.id == 2)
                leaf->precision = (int)fct_thrift_read_int(r, &inner);
            else if (f.id == 10 && inner.id == 2)
                is_signed = fct_thrift_read_bool(r, &inner);
            else
                fct_thrift_skip(r, &inner);
        }
        if (f.id == 10 && is_signed)
            leaf->meaning = FCT_MEANS_VALUE;
    }
}

static fct_parquet_meaning meaning_of_converted(int64_t converted)
{
    return converted == CONVERTED_UTF8               ? FCT_MEANS_TEXT
           : converted == CONVERTED_DECIMAL          ? FCT_MEANS_DECIMAL
           : converted == CONVERTED_TIMESTAMP_MILLIS ? FCT_MEANS_TIME_MS
           : converted == CONVERTED_TIMESTAMP_MICROS ? FCT_MEANS_TIME_US
           : converted >= 15 && converted <= 18      ? FCT_MEANS_VALUE /* INT_8 to INT_64 */
                                                     : FCT_MEANS_OTHER;
}

static fct_status read_element(parser *p, element *e)
{
    fct_thrift_reader *r = &p->thrift;
    bool has_logical = false;
    *e = (element){.leaf = {.meaning = FCT_MEANS_VALUE}};
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        size_t n_bytes;
        const uint8_t *bytes;
        switch (f.id) {
        case 1:
            e->has_type = true;
            e->leaf.physical = (int)fct_thrift_read_int(r, &f);
            break;
        case 2:
            e->leaf.type_length = (int)fct_thrift_read_int(r, &f);
            break;
        case 3:
            e->repetition = (int)fct_thrift_read_int(r, &f);
            break;
        case 4:
            bytes = fct_thrift_read_bytes(r, &f, &n_bytes);
            if (n_bytes > MAX_NAME_BYTES || e->leaf.name)
                return bad_footer(p, "a column's name");
            e->leaf.name = copy_bytes(bytes, n_bytes);
            if (!e->leaf.name)
                return fct_error_memory(p->err, n_bytes + 1);
            break;
        case 5:
            e->n_children = fct_thrift_read_int(r, &f);
            break;
        case 6: {
            fct_parquet_meaning meaning = meaning_of_converted(fct_thrift_read_int(r, &f));
            if (!has_logical)
                e->leaf.meaning = meaning;
            break;
        }
        case 7:
            e->leaf.scale = (int)fct_thrift_read_int(r, &f);
            break;
        case 8:
            e->leaf.precision = (int)fct_thrift_read_int(r, &f);
            break;
        case 10:
            has_logical = fct_thrift_enter(r, &f);
            if (has_logical)
                read_logical_type(r, &e->leaf);
            break;
        default:
            fct_thrift_skip(r, &f);
        }
    }
    return e->leaf.name ? FCT_OK : bad_footer(p, "a column has no name");
}

/* The tree comes depth first. Leaves right below the root are read; others only count as columns. */
static fct_status read_schema(parser *p, const fct_thrift_field *field)
{
    fct_thrift_field kind;
    fct_parquet_metadata *out = p->out;
    size_t n = fct_thrift_read_list(&p->thrift, field, &kind);
    if (n < 1 || n > MAX_LEAVES || out->leaves)
        return bad_footer(p, "the schema");
    out->leaves = calloc(n, sizeof *out->leaves);
    if (!out->leaves)
        return fct_error_memory(p->err, n * sizeof *out->leaves);
    int64_t n_inside_group = 0; /* elements left of a nested group */
    for (size_t i = 0; i < n; i++) {
        element e;
        fct_status status = read_element(p, &e);
        if (status != FCT_OK) {
            free(e.leaf.name);
            return status;
        }
        if (!e.has_type || i == 0) {
            free(e.leaf.name);
            if (e.n_children < 0 || e.n_children > MAX_LEAVES)
                return bad_footer(p, "a group's size");
            /* A group takes the place of one element and brings its children. */
            if (i)
                n_inside_group += e.n_children - (n_inside_group > 0);
            continue;
        }
        e.leaf.optional = e.repetition == OPTIONAL;
        e.leaf.is_nested = n_inside_group > 0 || e.repetition > OPTIONAL || e.repetition < REQUIRED;
        n_inside_group -= n_inside_group > 0;
        out->leaves[out->n_leaves++] = e.leaf;
    }
    return FCT_OK;
}

/* ---- Row groups ------------------------------------------------------------------------------- */

static int64_t load_range(const uint8_t *bytes, size_t n_bytes, bool *has)
{
    int64_t value = 0;
    *has = n_bytes == sizeof value;
    if (*has)
        memcpy(&value, bytes, sizeof value);
    return value;
}

/* Statistics { 5: max_value, 6: min_value }; the older pair 1, 2 is the same for signed numbers. */
static void read_statistics(fct_thrift_reader *r, const fct_parquet_leaf *leaf,
                            fct_parquet_chunk_info *chunk)
{
    bool has_low = false;
    bool has_high = false;
    bool is_real = leaf->physical == FCT_PHYSICAL_DOUBLE;
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        if (f.id != 1 && f.id != 2 && f.id != 5 && f.id != 6) {
            fct_thrift_skip(r, &f);
            continue;
        }
        size_t n_bytes;
        const uint8_t *bytes = fct_thrift_read_bytes(r, &f, &n_bytes);
        if (f.id == 1 || f.id == 5)
            chunk->high = load_range(bytes, n_bytes, &has_high);
        else
            chunk->low = load_range(bytes, n_bytes, &has_low);
    }
    memcpy(&chunk->real_low, &chunk->low, sizeof chunk->low);
    memcpy(&chunk->real_high, &chunk->high, sizeof chunk->high);
    chunk->has_range = has_low && has_high && !is_real && chunk->low <= chunk->high;
    chunk->has_real_range = has_low && has_high && is_real && chunk->real_low <= chunk->real_high;
}

static void read_column_metadata(fct_thrift_reader *r, const fct_parquet_leaf *leaf,
                                 fct_parquet_chunk_info *chunk)
{
    int64_t data_offset = 0;
    int64_t dictionary_offset = 0;
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        switch (f.id) {
        case 4:
            chunk->codec = (int)fct_thrift_read_int(r, &f);
            break;
        case 5:
            chunk->n_values = fct_thrift_read_int(r, &f);
            break;
        case 7:
            chunk->n_bytes = fct_thrift_read_int(r, &f);
            break;
        case 9:
            data_offset = fct_thrift_read_int(r, &f);
            break;
        case 11:
            dictionary_offset = fct_thrift_read_int(r, &f);
            break;
        case 12:
            if (fct_thrift_enter(r, &f))
                read_statistics(r, leaf, chunk);
            break;
        default:
            fct_thrift_skip(r, &f);
        }
    }
    /* Some writers leave a 0 for "none". */
    chunk->offset =
        dictionary_offset > 0 && dictionary_offset < data_offset ? dictionary_offset : data_offset;
}

static fct_status check_chunk(const parser *p, const fct_parquet_chunk_info *chunk)
{
    if (chunk->offset < 0 || chunk->n_bytes < 0 || chunk->offset > p->n_page_bytes ||
        chunk->n_bytes > p->n_page_bytes - chunk->offset)
        return bad_footer(p, "a column lies outside the file");
    return FCT_OK;
}

static fct_status read_columns(parser *p, const fct_thrift_field *field,
                               fct_parquet_chunk_info *chunks)
{
    fct_thrift_field kind;
    size_t n = fct_thrift_read_list(&p->thrift, field, &kind);
    if (n != p->out->n_leaves)
        return bad_footer(p, "a row group has another number of columns than the schema");
    for (size_t i = 0; i < n; i++) {
        for (fct_thrift_field f = {0}; fct_thrift_next_field(&p->thrift, &f);) {
            if (f.id == 3 && fct_thrift_enter(&p->thrift, &f))
                read_column_metadata(&p->thrift, &p->out->leaves[i], &chunks[i]);
            else if (f.id == 1)
                return fct_error_set(p->err, FCT_ERROR_UNSUPPORTED,
                                     "%s keeps columns in other files", p->path);
            else if (f.id != 3)
                fct_thrift_skip(&p->thrift, &f);
        }
        FCT_TRY(check_chunk(p, &chunks[i]));
    }
    return FCT_OK;
}

static fct_status read_row_groups(parser *p, const fct_thrift_field *field)
{
    fct_parquet_metadata *out = p->out;
    fct_thrift_field kind;
    size_t n = fct_thrift_read_list(&p->thrift, field, &kind);
    if (!out->leaves || out->chunks)
        return bad_footer(p, "its parts come in a strange order");
    /* A column of a row group takes several bytes of the footer, so that this is bounded by its size. */
    out->chunks = calloc(n * out->n_leaves + 1, sizeof *out->chunks);
    out->group_rows = calloc(n + 1, sizeof *out->group_rows);
    if (!out->chunks || !out->group_rows)
        return fct_error_memory(p->err, (n * out->n_leaves + 1) * sizeof *out->chunks);
    for (size_t i = 0; i < n; i++) {
        for (fct_thrift_field f = {0}; fct_thrift_next_field(&p->thrift, &f);) {
            if (f.id == 1)
                FCT_TRY(read_columns(p, &f, out->chunks + i * out->n_leaves));
            else if (f.id == 3)
                out->group_rows[i] = fct_thrift_read_int(&p->thrift, &f);
            else
                fct_thrift_skip(&p->thrift, &f);
        }
        if (p->thrift.broken || out->group_rows[i] < 0 ||
            out->group_rows[i] > INT64_MAX / 2 - out->n_rows)
            return bad_footer(p, "a row group's number of rows");
        out->n_rows += out->group_rows[i];
        out->n_row_groups++;
    }
    return FCT_OK;
}

static fct_status read_pair(parser *p, char **key, char **value)
{
    for (fct_thrift_field f = {0}; fct_thrift_next_field(&p->thrift, &f);) {
        size_t n_bytes;
        if (f.id != 1 && f.id != 2) {
            fct_thrift_skip(&p->thrift, &f);
            continue;
        }
        const uint8_t *bytes = fct_thrift_read_bytes(&p->thrift, &f, &n_bytes);
        char **to = f.id == 1 ? key : value;
        free(*to);
        *to = copy_bytes(bytes, n_bytes);
        if (!*to)
            return fct_error_memory(p->err, n_bytes + 1);
    }
    return FCT_OK;
}

static fct_status read_pairs(parser *p, const fct_thrift_field *field)
{
    fct_parquet_metadata *out = p->out;
    fct_thrift_field kind;
    size_t n = fct_thrift_read_list(&p->thrift, field, &kind);
    if (out->keys)
        return bad_footer(p, "its parts come twice");
    out->keys = calloc(n + 1, sizeof *out->keys);
    out->values = calloc(n + 1, sizeof *out->values);
    if (!out->keys || !out->values)
        return fct_error_memory(p->err, (n + 1) * sizeof *out->keys);
    for (; out->n_pairs < n && !p->thrift.broken; out->n_pairs++)
        FCT_TRY(read_pair(p, &out->keys[out->n_pairs], &out->values[out->n_pairs]));
    return FCT_OK;
}

/* ---- The whole -------------------------------------------------------------------------------- */

static fct_status read_file_metadata(parser *p)
{
    int64_t n_rows = -1;
    for (fct_thrift_field f = {0}; fct_thrift_next_field(&p->thrift, &f);) {
        switch (f.id) {
        case 2:
            FCT_TRY(read_schema(p, &f));
            break;
        case 3:
            n_rows = fct_thrift_read_int(&p->thrift, &f);
            break;
        case 4:
            FCT_TRY(read_row_groups(p, &f));
            break;
        case 5:
            FCT_TRY(read_pairs(p, &f));
            break;
        default:
            fct_thrift_skip(&p->thrift, &f);
        }
    }
    if (p->thrift.broken)
        return bad_footer(p, "it is cut off or no Thrift");
    if (!p->out->leaves || n_rows != p->out->n_rows)
        return bad_footer(p, "the row groups do not add up to the number of rows");
    return FCT_OK;
}

fct_status fct_parquet_metadata_parse(fct_parquet_metadata *out, const char *path,
                                      const uint8_t *bytes, size_t n_bytes, int64_t n_page_bytes,
                                      fct_error *err)
{
    *out = (fct_parquet_metadata){0};
    parser p = {
        .thrift = {.next = bytes, .end = bytes + n_bytes},
        .path = path,
        .n_page_bytes = n_page_bytes,
        .out = out,
        .err = err,
    };
    fct_status status = read_file_metadata(&p);
    if (status != FCT_OK)
        fct_parquet_metadata_free(out);
    return status;
}

void fct_parquet_metadata_free(fct_parquet_metadata *metadata)
{
    for (size_t i = 0; metadata->leaves && i < metadata->n_leaves; i++)
        free(metadata->leaves[i].name);
    /* The pair being read when something failed counts as well. */
    for (size_t i = 0; metadata->keys && metadata->values && i <= metadata->n_pairs; i++) {
        free(metadata->keys[i]);
        free(metadata->values[i]);
    }
    free(metadata->leaves);
    free(metadata->chunks);
    free(metadata->group_rows);
    free(metadata->keys);
    free(metadata->values);
    *metadata = (fct_parquet_metadata){0};
}

size_t fct_parquet_metadata_find(const fct_parquet_metadata *m, const char *name)
{
    for (size_t i = 0; i < m->n_leaves; i++)
        if (strcmp(m->leaves[i].name, name) == 0)
            return i;
    for (size_t i = 0; i < m->n_leaves; i++)
        if (strcasecmp(m->leaves[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

const char *fct_parquet_metadata_value(const fct_parquet_metadata *m, const char *key)
{
    for (size_t i = 0; i < m->n_pairs; i++)
        if (m->keys[i] && strcmp(m->keys[i], key) == 0)
            return m->values[i] ? m->values[i] : "";
    return NULL;
}
