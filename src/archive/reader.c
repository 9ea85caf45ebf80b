/*
 * Reads an archive file block by block: opens it, finds its layout, parses its rows, keeps what is
 * bad apart.
 */
#include "archive/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/checksum.h"
#include "archive/lines.h"
#include "archive/rows.h"
#include "archive/rows_plain.h"

enum { BLOCK_ROWS = 4096, DEFAULT_MAX_RATIO = 200, DEFAULT_MAX_LINE_BYTES = 65536 };

static const uint64_t default_max_member_bytes = UINT64_C(64) << 30;

struct fct_archive_reader {
    fct_job *job;
    fct_source *source;
    fct_lines lines;
    fct_layout layout;
    fct_row_parser parser;
    fct_bad_rows bad_rows;
    bool skip_bad_rows;
    bool ended;
    bool warned_of_klines;
    bool is_klines;
    int sequence_step; /* 1 or -1, once two times differ */
    size_t max_line_bytes;
    int64_t n_lines; /* read so far: the number of the last one */
    int64_t n_rows;
    int64_t *row_number;
    void *arrays; /* one allocation for time, row numbers and columns */
    fct_bad_row bad;
};

static size_t max_line_bytes_of(const fct_ingest_options *options)
{
    return options->max_line_bytes ? options->max_line_bytes : DEFAULT_MAX_LINE_BYTES;
}

/* 8 bytes whatever the type keeps the arrays aligned. */
static size_t array_bytes(size_t n_columns)
{
    return (n_columns + 2) * BLOCK_ROWS * sizeof(int64_t);
}

size_t fct_archive_reader_bytes(const fct_ingest_options *options)
{
    static const fct_ingest_options no_options = {0};
    options = options ? options : &no_options;
    enum { WIDEST_TABLE = 12 };
    size_t list = options->on_bad_row == FCT_BAD_ROW_SKIP ? 2 * FCT_BAD_ROWS_LIST_BYTES : 0;
    return sizeof(fct_archive_reader) + fct_source_bytes() +
           fct_lines_bytes(max_line_bytes_of(options)) + array_bytes(WIDEST_TABLE) + list;
}

/*
 * A damaged file shows as nonsense in some row long before its end, where its CRC would tell why;
 * so the rest is read for the better message.
 */
static fct_status blame_file(fct_archive_reader *reader, fct_status status, fct_error *err)
{
    if (!fct_source_has_crc(reader->source))
        return status;
    fct_error error = {0};
    for (size_t n = 1; n > 0;) {
        if (fct_job_check(reader->job, NULL) != FCT_OK)
            return status;
        fct_status read_status = fct_source_read(reader->source, reader->lines.buffer,
                                                 reader->lines.capacity, &n, &error);
        if (read_status == FCT_ERROR_INTEGRITY && err)
            *err = error;
        if (read_status != FCT_OK)
            return read_status == FCT_ERROR_INTEGRITY ? read_status : status;
    }
    return status;
}

/* The row described by reader->bad ends the file, or is left out. */
static fct_status handle_bad_row(fct_archive_reader *reader, fct_error *err)
{
    reader->bad.row = reader->n_lines;
    if (reader->skip_bad_rows)
        return fct_bad_rows_add(&reader->bad_rows, &reader->bad, err);
    fct_status status = fct_bad_row_error(fct_source_name(reader->source), &reader->bad, err);
    return blame_file(reader, status, err);
}

static fct_status handle_long_line(fct_archive_reader *reader, const char *line, size_t n_there,
                                   fct_error *err)
{
    enum { SHOWN_BYTES = 60 };
    char *reason = reader->parser.reason_text;
    snprintf(reason, sizeof reader->parser.reason_text, "is longer than %zu bytes",
             reader->max_line_bytes);
    reader->bad = (fct_bad_row){.field = SIZE_MAX,
                                .column = "",
                                .reason = reason,
                                .text = line,
                                .n_text = n_there < SHOWN_BYTES ? n_there : SHOWN_BYTES};
    return handle_bad_row(reader, err);
}

static bool is_blank(const char *line)
{
    return *line == '\n' || (*line == '\r' && line[1] == '\n');
}

