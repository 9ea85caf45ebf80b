/* Reading blocks: all that a file says is checked before it is believed. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "shard/blocks.h"
#include "shard/blocks_format.h"

typedef struct reading {
    const char *path;
    const struct fct_shard_plan *plan;
    int fd;
    uint64_t n_file_bytes;
    char *header, *segment;
    fct_blocks_header *head; /* the beginning of the header */
    fct_blocks_place place;
    fct_error *err;
} reading;

/* A column of the file, and which one of the rows' it is. */
typedef struct column {
    fct_panel_type type;
    const char *name;
    size_t n_name;
    size_t target; /* SIZE_MAX: not wanted */
    char **texts;  /* FCT_PANEL_TEXT: into the segment */
    size_t n_texts;
} column;

static fct_status damaged(const reading *r)
{
    fct_error_set(r->err, FCT_ERROR_INTEGRITY,
                  "%s is damaged, or of another plan: run its shard again, which makes it anew",
                  r->path);
    return FCT_ERROR_INTEGRITY;
}

/* ---- Bytes ------------------------------------------------------------------------------------ */

static fct_status read_bytes(const reading *r, uint64_t offset, size_t n_bytes, char **out)
{
    if (offset > r->n_file_bytes || n_bytes > r->n_file_bytes - offset)
        return damaged(r);
    *out = malloc(n_bytes + 1);
    if (!*out)
        return fct_error_memory(r->err, n_bytes);
    for (size_t at = 0; at < n_bytes;) {
        ssize_t n = pread(r->fd, *out + at, n_bytes - at, (off_t)(offset + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fct_error_set_errno(r->err, FCT_ERROR_IO, errno, "cannot read %s", r->path);
            return FCT_ERROR_IO;
        }
        if (n == 0)
            return damaged(r);
        at += (size_t)n;
    }
    return FCT_OK;
}

static fct_status open_file(reading *r)
{
    struct stat info;
    r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 && errno == ENOENT)
        return damaged(r);
    if (r->fd < 0 || fstat(r->fd, &info) != 0) {
        fct_error_set_errno(r->err, FCT_ERROR_IO, errno, "cannot open %s", r->path);
        return FCT_ERROR_IO;
    }
    r->n_file_bytes = (uint64_t)info.st_size;
    return FCT_OK;
}

static fct_status read_header(reading *r, size_t segment, size_t n_segments)
{
    enum { BEFORE = offsetof(fct_blocks_header, key) };
    char *start = NULL;
    fct_blocks_header head;
    fct_status status = read_bytes(r, 0, sizeof head, &start);
    if (status == FCT_OK)
        memcpy(&head, start, sizeof head);
    free(start);
    FCT_TRY(status);
    if (head.magic != FCT_BLOCKS_MAGIC || head.n_segments != n_segments ||
        head.n_bytes < sizeof head + n_segments * sizeof(fct_blocks_place) ||
        memcmp(head.key, r->plan->key, sizeof head.key) != 0)
        return damaged(r);
    FCT_TRY(read_bytes(r, 0, head.n_bytes, &r->header));
    assert(r->header);
    /* What was checked counts, also where somebody writes to the file meanwhile. */
    memcpy(r->header, &head, sizeof head);
    if (fct_digest_of(r->header + BEFORE, head.n_bytes - BEFORE) != head.digest)
        return damaged(r);
    r->head = (fct_blocks_header *)r->header;
    memcpy(&r->place, r->header + sizeof head + segment * sizeof r->place, sizeof r->place);
    return FCT_OK;
}

static fct_status read_segment(reading *r)
{
    FCT_TRY(read_bytes(r, r->place.offset, r->place.n_bytes, &r->segment));
    assert(r->segment);
    return fct_digest_of(r->segment, r->place.n_bytes) == r->place.digest ? FCT_OK : damaged(r);
}

/* ---- Columns ---------------------------------------------------------------------------------- */

