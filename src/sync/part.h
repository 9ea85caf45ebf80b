/* The .part file into which an archive file comes: it outlives a kill, and one process at a time has it. */
#ifndef FCT_SYNC_PART_H
#define FCT_SYNC_PART_H

#include "base/file.h"
#include "store/paths.h"

/* Starts as {.fd = -1}. Ended by fct_part_remove or fct_part_release. */
typedef struct fct_part {
    int fd;
    char *path;
    int64_t n_bytes; /* that it had when it was claimed; 0 where it is not known what they are of */
    int64_t n_total; /* of the whole file, as it was said then; -1: not known */
    char validator[256]; /* what the server called that file */
    bool is_noted;       /* the validator is on the disk */
} fct_part;

/* Where the file of `name` comes, below `root`. */
fct_status fct_part_path(fct_text *out, const char *root, const fct_store_key *key,
                         const char *name, fct_error *err);

/* Opens or makes it. *is_mine false: another process has it. */
fct_status fct_part_claim(fct_part *part, const char *root, const fct_store_key *key,
                          const char *name, bool *is_mine, fct_error *err);

/* Puts beside it which file these bytes are the beginning of, so that a later sync may go on. */
fct_status fct_part_note(fct_part *part, const char *validator, int64_t n_total, fct_error *err);

/* Empties it. */
fct_status fct_part_restart(fct_part *part, fct_error *err);

/* Moves it to `path`, whose folders are made, where it stays. */
fct_status fct_part_keep(fct_part *part, const char *path, fct_error *err);
void fct_part_remove(fct_part *part);
void fct_part_release(fct_part *part); /* it stays, for another time */

#endif
