/* Files that were read take their places in the store, many with one journal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/ingest_file.h"

/* ---- Is it new? ------------------------------------------------------------------------------- */

/* The symbol's records, read when its first file needs them. The caller holds the symbol's lock. */
static fct_status symbol_load(fct_ingest_symbol *symbol, fct_error *err)
{
    fct_symbol_store *store = &symbol->store;
    if (symbol->is_loaded)
        return FCT_OK;
    FCT_TRY(fct_origins_load(store->root, &store->key, &store->sources, err));
    symbol->is_loaded = true;
    return FCT_OK;
}

/* Whether `known` says that the store has just these bytes, read in the same way. */
static bool is_same_content(const fct_origin *known, const fct_origin *source)
{
    return strcmp(known->sha256, source->sha256) == 0 &&
           strcmp(known->read_as, source->read_as) == 0;
}

/* With `again` only copies of the file count, not the file itself. The caller holds the symbol's lock. */
static fct_status find_unchanged(const fct_ingest_call *call, fct_ingest_staged *staged,
                                 fct_error *err)
{
    const fct_symbol_store *store = &staged->symbol->store;
    const fct_origin *source = &staged->source;
    const fct_origin *known = fct_origins_find(&store->sources, source->label);
    bool *is_unchanged = &staged->result.is_unchanged;
    *is_unchanged = false;
    if (known && call->options->again)
        return FCT_OK;
    if (known && is_same_content(known, source))
        return fct_origin_is_complete(store, known, is_unchanged, err);
    /* A user's own file, moved to another folder or there twice, gives its rows once. */
    for (size_t i = 0; i < store->sources.n_sources && !source->n_days; i++) {
        known = &store->sources.sources[i];
        if (!known->n_days && is_same_content(known, source))
            FCT_TRY(fct_origin_is_complete(store, known, is_unchanged, err));
        if (*is_unchanged)
            break;
    }
    return FCT_OK;
}

fct_status fct_ingest_check_unchanged(const fct_ingest_call *call, fct_ingest_staged *staged,
                                      fct_error *err)
{
    pthread_mutex_lock(&staged->symbol->lock);
    fct_status status = symbol_load(staged->symbol, err);
    if (status == FCT_OK)
        status = find_unchanged(call, staged, err);
    pthread_mutex_unlock(&staged->symbol->lock);
    return status;
}

/* ---- Into the store --------------------------------------------------------------------------- */

static void tell_bad_rows(fct_ingest_call *call, const fct_ingest_staged *staged)
{
    const fct_ingest_file *file = staged->file;
    fct_store_key key = fct_ingest_file_key(file);
    fct_text list = {0};
    if (fct_bad_rows_path(&list, &key, file->label, NULL) == FCT_OK)
        fct_job_message(&call->job, FCT_MESSAGE_WARNING,
                        "%s: %" PRId64 " bad rows left out, listed in %s/%s", file->path,
                        staged->result.n_bad_rows, call->store.root, list.data);
    fct_text_free(&list);
}

/* What one journal brings to the store. */
typedef struct batch {
    fct_ingest_staged **staged;
    fct_day_source *sources;
    size_t n;
} batch;

/* Of the files of a symbol those that do not touch each other's days. The caller holds the symbol's lock. */
static fct_status batch_choose(batch *b, const fct_ingest_call *call,
                               fct_ingest_staged *const *staged, size_t n_staged, fct_error *err)
{
    b->n = 0;
    for (size_t i = 0; i < n_staged; i++) {
        fct_ingest_staged *one = staged[i];
        if (one->symbol != staged[0]->symbol || one->result.is_stored || one->result.is_unchanged)
            continue;
        /* A copy of the same file may have come while this one was read. */
        FCT_TRY(find_unchanged(call, one, err));
        bool meets_other = false;
        for (size_t j = 0; j < b->n && !meets_other; j++)
            meets_other =
                fct_day_sources_meet(&one->symbol->store, &one->source, &b->staged[j]->source);
        if (one->result.is_unchanged || meets_other)
            continue;
        b->staged[b->n] = one;
        b->sources[b->n++] = (fct_day_source){&one->source, one->staging.data};
    }
    return FCT_OK;
}

static fct_status batch_commit(const batch *b, fct_ingest_call *call, fct_error *err)
{
    bool recorded = false;
    fct_status status =
        fct_day_commit(&b->staged[0]->symbol->store, b->sources, b->n, &call->job, &recorded, err);
    for (size_t i = 0; i < b->n; i++) {
        fct_ingest_staged *one = b->staged[i];
        one->result.is_stored = status == FCT_OK;
        one->result.is_fatal = status != FCT_OK;
        /* What a recorded journal still has to move stays for the next ingest. */
        if (recorded)
            fct_text_free(&one->staging);
        if (status == FCT_OK && one->result.n_bad_rows)
            tell_bad_rows(call, one);
    }
    return status;
}

/* All files of the first one's symbol. */
static fct_status commit_symbol(batch *b, fct_ingest_call *call, fct_ingest_staged *const *staged,
                                size_t n_staged, fct_error *err)
{
    fct_ingest_symbol *symbol = staged[0]->symbol;
    pthread_mutex_lock(&symbol->lock);
    fct_status status = symbol_load(symbol, err);
    for (b->n = 1; status == FCT_OK && b->n;) {
        status = batch_choose(b, call, staged, n_staged, err);
        if (status == FCT_OK && b->n)
            status = batch_commit(b, call, err);
    }
    pthread_mutex_unlock(&symbol->lock);
    return status;
}

fct_status fct_ingest_commit(fct_ingest_call *call, fct_ingest_staged *const *staged,
                             size_t n_staged, fct_error *err)
{
    batch b = {0};
    fct_status status = FCT_OK;
    b.staged = calloc(n_staged + 1, sizeof(*b.staged));
    b.sources = calloc(n_staged + 1, sizeof *b.sources);
    if (!b.staged || !b.sources) {
        status = fct_error_memory(err, n_staged * sizeof *b.sources);
        goto out;
    }
    for (size_t i = 0; i < n_staged; i++)
        if (!staged[i]->result.is_stored && !staged[i]->result.is_unchanged)
            FCT_TRY_OUT(commit_symbol(&b, call, staged + i, n_staged - i, err));
out:
    free(b.staged);
    free(b.sources);
    return status;
}

void fct_ingest_staged_end(fct_ingest_call *call, fct_ingest_staged *staged)
{
    if (staged->staging.length) {
        fct_status removed = fct_ingest_staging_remove(&call->store, staged->staging.data, NULL);
        (void)removed; /* if it cannot be removed now, it goes when the next ingest begins */
    }
    fct_text_free(&staged->staging);
    fct_origin_free(&staged->source);
}
