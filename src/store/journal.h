/* Changes of several files of the store that happen all or, after a kill, at the next ingest. */
#ifndef FCT_STORE_JOURNAL_H
#define FCT_STORE_JOURNAL_H

#include "base/file.h"
#include "base/text_set.h"

/*
 * A list of moves (a new file to its place, over the one there) and removals, all paths relative to the store's
 * root. What moves lies below .factorium/tmp and nowhere else, so that doing the list again after a part of it was done
 * comes to the same. Starts as {0}; freed by fct_journal_free.
 */
typedef struct fct_journal {
    fct_text lines;
    fct_text_set moved; /* where from */
} fct_journal;

fct_status fct_journal_move(fct_journal *journal, const char *from, const char *to, fct_error *err);
fct_status fct_journal_remove(fct_journal *journal, const char *path, fct_error *err);

/*
 * Does all of it, once what moves is on the disk: who makes such a file need not see to that. `name` is the journal's own, unique among those that run at the same time. *recorded tells, also on
 * failure, whether the list is on the disk: then it will be done by fct_journal_recover, and what it moves must
 * stay.
 */
fct_status fct_journal_apply(const fct_journal *journal, const char *root, const char *name,
                             bool *recorded, fct_error *err);
void fct_journal_free(fct_journal *journal);

/* Finishes the journals that a killed process left. The caller holds the store's lock. */
fct_status fct_journal_recover(const char *root, size_t *n_finished, fct_error *err);

#endif