static fct_status read_columns(reading *r, column *columns)
{
    size_t at = sizeof *r->head + r->head->n_segments * sizeof r->place;
    for (size_t i = 0; i < r->head->n_columns; i++) {
        fct_blocks_column it;
        if (r->head->n_bytes - at < sizeof it)
            return damaged(r);
        memcpy(&it, r->header + at, sizeof it);
        at += sizeof it;
        if (it.n_name > r->head->n_bytes - at || it.type > FCT_PANEL_TEXT ||
            fct_blocks_round(it.n_name) > r->head->n_bytes - at)
            return damaged(r);
        columns[i] = (column){.type = (fct_panel_type)it.type,
                              .name = r->header + at,
                              .n_name = it.n_name,
                              .target = SIZE_MAX};
        at += fct_blocks_round(it.n_name);
    }
    return FCT_OK;
}

static bool is_called(const column *c, const char *name)
{
    return strlen(name) == c->n_name && memcmp(name, c->name, c->n_name) == 0;
}

static bool is_wanted(const column *c, const fct_shard_names *wanted)
{
    for (size_t i = 0; i < wanted->n_names; i++)
        if (is_called(c, wanted->names[i]))
            return true;
    return false;
}

static bool all_missing(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            return false;
    return true;
}

/*
 * The rows' column of a column. A column of texts without any is one of numbers that are missing; where another file has
 * texts, it is one of texts.
 */
static fct_status find_target(reading *r, column *c, fct_panel_rows *rows)
{
    for (size_t i = 0; i < rows->n_columns; i++) {
        fct_panel_rows_column *to = &rows->columns[i];
        if (!is_called(c, to->name))
            continue;
        c->target = i;
        if (c->type == FCT_PANEL_TEXT && to->type != FCT_PANEL_TEXT) {
            if (!all_missing(to->values, rows->n_rows))
                return damaged(r);
            to->type = FCT_PANEL_TEXT;
        }
        return FCT_OK;
    }
    return FCT_OK;
}

static fct_status match_columns(reading *r, column *columns, const fct_shard_names *wanted,
                                bool is_first, fct_panel_rows *rows)
{
    for (size_t i = 0; is_first && i < r->head->n_columns; i++) {
        if (!is_wanted(&columns[i], wanted))
            continue;
        char *name = strndup(columns[i].name, columns[i].n_name);
        fct_status status = name ? fct_panel_rows_add_column(rows, name, columns[i].type, r->err)
                                 : fct_error_memory(r->err, columns[i].n_name);
        free(name);
        FCT_TRY(status);
    }
    size_t n_found = 0;
    for (size_t i = 0; i < r->head->n_columns; i++) {
        FCT_TRY(find_target(r, &columns[i], rows));
        n_found += columns[i].target != SIZE_MAX;
    }
    return n_found == rows->n_columns ? FCT_OK : damaged(r);
}

/* ---- Rows ------------------------------------------------------------------------------------- */

/* The texts of a column, behind the rows; *at moves behind them. */
static fct_status find_texts(reading *r, column *c, size_t *at)
{
    uint64_t sizes[2];
    size_t left = r->place.n_bytes - *at;
    if (left < sizeof sizes)
        return damaged(r);
    memcpy(sizes, r->segment + *at, sizeof sizes);
    *at += sizeof sizes;
    left -= sizeof sizes;
    if (sizes[1] > left || fct_blocks_round(sizes[1]) > left || sizes[0] > sizes[1])
        return damaged(r);
    char *text = r->segment + *at;
    const char *end = text + sizes[1];
    if (sizes[1] && end[-1])
        return damaged(r);
    c->texts = calloc(sizes[0] + 1, sizeof *c->texts);
    if (!c->texts)
        return fct_error_memory(r->err, sizes[0] * sizeof *c->texts);
    for (; c->n_texts < sizes[0] && text < end; text += strlen(text) + 1)
        c->texts[c->n_texts++] = text;
    *at += fct_blocks_round(sizes[1]);
    return c->n_texts == sizes[0] ? FCT_OK : damaged(r);
}

