/*
 * factorium - exchange trade archives in, bars and factors out.
 *
 * This is the one installed header. It is written in the order a user meets things: version, errors,
 * running (threads, memory, progress), time, Arrow, exchanges, store, bars, panels, factors, output.
 *
 * Rules that hold for every function here:
 *  - A call that can fail returns fct_status and takes a caller-owned fct_error as its last argument;
 *    that argument may be NULL when only the status matters.
 *  - Text goes in as NUL-terminated UTF-8 and is never kept after the call returns.
 *  - There is no global state but memory kept for reuse (fct_memory_release): any function may be called
 *    from several threads at once as long as they do not share an output object.
 *  - Where a struct of options may be NULL, NULL means a struct of zeros, and zero is the default of
 *    every field.
 */
#ifndef FACTORIUM_H
#define FACTORIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define FCT_API __declspec(dllexport)
#else
#define FCT_API __attribute__((visibility("default")))
#endif
#define FCT_MUST_CHECK __attribute__((warn_unused_result))

/* ------------------------------------------------------------------------------------------------
 * 1  Version
 * ---------------------------------------------------------------------------------------------- */

#define FCT_VERSION_MAJOR 0
#define FCT_VERSION_MINOR 1
#define FCT_VERSION_PATCH 0

/* The version of the library in use as "MAJOR.MINOR.PATCH". Static text: never freed. */
FCT_API const char *fct_version(void);

/* ------------------------------------------------------------------------------------------------
 * 2  Status and errors
 * ---------------------------------------------------------------------------------------------- */

/* What came of a call. New codes are added at the end only; a code never changes its number. */
typedef enum fct_status {
    FCT_OK = 0,
    FCT_ERROR_ARGUMENT = 1,    /* an argument is out of its range or contradicts another */
    FCT_ERROR_NOT_FOUND = 2,   /* no such file, symbol, day, column or name */
    FCT_ERROR_IO = 3,          /* the operating system refused: permission, full disk, read error */
    FCT_ERROR_DATA = 4,        /* the input is malformed; the message names file, row and column */
    FCT_ERROR_INTEGRITY = 5,   /* a checksum, CRC or recorded count does not hold */
    FCT_ERROR_LIMIT = 6,       /* the memory limit or a safety limit would be exceeded */
    FCT_ERROR_MEMORY = 7,      /* the allocator returned NULL */
    FCT_ERROR_UNSUPPORTED = 8, /* valid input of a kind that is not read; DuckDB is missing */
    FCT_ERROR_INTERRUPTED = 9, /* should_stop answered true; nothing half-written is left */
    FCT_ERROR_PARTIAL = 10,    /* done, but part of what was asked for is missing */
    FCT_ERROR_INTERNAL = 11    /* a defect in factorium; please report it with the message */
} fct_status;

/*
 * What went wrong, for a person. A function that fails fills it; one that succeeds leaves it alone.
 * `message` is one or more sentences that name the file, row, column or position and what to do.
 * `position` is a byte offset in the text that was being parsed, or -1.
 */
typedef struct fct_error {
    fct_status status;
    int64_t position;
    char message[2048];
} fct_error;

/* A status as a word, "not found" for FCT_ERROR_NOT_FOUND. Static text; "unknown" for other values. */
FCT_API const char *fct_status_name(fct_status status);

/* ------------------------------------------------------------------------------------------------
 * 3  Running: threads, memory, progress, stopping
 * ---------------------------------------------------------------------------------------------- */

typedef enum fct_message_level {
    FCT_MESSAGE_DETAIL = 0,  /* what -v shows: which engine read which file and why */
    FCT_MESSAGE_NOTE = 1,    /* what was taken: "2 days: 2024-08-08, 2024-08-09" */
    FCT_MESSAGE_WARNING = 2, /* something was left out or repaired */
    FCT_MESSAGE_ERROR = 3    /* one item of many failed; the call goes on with the others */
} fct_message_level;

/* One of the files that are on their way. */
typedef struct fct_transfer {
    const char *name;
    int64_t n_bytes; /* that came */
    int64_t n_total; /* 0 while unknown */
} fct_transfer;

/* How far a long call has come. `total` is 0 while unknown. `stage` and `unit` are static text. */
typedef struct fct_progress {
    const char *stage; /* "ingest", "bars", ... */
    const char
        *item; /* the file or symbol just finished, or NULL; valid during the callback only */
    const char *unit; /* what done and total count: "bytes", "files" */
    int64_t done;
    int64_t total;
    const fct_transfer *transfers; /* of fct_sync; valid during the callback only */
    size_t n_transfers;
    int64_t n_bytes; /* that came over the network so far */
} fct_progress;

/*
 * How a long call shall run. Callbacks may come from any of the call's threads but never two at once.
 * They must not call back into the library with the same output objects.
 */
typedef struct fct_run {
    int n_threads;                   /* worker threads, 1..1024; 0: one for each processor */
    size_t memory_limit_bytes;       /* working memory the call may hold; 0: no limit */
    const char *temp_dir;            /* spill files; NULL: a folder inside the store, or TMPDIR */
    bool (*should_stop)(void *user); /* asked at least ten times a second; NULL: never */
    void (*on_progress)(const fct_progress *progress, void *user);
    void (*on_message)(fct_message_level level, const char *text, void *user);
    void *user; /* handed to the three callbacks */
} fct_run;

/*
 * Gives memory that is kept for reuse back to the system and returns how many bytes that were. Large columns of
 * panels that were freed are kept, at most 512 MiB of them, since new pages cost as much time as most factors; they never add
 * to the most that was in use at once, the system may take them when memory is short, and a call with memory_limit_bytes
 * begins without any. Any thread.
 */
FCT_API size_t fct_memory_release(void);

/* ------------------------------------------------------------------------------------------------
 * 4  Dates, times, intervals (always UTC)
 * ---------------------------------------------------------------------------------------------- */

/* Parses "YYYY-MM-DD" (years 1970 to 2261) into days since 1970-01-01. Errors: FCT_ERROR_ARGUMENT. */
FCT_API FCT_MUST_CHECK fct_status fct_date_parse(const char *text, int64_t *day, fct_error *err);

/* Writes a day count as "YYYY-MM-DD" and its NUL into `text`. */
FCT_API void fct_date_format(int64_t day, char text[11]);

/*
 * Parses a time into ms since 1970-01-01: a whole number of ms, "YYYY-MM-DD", or
 * "YYYY-MM-DD HH:MM:SS[.mmm]" (a 'T' between date and time, a 'Z' at the end are allowed).
 */
FCT_API FCT_MUST_CHECK fct_status fct_time_parse(const char *text, int64_t *time_ms,
                                                 fct_error *err);

/* Writes `time_ms` as "YYYY-MM-DD HH:MM:SS" with ".mmm" where it is not a whole second. */
FCT_API void fct_time_format(int64_t time_ms, char text[24]);

/*
 * Parses an interval, a whole number and one of ms s m h d ("500ms", "1m", "4h"), into milliseconds.
 * Range 1 ms to 366 d. Errors: FCT_ERROR_ARGUMENT.
 */
FCT_API FCT_MUST_CHECK fct_status fct_interval_parse(const char *text, int64_t *interval_ms,
                                                     fct_error *err);

/* Writes an interval in its largest whole unit, "1m" for 60000, into `text`. */
FCT_API void fct_interval_format(int64_t interval_ms, char text[24]);

/* ------------------------------------------------------------------------------------------------
 * 5  Arrow C Data Interface (the published ABI; the structs are the same in every library)
 * ---------------------------------------------------------------------------------------------- */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/* ------------------------------------------------------------------------------------------------
 * 6  Exchanges: where data lies and what its columns are called
 * ---------------------------------------------------------------------------------------------- */

/*
 * Which columns of a table of trades mean what. NULL: the table has no such column. `time`, `price` and
 * `quantity` are needed. The side of the taker comes from one of two columns: `is_buyer_maker` (a
 * boolean) or `side` ("buy"/"sell", "b"/"s", 1/-1, of the taker; without regard to case).
 */
typedef struct fct_column_map {
    const char *time;
    const char *price;
    const char *quantity;
    const char *is_buyer_maker;
    const char *side;
    const char *id;
} fct_column_map;

/*
 * Names one kind of data of one exchange. NULL `exchange` means "binance". `market` is "spot",
 * "futures_um" or "futures_cm"; `data_type` is "trades", "aggTrades" or "klines"; `interval` is the
 * bar length of klines ("1m") and NULL otherwise. "generic" is the exchange of a user's own files.
 */
