#include "store/day_subtract.h"

#include <unistd.h>

#include "store/day_file.h"
#include "store/duplicates.h"

/* Files open at a time; more are subtracted in several passes. */
enum { MAX_EARLIER = 7 };

/* One file and its next row. */
typedef struct cursor {
    fct_day_reader *reader;
    const fct_archive_schema *schema;
    fct_row_identity identity;
    fct_archive_block rows;
    int64_t next;
    const int64_t *ids; /* of `rows`; NULL: none */
} cursor;

static fct_status cursor_read(cursor *c, fct_error *err)
{
    FCT_TRY(fct_day_reader_next(c->reader, &c->rows, err));
    c->ids = fct_rows_id(c->schema, &c->rows);
    c->next = 0;
    return FCT_OK;
}

static fct_status cursor_open(cursor *c, const fct_day_part *part, bool is_klines, fct_job *job,
                              fct_error *err)
{
    FCT_TRY(fct_day_reader_open(&c->reader, part->path, part->source, job, err));
    c->schema = fct_day_reader_schema(c->reader);
    c->identity = fct_row_identity_of(c->schema, is_klines);
    return cursor_read(c, err);
}

static bool cursor_ended(const cursor *c)
{
    return c->next == c->rows.n_rows;
}

/* Whether the next row of `a`, an earlier file, comes no later than the next of `b`. */
static bool comes_first(const cursor *a, const cursor *b)
{
    int64_t a_time = a->rows.time_us[a->next];
    int64_t b_time = b->rows.time_us[b->next];
    if (a_time != b_time)
        return a_time < b_time;
    return (a->ids ? a->ids[a->next] : 0) <= (b->ids ? b->ids[b->next] : 0);
}

/* Whether rows of the two can be the same at all: columns of a user's files may differ from file to file. */
static bool can_compare(const cursor *a, const cursor *b)
{
    if (a->identity.n_columns != b->identity.n_columns)
        return false;
    for (size_t c = 0; c < a->identity.n_columns; c++)
        if (a->schema->columns[a->identity.columns[c]].type !=
            b->schema->columns[b->identity.columns[c]].type)
            return false;
    return true;
}

typedef struct pass {
    cursor cursors[MAX_EARLIER + 1]; /* the part's own behind those of the earlier files */
    size_t n_cursors;
    fct_duplicates seen;
    fct_day_output output;
    int64_t n_rows;
} pass;

/* The row with the smallest key, of the earliest file among equals; NULL at the end of the part's own rows. */
static cursor *next_row(pass *s)
{
    cursor *own = &s->cursors[s->n_cursors - 1];
    if (cursor_ended(own))
        return NULL;
    cursor *first = own;
    for (size_t i = s->n_cursors - 1; i-- > 0;)
        if (!cursor_ended(&s->cursors[i]) && comes_first(&s->cursors[i], first))
            first = &s->cursors[i];
    return first;
}

static fct_status merge(pass *s, fct_job *job, fct_error *err)
{
    cursor *own = &s->cursors[s->n_cursors - 1];
    int64_t first_kept =
        0; /* of the present block; rows from here to own->next are new and not yet written */
    for (cursor *c; (c = next_row(s)) != NULL;) {
        bool is_duplicate;
        s->seen.identity = c->identity;
        FCT_TRY(fct_duplicates_check(&s->seen, c->schema, &c->rows, c->next, &is_duplicate, err));
        c->next++;
        if (c == own && (is_duplicate || cursor_ended(c))) {
            int64_t n_kept = c->next - is_duplicate - first_kept;
            if (n_kept)
                FCT_TRY(fct_day_output_write(&s->output, &c->rows, first_kept, n_kept, err));
            s->n_rows += n_kept;
            first_kept = cursor_ended(c) ? 0 : c->next;
        }
        if (cursor_ended(c)) {
            FCT_TRY(fct_job_check(job, err));
            FCT_TRY(cursor_read(c, err));
        }
    }
    return FCT_OK;
}

/* The rows of `part` that the files [first, first + n) do not have; n is at most MAX_EARLIER. */
static fct_status subtract(const fct_day_subtraction *subtraction, const fct_day_part *part,
                           size_t first, size_t n, const char *out_path, fct_job *job,
                           int64_t *n_rows, fct_file_mark *mark, fct_error *err)
{
    fct_status status = FCT_OK;
    pass s = {.output = {.fd = -1}};
    for (size_t i = 0; i <= n; i++) {
        cursor *c = &s.cursors[s.n_cursors++];
        FCT_TRY_OUT(cursor_open(c, i < n ? &subtraction->earlier[first + i] : part,
                                subtraction->is_klines, job, err));
    }
    const cursor *own = &s.cursors[n];
    for (size_t i = 0; i < n; i++)
        if (!can_compare(&s.cursors[i], own))
            s.cursors[i].next = s.cursors[i].rows.n_rows;
    FCT_TRY_OUT(fct_day_output_open(&s.output, out_path, own->schema, err));
    FCT_TRY_OUT(merge(&s, job, err));
    *n_rows = s.n_rows;
    if (s.n_rows)
        FCT_TRY_OUT(fct_day_output_close(&s.output, mark, err));
out:
    fct_day_output_free(&s.output);
    fct_duplicates_free(&s.seen);
    for (size_t i = 0; i < s.n_cursors; i++)
        fct_day_reader_free(s.cursors[i].reader);
    return status;
}

fct_status fct_day_subtract(const fct_day_subtraction *subtraction, const char *out_path,
                            fct_job *job, int64_t *n_rows, fct_file_mark *mark, fct_error *err)
{
    size_t n_earlier = subtraction->n_earlier;
    size_t n_open = (n_earlier < MAX_EARLIER ? n_earlier : MAX_EARLIER) + 1;
    size_t memory_bytes = n_open * fct_day_reader_bytes() + subtraction->writer_bytes;
    FCT_TRY(fct_job_memory_take(job, memory_bytes, "comparing the files of a day", err));
    fct_text names[2] = {{0}, {0}}; /* the result of one pass, and of the next */
    fct_day_part part = subtraction->part;
    fct_status status = FCT_OK;
    for (size_t first = 0, i = 0; first < n_earlier; first += MAX_EARLIER, i++) {
        size_t n_left = n_earlier - first;
        const char *to = out_path;
        if (n_left > MAX_EARLIER) {
            names[i % 2].length = 0;
            FCT_TRY_OUT(fct_text_append_format(&names[i % 2], err, "%s.%zu", out_path, i));
            to = names[i % 2].data;
        }
        status = subtract(subtraction, &part, first, n_left < MAX_EARLIER ? n_left : MAX_EARLIER,
                          to, job, n_rows, mark, err);
        if (i > 0)
            unlink(part.path);
        if (status != FCT_OK || *n_rows == 0)
            goto out;
        part.path = to;
    }
out:
    fct_text_free(&names[0]);
    fct_text_free(&names[1]);
    fct_job_memory_give(job, memory_bytes);
    return status;
}
