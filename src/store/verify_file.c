/* One Parquet file: every page read, every column held against the footer's statistics. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "parquet/reader.h"
#include "store/verify.h"

/* ---- Findings --------------------------------------------------------------------------------- */

static char *copy_or_null(const char *text, bool *ok)
{
    char *copy = text ? fct_text_copy(text) : NULL;
    *ok = *ok && (copy || !text);
    return copy;
}

fct_status fct_findings_add(fct_findings *findings, bool is_problem, const fct_finding_place *place,
                            const char *repair, fct_error *err, const char *format, ...)
{
    char what[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (findings->n_findings == findings->capacity) {
        size_t capacity = findings->capacity ? findings->capacity * 2 : 16;
        fct_finding *grown = realloc(findings->findings, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        findings->findings = grown;
        findings->capacity = capacity;
    }
    const fct_store_key *key = place->key;
    bool ok = true;
    findings->findings[findings->n_findings++] = (fct_finding){
        .is_problem = is_problem,
        .day = place->day,
        .market = copy_or_null(key ? key->market : NULL, &ok),
        .data_type = copy_or_null(key ? key->data_type : NULL, &ok),
        .symbol = copy_or_null(key ? key->symbol : NULL, &ok),
        .file = copy_or_null(place->file, &ok),
        .what = copy_or_null(what, &ok),
        .repair = copy_or_null(repair, &ok),
    };
    return ok ? FCT_OK : fct_error_memory(err, sizeof what);
}

void fct_findings_free(fct_findings *findings)
{
    for (size_t i = 0; i < findings->n_findings; i++) {
        fct_finding *f = &findings->findings[i];
        free(f->market);
        free(f->data_type);
        free(f->symbol);
        free(f->file);
        free(f->what);
        free(f->repair);
    }
    free(findings->findings);
    *findings = (fct_findings){0};
}

/* ---- Columns ---------------------------------------------------------------------------------- */

/* What the rows of one row group were seen to hold. */
typedef struct seen {
    int64_t n_rows, low, high;
    double real_low, real_high;
    bool has_value;
} seen;

static fct_status check_group(const fct_parquet_metadata *metadata, size_t column, size_t group,
                              fct_parquet_read_as as, const seen *s, const fct_finding_place *place,
                              const char *repair, fct_findings *out, fct_error *err)
{
    const fct_parquet_chunk_info *chunk = &metadata->chunks[group * metadata->n_leaves + column];
    const char *name = metadata->leaves[column].name;
    if (!s->has_value)
        return FCT_OK;
    if (as == FCT_READ_DOUBLE && chunk->has_real_range &&
        (chunk->real_low > s->real_low || chunk->real_high < s->real_high))
        return fct_findings_add(out, true, place, repair, err,
                                "column %s of row group %zu holds %.17g to %.17g, and the footer "
                                "says %.17g to %.17g",
                                name, group + 1, s->real_low, s->real_high, chunk->real_low,
                                chunk->real_high);
    if (as != FCT_READ_INT64 || !chunk->has_range ||
        (chunk->low <= s->low && chunk->high >= s->high))
        return FCT_OK;
    return fct_findings_add(out, true, place, repair, err,
                            "column %s of row group %zu holds %" PRId64 " to %" PRId64
                            ", and the footer says %" PRId64 " to %" PRId64,
                            name, group + 1, s->low, s->high, chunk->low, chunk->high);
}

static void look_at_integers(seen *s, const int64_t *values, const uint8_t *validity,
                             int64_t n_rows)
{
    for (int64_t i = 0; i < n_rows; i++) {
        if (validity && !validity[i])
            continue;
        s->low = s->has_value && s->low < values[i] ? s->low : values[i];
        s->high = s->has_value && s->high > values[i] ? s->high : values[i];
        s->has_value = true;
    }
}

/* NaN has no place in a range. */
static void look_at_reals(seen *s, const double *values, const uint8_t *validity, int64_t n_rows)
{
    for (int64_t i = 0; i < n_rows; i++) {
        if ((validity && !validity[i]) || isnan(values[i]))
            continue;
        s->real_low = s->has_value && s->real_low < values[i] ? s->real_low : values[i];
        s->real_high = s->has_value && s->real_high > values[i] ? s->real_high : values[i];
        s->has_value = true;
    }
}

/* Adds rows to what was seen. */
static void look_at(seen *s, fct_parquet_read_as as, const void *values, const uint8_t *validity,
                    int64_t n_rows)
{
    if (as == FCT_READ_INT64)
        look_at_integers(s, values, validity, n_rows);
    else if (as == FCT_READ_DOUBLE)
        look_at_reals(s, values, validity, n_rows);
    s->n_rows += n_rows;
}

static fct_status read_column(const fct_parquet_file *file, size_t column, fct_parquet_read_as as,
                              const fct_finding_place *place, const char *repair, fct_job *job,
                              fct_findings *out, fct_error *err)
{
    const fct_parquet_metadata *metadata = fct_parquet_file_metadata(file);
    fct_parquet_cursor *cursor;
    fct_status status;
    size_t group = 0;
    seen s = {0};
    FCT_TRY(fct_parquet_cursor_open(&cursor, file, column, as, err));
    for (;;) {
        const void *values;
        const uint8_t *validity;
        int64_t n_rows;
        FCT_TRY_OUT(fct_job_check(job, err));
        FCT_TRY_OUT(fct_parquet_cursor_peek(cursor, &values, &validity, &n_rows, err));
        if (!n_rows)
            break;
        /* Pages end with their row group. */
        while (group < metadata->n_row_groups && s.n_rows == metadata->group_rows[group]) {
            FCT_TRY_OUT(check_group(metadata, column, group++, as, &s, place, repair, out, err));
            s = (seen){0};
        }
        look_at(&s, as, values, validity, n_rows);
        fct_parquet_cursor_skip(cursor, n_rows);
    }
    if (group < metadata->n_row_groups)
        status = check_group(metadata, column, group, as, &s, place, repair, out, err);
out:
    fct_parquet_cursor_free(cursor);
    return status;
}

/* The first way in which a column can be read; false where none is. */
static bool choose_reading(const fct_parquet_file *file, size_t column, fct_parquet_read_as *as)
{
    static const fct_parquet_read_as ways[] = {FCT_READ_INT64, FCT_READ_BOOL, FCT_READ_DOUBLE};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        *as = ways[i];
        if (fct_parquet_can_read(file, column, *as, NULL) == FCT_OK)
            return true;
    }
    return false;
}

fct_status fct_verify_file(const char *path, const fct_finding_place *place, const char *repair,
                           fct_job *job, fct_findings *out, bool *is_readable, fct_error *err)
{
    fct_parquet_file *file = NULL;
    fct_error why = {0};
    fct_status status = fct_parquet_file_open(&file, path, &why);
    if (status == FCT_OK) {
        const fct_parquet_metadata *metadata = fct_parquet_file_metadata(file);
        out->n_rows += metadata->n_rows;
        for (size_t i = 0; status == FCT_OK && i < metadata->n_leaves; i++) {
            fct_parquet_read_as as;
            if (choose_reading(file, i, &as))
                status = read_column(file, i, as, place, repair, job, out, &why);
        }
    }
    out->n_files++;
    fct_parquet_file_close(file);
    *is_readable = status == FCT_OK;
    if (status == FCT_ERROR_MEMORY || status == FCT_ERROR_INTERRUPTED)
        return fct_error_set(err, status, "%s", why.message);
    if (status == FCT_ERROR_UNSUPPORTED)
        return fct_findings_add(out, false, place, NULL, err, "not all of it is read here: %s",
                                why.message);
    if (status != FCT_OK)
        return fct_findings_add(out, true, place, repair, err, "%s", why.message);
    return FCT_OK;
}
