/*
 * fct_simulate: a folder of archive files that look like the exchange's, the same for the same
 * options.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "archive/checksum.h"
#include "archive/simulate_csv.h"
#include "base/file.h"
#include "base/threads.h"

enum {
    DEFAULT_SYMBOLS = 6,
    DEFAULT_DAYS = 2,
    DEFAULT_FIRST_DAY = 19943, /* 2024-08-08 */
    DEFAULT_TRADES = 20000,
    MAX_SYMBOLS = 10000,
    MAX_DAYS = 10000,
    MAX_TRADES = 1000000000,
    MIN_FIRST_DAY = 3652,  /* 1980-01-01: what the reader takes for a time */
    MAX_FIRST_DAY = 74004, /* so that MAX_DAYS end before 2200 */
    TEXT_BYTES = 128 * 1024,
    ZIP_STATE_BYTES = 512 * 1024,
    ZIP_ROW_BYTES = 24 /* more than a row takes, compressed */
};

/* Everything that all files share. */
typedef struct simulation {
    const char *folder;
    fct_simulate_options options; /* defaults filled in */
    const fct_exchange_table *table;
    int64_t interval_ms;
    fct_job job;
} simulation;

/* One file's CSV, read by the ZIP library as it compresses. */
typedef struct csv_stream {
    simulation *simulation;
    fct_simulated_csv csv;
    char *text;
    size_t n_text, n_taken;
    fct_status status; /* why reading failed */
    fct_error error;
    zip_error_t zip_error;
} csv_stream;

static zip_int64_t read_stream(csv_stream *stream, char *bytes, uint64_t n_bytes)
{
    if (stream->n_taken == stream->n_text) {
        stream->status = fct_job_check(&stream->simulation->job, &stream->error);
        if (stream->status != FCT_OK) {
            zip_error_set(&stream->zip_error, ZIP_ER_READ, 0);
            return -1;
        }
        stream->n_text = fct_simulated_csv_write(&stream->csv, stream->text, TEXT_BYTES);
        stream->n_taken = 0;
    }
    size_t n = stream->n_text - stream->n_taken;
    if (n > n_bytes)
        n = n_bytes;
    memcpy(bytes, stream->text + stream->n_taken, n);
    stream->n_taken += n;
    return (zip_int64_t)n;
}

static zip_int64_t serve_stream(void *user, void *data, zip_uint64_t n_bytes,
                                zip_source_cmd_t command)
{
    csv_stream *stream = user;
    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                              ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                              -1);
    case ZIP_SOURCE_OPEN:
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    case ZIP_SOURCE_STAT:
        zip_stat_init(data);
        return sizeof(zip_stat_t);
    case ZIP_SOURCE_READ:
        return read_stream(stream, data, n_bytes);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&stream->zip_error, data, n_bytes);
    default:
        zip_error_set(&stream->zip_error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

static fct_status zip_failed(const char *path, const csv_stream *stream, zip_error_t *why,
                             fct_error *err)
{
    fct_status status =
        fct_error_set(err, FCT_ERROR_IO, "cannot write %s: %s", path, zip_error_strerror(why));
    if (stream->status == FCT_OK)
        return status;
    if (err)
        *err = stream->error;
    return stream->status;
}

/* Compresses the stream into an archive of one member. */
static fct_status make_zip(zip_source_t *archive, const char *path, const char *member,
                           csv_stream *stream, fct_error *err)
{
    enum { FAST = 1, DATE_1980_01_01 = 0x21 };
    zip_error_t why;
    zip_error_init(&why);
    zip_source_keep(archive);
    zip_t *zip = zip_open_from_source(archive, ZIP_TRUNCATE, &why);
    if (!zip) {
        zip_source_free(archive);
        return zip_failed(path, stream, &why, err);
    }
    zip_source_t *source = zip_source_function(zip, serve_stream, stream);
    zip_int64_t index = source ? zip_file_add(zip, member, source, ZIP_FL_OVERWRITE) : -1;
    if (source && index < 0)
        zip_source_free(source);
    /* A fixed date, or the same options would not give the same bytes. */
    bool ready = index >= 0 &&
                 zip_file_set_dostime(zip, (zip_uint64_t)index, 0, DATE_1980_01_01, 0) == 0 &&
                 zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_DEFLATE, FAST) == 0;
    if (ready && zip_close(zip) == 0)
        return FCT_OK;
    fct_status status = zip_failed(path, stream, zip_get_error(zip), err);
    zip_discard(zip);
    return status;
}

