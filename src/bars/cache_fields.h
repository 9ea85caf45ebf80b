/* What the files that write and read entries share: their columns, their keys, what damage is. */
#ifndef FCT_BARS_CACHE_FIELDS_H
#define FCT_BARS_CACHE_FIELDS_H

#include "bars/cache_entry.h"
#include "base/digest.h"
#include "parquet/metadata.h"
#include "parquet/writer.h"

enum {
    FCT_ENTRY_FIELDS = 19,
    FCT_FIELD_BYTES = 8,
    FCT_ENTRY_MAX_BARS = 1 << 27 /* more than a day has milliseconds */
};

/*
 * Fields of fct_bar as columns of 8 bytes; the end of a time bar follows from its start. The first FCT_ENTRY_COLUMNS are
 * all that a finished bar needs, as sums are normalised; they have a digest of their own.
 */
typedef struct fct_entry_field {
    const char *name;
    fct_parquet_type type;
    size_t offset; /* in fct_bar */
} fct_entry_field;
extern const fct_entry_field fct_entry_fields[FCT_ENTRY_FIELDS];

/* Keys of the file's metadata. */
#define FCT_ENTRY_KEY "factorium.key"
#define FCT_ENTRY_SOURCE "factorium.source"
#define FCT_ENTRY_SIDE "factorium.has_side"
#define FCT_ENTRY_DIGEST "factorium.digest"
#define FCT_ENTRY_DIGEST_REST "factorium.digest_rest"

/* Of the label and of columns that lie one behind the other; `digest` is started anew. */
uint64_t fct_entry_digest(fct_digest *digest, const fct_cache_label *label, const void *columns,
                          size_t n_bytes);

/* A digest of the footer as a number; false where the text is none. */
bool fct_entry_parse_digest(const char *text, uint64_t *digest);

/* FCT_ERROR_INTEGRITY, with what is wrong with the entry. */
fct_status fct_entry_damaged(const char *path, const char *why, fct_error *err);

/* Whatever is wrong with a file of ours is damage. */
fct_status fct_entry_as_damage(fct_status status, fct_error *err);

/*
 * Whether a footer is that of an entry, and of the one that is looked for. *found refers to the footer's texts.
 */
fct_status fct_entry_check(const fct_parquet_metadata *footer, const char *path,
                           const fct_cache_label *wanted, fct_cache_label *found, fct_error *err);

#endif