/* Moves on to a line that is not blank. *line is NULL at the end of the file. */
static fct_status next_line(fct_archive_reader *reader, const char **line, fct_error *err)
{
    fct_lines *lines = &reader->lines;
    *line = NULL;
    for (;;) {
        if (lines->begin == lines->whole_end) {
            fct_lines_state state;
            FCT_TRY(fct_lines_fill(lines, &state, err));
            if (state == FCT_LINES_END)
                return FCT_OK;
            if (state == FCT_LINES_LONG) {
                reader->n_lines++;
                FCT_TRY(handle_long_line(reader, lines->buffer + lines->begin,
                                         lines->filled - lines->begin, err));
                continue;
            }
        }
        const char *p = lines->buffer + lines->begin;
        if (is_blank(p)) {
            reader->n_lines++;
            lines->begin += *p == '\n' ? 1 : 2;
            continue;
        }
        *line = p;
        return FCT_OK;
    }
}

static const char *end_of_line(const fct_archive_reader *reader, const char *line)
{
    const fct_lines *lines = &reader->lines;
    return memchr(line, '\n', (size_t)(lines->buffer + lines->whole_end - line));
}

/* Without its end, LF or CR and LF, behind which `next` is. */
static size_t line_length(const char *line, const char *next)
{
    size_t n = (size_t)(next - line) - 1;
    return n > 0 && line[n - 1] == '\r' ? n - 1 : n;
}

static void consume(fct_archive_reader *reader, const char *next)
{
    reader->lines.begin = (size_t)(next - reader->lines.buffer);
}

/* The layout by the first line. A first row that fits no layout is a bad row like any other. */
static fct_status find_layout(fct_archive_reader *reader, const fct_archive_identity *identity,
                              const fct_column_map *map, fct_error *err)
{
    const char *name = fct_source_name(reader->source);
    for (;;) {
        const char *line;
        FCT_TRY(next_line(reader, &line, err));
        if (!line && reader->n_lines == 0)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s is empty: fetch it again, or leave it out", name);
        if (!line && !reader->bad_rows.count)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s holds blank lines only: fetch it again, or leave it out",
                                 name);
        if (!line)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s: none of its %" PRId64
                                 " rows can be read: is it what its name "
                                 "and the options say?",
                                 name, reader->bad_rows.count);
        const char *end = end_of_line(reader, line);
        if (line_length(line, end + 1) > reader->max_line_bytes) {
            reader->n_lines++;
            consume(reader, end + 1);
            FCT_TRY(handle_long_line(reader, line, (size_t)(end - line), err));
            continue;
        }
        fct_error error = {0};
        fct_status status = fct_layout_find(&reader->layout, line, end, identity, map, &error);
        if (status == FCT_OK)
            return FCT_OK;
        bool is_row = status == FCT_ERROR_DATA && !reader->layout.has_header;
        if (!is_row || !reader->skip_bad_rows) {
            if (err)
                *err = error;
            fct_error_prefix(err, "%s: row %" PRId64, name, reader->n_lines + 1);
            return status == FCT_ERROR_DATA ? blame_file(reader, status, err) : status;
        }
        reader->n_lines++;
        reader->bad = (fct_bad_row){.field = SIZE_MAX,
                                    .column = "",
                                    .reason = "has too few columns, or too many",
                                    .text = line,
                                    .n_text = (size_t)(end - line)};
        FCT_TRY(handle_bad_row(reader, err));
        consume(reader, end + 1);
        fct_layout_free(&reader->layout);
    }
}

/* An exchange's header alone, in a file that is proven whole and says of which days it is, is days without anything. */
static fct_status skip_header(fct_archive_reader *reader, const fct_archive_identity *identity,
                              fct_error *err)
{
    bool may_be_alone = identity->table && identity->first_day != INT64_MIN && identity->n_days &&
                        fct_source_has_crc(reader->source);
    const char *line;
    FCT_TRY(next_line(reader, &line, err));
    reader->n_lines++;
    consume(reader, end_of_line(reader, line) + 1);
    FCT_TRY(next_line(reader, &line, err));
    if (!line && !reader->bad_rows.count && !may_be_alone)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s holds only a header and no row: fetch it again, or leave it out",
                             fct_source_name(reader->source));
    return FCT_OK;
}

