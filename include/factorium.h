/*
 * factorium - exchange trade archives in, bars and factors out.
 *
 * This is the one installed header. It is written in the order a user meets things: version, errors,
 * running (threads, memory, progress), time, Arrow, exchanges, store, bars, output.
 *
 * Rules that hold for every function here:
 *  - A call that can fail returns fct_status and takes a caller-owned fct_error as its last argument;
 *    that argument may be NULL when only the status matters.
 *  - Text goes in as NUL-terminated UTF-8 and is never kept after the call returns.
 *  - There is no global state: any function may be called from several threads at once as long as they
 *    do not share an output object.
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
    FCT_ERROR_UNSUPPORTED = 8, /* valid input of a kind this library does not read */
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

/* How far a long call has come. `total` is 0 while unknown. `stage` and `unit` are static text. */
typedef struct fct_progress {
    const char *stage; /* "ingest", "bars", ... */
    const char *item;  /* the file or symbol just finished, or NULL; valid during the callback only */
    const char *unit;  /* what done and total count: "bytes", "files" */
    int64_t done;
    int64_t total;
} fct_progress;

/*
 * How a long call shall run. Callbacks may come from any of the call's threads but never two at once.
 * They must not call back into the library with the same output objects.
 */
typedef struct fct_run {
    int n_threads;             /* worker threads, 1..1024; 0: one for each processor */
    size_t memory_limit_bytes; /* working memory the call may hold; 0: no limit */
    const char *temp_dir;      /* spill files; NULL: a folder inside the store, or TMPDIR */
    bool (*should_stop)(void *user); /* asked at least ten times a second; NULL: never */
    void (*on_progress)(const fct_progress *progress, void *user);
    void (*on_message)(fct_message_level level, const char *text, void *user);
    void *user; /* handed to the three callbacks */
} fct_run;

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
FCT_API FCT_MUST_CHECK fct_status fct_time_parse(const char *text, int64_t *time_ms, fct_error *err);

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

#ifdef __cplusplus
}
#endif

#endif /* FACTORIUM_H */
