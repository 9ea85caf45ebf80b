/* fct_store_files: the data files of a store, as paths below its root. */
#include <stdlib.h>
#include <string.h>

#include "arrow/builder.h"
#include "base/run.h"
#include "store/entries.h"
#include "store/store.h"

enum { MAX_BATCH_FILES = 65536 };

typedef struct listing {
    fct_names files;
    size_t n_given;
} listing;

static void listing_free(void *context)
{
    listing *l = context;
    fct_names_free(&l->files);
    free(l);
}

static const fct_arrow_field fields[] = {{"file", FCT_ARROW_STRING, false}};

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    listing *l = context;
    fct_arrow_builder b;
    size_t n = l->files.n_names - l->n_given;
    *out = (struct ArrowArray){0};
    if (!n)
        return FCT_OK;
    n = n < MAX_BATCH_FILES ? n : MAX_BATCH_FILES;
    FCT_TRY(fct_arrow_builder_start(&b, fields, 1, n, err));
    for (size_t i = 0; i < n; i++)
        fct_arrow_builder_text(&b, 0, l->files.names[l->n_given++]);
    return fct_arrow_builder_end(&b, out, err);
}

static fct_status add_symbol(listing *l, const fct_store *store, const fct_store_entry *entry,
                             fct_error *err)
{
    const fct_store_key key = fct_store_entry_key(entry);
    size_t n_root = strlen(store->root) + 1;
    fct_store_days days;
    fct_status status;
    FCT_TRY(fct_store_days_list(store, &key, INT64_MIN, INT64_MAX, &days, err));
    for (size_t i = 0; i < days.n_days; i++)
        for (size_t j = 0; j < days.days[i].n_files; j++)
            FCT_TRY_OUT(fct_names_add(&l->files, days.days[i].files[j] + n_root, err));
    status = FCT_OK;
out:
    fct_store_days_free(&days);
    return status;
}

fct_status fct_store_files(const char *root, const fct_dataset *dataset, const char *const *symbols,
                           size_t n_symbols, const fct_run *run, struct ArrowArrayStream *out,
                           fct_error *err)
{
    fct_store store = {0};
    fct_store_entries entries = {0};
    fct_status status;
    fct_job job;
    *out = (struct ArrowArrayStream){0};
    FCT_TRY(fct_job_start(&job, run, err));
    listing *l = calloc(1, sizeof *l);
    if (!l) {
        fct_job_end(&job);
        return fct_error_memory(err, sizeof *l);
    }
    FCT_TRY_OUT(fct_store_open(&store, root, err));
    FCT_TRY_OUT(fct_store_entries_list(&store, dataset, symbols, n_symbols, &entries, err));
    for (size_t i = 0; i < entries.n_entries; i++) {
        FCT_TRY_OUT(fct_job_check(&job, err));
        FCT_TRY_OUT(add_symbol(l, &store, &entries.entries[i], err));
    }
    const fct_arrow_source source = {next_batch, listing_free, l};
    l = NULL;
    status = fct_arrow_stream_make(fields, 1, source, out, err);
out:
    if (l)
        listing_free(l);
    fct_store_entries_free(&entries);
    fct_store_close(&store);
    fct_job_end(&job);
    return status;
}