static fct_status write_archive(zip_source_t *archive, const char *path, csv_stream *stream,
                                fct_error *err)
{
    fct_atomic_file file = {.fd = -1};
    fct_status status;
    if (zip_source_open(archive) != 0)
        return zip_failed(path, stream, zip_source_error(archive), err);
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    file.unsynced = true; /* it can be simulated again */
    for (;;) {
        zip_int64_t n = zip_source_read(archive, stream->text, TEXT_BYTES);
        if (n < 0) {
            status = zip_failed(path, stream, zip_source_error(archive), err);
            goto out;
        }
        if (!n)
            break;
        FCT_TRY_OUT(fct_fd_write(file.fd, stream->text, (size_t)n, path, err));
    }
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    zip_source_close(archive);
    return status;
}

/*
 * In memory first, then whole into its place. Left to write a file by its name, the library changes the process's umask,
 * which other threads feel, and leaves a file behind when it is killed.
 */
static fct_status write_zip(const char *path, const char *member, csv_stream *stream,
                            fct_error *err)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, &why);
    if (!archive)
        return zip_failed(path, stream, &why, err);
    fct_status status = make_zip(archive, path, member, stream, err);
    if (status == FCT_OK)
        status = write_archive(archive, path, stream, err);
    zip_source_free(archive);
    return status;
}

static fct_status write_checksum(const char *path, fct_job *job, fct_error *err)
{
    char hex[FCT_CHECKSUM_HEX + 1];
    fct_text beside = {0}, line = {0};
    fct_status status;
    FCT_TRY_OUT(fct_checksum_file(path, job, hex, err));
    FCT_TRY_OUT(fct_text_append_format(&beside, err, "%s.CHECKSUM", path));
    FCT_TRY_OUT(fct_text_append_format(&line, err, "%s  %s\n", hex, fct_path_name(path)));
    FCT_TRY_OUT(fct_file_write_atomic(beside.data, line.data, line.length, err));
out:
    fct_text_free(&beside);
    fct_text_free(&line);
    return status;
}

/* A file of an earlier simulation must not meet the checksum of another. */
static fct_status prepare_place(const char *path, fct_error *err)
{
    fct_text other = {0};
    fct_status status;
    FCT_TRY_OUT(
        fct_text_append_format(&other, err, "%.*s", (int)(fct_path_name(path) - path), path));
    FCT_TRY_OUT(fct_folder_make(other.data, err));
    other.length = 0;
    FCT_TRY_OUT(fct_text_append_format(&other, err, "%s.CHECKSUM", path));
    FCT_TRY_OUT(fct_file_remove(other.data, err));
out:
    fct_text_free(&other);
    return status;
}

static fct_status write_file(simulation *s, csv_stream *stream, const char *path, fct_error *err)
{
    fct_text member = {0};
    fct_status status;
    const char *name = fct_path_name(path);
    FCT_TRY_OUT(prepare_place(path, err));
    FCT_TRY_OUT(fct_text_append_format(&member, err, "%.*s.csv", (int)(strlen(name) - 4), name));
    FCT_TRY_OUT(write_zip(path, member.data, stream, err));
    FCT_TRY_OUT(write_checksum(path, &s->job, err));
out:
    fct_text_free(&member);
    return status;
}

/* Item i is symbol i % n_symbols on day i / n_symbols. */
static fct_status simulate_file(size_t item, int thread, void *context, fct_error *err)
{
    (void)thread;
    simulation *s = context;
    const fct_simulate_options *o = &s->options;
    uint64_t number = item % (uint64_t)o->n_symbols;
    int64_t day_number = (int64_t)(item / (uint64_t)o->n_symbols);
    fct_simulated_symbol symbol;
    fct_simulated_symbol_make(&symbol, number, s->table->market);
    int64_t n_trades = o->n_trades_per_day * 2 / (2 + (int64_t)number);
    char relative[256];
    fct_text path = {0};
    csv_stream *stream = NULL;
    fct_status status;
    size_t n_bytes = sizeof *stream + TEXT_BYTES;
    size_t n_held_bytes = n_bytes + ZIP_STATE_BYTES + (size_t)n_trades * ZIP_ROW_BYTES;
    FCT_TRY(fct_job_memory_take(&s->job, n_held_bytes, "simulating a file", err));
    FCT_TRY_OUT(fct_job_check(&s->job, err));
    FCT_TRY_OUT(fct_exchange_archive_path(&o->dataset, symbol.name, o->first_day + day_number,
                                          relative, sizeof relative, err));
    FCT_TRY_OUT(fct_path_join(&path, s->folder, relative, err));
    stream = calloc(1, n_bytes);
    if (!stream) {
        status = fct_error_memory(err, n_bytes);
        goto out;
    }
    stream->simulation = s;
    stream->text = (char *)(stream + 1);
    zip_error_init(&stream->zip_error);
    fct_simulated_csv_start(&stream->csv, s->table, &symbol, o->seed, o->first_day, day_number,
                            n_trades < 1 ? 1 : n_trades, s->interval_ms);
    FCT_TRY_OUT(write_file(s, stream, path.data, err));
    fct_job_advance(&s->job, 1, path.data);
out:
    free(stream);
    fct_text_free(&path);
    fct_job_memory_give(&s->job, n_held_bytes);
    return status;
}