static fct_status allocate_arrays(fct_archive_reader *reader, fct_error *err)
{
    const fct_archive_schema *schema = &reader->layout.schema;
    size_t n_bytes = array_bytes(schema->n_columns);
    reader->arrays = malloc(n_bytes);
    if (!reader->arrays)
        return fct_error_memory(err, n_bytes);
    int64_t *next = reader->arrays;
    reader->parser.time_us = next;
    reader->row_number = next + BLOCK_ROWS;
    for (size_t c = 0; c < schema->n_columns; c++)
        reader->parser.columns[c] = next + (c + 2) * BLOCK_ROWS;
    return FCT_OK;
}

static void tell_what_is_ignored(const fct_archive_reader *reader,
                                 const fct_archive_identity *identity)
{
    const fct_layout *layout = &reader->layout;
    if (!layout->ignored.length)
        return;
    if (identity->table)
        fct_job_message(reader->job,
                        identity->table->leaves_out ? FCT_MESSAGE_DETAIL : FCT_MESSAGE_WARNING,
                        "%s: %s %s have no such columns, which are left out: %s",
                        fct_source_name(reader->source), identity->market,
                        identity->table->data_type, layout->ignored.data);
    else
        fct_job_message(reader->job, FCT_MESSAGE_DETAIL,
                        "%s: columns that --map does not name are left out: %s",
                        fct_source_name(reader->source), layout->ignored.data);
}

fct_status fct_archive_open(const char *path, const fct_archive_identity *identity,
                            const char *sha256, const fct_ingest_options *options, fct_job *job,
                            fct_archive_reader **out, fct_error *err)
{
    static const fct_ingest_options no_options = {0};
    options = options ? options : &no_options;
    FCT_TRY(fct_checksum_verify(path, sha256, job, err));
    fct_status status;
    fct_archive_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return fct_error_memory(err, sizeof *reader);
    const fct_source_limits limits = {
        .max_bytes =
            options->max_member_bytes ? options->max_member_bytes : default_max_member_bytes,
        .max_ratio = options->max_ratio ? options->max_ratio : DEFAULT_MAX_RATIO,
    };
    reader->job = job;
    reader->skip_bad_rows = options->on_bad_row == FCT_BAD_ROW_SKIP;
    reader->max_line_bytes = max_line_bytes_of(options);
    reader->is_klines = identity->table && identity->table->is_klines;
    reader->parser.layout = &reader->layout;
    reader->parser.time.any_form =
        !identity->table || identity->table->is_plain || identity->table->has_decimal_times;
    reader->parser.c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!reader->parser.c_locale) {
        status = fct_error_memory(err, 0);
        goto out;
    }
    FCT_TRY_OUT(fct_source_open(path, &limits, &reader->source, err));
    FCT_TRY_OUT(fct_lines_init(&reader->lines, reader->source, reader->max_line_bytes, err));
    FCT_TRY_OUT(find_layout(reader, identity, options->map, err));
    tell_what_is_ignored(reader, identity);
    FCT_TRY_OUT(allocate_arrays(reader, err));
    if (reader->layout.has_header)
        FCT_TRY_OUT(skip_header(reader, identity, err));
    *out = reader;
    return FCT_OK;
out:
    fct_archive_close(reader);
    return status;
}

/*
 * Bars whose low is above their open and the like do exist in published files; they are data, and
 * worth a word.
 */
static void check_klines(fct_archive_reader *reader, int64_t n_rows)
{
    enum { OPEN = 1, HIGH = 2, LOW = 3, CLOSE = 4 };
    const double *open = reader->parser.columns[OPEN], *high = reader->parser.columns[HIGH];
    const double *low = reader->parser.columns[LOW], *close = reader->parser.columns[CLOSE];
    for (int64_t i = 0; i < n_rows && !reader->warned_of_klines; i++) {
        if (low[i] <= open[i] && low[i] <= close[i] && open[i] <= high[i] && close[i] <= high[i])
            continue;
        reader->warned_of_klines = true;
        fct_job_message(reader->job, FCT_MESSAGE_WARNING,
                        "%s: row %" PRId64 ": open %.12g and close %.12g are not between low %.12g "
                        "and high %.12g; it is kept, and further such rows are not reported",
                        fct_source_name(reader->source), reader->row_number[i], open[i], close[i],
                        low[i], high[i]);
    }
}

