/* Writing blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "shard/blocks.h"
#include "shard/blocks_format.h"

/* A row of the panel that goes to the present segment; rows of a symbol go one behind the other. */
typedef struct span {
    uint32_t symbol; /* of the panel */
    int64_t first_row, end_row;
} span;

typedef struct writing {
    const fct_blocks_content *content;
    fct_job *job;
    const char *path;
    int fd;
    uint32_t *numbers; /* of the panel's symbols in the plan */
    int64_t *next_row; /* of each symbol: the first that is in no segment yet */
    span *spans;       /* of the present segment */
    size_t n_spans, n_rows;
    fct_text header, segment;
} writing;

/* ---- Segments --------------------------------------------------------------------------------- */

static void *room(fct_text *text, size_t n_bytes)
{
    void *at = text->data + text->length;
    text->length += n_bytes;
    return at;
}

static fct_status put_texts(fct_text *out, const fct_panel_column *column, fct_error *err)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < column->n_texts; i++)
        n_bytes += strlen(column->texts[i]) + 1;
    const uint64_t sizes[] = {column->n_texts, n_bytes};
    FCT_TRY(fct_text_append(out, (const char *)sizes, sizeof sizes, err));
    for (size_t i = 0; i < column->n_texts; i++)
        FCT_TRY(fct_text_append(out, column->texts[i], strlen(column->texts[i]) + 1, err));
    static const char zeros[8];
    return fct_text_append(out, zeros, fct_blocks_round(n_bytes) - n_bytes, err);
}

static void find_spans(writing *w, const fct_shard *shard)
{
    const struct fct_panel *panel = w->content->panel;
    w->n_spans = w->n_rows = 0;
    for (size_t s = 0; s < panel->n_symbols; s++) {
        int64_t first = w->next_row[s];
        int64_t end = first;
        bool is_in = w->numbers[s] >= shard->first_symbol && w->numbers[s] < shard->end_symbol;
        while (is_in && end < panel->symbol_rows[s] &&
               (shard->to_ms == INT64_MAX || fct_panel_end_ms(panel, s, end) < shard->to_ms))
            end++;
        if (end > first)
            w->spans[w->n_spans++] = (span){(uint32_t)s, first, end};
        w->n_rows += (size_t)(end - first);
        w->next_row[s] = end;
    }
}

static void put_times(const writing *w, bool of_end, int64_t *out)
{
    const struct fct_panel *panel = w->content->panel;
    for (size_t i = 0; i < w->n_spans; i++)
        for (int64_t row = w->spans[i].first_row; row < w->spans[i].end_row; row++)
            *out++ = of_end ? fct_panel_end_ms(panel, w->spans[i].symbol, row)
                            : fct_panel_start_ms(panel, w->spans[i].symbol, row);
}

static void put_cells(const writing *w, const double *cells, double *out)
{
    const struct fct_panel *panel = w->content->panel;
    for (size_t i = 0; i < w->n_spans; i++) {
        const double *at =
            cells + fct_panel_cell_index(panel, w->spans[i].symbol, w->spans[i].first_row);
        for (int64_t row = w->spans[i].first_row; row < w->spans[i].end_row; row++) {
            *out++ = *at;
            at += FCT_LANES;
        }
    }
}

static fct_status make_segment(writing *w, const fct_shard *shard, fct_error *err)
{
    const fct_blocks_content *content = w->content;
    find_spans(w, shard);
    size_t n_values = w->n_rows * sizeof(double);
    size_t n_symbols = fct_blocks_round(w->n_rows * sizeof(uint32_t));
    w->segment.length = 0;
    FCT_TRY(
        fct_text_reserve(&w->segment, (content->n_columns + 2) * n_values + n_symbols + 8, err));
    put_times(w, false, room(&w->segment, n_values));
    put_times(w, true, room(&w->segment, n_values));
    for (size_t i = 0; i < content->n_columns; i++)
        put_cells(w, content->columns[i]->cells, room(&w->segment, n_values));
    uint32_t *symbols = room(&w->segment, n_symbols);
    if (n_symbols)
        memset(symbols, 0, n_symbols);
    for (size_t i = 0; i < w->n_spans; i++)
        for (int64_t row = w->spans[i].first_row; row < w->spans[i].end_row; row++)
            *symbols++ = w->numbers[w->spans[i].symbol];
    for (size_t i = 0; i < content->n_columns; i++)
        if (content->columns[i]->type == FCT_PANEL_TEXT)
            FCT_TRY(put_texts(&w->segment, content->columns[i], err));
    return FCT_OK;
}

/* ---- The file --------------------------------------------------------------------------------- */