static fct_status check_range(const char *what, int64_t value, int64_t low, int64_t high,
                              fct_error *err)
{
    if (value >= low && value <= high)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "%" PRId64 " %s: from %" PRId64 " to %" PRId64 " can be simulated", value,
                         what, low, high);
}

static fct_status fill_options(simulation *s, const fct_simulate_options *options, fct_error *err)
{
    fct_simulate_options *o = &s->options;
    if (options)
        *o = *options;
    o->dataset.market = o->dataset.market ? o->dataset.market : "futures_um";
    o->dataset.data_type = o->dataset.data_type ? o->dataset.data_type : "aggTrades";
    o->n_symbols = o->n_symbols ? o->n_symbols : DEFAULT_SYMBOLS;
    o->n_days = o->n_days ? o->n_days : DEFAULT_DAYS;
    o->first_day = o->first_day ? o->first_day : DEFAULT_FIRST_DAY;
    o->n_trades_per_day = o->n_trades_per_day ? o->n_trades_per_day : DEFAULT_TRADES;
    o->seed = o->seed ? o->seed : 1;
    FCT_TRY(check_range("symbols", o->n_symbols, 1, MAX_SYMBOLS, err));
    FCT_TRY(check_range("days", o->n_days, 1, MAX_DAYS, err));
    FCT_TRY(check_range("trades a day", o->n_trades_per_day, 1, MAX_TRADES, err));
    FCT_TRY(check_range("as the first day", o->first_day, MIN_FIRST_DAY, MAX_FIRST_DAY, err));
    const fct_exchange *exchange;
    FCT_TRY(fct_exchange_find(o->dataset.exchange, &exchange, err));
    FCT_TRY(
        fct_exchange_table_find(exchange, o->dataset.market, o->dataset.data_type, &s->table, err));
    if (s->table->is_plain || strcmp(exchange->name, "binance") != 0)
        return fct_error_set(
            err, FCT_ERROR_UNSUPPORTED,
            "trades, aggTrades and klines of binance are simulated, %s of %s are not",
            o->dataset.data_type, exchange->name);
    s->interval_ms = FCT_MS_PER_DAY;
    if (!s->table->is_klines)
        return FCT_OK;
    o->dataset.interval = o->dataset.interval ? o->dataset.interval : "1m";
    FCT_TRY(fct_exchange_interval_check(exchange, o->dataset.interval, err));
    if (fct_interval_parse(o->dataset.interval, &s->interval_ms, NULL) != FCT_OK ||
        s->interval_ms > FCT_MS_PER_DAY)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "klines of %s are longer than the daily files that are simulated: ask "
                             "for at most 1d",
                             o->dataset.interval);
    return FCT_OK;
}

fct_status fct_simulate(const char *folder, const fct_simulate_options *options, const fct_run *run,
                        fct_error *err)
{
    simulation s = {.folder = folder};
    if (!folder || !folder[0])
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "no folder for the simulated archive was given");
    FCT_TRY(fill_options(&s, options, err));
    FCT_TRY(fct_job_start(&s.job, run, err));
    size_t n_files = (size_t)s.options.n_symbols * (size_t)s.options.n_days;
    fct_job_stage(&s.job, "simulate", "files", (int64_t)n_files);
    fct_status status = fct_parallel_for(s.job.run.n_threads, n_files, simulate_file, &s, err);
    fct_job_end(&s.job);
    return status;
}
