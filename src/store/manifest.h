/* What the store knows of where its rows come from: a record for each archive file that gave some. */
#ifndef FCT_STORE_MANIFEST_H
#define FCT_STORE_MANIFEST_H

#include "store/day_writer.h"
#include "store/paths.h"

#define FCT_SHA256_TEXT 65 /* 64 hex digits and NUL */

/* The rows that a source has of one day. */
typedef struct fct_origin_day {
    fct_day_file file;   /* all of them */
    int64_t n_stored;    /* those that no earlier file of the day's folder has */
    fct_file_mark extra; /* of the file of those, where they are not the day's data.parquet */
    bool is_owner;       /* they are the day's data.parquet; else .factorium/spill/… keeps them */
    int64_t n_stored_before; /* n_stored when the record was read */
} fct_origin_day;

/*
 * One archive file. `label` names it in file names: [A-Za-z0-9._-], unique among the sources of a symbol.
 */
typedef struct fct_origin {
    char *label;
    char *name;                   /* the archive file's, for people */
    char *read_as;                /* the options that its reading depends on */
    char sha256[FCT_SHA256_TEXT]; /* "": it must be read again */
    int64_t n_bytes;
    int64_t first_day, n_days; /* the days that the file says it holds; n_days 0: any */
    char *time_column, *price_column, *quantity_column, *id_column; /* NULL: there is none */
    int64_t n_bad_rows;
    fct_origin_day *days; /* ascending */
    size_t n_source_days;

    bool is_new;          /* made by this call, not read from a record */
    int64_t n_duplicates; /* rows left out in the source itself; of this call */
} fct_origin;

void fct_origin_free(fct_origin *source);
fct_status fct_origin_copy(const fct_origin *source, fct_origin *out, fct_error *err);

/* The day's entry, or NULL. */
fct_origin_day *fct_origin_day_find(const fct_origin *source, int64_t day);

/* Whether the file says that `day` is one of its own. */
static inline bool fct_origin_claims(const fct_origin *source, int64_t day)
{
    return source->n_days == 0 ||
           (day >= source->first_day && day - source->first_day < source->n_days);
}

/*
 * Whether `a` rather than `b` owns a day that both claim: the one that claims fewer days, then by label. What lies in
 * a day's folder thus never depends on which came first.
 */
bool fct_origin_owns_before(const fct_origin *a, const fct_origin *b);

/* A record as a JSON text, freed with free(), and back. `path` is for messages. */
fct_status fct_origin_to_json(const fct_origin *source, char **json, fct_error *err);
fct_status fct_origin_from_json(const char *json, const char *path, fct_origin *source,
                                fct_error *err);

/* The sources of one symbol, in the order of their labels. Starts as {0}; freed by fct_origins_free. */
typedef struct fct_origins {
    fct_origin *sources;
    size_t n_sources, capacity;
} fct_origins;

fct_status fct_origins_load(const char *root, const fct_store_key *key, fct_origins *out,
                            fct_error *err);
fct_origin *fct_origins_find(const fct_origins *sources, const char *label);

/* Room for so many more sources. */
fct_status fct_origins_reserve(fct_origins *sources, size_t n_more, fct_error *err);

/* Puts `source` in the place of the one with its label; takes it over and leaves it zeroed. Room was reserved. */
void fct_origins_put(fct_origins *sources, fct_origin *source);
void fct_origins_free(fct_origins *sources);

/* Paths below the root: a record; the file in which the store keeps a source's rows of a day that it does not own. */
fct_status fct_origin_record_path(fct_text *out, const fct_store_key *key, const char *label,
                                  fct_error *err);
fct_status fct_origin_spill_path(fct_text *out, const fct_store_key *key, const char *label,
                                 int64_t day, fct_error *err);

#endif