typedef struct fct_dataset {
    const char *exchange;
    const char *market;
    const char *data_type;
    const char *interval;
} fct_dataset;

/* The known exchanges in the order of their names; NULL past the end. Static text. */
FCT_API const char *fct_exchange_name(size_t index);

/*
 * The columns that price, time and so on have in `dataset`. The texts in `*map` are static.
 * Errors: FCT_ERROR_NOT_FOUND with the list of known exchanges, markets or data types; FCT_ERROR_ARGUMENT, likewise, where
 * no market or data type is named.
 */
FCT_API FCT_MUST_CHECK fct_status fct_exchange_column_map(const fct_dataset *dataset,
                                                          fct_column_map *map, fct_error *err);

/*
 * The columns of a published CSV file of `dataset`, in file order: sets `*names` to a static array of
 * `*n_names` static texts. A file may lack trailing columns marked optional by the exchange.
 */
FCT_API FCT_MUST_CHECK fct_status fct_exchange_archive_columns(const fct_dataset *dataset,
                                                               const char *const **names,
                                                               size_t *n_names, fct_error *err);

/*
 * The path of one day's file below the archive's root, "futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip",
 * written to `path` with its NUL. `day` counts from 1970-01-01. FCT_ERROR_LIMIT if it does not fit in `size`.
 */
FCT_API FCT_MUST_CHECK fct_status fct_exchange_archive_path(const fct_dataset *dataset,
                                                            const char *symbol, int64_t day,
                                                            char *path, size_t size,
                                                            fct_error *err);

/* Like fct_exchange_archive_path, but the whole URL of the published file. */
FCT_API FCT_MUST_CHECK fct_status fct_exchange_download_url(const fct_dataset *dataset,
                                                            const char *symbol, int64_t day,
                                                            char *url, size_t size, fct_error *err);

/*
 * The store's name of a market from the two words that Python users know: ("spot", any) is "spot",
 * ("futures", "um") is "futures_um". A store name ("futures_cm") is also taken as `market_type`. Static text.
 */
FCT_API FCT_MUST_CHECK fct_status fct_exchange_market(const char *exchange, const char *market_type,
                                                      const char *futures_type, const char **market,
                                                      fct_error *err);

/*
 * The glob of a symbol's files in the store at `root`,
 * ROOT/market=M/data_type=T/symbol=S and then any folders and any name in .parquet; symbol NULL means any.
 */