/*
 * The row's place in order of time, for files whose rows have no number: their place in the file, counted down where
 * the newest comes first.
 */
static void number_rows(fct_archive_reader *reader, int64_t n_rows)
{
    const int64_t *times = reader->parser.time_us;
    for (int64_t i = 1; i < n_rows && !reader->sequence_step; i++)
        if (times[i] != times[0])
            reader->sequence_step = times[i] < times[0] ? -1 : 1;
    int64_t step = reader->sequence_step < 0 ? -1 : 1;
    int64_t *sequence = reader->parser.columns[reader->layout.sequence];
    for (int64_t i = 0; i < n_rows; i++)
        sequence[i] = step * reader->row_number[i];
}

/* The rows of the lines in the buffer, until the block is full or a row is bad. */
static bool parse_rows(fct_archive_reader *reader, int64_t *n_rows)
{
    const char *p = reader->lines.buffer + reader->lines.begin;
    const char *whole_end = reader->lines.buffer + reader->lines.whole_end;
    int64_t n = *n_rows;
    bool good = true;
    while (n < BLOCK_ROWS && p < whole_end && !is_blank(p)) {
        const char *next = fct_row_parse_plain(&reader->parser, p, (size_t)n);
        if (!next)
            next = fct_row_parse(&reader->parser, p, (size_t)n, &reader->bad);
        good = next && line_length(p, next) <= reader->max_line_bytes;
        if (!good)
            break;
        reader->row_number[n++] = ++reader->n_lines;
        p = next;
    }
    consume(reader, p);
    *n_rows = n;
    return good;
}

/* After parse_rows met a row that is too long or cannot be read. */
static fct_status pass_bad_row(fct_archive_reader *reader, fct_error *err)
{
    const char *line = reader->lines.buffer + reader->lines.begin;
    const char *end = end_of_line(reader, line);
    reader->n_lines++;
    consume(reader, end + 1);
    /* The unit of time is not for a bad row to say. */
    if (reader->n_rows == 0)
        reader->parser.time.form = FCT_TIME_UNKNOWN;
    if (line_length(line, end + 1) > reader->max_line_bytes)
        return handle_long_line(reader, line, (size_t)(end - line), err);
    return handle_bad_row(reader, err);
}

fct_status fct_archive_next(fct_archive_reader *reader, fct_archive_block *block, fct_error *err)
{
    *block = (fct_archive_block){0};
    int64_t n_rows = 0;
    FCT_TRY(fct_job_check(reader->job, err));
    while (n_rows < BLOCK_ROWS && !reader->ended) {
        const char *line;
        FCT_TRY(next_line(reader, &line, err));
        reader->ended = line == NULL;
        int64_t n_before = n_rows;
        bool good = !line || parse_rows(reader, &n_rows);
        reader->n_rows += n_rows - n_before;
        if (!good)
            FCT_TRY(pass_bad_row(reader, err));
    }
    if (reader->is_klines)
        check_klines(reader, n_rows);
    if (reader->layout.sequence != SIZE_MAX)
        number_rows(reader, n_rows);
    block->n_rows = n_rows;
    block->time_us = reader->parser.time_us;
    block->row_number = reader->row_number;
    for (size_t c = 0; c < reader->layout.schema.n_columns; c++)
        block->columns[c] = reader->parser.columns[c];
    return FCT_OK;
}

const fct_archive_schema *fct_archive_columns(const fct_archive_reader *reader)
{
    return &reader->layout.schema;
}

int64_t fct_archive_bad_rows(const fct_archive_reader *reader, const char **list)
{
    if (list)
        *list = fct_text_get(&reader->bad_rows.list);
    return reader->bad_rows.count;
}

void fct_archive_position(const fct_archive_reader *reader, int64_t *n_read, int64_t *n_total)
{
    fct_source_position(reader->source, n_read, n_total);
}

void fct_archive_close(fct_archive_reader *reader)
{
    if (!reader)
        return;
    fct_lines_free(&reader->lines);
    fct_layout_free(&reader->layout);
    fct_bad_rows_free(&reader->bad_rows);
    fct_source_close(reader->source);
    if (reader->parser.c_locale)
        freelocale(reader->parser.c_locale);
    free(reader->arrays);
    free(reader);
}