/* The header, with room for the places. */
static fct_status start_header(writing *w, const fct_blocks_target *target, fct_error *err)
{
    static const char zeros[8];
    const fct_blocks_content *content = w->content;
    fct_blocks_header header = {
        .magic = FCT_BLOCKS_MAGIC, .n_segments = target->n_shards, .n_columns = content->n_columns};
    memcpy(header.key, content->plan->key, sizeof header.key);
    size_t n_places = target->n_shards * sizeof(fct_blocks_place);
    FCT_TRY(fct_text_append(&w->header, (const char *)&header, sizeof header, err));
    FCT_TRY(fct_text_reserve(&w->header, n_places, err));
    memset(room(&w->header, n_places), 0, n_places);
    for (size_t i = 0; i < content->n_columns; i++) {
        size_t n_name = strlen(content->names[i]);
        const fct_blocks_column column = {content->columns[i]->type, n_name};
        FCT_TRY(fct_text_append(&w->header, (const char *)&column, sizeof column, err));
        FCT_TRY(fct_text_append(&w->header, content->names[i], n_name, err));
        FCT_TRY(fct_text_append(&w->header, zeros, fct_blocks_round(n_name) - n_name, err));
    }
    return fct_fd_write(w->fd, w->header.data, w->header.length, w->path, err);
}

/* The header again, now that the places are known. */
static fct_status end_header(writing *w, fct_error *err)
{
    enum { BEFORE = offsetof(fct_blocks_header, key) };
    fct_blocks_header *header = (fct_blocks_header *)w->header.data;
    header->n_bytes = w->header.length;
    header->digest = fct_digest_of(w->header.data + BEFORE, w->header.length - BEFORE);
    if (lseek(w->fd, 0, SEEK_SET) != 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", w->path);
    return fct_fd_write(w->fd, w->header.data, w->header.length, w->path, err);
}

static fct_status write_segments(writing *w, const fct_blocks_target *target, fct_error *err)
{
    uint64_t offset = w->header.length;
    for (size_t i = 0; i < target->n_shards; i++) {
        fct_blocks_place *places = (fct_blocks_place *)(w->header.data + sizeof(fct_blocks_header));
        FCT_TRY(fct_job_check(w->job, err));
        FCT_TRY(make_segment(w, &target->shards[i], err));
        places[i] = (fct_blocks_place){
            .offset = offset,
            .n_bytes = w->segment.length,
            .n_rows = w->n_rows,
            .digest = fct_digest_of(fct_text_get(&w->segment), w->segment.length),
        };
        offset += w->segment.length;
        FCT_TRY(fct_fd_write(w->fd, fct_text_get(&w->segment), w->segment.length, w->path, err));
    }
    return FCT_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Places of the panel's symbols in the plan. */
static fct_status number_symbols(writing *w, fct_error *err)
{
    const struct fct_panel *panel = w->content->panel;
    const fct_shard_names *symbols = &w->content->plan->symbols;
    w->numbers = calloc(panel->n_symbols + 1, sizeof *w->numbers);
    w->next_row = calloc(panel->n_symbols + 1, sizeof *w->next_row);
    w->spans = calloc(panel->n_symbols + 1, sizeof *w->spans);
    if (!w->numbers || !w->next_row || !w->spans)
        return fct_error_memory(err, panel->n_symbols * sizeof *w->spans);
    for (size_t i = 0; i < panel->n_symbols; i++) {
        const char **found = bsearch(&panel->symbols[i], symbols->names, symbols->n_names,
                                     sizeof *symbols->names, by_bytes);
        if (!found)
            return fct_error_set(
                err, FCT_ERROR_INTEGRITY,
                "the symbol %.64s was not there when the plan was made: plan again",
                panel->symbols[i]);
        w->numbers[i] = (uint32_t)(found - symbols->names);
    }
    return FCT_OK;
}

fct_status fct_blocks_write(const char *path, const fct_blocks_content *content,
                            const fct_blocks_target *target, fct_job *job, fct_error *err)
{
    fct_atomic_file file = {.fd = -1};
    writing w = {.content = content, .job = job, .path = path};
    fct_status status;
    FCT_TRY_OUT(number_symbols(&w, err));
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    w.fd = file.fd;
    file.unsynced = true;
    FCT_TRY_OUT(start_header(&w, target, err));
    FCT_TRY_OUT(write_segments(&w, target, err));
    FCT_TRY_OUT(end_header(&w, err));
    FCT_TRY_OUT(fct_atomic_file_commit(&file, err));
out:
    fct_atomic_file_abort(&file);
    fct_text_free(&w.header);
    fct_text_free(&w.segment);
    free(w.numbers);
    free(w.next_row);
    free(w.spans);
    return status;
}
