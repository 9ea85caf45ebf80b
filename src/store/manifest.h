/* What the store knows of where its rows come from: a record for each archive file that gave some. */
#ifndef FCT_STORE_MANIFEST_H
#define FCT_STORE_MANIFEST_H

#include "store/day_writer.h"
#include "store/paths.h"

#define FCT_SHA256_TEXT 65 /* 64 hex digits and NUL */

/* The rows that a source has of one day. */
typedef struct fct_source_day {
    fct_day_file file; /* all of them */
    int64_t n_stored;  /* those that no earlier file of the day's folder has */
    bool is_owner;     /* they are the day's data.parquet; else .factorium/spill/… keeps them */
    int64_t n_stored_before; /* n_stored when the record was read */
} fct_source_day;

/*
 * One archive file. `label` names it in file names: [A-Za-z0-9._-], unique among the sources of a symbol.
 */
typedef struct fct_source {
    char *label;
    char *name;    /* the archive file's, for people */
    char *read_as; /* the options that its reading depends on */
    char sha256[FCT_SHA256_TEXT]; /* "": it must be read again */
    int64_t n_bytes;
    int64_t first_day, n_days; /* the days that the file says it holds; n_days 0: any */
    char *time_column, *price_column, *quantity_column, *id_column; /* NULL: there is none */
    int64_t n_bad_rows;
    fct_source_day *days; /* ascending */
    size_t n_source_days;

    bool is_new;          /* made by this call, not read from a record */
    int64_t n_duplicates; /* rows left out in the source itself; of this call */
} fct_source;

void fct_source_free(fct_source *source);
fct_status fct_source_copy(const fct_source *source, fct_source *out, fct_error *err);

/* The day's entry, or NULL. */
fct_source_day *fct_source_day_find(const fct_source *source, int64_t day);

/* Whether the file says that `day` is one of its own. */
static inline bool fct_source_claims(const fct_source *source, int64_t day)
{
    return source->n_days == 0 ||
           (day >= source->first_day && day - source->first_day < source->n_days);
}

/*
 * Whether `a` rather than `b` owns a day that both claim: the one that claims fewer days, then by label. What lies in
 * a day's folder thus never depends on which came first.
 */
bool fct_source_owns_before(const fct_source *a, const fct_source *b);

/* A record as a JSON text, freed with free(), and back. `path` is for messages. */
fct_status fct_source_to_json(const fct_source *source, char **json, fct_error *err);
fct_status fct_source_from_json(const char *json, const char *path, fct_source *source,
                                fct_error *err);

/* The sources of one symbol, in the order of their labels. Starts as {0}; freed by fct_sources_free. */
typedef struct fct_sources {
    fct_source *sources;
    size_t n_sources, capacity;
} fct_sources;

fct_status fct_sources_load(const char *root, const fct_store_key *key, fct_sources *out,
                            fct_error *err);
fct_source *fct_sources_find(const fct_sources *sources, const char *label);

/* Room for one more source. */
fct_status fct_sources_reserve(fct_sources *sources, fct_error *err);

/* Puts `source` in the place of the one with its label; takes it over and leaves it zeroed. Room was reserved. */
void fct_sources_put(fct_sources *sources, fct_source *source);
void fct_sources_free(fct_sources *sources);

/* Paths below the root: a record; the file in which the store keeps a source's rows of a day that it does not own. */
fct_status fct_source_record_path(fct_text *out, const fct_store_key *key, const char *label,
                                  fct_error *err);
fct_status fct_source_spill_path(fct_text *out, const fct_store_key *key, const char *label,
                                 int64_t day, fct_error *err);

#endif
