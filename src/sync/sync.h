/* What one sync holds: archive files to fetch, units to ingest, what became of each. */
#ifndef FCT_SYNC_SYNC_H
#define FCT_SYNC_SYNC_H

#include <pthread.h>

#include "archive/checksum.h"
#include "archive/fetch.h"
#include "base/text_set.h"
#include "store/ingest_file.h"
#include "sync/part.h"

/* What became of a unit, in the words of the answer. */
typedef enum fct_sync_outcome {
    FCT_SYNC_OPEN = 0,
    FCT_SYNC_THERE,
    FCT_SYNC_FETCHED,
    FCT_SYNC_UNCHANGED, /* asked for under --refresh, and the same */
    FCT_SYNC_MISSING,
    FCT_SYNC_FAILED,
    FCT_SYNC_PLANNED, /* of a dry run */
    FCT_SYNC_REPLACED /* other files stand for it; not in the answer */
} fct_sync_outcome;

typedef enum fct_archive_state {
    FCT_ARCHIVE_DORMANT = 0, /* its units are */
    FCT_ARCHIVE_WAITING,     /* for its first turn */
    FCT_ARCHIVE_LATER,       /* for another turn */
    FCT_ARCHIVE_ACTIVE,      /* a request of it is under way */
    FCT_ARCHIVE_COMPLETE,
    FCT_ARCHIVE_NOT_CHANGED,
    FCT_ARCHIVE_ABSENT,
    FCT_ARCHIVE_LOST /* failed */
} fct_archive_state;

/* One file of the exchange's archive. */
typedef struct fct_sync_archive {
    char *path; /* below the base URL */
    size_t symbol;
    fct_archive_state state;
    bool wants_checksum; /* the next request is for its .CHECKSUM */
    bool is_conditional; /* it is there already: has it changed? */
    size_t units[2];
    size_t n_units, n_units_left;
    fct_part part;
    int n_tries;        /* since something new came */
    int n_bad_contents; /* how often what came was not what was published */
    int64_t not_before_ms;
    int64_t most_bytes; /* that a try got to */
    int64_t n_bytes;    /* of the whole; of a dry run what the server says */
    char etag[FCT_FETCH_VALIDATOR], last_modified[64];
    char sha256[FCT_CHECKSUM_HEX + 1];       /* published; "": not known */
    char sha256_there[FCT_CHECKSUM_HEX + 1]; /* of what the store has */
    fct_fetch *fetch;                        /* while active */
    char *url;                               /* likewise */
    char *reason;                            /* why it failed */
} fct_sync_archive;

/* What is ingested, and becomes visible, at once: a day's file, a month's, or two files that make a UTC day. */
typedef struct fct_sync_unit {
    size_t symbol;
    int64_t first_day, n_days;
    size_t archives[2];
    size_t n_archives; /* 0: the store has it */
    char *label;
    bool is_dormant;
    bool is_handed_over;                /* a worker has it */
    bool is_stored;                     /* asked for under --refresh: the store has it */
    size_t first_other, n_others;       /* units that stand for it where it is missing */
    size_t first_day_unit, n_day_units; /* of a month: those of its wanted days */
    uint32_t days_there; /* of a month: a bit for each day of which the store has rows */
    fct_sync_outcome outcome;
    int64_t n_rows, n_bytes;
    char *reason;
} fct_sync_unit;

typedef struct fct_sync_symbol {
    fct_store_key key;
    fct_archive_identity identity; /* but for the days */
    size_t n_units_left;
} fct_sync_symbol;

typedef struct fct_sync_run {
    const fct_sync_request *request;
    fct_job *job;
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    char data_type[65]; /* the store's */
    const char *base_url;
    bool is_local;   /* base_url is file:// */
    fct_text mirror; /* its folder then */
    bool has_checksums;
    bool only_monthly;    /* no file is of a day */
    bool needs_each_day;  /* a day without rows in a month's file is worth a look */
    bool warned_of_parts; /* that --period monthly takes whole months only */
    int64_t from_day, to_day;
    int n_jobs;

    fct_text_set symbol_names;
    fct_text_set unlisted_names; /* asked for by name, with a day of listing: they have no file */
    fct_sync_symbol *symbols;
    fct_ingest_symbol *ingest_symbols; /* likewise */
    size_t n_symbols;
    fct_sync_archive *archives;
    size_t n_archives, archives_capacity;
    fct_sync_unit *units;
    size_t n_units, units_capacity;

    int64_t planned_at_ns; /* since 1970 */
    fct_fetcher *fetcher;
    uint64_t random; /* of the jitter */
    double tokens;   /* of the rate limit */
    int64_t tokens_at_ms;
    int64_t pause_until_ms; /* the server asked for a pause */
    fct_sync_report report;
} fct_sync_run;

/* ---- sync.c: whether the folder of a mirror on this machine can be read ---- */
fct_status fct_sync_check_mirror(const fct_sync_run *sync, fct_error *err);

/* ---- symbols.c: the names that are meant ---- */
fct_status fct_sync_find_symbols(fct_sync_run *sync, fct_error *err);

/* ---- plan.c: what is there, what is to be fetched ---- */
fct_status fct_sync_plan(fct_sync_run *sync, fct_error *err);
fct_status fct_sync_url(const fct_sync_run *sync, const fct_sync_archive *archive,
                        const char *suffix, char **url, fct_error *err);

/* ---- leftovers.c ---- */
fct_status fct_sync_remove_leftovers(fct_sync_run *sync, fct_error *err);

/* ---- request.c: the pace of requests ---- */

/* How long until the next request may start; 0: now, and it counts. */
int64_t fct_sync_take_turn(fct_sync_run *sync);

/* Notes that the server wants a pause, and returns when another try may be. */
int64_t fct_sync_next_try_ms(fct_sync_run *sync, const fct_fetch *fetch, int n_tries);

/*
 * Small texts, as many at once as there are jobs, each tried as often as files are. `done` gets each that ended: its
 * result is OK or one that is final.
 */
typedef fct_status (*fct_sync_text_done)(fct_sync_run *sync, size_t index, fct_fetch *fetch,
                                         void *context, fct_error *err);
fct_status fct_sync_fetch_texts(fct_sync_run *sync, char *const *urls, size_t n_urls,
                                size_t max_text, fct_sync_text_done done, void *context,
                                fct_error *err);

/* ---- validators.c: what the server called the files that the store has ---- */
fct_status fct_sync_validators_load(const fct_sync_run *sync, fct_sync_archive *archive,
                                    fct_error *err);
fct_status fct_sync_validators_save(const fct_sync_run *sync, const fct_sync_archive *archive,
                                    fct_error *err);

/* ---- transfer.c: all that is to be fetched ---- */
fct_status fct_sync_transfer(fct_sync_run *sync, fct_error *err);

/* ---- answer.c ---- */
fct_status fct_sync_answer(fct_sync_run *sync, struct ArrowArrayStream *out, fct_error *err);

#endif