static fct_status add_cells(reading *r, const column *c, const double *cells, size_t n_rows,
                            fct_panel_rows *rows)
{
    fct_panel_rows_column *to = &rows->columns[c->target];
    double *out = to->values + rows->n_rows;
    memcpy(out, cells, n_rows * sizeof *out);
    if (to->type == FCT_PANEL_TEXT && c->type != FCT_PANEL_TEXT)
        return all_missing(cells, n_rows) ? FCT_OK : damaged(r);
    for (size_t i = 0; c->type == FCT_PANEL_TEXT && i < n_rows; i++) {
        uint32_t number;
        if (isnan(cells[i]))
            continue;
        if (!(cells[i] >= 0 && cells[i] < (double)c->n_texts))
            return damaged(r);
        const char *text = c->texts[(size_t)cells[i]];
        FCT_TRY(fct_text_set_add(&to->texts, text, strlen(text), &number, r->err));
        out[i] = number;
    }
    return FCT_OK;
}

static fct_status add_symbols(reading *r, const uint32_t *symbols, size_t n_rows,
                              fct_panel_rows *rows)
{
    uint32_t number = 0;
    for (size_t i = 0; i < n_rows; i++) {
        if (symbols[i] >= r->plan->symbols.n_names)
            return damaged(r);
        if (!i || symbols[i] != symbols[i - 1]) {
            const char *name = r->plan->symbols.names[symbols[i]];
            FCT_TRY(fct_text_set_add(&rows->symbols, name, strlen(name), &number, r->err));
        }
        rows->symbol[rows->n_rows + i] = number;
    }
    return FCT_OK;
}

static fct_status add_rows(reading *r, column *columns, fct_panel_rows *rows)
{
    size_t n_columns = r->head->n_columns;
    size_t n_rows = r->place.n_rows;
    if (n_rows >= UINT32_MAX ||
        (n_columns + 2) * n_rows * sizeof(double) + fct_blocks_round(n_rows * sizeof(uint32_t)) >
            r->place.n_bytes)
        return damaged(r);
    const double *values = (const double *)r->segment;
    const uint32_t *symbols = (const uint32_t *)(values + (n_columns + 2) * n_rows);
    size_t at =
        (size_t)((const char *)symbols - r->segment) + fct_blocks_round(n_rows * sizeof *symbols);
    for (size_t i = 0; i < n_columns; i++)
        if (columns[i].type == FCT_PANEL_TEXT)
            FCT_TRY(find_texts(r, &columns[i], &at));
    FCT_TRY(fct_panel_rows_reserve(rows, n_rows, r->err));
    if (!n_rows)
        return FCT_OK;
    memcpy(rows->start_ms + rows->n_rows, values, n_rows * sizeof *values);
    memcpy(rows->end_ms + rows->n_rows, values + n_rows, n_rows * sizeof *values);
    FCT_TRY(add_symbols(r, symbols, n_rows, rows));
    for (size_t i = 0; i < n_columns; i++)
        if (columns[i].target != SIZE_MAX)
            FCT_TRY(add_cells(r, &columns[i], values + (i + 2) * n_rows, n_rows, rows));
    rows->n_rows += n_rows;
    return FCT_OK;
}

fct_status fct_blocks_read(const fct_blocks_source *source, fct_panel_rows *rows, fct_error *err)
{
    reading r = {.path = source->path, .plan = source->plan, .fd = -1, .err = err};
    column *columns = NULL;
    fct_status status;
    FCT_TRY_OUT(open_file(&r));
    FCT_TRY_OUT(read_header(&r, source->segment, source->n_segments));
    if (r.head->n_columns > r.head->n_bytes / sizeof(fct_blocks_column)) {
        status = damaged(&r);
        goto out;
    }
    columns = calloc(r.head->n_columns + 1, sizeof *columns);
    if (!columns) {
        status = fct_error_memory(err, r.head->n_columns * sizeof *columns);
        goto out;
    }
    FCT_TRY_OUT(read_columns(&r, columns));
    FCT_TRY_OUT(match_columns(&r, columns, source->wanted, source->is_first, rows));
    FCT_TRY_OUT(read_segment(&r));
    status = add_rows(&r, columns, rows);
out:
    for (size_t i = 0; columns && i < r.head->n_columns; i++)
        free(columns[i].texts);
    free(columns);
    free(r.header);
    free(r.segment);
    if (r.fd >= 0)
        close(r.fd);
    return status;
}