FCT_API FCT_MUST_CHECK fct_status fct_store_glob(const char *root, const fct_dataset *dataset,
                                                 const char *symbol, char *glob, size_t size,
                                                 fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 7  Store: archive files become Parquet, one folder a symbol and UTC day
 * ---------------------------------------------------------------------------------------------- */

typedef enum fct_on_bad_row {
    FCT_BAD_ROW_STOP = 0, /* the file is refused; nothing of it is stored */
    FCT_BAD_ROW_SKIP = 1  /* the row is left out, counted, and listed in a side file */
} fct_on_bad_row;

/* How archive files shall be read. NULL fields are found from the archive layout or the file's name. */
typedef struct fct_ingest_options {
    fct_dataset dataset; /* what the files are, where their path does not say */
    const char *symbol;  /* likewise */
    const fct_column_map
        *map; /* the user's own columns (exchange "generic"); NULL: the exchange's */
    fct_on_bad_row on_bad_row;
    bool again;                /* read files whose hash is already recorded */
    uint64_t max_member_bytes; /* a ZIP member or gz file larger than this is refused; 0: 64 GiB */
    uint32_t max_ratio;        /* ... or that expands by more than this; 0: 200 */
    uint32_t max_line_bytes;   /* a longer line is a bad row; 0: 65536 */
} fct_ingest_options;

/* What an ingest did; all counts are of this call. */
typedef struct fct_ingest_report {
    int64_t n_files;           /* files read and stored */
    int64_t n_files_unchanged; /* files whose hash was already recorded */
    int64_t n_files_failed;
    int64_t n_days;           /* day folders written */
    int64_t n_rows;           /* rows stored */
    int64_t n_neighbour_rows; /* of them, rows that belong to another day than their file */
    int64_t n_duplicate_rows; /* rows that had arrived before */
    int64_t n_bad_rows;       /* rows left out under FCT_BAD_ROW_SKIP */
    int64_t bytes_read;
    int64_t bytes_written;
} fct_ingest_report;

/*
 * Ingests files or folder trees of .zip, .csv and .csv.gz into the Hive store at `store` (made when absent).
 * A file that fails leaves the store as it was, is reported as an error message, and the others go on.
 * A file whose SHA-256 is recorded is not read again; one that changed replaces what it gave before.
 * Memory: `run->memory_limit_bytes`. Stops at a day's boundary, leaving whole days only.
 * Returns FCT_OK; the status of the failure when one file failed; the first one, with the count in the
 * message, when several did. `report` may be NULL.
 */
FCT_API FCT_MUST_CHECK fct_status fct_ingest(const char *const *paths, size_t n_paths,
                                             const char *store, const fct_ingest_options *options,
                                             const fct_run *run, fct_ingest_report *report,
                                             fct_error *err);

/*
 * What the store at `root` holds, a row a symbol: market, data_type, symbol, first_day, last_day, days, missing_days (between
 * the two), gaps (as text), rows (as the files' footers say; null where one cannot be read, which is a warning),
 * bytes. NULL fields of `dataset`, a NULL `dataset` or NULL `symbols` mean all. FCT_ERROR_NOT_FOUND where there is nothing.
 */
FCT_API FCT_MUST_CHECK fct_status fct_store_list(const char *root, const fct_dataset *dataset,
                                                 const char *const *symbols, size_t n_symbols,
                                                 const fct_run *run, struct ArrowArrayStream *out,
                                                 fct_error *err);

/*
 * The store's data files, a row each: file, its path below `root`. Written as files.txt into the root of a store that a web
 * server gives out, it is what makes that store readable from elsewhere. Arguments as in fct_store_list.
 */
FCT_API FCT_MUST_CHECK fct_status fct_store_files(const char *root, const fct_dataset *dataset,
                                                  const char *const *symbols, size_t n_symbols,
                                                  const fct_run *run, struct ArrowArrayStream *out,
                                                  fct_error *err);

/* What a verification found; all counts are of this call. */
typedef struct fct_verify_report {
    int64_t n_days, n_files, n_rows;
    int64_t n_problems; /* rows of the answer that need repair ... */
    int64_t n_notes;    /* ... and that need not: gaps in ids, what a killed ingest left */
} fct_verify_report;

/*
 * Reads all of the store again: page checksums, the values against the footers' statistics, the order of rows, the day of
 * each, repeated ids, and rows, sizes and digests against the records of ingest. The answer has a row a finding: severity
 * ("problem" or "note"), market, data_type, symbol, day, file, what, repair. FCT_ERROR_INTEGRITY, with an answer, where
 * there is a problem, FCT_ERROR_NOT_FOUND where there are no days of what is asked for. NULL `dataset` and `symbols` as in
 * fct_store_list; days with from_day <= day < to_day, both 0: all.
 */
FCT_API FCT_MUST_CHECK fct_status fct_store_verify(const char *root, const fct_dataset *dataset,
                                                   const char *const *symbols, size_t n_symbols,
                                                   int64_t from_day, int64_t to_day,
                                                   const fct_run *run, fct_verify_report *report,
                                                   struct ArrowArrayStream *out, fct_error *err);

/* Like fct_store_verify, but trades have the columns of `map` (NULL: those of the exchange, or the canonical ones). */
FCT_API FCT_MUST_CHECK fct_status fct_store_verify_mapped(
    const char *root, const fct_dataset *dataset, const fct_column_map *map,
    const char *const *symbols, size_t n_symbols, int64_t from_day, int64_t to_day,
    const fct_run *run, fct_verify_report *report, struct ArrowArrayStream *out, fct_error *err);

/* ---- Sync: what the exchanges publish, fetched, checked and stored ---------------------------------- */

/* Which files hold a month: AUTO takes the month's where all of it is wanted and nothing of it is there, else the days'. */
typedef enum fct_sync_period {
    FCT_SYNC_AUTO = 0,
    FCT_SYNC_DAILY = 1,
    FCT_SYNC_MONTHLY = 2 /* where all of a month is wanted, whatever is there */
} fct_sync_period;

/* What to fetch, and how. Needed are `store`, the market and data type of `dataset`, the symbols and the days. */
typedef struct fct_sync_request {
    const char *store; /* a folder; made when absent */
    fct_dataset dataset;
    const char *const
        *symbols; /* names, patterns with * and ?, or "all": those need an exchange that lists */
    size_t n_symbols;
    int64_t listed_before_day; /* only symbols of which there is a file of an earlier day; 0: all */
    int64_t from_day,
        to_day; /* days since 1970 with from_day <= day < to_day; today and later are left out */
    fct_sync_period period;

    const char *base_url; /* of a mirror: https://, http://, file:///; NULL: the exchange's own */
    const char
        *list_url; /* the bucket that lists; NULL: the exchange's, or base_url without /data */
    int n_jobs;    /* transfers at once, 1..64; 0: 8 */
    double requests_per_second; /* at most; 0: no limit */
    int64_t bytes_per_second;   /* of all transfers together; 0: no limit */
    int n_retries;              /* tries after the first, 0..100 */
    int64_t retry_wait_ms;      /* before the second try; doubled with each; 0: 1 s */
    int64_t stall_ms;           /* nothing came for so long: the transfer is cut; 0: 30 s */

    const char *
        keep_archives; /* a folder for the files fetched, in the archive's layout; NULL: they are removed */
    bool refresh;   /* look whether what is there was published again */
    bool dry_run;   /* only look what there is, and how large; nothing is written */
    bool unchecked; /* take files without a .CHECKSUM where the exchange publishes one */
    bool again;     /* fetch what is there, too; for days that are damaged */
    fct_on_bad_row on_bad_row;
} fct_sync_request;

/* What a sync did; files are archive files, or with exchanges whose days are not UTC's, UTC days. */
typedef struct fct_sync_report {
    int64_t n_there;   /* files of which the store has the days already */
    int64_t n_fetched; /* files fetched and stored; of a dry run: that would be */
    int64_t n_missing; /* files that the exchange does not have */
    int64_t n_failed;
    int64_t n_requests;
    int64_t n_retries; /* of these, tries after the first */
    int64_t bytes_fetched;
    int64_t n_rows; /* rows stored */
} fct_sync_report;

/*
 * Fetches what the store lacks and ingests it. A file is ingested once it has the published checksum, and becomes visible
 * as finished days; one that has another is fetched once more, then reported. What was begun is gone on with, also by the
 * next sync after a kill. Several syncs may work on one store. The answer has a row a symbol and run of days with the same
 * outcome: market, data_type, symbol, outcome ("there", "fetched", "unchanged", "missing", "failed", "planned"), first_day,
 * last_day, files, rows, bytes, reason, url (of the first file). FCT_ERROR_PARTIAL, with an answer, where something is
 * missing or failed. The caller releases the stream. Errors: FCT_ERROR_ARGUMENT, FCT_ERROR_NOT_FOUND (no symbol like that),
 * FCT_ERROR_IO, FCT_ERROR_MEMORY, FCT_ERROR_INTERRUPTED. Progress: stage "sync", unit "files", with transfers.
 */
FCT_API FCT_MUST_CHECK fct_status fct_sync(const fct_sync_request *request, const fct_run *run,
                                           fct_sync_report *report, struct ArrowArrayStream *out,
                                           fct_error *err);

/*
 * Fetches again the days of which `findings`, the answer of fct_store_verify, has a problem; the stream is released. `how` is
 * as for fct_sync, of which mirror, pace and tries count (NULL: zeros). Each day is replaced whole, or stays as it is.
 * FCT_ERROR_PARTIAL where some could not be had: they are error messages. Verify again to see what is left.
 */
FCT_API FCT_MUST_CHECK fct_status fct_store_repair(const char *root,
                                                   struct ArrowArrayStream *findings,
                                                   const fct_sync_request *how, const fct_run *run,
                                                   fct_sync_report *report, fct_error *err);

/* What a simulated archive holds. Zeros: 6 symbols, 2 days from 2024-08-08, 20,000 trades a day, seed 1. */
typedef struct fct_simulate_options {
    fct_dataset dataset; /* NULL fields: Binance futures_um aggTrades */
    int n_symbols;
    int n_days;
    int64_t first_day;        /* since 1970-01-01 */
    int64_t n_trades_per_day; /* of the busiest symbol; others have fewer */
    uint64_t seed;
} fct_simulate_options;

/*
 * Writes a simulated archive below `folder` in the exchange's published layout: ZIP files, .CHECKSUM beside
 * each, prices with jumps, quiet minutes. The same options give the same rows.
 */
FCT_API FCT_MUST_CHECK fct_status fct_simulate(const char *folder,
                                               const fct_simulate_options *options,
                                               const fct_run *run, fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 8  Bars
 * ---------------------------------------------------------------------------------------------- */

typedef enum fct_bar_kind {
    FCT_BAR_TIME = 0,   /* [k * interval, (k + 1) * interval) from the Unix epoch */
    FCT_BAR_TICK = 1,   /* closes with the n-th trade */
    FCT_BAR_VOLUME = 2, /* closes with the trade that takes the quantity to the threshold */
    FCT_BAR_DOLLAR = 3  /* the same for price x quantity */
} fct_bar_kind;

typedef struct fct_bar_spec {
    fct_bar_kind kind;
    int64_t interval_ms; /* time bars: 1 ms to 366 d; 0 in a request: 1 m, or the klines' own */
    double threshold;    /* the other kinds: > 0; tick bars a whole number */
} fct_bar_spec;

/* Parses "1m", "time:1m", "tick:1000", "volume:500" or "dollar:1e6". Errors: FCT_ERROR_ARGUMENT. */
FCT_API FCT_MUST_CHECK fct_status fct_bar_spec_parse(const char *text, fct_bar_spec *spec,
                                                     fct_error *err);

typedef enum fct_missing {
    FCT_MISSING_ERROR =
        0, /* a symbol or day that is not in the store is an error that lists all of them */
    FCT_MISSING_SKIP =
        1 /* it is left out with a warning; the call returns FCT_ERROR_PARTIAL with a result */
} fct_missing;

/*
 * Who reads the store. Both give the same times, prices and counts, and sums equal to 1e-12. AUTO takes the native reader
 * for every file that it knows and DuckDB for the others, and says which in a detail message.
 */
typedef enum fct_engine {
    FCT_ENGINE_AUTO = 0,
    FCT_ENGINE_NATIVE = 1, /* a file it does not know is FCT_ERROR_UNSUPPORTED, with the reason */
    FCT_ENGINE_DUCKDB = 2
} fct_engine;

/* What bars to build. Only `store` is needed; market and data type where the store has several. */
typedef struct fct_bars_request {
    const char
        *store; /* the root of a Hive store: a folder, s3://..., https://... (docs/store.md) */
    fct_dataset dataset;
    const char *const *symbols; /* NULL: all that the store has */
    size_t n_symbols;
    int64_t from_ms, to_ms; /* trades with from_ms <= time < to_ms; both 0: all there are */
    fct_bar_spec bar;
    const fct_column_map *map; /* columns of a store by others; NULL: the exchange's */
    fct_missing missing;
    bool without_sides;   /* leave out num_buyer ... num_seller_volume */
    bool with_notional;   /* add notional = sum of price * quantity */
    bool with_num_trades; /* add num_trades */
    bool fill_previous;   /* time bars: an empty interval repeats the last close, volume 0 */
    bool drop_last;       /* leave out the unfinished last bar of tick, volume and dollar bars */
    fct_engine engine;
    bool
        no_cache; /* do without the daily cache; it is for time bars of 1 s or more and engine AUTO */
    const char *cache_folder; /* where it lies; NULL: STORE/.cache */
} fct_bars_request;

/*
 * Builds bars from the store's trades; klines become bars of their interval or of a multiple of it, with nulls for num_buyer
 * and num_seller ("klines" without an interval are the longest of which such bars can be made). On FCT_OK, and on
 * FCT_ERROR_PARTIAL, `*out` is an Arrow stream of
 * struct arrays with the columns symbol (utf8), start_time, end_time (int64, ms), open, high, low, close,
 * volume, vwap (float64) and, where the data names a side, num_buyer, num_seller (int64), num_buyer_volume,
 * num_seller_volume (float64), then those asked for. Rows are in (start_time, symbol) order for time
 * bars and (symbol, start_time) otherwise. The caller releases the stream; it does not refer to the store.
 * Trades count in (time, id) order, then file order. The same bits for any number of threads.
 * Errors: FCT_ERROR_ARGUMENT, FCT_ERROR_NOT_FOUND (says which symbols and days exist), FCT_ERROR_DATA,
 * FCT_ERROR_IO, FCT_ERROR_LIMIT, FCT_ERROR_MEMORY, FCT_ERROR_INTERRUPTED.
 */
FCT_API FCT_MUST_CHECK fct_status fct_bars(const fct_bars_request *request, const fct_run *run,
                                           struct ArrowArrayStream *out, fct_error *err);

/*
 * Like fct_bars, but of trades at hand: a stream with a row a trade, which is released, also on failure. request->store,
 * engine and cache fields do not count. Columns: as request->map says; else those of request->dataset where that names a
 * data type; else time, price, quantity and, where they are there, is_buyer_maker or side, id. A column symbol tells
 * series apart; without one, request->symbols names the one there is. With one, request->symbols are those that are wanted.
 * Times are whole numbers (s, ms, us or ns by their size) or timestamps; any numbers will do for price and quantity.
 * Rows of a batch may come in any order, and are taken in (time, id) order. So may the batches for time bars; for the other
 * kinds each batch must go on where the one before ended. Memory: the bars, and one batch. FCT_ERROR_DATA names row and column.
 */
FCT_API FCT_MUST_CHECK fct_status fct_bars_from_stream(struct ArrowArrayStream *trades,
                                                       const fct_bars_request *request,
                                                       const fct_run *run,
                                                       struct ArrowArrayStream *out,
                                                       fct_error *err);

/* ---- The daily cache of bars ---------------------------------------------------------------------
 *
 * fct_bars keeps time bars of 1 s or more by symbol and day below STORE/.cache, one small Parquet file each, and reads them
 * instead of the trades as long as the day's files are the same. An entry that is not what was written is made again.
 * Several threads and processes may use one cache at once.
 */

typedef struct fct_cache fct_cache;

/*
 * Opens the cache of a store, which must be there; `folder` NULL: STORE/.cache, which need not. Freed by fct_cache_close.
 */
FCT_API FCT_MUST_CHECK fct_status fct_cache_open(const char *store, const char *folder,
                                                 fct_cache **out, fct_error *err);
FCT_API void fct_cache_close(fct_cache *cache); /* accepts NULL */

/* One series of bars. `interval_ms` is at least 1 s and divides a day. `map` as in fct_bars_request. */
typedef struct fct_cache_key {
    fct_dataset dataset; /* market and data type are needed */
    const char *symbol;
    int64_t interval_ms;
    const fct_column_map *map;
} fct_cache_key;

/*
 * The bars of one day (since 1970-01-01) as a stream like that of fct_bars with all its columns; from bars of 1 m where
 * those of the interval itself are not there. FCT_ERROR_NOT_FOUND where the day is not cached, or its trades changed
 * since.
 */
FCT_API FCT_MUST_CHECK fct_status fct_cache_get(fct_cache *cache, const fct_cache_key *key,
                                                int64_t day, struct ArrowArrayStream *out,
                                                fct_error *err);

/* Like fct_cache_get, but the days [first_day, end_day): all of them, or FCT_ERROR_NOT_FOUND names the first that lacks. */
FCT_API FCT_MUST_CHECK fct_status fct_cache_get_range(fct_cache *cache, const fct_cache_key *key,
                                                      int64_t first_day, int64_t end_day,
                                                      struct ArrowArrayStream *out, fct_error *err);

/*
 * Keeps a stream of bars, which is released, as those of the day; whoever puts them vouches for them. Needed are the
 * columns start_time, open, high, low, close, volume and vwap or notional, the prices and the volume in every row; rows
 * ascend and lie within the day. The entry holds until the day's files in the store change. FCT_ERROR_ARGUMENT names the row.
 */
FCT_API FCT_MUST_CHECK fct_status fct_cache_put(fct_cache *cache, const fct_cache_key *key,
                                                int64_t day, struct ArrowArrayStream *bars,
                                                fct_error *err);

/* Removes all entries and what killed writers left. *n_removed (may be NULL) counts the files. */
FCT_API FCT_MUST_CHECK fct_status fct_cache_clear(fct_cache *cache, int64_t *n_removed,
                                                  fct_error *err);

/*
 * Removes the entries that were written first until the others have at most `max_bytes`, and what killed writers left an
 * hour ago or longer.
 */
FCT_API FCT_MUST_CHECK fct_status fct_cache_prune(fct_cache *cache, uint64_t max_bytes,
                                                  int64_t *n_removed, fct_error *err);

/*
 * A row a series: market, data_type, symbol, interval, columns (a digest of which columns of the trades were read), days,
 * first_day, last_day, bytes.
 */
FCT_API FCT_MUST_CHECK fct_status fct_cache_list(fct_cache *cache, struct ArrowArrayStream *out,
                                                 fct_error *err);

/*
 * Reads every entry. Each that is damaged is an error message, each whose trades changed a detail message; *n_entries,
 * *n_damaged and *n_stale (may be NULL) count them. FCT_ERROR_INTEGRITY where one is damaged.
 */
FCT_API FCT_MUST_CHECK fct_status fct_cache_verify(fct_cache *cache, const fct_run *run,
                                                   int64_t *n_entries, int64_t *n_damaged,
                                                   int64_t *n_stale, fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 9  Panels: bars of many symbols, lined up in time
 * ---------------------------------------------------------------------------------------------- */

/*
 * A long table with the key (start_time, end_time, symbol) and columns of numbers, truth values or texts. It never changes:
 * any number of threads may read one. Inside, whole numbers of up to 53 bits are exact, and NaN is what is missing.
 */
typedef struct fct_panel fct_panel;

/*
 * Makes a panel of all rows of a stream, in whatever order they come, and releases the stream, also on failure. The
 * columns symbol (text), start_time and end_time (whole numbers since 1970, in s, ms, us or ns by their size, or
 * timestamps; kept as ms) are needed; all others pass through, timestamps and dates as whole ms since 1970. Freed by fct_panel_free.
 * Errors: FCT_ERROR_DATA names the column that lacks, the row that is in another unit of time or ends before it starts,
 * the key that comes twice.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_from_stream(struct ArrowArrayStream *stream,
                                                        const fct_run *run, fct_panel **out,
                                                        fct_error *err);

/* Like fct_panel_from_stream, but of a file: Parquet, or CSV with a header (by its suffix). */
FCT_API FCT_MUST_CHECK fct_status fct_panel_read(const char *path, const fct_run *run,
                                                 fct_panel **out, fct_error *err);

/*
 * Like fct_panel_read, but for who needs no more than some columns (fct_plan_column says which a plan does): others of a
 * Parquet file are not read. A file that lacks one of them is read as a whole, so that what needs it can say which columns there
 * are. `columns` NULL: all.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_read_columns(const char *path,
                                                         const char *const *columns,
                                                         size_t n_columns, const fct_run *run,
                                                         fct_panel **out, fct_error *err);

/*
 * Like fct_bars, but as a panel, which is freed by fct_panel_free. FCT_ERROR_PARTIAL comes with one, too.
 */
FCT_API FCT_MUST_CHECK fct_status fct_load_bars(const fct_bars_request *request, const fct_run *run,
                                                fct_panel **out, fct_error *err);

/* Accepts NULL. Streams over the panel stay good. */
FCT_API void fct_panel_free(fct_panel *panel);

/* The symbols in bytewise order; NULL past the end. The text lives as long as the panel. */
FCT_API size_t fct_panel_n_symbols(const fct_panel *panel);
FCT_API const char *fct_panel_symbol(const fct_panel *panel, size_t index);

/* The columns beside the key, in the order of their source; NULL past the end. */
FCT_API size_t fct_panel_n_columns(const fct_panel *panel);
FCT_API const char *fct_panel_column_name(const fct_panel *panel, size_t index);

/* Rows of all symbols together. */
FCT_API int64_t fct_panel_n_rows(const fct_panel *panel);

/* The number of different end times; *time_ms (may be NULL) is set to them, ascending, owned by the panel. */
FCT_API int64_t fct_panel_times(const fct_panel *panel, const int64_t **time_ms);

/* What a panel holds of one symbol. */
typedef struct fct_panel_info {
    int64_t n_rows;
    int64_t first_start_ms, last_end_ms; /* 0 where there are no rows */
    int64_t n_missing;                   /* cells of all columns that are NaN */
} fct_panel_info;

FCT_API FCT_MUST_CHECK fct_status fct_panel_symbol_info(const fct_panel *panel, size_t index,
                                                        fct_panel_info *info, fct_error *err);

/* What part of a panel is wanted. Zeros and NULLs mean all. */
typedef struct fct_panel_selection {
    int64_t from_ms, to_ms; /* rows with from_ms <= start_time and end_time <= to_ms; both 0: all */
    const char *const *symbols;
    size_t n_symbols;
    const char *const *columns; /* in the order wanted */
    size_t n_columns;
} fct_panel_selection;

/*
 * A panel of a part of another. A symbol or column that is not there is FCT_ERROR_NOT_FOUND with those that are; a range
 * without rows gives a panel without rows. Freed by fct_panel_free.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_slice(const fct_panel *panel,
                                                  const fct_panel_selection *selection,
                                                  const fct_run *run, fct_panel **out,
                                                  fct_error *err);

/*
 * A panel with the rows and the columns of both; what one lacks of the other's rows is missing there. FCT_ERROR_ARGUMENT
 * names a column that both have. Freed by fct_panel_free.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_merge(const fct_panel *a, const fct_panel *b,
                                                  const fct_run *run, fct_panel **out,
                                                  fct_error *err);

/*
 * The panel as an Arrow stream: start_time, end_time (int64, ms), symbol (utf8), then its columns (float64, int64,
 * bool, utf8; missing is null), ordered by (end_time, symbol). The caller releases the stream, before or after the panel.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_stream(const fct_panel *panel,
                                                   struct ArrowArrayStream *out, fct_error *err);

/*
 * One column of doubles with times down and symbols across: end_time (int64, ms), then a float64 column for each symbol;
 * missing is null, also where a symbol has no row. Where a symbol has two rows of one end_time, the later one counts. The
 * caller releases the stream. FCT_ERROR_NOT_FOUND names a column that is not there.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_wide_stream(const fct_panel *panel, const char *column,
                                                        struct ArrowArrayStream *out,
                                                        fct_error *err);

/*
 * A panel with all of another's rows and columns and those of a table of attributes: the columns of `attributes`, which has
 * one row a symbol and is released, repeat in each row of its symbol; symbols that the table lacks have them missing.
 * Freed by fct_panel_free. FCT_ERROR_DATA: no column symbol, a symbol that comes twice; FCT_ERROR_ARGUMENT: a column that
 * both have.
 */
FCT_API FCT_MUST_CHECK fct_status fct_panel_join(const fct_panel *panel,
                                                 struct ArrowArrayStream *attributes,
                                                 const fct_run *run, fct_panel **out,
                                                 fct_error *err);

/* Like fct_panel_join, but of a file: Parquet, or CSV with a header (by its suffix). */
FCT_API FCT_MUST_CHECK fct_status fct_panel_join_file(const fct_panel *panel, const char *path,
                                                      const fct_run *run, fct_panel **out,
                                                      fct_error *err);

/* ---- SQL -----------------------------------------------------------------------------------------
 *
 * A query by DuckDB over these views:
 *   trades     all trades of the store: market, data_type, symbol, date, time (timestamp, UTC), price, quantity,
 *              is_buyer_maker, id; filters on symbol and date skip the files of others; columns as `bars` says
 *   bars       what fct_bars makes of `bars`
 *   panel      the rows of the file `panel`
 *   and one for each data type of the store ("aggTrades", "klines_1m"), with its columns as they are.
 */

typedef struct fct_query_request {
    const char *store;            /* NULL: no store */
    const char *panel;            /* Parquet or CSV; NULL: none */
    const fct_bars_request *bars; /* NULL: all symbols of the store as 1-minute bars */
    bool allow_external; /* let the query read other files, the network, and load extensions */
} fct_query_request;

/*
 * Runs one query and gives its rows. Nothing is changed anywhere: any other statement is FCT_ERROR_ARGUMENT, as is a query
 * that DuckDB does not take, with its words; reading trades of a store that has none is FCT_ERROR_NOT_FOUND, and
 * FCT_ERROR_PARTIAL, with an answer, is as of fct_bars. Unless allowed, a query reads nothing but the store and the panel. The caller
 * releases the stream; `run` must hold until then.
 */
FCT_API FCT_MUST_CHECK fct_status fct_query(const fct_query_request *request, const char *sql,
                                            const fct_run *run, struct ArrowArrayStream *out,
                                            fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 10  Factors: expressions over panels (docs/expressions.md)
 * ---------------------------------------------------------------------------------------------- */

/* Whose meaning a word has where two languages use it for different things: `sum`, `ts_argmax`, `Rank`, ... */
typedef enum fct_dialect {
    FCT_DIALECT_FACTORIUM = 0,
    FCT_DIALECT_ALPHA101 =
        1, /* Kakushadze's 101 Formulaic Alphas; also returns and adv20, adv5, ... */
    FCT_DIALECT_QLIB = 2
} fct_dialect;

/* A dialect by its name ("factorium", "alpha101", "qlib"). Errors: FCT_ERROR_ARGUMENT. */
FCT_API FCT_MUST_CHECK fct_status fct_dialect_parse(const char *text, fct_dialect *dialect,
                                                    fct_error *err);

typedef enum fct_parameter_kind {
    FCT_PARAMETER_WINDOW = 0, /* rows, 1..1,000,000; a fraction is floored */
    FCT_PARAMETER_INTEGER = 1,
    FCT_PARAMETER_NUMBER = 2,
    FCT_PARAMETER_FLAG = 3, /* 0 or 1; also true, false */
    FCT_PARAMETER_WORD = 4  /* one of `words`; its value is the word's index */
} fct_parameter_kind;

typedef struct fct_operator_parameter {
    const char *name;
    fct_parameter_kind kind;
    bool optional;
    double preset; /* when left out; NaN: as many as d (min_periods) */
    double minimum, maximum;
    const char *words; /* FCT_PARAMETER_WORD: "gaussian uniform cauchy" */
} fct_operator_parameter;

typedef enum fct_operator_section {
    FCT_SECTION_ELEMENT = 0,       /* a cell depends on the same cell of its series */
    FCT_SECTION_TIME_SERIES = 1,   /* ... on this and earlier rows of its symbol */
    FCT_SECTION_CROSS_SECTION = 2, /* ... on all rows of its end_time */
    FCT_SECTION_GROUP = 3          /* ... on those of its group */
} fct_operator_section;

/* What an operator is called and takes: first its series, then its parameters. All texts are static. */
typedef struct fct_operator {
    const char *name;
    const char *
        aliases; /* other names, with blanks between; "alpha101:sum" is known in that dialect alone */
    fct_operator_section section;
    int min_series, max_series;
    const char *series_names; /* "y x"; the last one repeats where max_series is larger */
    int n_parameters;
    const fct_operator_parameter *parameters;
    const char *doc; /* one line: what the value is */
} fct_operator;

/* The operators in the order of docs/operators.md; false past the end. */
FCT_API bool fct_operator_at(size_t index, fct_operator *out);

/* The operator of a name or alias, without regard to case; FCT_ERROR_NOT_FOUND with the nearest one. */
FCT_API FCT_MUST_CHECK fct_status fct_operator_find(const char *name, fct_dialect dialect,
                                                    fct_operator *out, fct_error *err);

/*
 * Operators as a table: name, aliases, section, series (how many and which), parameters (with presets), look_back (in words)
 * and doc; all of them, or the one of a name or alias. The caller releases the stream.
 */
FCT_API FCT_MUST_CHECK fct_status fct_operator_list(const char *name, fct_dialect dialect,
                                                    struct ArrowArrayStream *out, fct_error *err);

/*
 * The expressions of a published set, "alpha101" or "alpha158", as a text for fct_plan_compile, and the dialect they are
 * written in (`dialect` may be NULL). Static text; NULL for another name.
 */
FCT_API const char *fct_formula_set(const char *name, fct_dialect *dialect);

/* Compiled expressions. A plan never changes: any number of threads may run one at once, on any panels. */
typedef struct fct_plan fct_plan;

typedef struct fct_plan_options {
    fct_dialect dialect;
    bool strict_cross_sections; /* where a row of a cross-section is missing, all of it is */
} fct_plan_options;

/*
 * Compiles statements, one a line or with ';' between: `name = expression` or a bare expression, whose name is its own text.
 * Names that begin with '_' are definitions and give no factor. Freed by fct_plan_free.
 * Errors: FCT_ERROR_ARGUMENT with line, column and err->position (a byte offset into `text`); FCT_ERROR_LIMIT for more
 * than 100,000 different parts.
 */
FCT_API FCT_MUST_CHECK fct_status fct_plan_compile(const char *text,
                                                   const fct_plan_options *options, fct_plan **out,
                                                   fct_error *err);
FCT_API void fct_plan_free(fct_plan *plan); /* accepts NULL */

/*
 * The factors of `plan` whose columns `panel` has, in a plan of their own: what of a published set suits bars without, say,
 * sectors. `plan` stays; fct_plan_factor_name of both says what was left out. Freed by fct_plan_free. Errors:
 * FCT_ERROR_NOT_FOUND, naming the columns, where none is left; FCT_ERROR_MEMORY.
 */
FCT_API FCT_MUST_CHECK fct_status fct_plan_fit(const fct_plan *plan, const fct_panel *panel,
                                               fct_plan **out, fct_error *err);

/* The factors in the order of the text: their names, and what the text says they are. NULL past the end; owned by the plan. */
FCT_API size_t fct_plan_n_factors(const fct_plan *plan);
FCT_API const char *fct_plan_factor_name(const fct_plan *plan, size_t index);
FCT_API const char *fct_plan_factor_text(const fct_plan *plan, size_t index);

/* The columns that the plan reads; NULL past the end; owned by the plan. */
FCT_API size_t fct_plan_n_columns(const fct_plan *plan);
FCT_API const char *fct_plan_column(const fct_plan *plan, size_t index);

/* How many earlier rows of its symbol the factor's value depends on; -1: on all of them. SIZE_MAX: of the whole plan. */
FCT_API int64_t fct_plan_look_back(const fct_plan *plan, size_t index);

/*
 * The plan as a text that compiles to the same plan: numbers folded, what is used twice named once. The caller frees *text
 * with free().
 */
FCT_API FCT_MUST_CHECK fct_status fct_plan_text(const fct_plan *plan, char **text, fct_error *err);

/*
 * How the plan would run on a panel (NULL: on any): its passes, steps, look-back and memory, for a person. The caller frees
 * *text with free().
 */
FCT_API FCT_MUST_CHECK fct_status fct_plan_explain(const fct_plan *plan, const fct_panel *panel,
                                                   const fct_run *run, char **text, fct_error *err);

/* Bytes that are held at most while it runs: the panel, whatever of it is read, the factors, and what a run works in. */
FCT_API FCT_MUST_CHECK fct_status fct_plan_memory(const fct_plan *plan, const fct_panel *panel,
                                                  const fct_run *run, size_t *n_bytes,
                                                  fct_error *err);

/*
 * Evaluates the plan: *out is a panel with the key of `panel` and one column of doubles for each factor, freed by
 * fct_panel_free. The same bits for any number of threads. Errors: FCT_ERROR_NOT_FOUND names a column that the panel does
 * not have; FCT_ERROR_ARGUMENT a column of texts that is used as more than a group; FCT_ERROR_LIMIT, before the work starts,
 * where the run would not fit the memory limit; FCT_ERROR_INTERRUPTED; FCT_ERROR_MEMORY.
 */
FCT_API FCT_MUST_CHECK fct_status fct_plan_run(const fct_plan *plan, const fct_panel *panel,
                                               const fct_run *run, fct_panel **out, fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 11  Evaluation: does a factor say what returns will be?
 *
 * Every figure is made for each time first, then over the times. The forward return of a row with horizon h and delay e
 * is P[row + e + h] / P[row + e] - 1 among the rows of its symbol. docs/evaluation.md defines each figure.
 * ---------------------------------------------------------------------------------------------- */

/* How to evaluate. */
typedef struct fct_evaluate_request {
    const char *price;       /* the column of the bars at which one trades; NULL: close */
    const int64_t *horizons; /* rows that one holds, each 1..1,000,000, different; NULL: 1, 5, 20 */
    size_t n_horizons;       /* at most 100 */
    int64_t delay;           /* rows between a factor and the trade on it, 1..1,000,000; 0: 1 */
    bool
        no_delay; /* trade at the very price of the factor's row, which nobody can: it looks ahead */
    int n_quantiles; /* 2..100; 0: 5 */
    int n_decay; /* IC of the first horizon with 0..n_decay-1 rows more delay, up to 1000; 0: none */
    const char *group; /* a column of the bars: the IC within each of its values, too; NULL: none */
    int events_before, events_after; /* rows around large values, up to 1000 each; both 0: none */
    double event_size; /* a value is large from this many cross-sectional deviations on; 0: 2 */
    bool with_series;  /* keep what each time came to: the tables ic, quantile_returns and times */
    bool with_symbols; /* IC of each symbol over its times */
    bool with_correlation; /* of all pairs of factors */
    double redundant_from; /* pairs correlated by this or more, either way, are redundant; 0: 0.7 */
    const fct_panel
        *universe; /* rows whose first column is 0 or missing do not count; NULL: all do */
} fct_evaluate_request;

/* What came of an evaluation. It never changes: any number of threads may read one. */
typedef struct fct_evaluation fct_evaluation;

/*
 * Evaluates every numeric column of `factors` against the prices of `bars`; rows meet on (start_time, end_time, symbol).
 * `request` may be NULL. The same bits for any number of threads. Freed by fct_evaluation_free; it does not refer to
 * the panels. What leaves a table empty (one symbol, a constant factor, prices of 0) is a warning message.
 * Errors: FCT_ERROR_ARGUMENT names what is out of range, a horizon longer than the data included; FCT_ERROR_NOT_FOUND
 * a column; FCT_ERROR_DATA where no row of the factors meets one of the bars; FCT_ERROR_LIMIT, FCT_ERROR_MEMORY.
 */
FCT_API FCT_MUST_CHECK fct_status fct_evaluate(const fct_panel *bars, const fct_panel *factors,
                                               const fct_evaluate_request *request,
                                               const fct_run *run, fct_evaluation **out,
                                               fct_error *err);
FCT_API void fct_evaluation_free(fct_evaluation *evaluation); /* accepts NULL */

/* The names of the tables, in the order of this list; NULL past the end. Static text. Columns: docs/evaluation.md.
 *   summary           a row a factor and horizon: IC, long-short, turnover, coverage, counts
 *   quantiles         ... and quantile: mean return, its error, turnover
 *   turnover          a row a factor and lag: rank autocorrelation, turnover of the top and bottom quantile
 *   decay             a row a factor and lag, where n_decay was given
 *   calendar          IC by month, by hour (UTC), by group
 *   symbols           IC of each symbol, where asked for
 *   events            mean returns around large values, where asked for
 *   correlation       pairs of factors, where asked for
 *   ic, quantile_returns, times   series over the times, where asked for
 */
FCT_API const char *fct_evaluation_table_name(size_t index);

/*
 * A table as an Arrow stream, which the caller releases, before or after the evaluation. A table that was not asked for
 * has no rows. FCT_ERROR_NOT_FOUND lists the names.
 */
FCT_API FCT_MUST_CHECK fct_status fct_evaluation_table(const fct_evaluation *evaluation,
                                                       const char *name,
                                                       struct ArrowArrayStream *out,
                                                       fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 12  Backtest: what trading on a factor would have come to
 * ---------------------------------------------------------------------------------------------- */

/* How a time's values become weights (shares of the equity; their sizes sum to `gross`). */
typedef enum fct_weighting {
    FCT_WEIGHTS_NEUTRAL = 0,   /* distance from the mean: long and short weigh the same */
    FCT_WEIGHTS_LONG_ONLY = 1, /* distance from the mean of what lies above it */
    FCT_WEIGHTS_QUANTILES = 2, /* top quantile long, bottom quantile short, equal weights */
    FCT_WEIGHTS_GIVEN = 3      /* the values as they are: above 0 long, below 0 short */
} fct_weighting;

typedef struct fct_backtest_request {
    const char *price; /* the column at which one trades and by which one values; NULL: close */
    const char
        *volume; /* ... that is the volume of a row, for the capacity; NULL: volume, if there */
    const char *funding; /* ... that is the rate which longs pay to shorts at a row; NULL: none */
    int64_t delay;       /* times between a factor and the trade on it, 1..1,000,000; 0: 1 */
    bool no_delay;       /* trade at the factor's own time, which nobody can: it looks ahead */
    int64_t every;       /* trade at every such time; 0: 1 */
    fct_weighting weighting;
    int n_quantiles;     /* 2..100; 0: 5 */
    double gross;        /* gross exposure over equity; 0: 1 */
    double max_position; /* largest weight of one symbol, either way; 0: none */
    double turnover_cap; /* most that is traded at one time over equity; 0: none */
    const char *group; /* a column of the bars: weights are neutral within each value; NULL: none */
    double buy_cost, sell_cost; /* shares of what is traded, 0 or more and below 1 */
    double capital;             /* at the start; 0: 1,000,000 */
    double volume_share; /* what a trade may be of a row's volume, for the capacity; 0: 0.01 */
    double
        steps_per_year; /* times a year, for annual figures; 0: by the middle distance of times */
    bool with_positions, with_trades; /* keep these tables */
    const fct_panel
        *universe; /* rows whose first column is 0 or missing have no signal; NULL: all */
} fct_backtest_request;

/* What came of a backtest. It never changes: any number of threads may read one. */
typedef struct fct_backtest fct_backtest;

/*
 * Trades each numeric column of `factors` (rows meet those of `bars` on their key): the weights that a time asks for are
 * traded `delay` times later at that time's prices. Equity changes by price moves of what is held, by costs and by
 * funding, and by nothing else: a step that does not add up to 1e-9 is FCT_ERROR_INTERNAL. A symbol without later
 * rows is closed at its last price. `request` may be NULL. Freed by fct_backtest_free.
 * Errors: as fct_evaluate; a cost of 100 % or more is FCT_ERROR_ARGUMENT. docs/backtest.md defines all figures.
 */
FCT_API FCT_MUST_CHECK fct_status fct_backtest_run(const fct_panel *bars, const fct_panel *factors,
                                                   const fct_backtest_request *request,
                                                   const fct_run *run, fct_backtest **out,
                                                   fct_error *err);
FCT_API void fct_backtest_free(fct_backtest *backtest); /* accepts NULL */

/* The tables: metrics, equity, positions, trades; NULL past the end. Static text. */
FCT_API const char *fct_backtest_table_name(size_t index);

/* Like fct_evaluation_table. */
FCT_API FCT_MUST_CHECK fct_status fct_backtest_table(const fct_backtest *backtest, const char *name,
                                                     struct ArrowArrayStream *out, fct_error *err);

/* ---- Universe -------------------------------------------------------------------------------------- */

/* Which rows are in. Each rule that is given must hold; zeros and NULLs are no rule. */
typedef struct fct_universe_rules {
    int64_t min_history;      /* rows of its symbol so far, this one included */
    double min_notional;      /* mean of notional (else close x volume) over the window */
    int64_t notional_window;  /* rows, 1..1,000,000; 0: 20; a window that is not full is out */
    bool without_stablecoins; /* pairs such as USDCUSDT: both sides are money */
    bool
        without_leveraged; /* tokens such as BTCUPUSDT, ETHBEARUSDT, ADA3LUSDT, of symbols there are */
    const char *tag_column;  /* a column of texts or numbers ... */
    const char *const *tags; /* ... whose value is one of n_tags, numbers by what they are worth */
    size_t n_tags;
    const fct_panel
        *mask; /* rows whose first column is 0 or missing are out; what an expression says */
} fct_universe_rules;

/*
 * A panel with the key of `bars` and one column, universe: 1 in, 0 out. No rule looks ahead. A tag that no row has is a
 * warning. Freed by fct_panel_free.
 * Errors: FCT_ERROR_NOT_FOUND names a column; FCT_ERROR_ARGUMENT a rule out of range.
 */
FCT_API FCT_MUST_CHECK fct_status fct_universe(const fct_panel *bars,
                                               const fct_universe_rules *rules, const fct_run *run,
                                               fct_panel **out, fct_error *err);

/* ---- Several factors as one ------------------------------------------------------------------------ */

typedef enum fct_combining {
    FCT_COMBINE_EQUAL = 0,
    FCT_COMBINE_GIVEN = 1, /* by `weights` */
    FCT_COMBINE_IC = 2     /* by the mean of each factor's ICs that are known by then */
} fct_combining;

typedef struct fct_combine_request {
    fct_combining how;
    const double *weights; /* FCT_COMBINE_GIVEN: one for each numeric column */
    size_t n_weights;
    const char *price; /* FCT_COMBINE_IC, as in fct_evaluate_request: */
    int64_t horizon;   /* 0: 1 */
    int64_t delay;     /* 0: 1 */
    int64_t min_times; /* ICs that must be known; 0: 20 */
    const fct_panel
        *universe; /* rows whose first column is 0 or missing have no value; NULL: all do */
} fct_combine_request;

/*
 * A panel with the key of `bars` and one column, combined: the weighted mean of the factors' z-scores at each time (n - 1),
 * over the factors that a row has. An IC counts from `delay` + `horizon` times later on, with the returns that are over by then:
 * nothing looks ahead.
 * `request` may be NULL. Freed by fct_panel_free. Errors: as fct_evaluate.
 */
FCT_API FCT_MUST_CHECK fct_status fct_combine(const fct_panel *bars, const fct_panel *factors,
                                              const fct_combine_request *request,
                                              const fct_run *run, fct_panel **out, fct_error *err);

/* ---- Look-ahead ------------------------------------------------------------------------------------ */

/* Zeros are the defaults. */
typedef struct fct_check_request {
    int n_cuts;           /* times at which the data is cut, 1..1000; 0: 20 */
    uint64_t seed;        /* which times */
    const char *price;    /* NULL: close */
    double suspicious_ic; /* a mean IC of this or more, without any delay, is a finding; 0: 0.5 */
} fct_check_request;

/*
 * Looks for what a factor cannot know. Runs the plan on the bars, then on the bars up to each of n_cuts random times: values
 * before a cut must not change by a bit. Reads the names of the columns used for labels (future, label, target, forward,
 * next, ...), and holds factors and columns against returns that have not happened yet: who knows them too well was made of them.
 * A row a finding: factor, kind ("changes", "label", "foresight"), column, time (ms), symbol, value, value_cut, what (words); no rows:
 * nothing was found, which proves that the plan does not look ahead, and of what the columns hold proves nothing: a statistic of
 * the whole sample that stands in one is not seen. The caller releases the stream.
 * A negative shift does not compile at all.
 */
FCT_API FCT_MUST_CHECK fct_status fct_plan_check(const fct_plan *plan, const fct_panel *bars,
                                                 const fct_check_request *request,
                                                 const fct_run *run, struct ArrowArrayStream *out,
                                                 int64_t *n_findings, fct_error *err);

/* ---- Report --------------------------------------------------------------------------------------- */

/* What a report says beside the figures of an evaluation. */
typedef struct fct_report_request {
    const char *title;             /* NULL: the name of the first factor */
    const char *const *parameters; /* n_parameters pairs: what a setting is called, its value */
    size_t n_parameters;
    const char *const *commands; /* lines that make the same again */
    size_t n_commands;
    const fct_backtest *backtest; /* of the same factors and times, for equity curves; NULL: none */
} fct_report_request;

/*
 * Writes an evaluation that kept its series as one HTML page with figures, which needs nothing else: no network, no other
 * file. The same input gives the same bytes. `request` may be NULL. The file appears when it is complete.
 */
FCT_API FCT_MUST_CHECK fct_status fct_report_write(const fct_evaluation *evaluation,
                                                   const fct_report_request *request,
                                                   const char *path, const fct_run *run,
                                                   fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 13  Output: an Arrow stream as a file
 * ---------------------------------------------------------------------------------------------- */

typedef enum fct_format {
    FCT_FORMAT_AUTO = 0, /* from the file's suffix */
    FCT_FORMAT_CSV =
        1, /* header, RFC 4180, missing is empty, numbers that read back as the same bits */
    FCT_FORMAT_JSON = 2, /* one array of one object a row, missing is null */
    FCT_FORMAT_PARQUET = 3,
    FCT_FORMAT_ARROW = 4, /* Arrow IPC file */
    FCT_FORMAT_TABLE = 5  /* aligned text for a person; long tables show head and tail */
} fct_format;

/* A format by its name ("csv") or, where `text` has a dot, by the suffix of a file name. */
FCT_API FCT_MUST_CHECK fct_status fct_format_parse(const char *text, fct_format *format,
                                                   fct_error *err);

/*
 * Writes all of `stream` to the file `path`, which appears when it is complete; its folder must exist. A link is
 * followed, a file that is replaced keeps its permissions; a device or a pipe is written as it is.
 * Consumes and releases the stream, also on failure. `n_rows` (may be NULL) receives the row count.
 */
FCT_API FCT_MUST_CHECK fct_status fct_write_file(struct ArrowArrayStream *stream, const char *path,
                                                 fct_format format, const fct_run *run,
                                                 int64_t *n_rows, fct_error *err);

/* Like fct_write_file, but to an open file descriptor, which stays open. FCT_FORMAT_AUTO is CSV. */
FCT_API FCT_MUST_CHECK fct_status fct_write_fd(struct ArrowArrayStream *stream, int fd,
                                               fct_format format, const fct_run *run,
                                               int64_t *n_rows, fct_error *err);

/* ------------------------------------------------------------------------------------------------
 * 14  Shards: one request cut into pieces that many machines work on (docs/shards.md)
 *
 * A plan is a JSON file. It names paths that every machine sees, and carries a key of all that the result depends on. A shard
 * is run by whoever comes first, as often as one likes: it writes files of its own below the plan's work folder, each at once
 * or not at all, and at last a row that says what they hold. Shards of one stage need nothing of each other; those of a
 * later stage need all of the stages before. The merged result equals that of one machine to the bit.
 * ---------------------------------------------------------------------------------------------- */

/* What a stage's shards divide among them. */
typedef enum fct_shard_axis {
    FCT_SHARD_BARS = 0,    /* symbols, and for time bars days, too: bars of the store's trades */
    FCT_SHARD_SYMBOLS = 1, /* symbols: what of expressions looks along the rows of a symbol */
    FCT_SHARD_TIMES = 2    /* times: what of expressions looks across symbols */
} fct_shard_axis;

/* What to plan: bars of a store, or expressions over those or over a file of bars. */
typedef struct fct_shard_request {
    const fct_bars_request *bars;         /* of a store; NULL: `panel` has the bars */
    const char *panel;                    /* a file as fct_panel_read takes; NULL: `bars` */
    const fct_panel_selection *selection; /* which times and symbols of `panel`; NULL: all */
    const char *attributes;               /* a file as fct_panel_join_file takes; NULL: none */
    const char *expressions; /* a text as fct_plan_compile takes; NULL: the bars themselves */
    const fct_plan_options *options; /* of the expressions */
    fct_missing missing_columns;     /* FCT_MISSING_SKIP: as fct_plan_fit, and FCT_ERROR_PARTIAL */
    size_t n_shards;                 /* at most so many in each stage, 1..10,000 */
    const char *work; /* a folder that every machine sees, for the shards' files, made when absent;
                         or s3://BUCKET/FOLDER */
} fct_shard_request;

/* A plan. It never changes: any number of threads may run its shards at once. */
typedef struct fct_shard_plan fct_shard_plan;

/*
 * Cuts a request into stages of shards of about equal bytes. The store is listed and its files' sizes are asked for, nothing of
 * it is read; of a `panel` file the key columns are. FCT_ERROR_PARTIAL, with a plan, where days were asked for that the
 * store lacks, or expressions were left out. Freed by fct_shard_plan_free. Errors: as fct_bars, fct_panel_read, fct_plan_compile.
 */
FCT_API FCT_MUST_CHECK fct_status fct_shard_plan_make(const fct_shard_request *request,
                                                      const fct_run *run, fct_shard_plan **out,
                                                      fct_error *err);

/*
 * The plan of a JSON file. FCT_ERROR_DATA names the field that is not as fct_shard_plan_write leaves it; FCT_ERROR_INTEGRITY:
 * the file was changed, so that its key is another. Freed by fct_shard_plan_free.
 */
FCT_API FCT_MUST_CHECK fct_status fct_shard_plan_read(const char *path, fct_shard_plan **out,
                                                      fct_error *err);

/* Writes the plan as JSON to a file, which appears when it is complete. */
FCT_API FCT_MUST_CHECK fct_status fct_shard_plan_write(const fct_shard_plan *plan, const char *path,
                                                       fct_error *err);
FCT_API void fct_shard_plan_free(fct_shard_plan *plan); /* accepts NULL */

/* 16 hex digits of all that the result depends on, and the work folder; owned by the plan. */
FCT_API const char *fct_shard_plan_key(const fct_shard_plan *plan);
FCT_API const char *fct_shard_plan_work(const fct_shard_plan *plan);

FCT_API size_t fct_shard_plan_n_stages(const fct_shard_plan *plan);

/* Shards of a stage, counted from 0 as stages are; 0 past the last stage. */
FCT_API size_t fct_shard_plan_n_shards(const fct_shard_plan *plan, size_t stage);

/* What one shard does. Texts are the plan's. */
typedef struct fct_shard_info {
    fct_shard_axis axis;
    const char *first_symbol, *last_symbol; /* of the plan's symbols, in bytewise order */
    size_t n_symbols;
    int64_t from_ms, to_ms; /* trades (bars) or end times (times): from <= t < to; INT64_MIN and
                               INT64_MAX: open */
    int64_t n_bytes;        /* about as many are read; 0: not known */
} fct_shard_info;

/* FCT_ERROR_NOT_FOUND says how many there are. */
FCT_API FCT_MUST_CHECK fct_status fct_shard_plan_info(const fct_shard_plan *plan, size_t stage,
                                                      size_t shard, fct_shard_info *info,
                                                      fct_error *err);

/* Learns which shards of a stage are done, where the work folder is on S3; for any other it does nothing. */
FCT_API FCT_MUST_CHECK fct_status fct_shard_refresh(const fct_shard_plan *plan, size_t stage,
                                                    const fct_run *run, fct_error *err);

/* Whether a shard's row is there and of this plan; what its files hold is not looked at. */
FCT_API bool fct_shard_is_done(const fct_shard_plan *plan, size_t stage, size_t shard);

/* What a run of a shard did. */
typedef struct fct_shard_report {
    bool was_done; /* its row and its files were there, and are what they were: nothing was done */
    int64_t n_rows;
    int64_t n_bytes; /* of its files */
} fct_shard_report;

/*
 * Runs one shard, unless that was done. Several runs of one shard at once do no harm. `report` may be NULL. Errors:
 * FCT_ERROR_NOT_FOUND: no such shard, or a stage before is not complete (it names the first shard that lacks);
 * FCT_ERROR_INTEGRITY: the store, or a file of a stage before, is not what it was; those of fct_bars and fct_plan_run.
 */
FCT_API FCT_MUST_CHECK fct_status fct_shard_run(const fct_shard_plan *plan, size_t stage,
                                                size_t shard, const fct_run *run,
                                                fct_shard_report *report, fct_error *err);

/*
 * Whoever drives a whole plan from planning to merging: one at a time, so that two runs of one request do not remove each other's
 * files. Waits for another one to end, also of another machine where the work folder's file system has locks. Running
 * shards needs none.
 */
typedef struct fct_shard_claim fct_shard_claim;

/*
 * Leaves the plan beside the shards' files, where every machine reads it. Ended by fct_shard_claim_end. Errors: FCT_ERROR_IO,
 * FCT_ERROR_INTERRUPTED, FCT_ERROR_MEMORY.
 */
FCT_API FCT_MUST_CHECK fct_status fct_shard_claim_take(const fct_shard_plan *plan,
                                                       const fct_run *run, fct_shard_claim **out,
                                                       fct_error *err);

/* The path of that file; owned by the claim. */
FCT_API const char *fct_shard_claim_path(const fct_shard_claim *claim);

/* Removes all files of the plan's shards where that is wanted. Accepts NULL. */
FCT_API void fct_shard_claim_end(fct_shard_claim *claim, bool remove_files);

/*
 * Checks every shard of every stage against its row, then gives the result as a stream: the rows of fct_bars, or those of
 * fct_panel_stream. The caller releases the stream; `run` must hold until then. FCT_ERROR_PARTIAL, with a stream, as for
 * fct_shard_plan_make. Errors: FCT_ERROR_NOT_FOUND names shards that were not run; FCT_ERROR_INTEGRITY a file that is not
 * what its row says, a row of another plan, a shard that has two.
 */
FCT_API FCT_MUST_CHECK fct_status fct_shard_merge(const fct_shard_plan *plan, const fct_run *run,
                                                  struct ArrowArrayStream *out, fct_error *err);

#ifdef __cplusplus
}
#endif

#endif /* FACTORIUM_H */
