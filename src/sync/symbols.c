/* Which symbols are meant: names as they are, patterns and "all" from the exchange's listing. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/listing.h"
#include "sync/sync.h"

enum { MAX_PAGE_BYTES = 16 << 20, MAX_PAGES = 10000 };

/* Where lists come from. */
typedef struct lists {
    fct_sync_run *sync;
    fct_text url; /* of the bucket; or a folder of this machine */
    bool is_folder;
    fct_text prefix; /* what keys begin with, before the path of the archive: "data/" */
    bool is_monthly;
    size_t n_left_out; /* names that no symbol may have */
    char left_out[80]; /* the first of them */
} lists;

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?[") || strcmp(text, "all") == 0;
}

static bool matches(const char *pattern, const char *symbol)
{
    return strcmp(pattern, "all") == 0 || fnmatch(pattern, symbol, 0) == 0;
}

/*
 * A bucket's URL, and the archive's folder in it. That of a mirror is the base URL without its last folder, or --list-url.
 */
static fct_status find_lists(lists *l, fct_error *err)
{
    fct_sync_run *sync = l->sync;
    const fct_sync_request *request = sync->request;
    const char *base = sync->base_url;
    size_t n_base = strlen(base);
    l->is_monthly = sync->only_monthly;
    if (!sync->exchange->list_url || !sync->exchange->symbols_folder)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the archive of %s has no list of its symbols: name them, or put them "
                             "into a file and say @FILE",
                             sync->exchange->name);
    if (sync->is_local && !request->list_url) {
        l->is_folder = true;
        return fct_text_append(&l->url, sync->mirror.data, sync->mirror.length, err);
    }
    const char *own = sync->exchange->base_url;
    const char *folder = own + strlen(own);
    while (folder[-1] != '/')
        folder--;
    size_t n_folder = strlen(folder);
    FCT_TRY(fct_text_append_format(&l->prefix, err, "%s/", folder));
    if (request->list_url)
        return fct_text_append_format(&l->url, err, "%s", request->list_url);
    if (!request->base_url)
        return fct_text_append_format(&l->url, err, "%s", sync->exchange->list_url);
    while (n_base && base[n_base - 1] == '/')
        n_base--;
    if (n_base > n_folder && strncmp(base + n_base - n_folder, folder, n_folder) == 0 &&
        base[n_base - n_folder - 1] == '/')
        return fct_text_append(&l->url, base, n_base - n_folder - 1, err);
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "the base URL does not end in /%s: say with --list-url where the mirror's "
                         "bucket lists, or name the symbols",
                         folder);
}

/* ---- Pages ------------------------------------------------------------------------------------ */

/* All but what may stand in a query as it is. */
static fct_status append_escaped(fct_text *out, const char *text, fct_error *err)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (; *text; text++)
        FCT_TRY(strchr(plain, *text)
                    ? fct_text_append(out, text, 1, err)
                    : fct_text_append_format(out, err, "%%%02X", (unsigned char)*text));
    return FCT_OK;
}

static fct_status append_query(fct_text *url, const lists *l, const char *below, bool folders,
                               const char *marker, fct_error *err)
{
    FCT_TRY(fct_text_append_format(url, err, "%s?prefix=", l->url.data));
    FCT_TRY(append_escaped(url, l->prefix.data, err));
    FCT_TRY(append_escaped(url, below, err));
    if (folders)
        FCT_TRY(fct_text_append_format(url, err, "&delimiter=/"));
    else
        FCT_TRY(fct_text_append_format(url, err, "&max-keys=2"));
    if (marker) {
        FCT_TRY(fct_text_append_format(url, err, "&marker="));
        FCT_TRY(append_escaped(url, marker, err));
    }
    return FCT_OK;
}

static fct_status read_page(const fct_fetch *fetch, fct_listing *listing, fct_error *err)
{
    if (fetch->result != FCT_FETCH_OK)
        return fct_error_set(err, FCT_ERROR_IO, "%s: the list of symbols cannot be had: %s",
                             fetch->url, fetch->message);
    fct_status status =
        fct_listing_add(listing, fct_text_get(&fetch->text), fetch->text.length, err);
    if (status == FCT_ERROR_DATA)
        fct_error_prefix(err, "%s: this is no list of a bucket", fetch->url);
    return status;
}

static fct_status on_page(fct_sync_run *sync, size_t index, fct_fetch *fetch, void *context,
                          fct_error *err)
{
    (void)sync;
    (void)index;
    return read_page(fetch, context, err);
}

static fct_status add_symbol(lists *l, const char *name, size_t n, fct_text_set *out,
                             fct_error *err)
{
    uint32_t number;
    char copy[65] = "";
    if (n < sizeof copy)
        memcpy(copy, name, n);
    if (fct_name_check(copy, "symbol", NULL) == FCT_OK)
        return fct_text_set_add(out, copy, n, &number, err);
    if (!l->n_left_out++)
        fct_text_quote(name, n, l->left_out, sizeof l->left_out);
    return FCT_OK;
}

/* "data/futures/um/daily/trades/BTCUSDT/" is BTCUSDT. */
static fct_status add_symbols(lists *l, const fct_listing *listing, fct_text_set *out,
                              fct_error *err)
{
    for (size_t i = 0; i < listing->prefixes.n_texts; i++) {
        const char *end = listing->prefixes.texts[i] + strlen(listing->prefixes.texts[i]);
        while (end > listing->prefixes.texts[i] && end[-1] == '/')
            end--;
        const char *start = end;
        while (start > listing->prefixes.texts[i] && start[-1] != '/')
            start--;
        FCT_TRY(add_symbol(l, start, (size_t)(end - start), out, err));
    }
    return FCT_OK;
}

static fct_status list_pages(lists *l, const char *below, fct_text_set *out, fct_error *err)
{
    fct_listing listing = {0};
    char *marker = NULL;
    fct_text url = {0};
    fct_status status = FCT_OK;
    for (int n_pages = 0;; n_pages++) {
        url.length = 0;
        FCT_TRY_OUT(append_query(&url, l, below, true, marker, err));
        FCT_TRY_OUT(
            fct_sync_fetch_texts(l->sync, &url.data, 1, MAX_PAGE_BYTES, on_page, &listing, err));
        if (!listing.is_truncated)
            break;
        if (n_pages == MAX_PAGES || (marker && strcmp(listing.next_marker, marker) <= 0)) {
            status = fct_error_set(err, FCT_ERROR_DATA, "%s: the list does not come to an end",
                                   url.data);
            goto out;
        }
        free(marker);
        marker = listing.next_marker;
        listing.next_marker = NULL;
    }
    status = add_symbols(l, &listing, out, err);
out:
    free(marker);
    fct_text_free(&url);
    fct_listing_free(&listing);
    return status;
}

/* The folders of a mirror on this machine. */
static fct_status list_folder(lists *l, const char *below, fct_text_set *out, fct_error *err)
{
    fct_text path = {0};
    fct_status status;
    DIR *dir = NULL;
    FCT_TRY_OUT(fct_path_join(&path, l->url.data, below, err));
    dir = opendir(path.data);
    if (!dir) {
        status = fct_error_set_errno(err, errno == ENOENT ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO,
                                     errno, "cannot list %s", path.data);
        goto out;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.')
            FCT_TRY_OUT(add_symbol(l, entry->d_name, strlen(entry->d_name), out, err));
    }
out:
    if (dir)
        closedir(dir);
    fct_text_free(&path);
    return status;
}

static fct_status list_symbols(lists *l, fct_text_set *out, fct_error *err)
{
    fct_text below = {0};
    uint32_t *new_number = NULL;
    fct_status status;
    FCT_TRY_OUT(l->sync->exchange->symbols_folder(l->sync->table, l->is_monthly, &below, err));
    FCT_TRY_OUT(l->is_folder ? list_folder(l, below.data, out, err)
                             : list_pages(l, below.data, out, err));
    if (l->n_left_out)
        fct_job_message(l->sync->job, FCT_MESSAGE_WARNING,
                        "%zu of the names listed left out, which hold more than letters, digits, "
                        "\".\", \"_\" and \"-\": %s%s",
                        l->n_left_out, l->left_out, l->n_left_out > 1 ? ", ..." : "");
    status = fct_text_set_sort(out, &new_number, err);
    free(new_number);
out:
    fct_text_free(&below);
    return status;
}

/* ---- Listed before ---------------------------------------------------------------------------- */

/* For each symbol, the first day of its first file; INT64_MAX: none. */
typedef struct first_days {
    const lists *l;
    int64_t *days;
} first_days;

static void note_key(const lists *l, const char *key, int64_t *first_day)
{
    fct_archive_name name;
    size_t n = strlen(key);
    if (n > 9 && strcmp(key + n - 9, ".CHECKSUM") == 0)
        return;
    l->sync->exchange->parse_path(key, &name);
    if (name.first_day != INT64_MIN && name.first_day < *first_day)
        *first_day = name.first_day;
}

/* Names sort by their dates: the first key is of the first day. */
static fct_status on_first_keys(fct_sync_run *sync, size_t index, fct_fetch *fetch, void *context,
                                fct_error *err)
{
    first_days *f = context;
    fct_listing listing = {0};
    (void)sync;
    fct_status status = read_page(fetch, &listing, err);
    for (size_t i = 0; status == FCT_OK && i < listing.keys.n_texts; i++)
        note_key(f->l, listing.keys.texts[i], &f->days[index]);
    fct_listing_free(&listing);
    return status;
}

static fct_status visit_file(const char *path, const fct_file_info *info, void *context,
                             fct_error *err)
{
    const first_days *f = context;
    (void)info;
    (void)err;
    note_key(f->l, path, f->days);
    return FCT_OK;
}

static fct_status append_symbol_folder(const lists *l, const char *symbol, fct_text *out,
                                       fct_error *err)
{
    const fct_sync_run *sync = l->sync;
    FCT_TRY(sync->exchange->symbols_folder(sync->table, l->is_monthly, out, err));
    FCT_TRY(fct_text_append_format(out, err, "%s/", symbol));
    if (sync->table->is_klines)
        FCT_TRY(fct_text_append_format(out, err, "%s/", sync->request->dataset.interval));
    return FCT_OK;
}

static fct_status find_first_days(lists *l, const fct_text_set *symbols, int64_t *days,
                                  fct_error *err)
{
    size_t n = symbols->n_texts;
    char **urls = calloc(n + 1, sizeof *urls);
    fct_text below = {0};
    fct_status status = FCT_OK;
    if (!urls)
        return fct_error_memory(err, (n + 1) * sizeof *urls);
    for (size_t i = 0; i < n; i++) {
        fct_text url = {0};
        days[i] = INT64_MAX;
        below.length = 0;
        FCT_TRY_OUT(append_symbol_folder(l, symbols->texts[i], &below, err));
        status = l->is_folder ? fct_path_join(&url, l->url.data, below.data, err)
                              : append_query(&url, l, below.data, false, NULL, err);
        urls[i] = url.data;
        if (status != FCT_OK)
            goto out;
        first_days one = {l, &days[i]};
        if (l->is_folder)
            FCT_TRY_OUT(fct_tree_walk_if_present(url.data, visit_file, &one, err));
    }
    first_days all = {l, days};
    if (!l->is_folder)
        status = fct_sync_fetch_texts(l->sync, urls, n, MAX_PAGE_BYTES, on_first_keys, &all, err);
out:
    for (size_t i = 0; i < n; i++)
        free(urls[i]);
    free(urls);
    fct_text_free(&below);
    return status;
}

static bool is_asked_for_by_name(const fct_sync_run *sync, const char *symbol)
{
    for (size_t i = 0; i < sync->request->n_symbols; i++)
        if (strcmp(sync->request->symbols[i], symbol) == 0)
            return true;
    return false;
}

/* Who names a symbol is told why it does not count. */
static fct_status leave_out(fct_sync_run *sync, const char *symbol, int64_t first_day,
                            fct_error *err)
{
    uint32_t number;
    char date[11];
    if (!is_asked_for_by_name(sync, symbol))
        return FCT_OK;
    if (first_day == INT64_MAX) {
        fct_job_message(sync->job, FCT_MESSAGE_WARNING, "%s: the archive lists no file of it",
                        symbol);
        return fct_text_set_add(&sync->unlisted_names, symbol, strlen(symbol), &number, err);
    }
    fct_date_format(first_day, date);
    fct_job_message(sync->job, FCT_MESSAGE_NOTE, "%s left out: its first file is of %s", symbol,
                    date);
    return FCT_OK;
}

static fct_status keep_listed(lists *l, fct_text_set *chosen, fct_error *err)
{
    fct_text_set kept = {0};
    int64_t before = l->sync->request->listed_before_day;
    size_t n = chosen->n_texts;
    fct_status status;
    int64_t *days = malloc((n + 1) * sizeof *days);
    if (!days)
        return fct_error_memory(err, n * sizeof *days);
    FCT_TRY_OUT(find_first_days(l, chosen, days, err));
    for (size_t i = 0; i < n; i++) {
        uint32_t number;
        const char *symbol = chosen->texts[i];
        FCT_TRY_OUT(days[i] < before ? fct_text_set_add(&kept, symbol, strlen(symbol), &number, err)
                                     : leave_out(l->sync, symbol, days[i], err));
    }
    fct_job_message(l->sync->job, FCT_MESSAGE_NOTE,
                    "%zu of %zu symbols were listed before that day", kept.n_texts, n);
    fct_text_set_free(chosen);
    *chosen = kept;
    kept = (fct_text_set){0};
out:
    free(days);
    fct_text_set_free(&kept);
    return status;
}

/* ---- Choosing --------------------------------------------------------------------------------- */

static fct_status add_matches(const char *pattern, const fct_text_set *known, fct_text_set *out,
                              fct_error *err)
{
    size_t n_matches = 0;
    for (size_t i = 0; i < known->n_texts; i++) {
        uint32_t number;
        if (!matches(pattern, known->texts[i]))
            continue;
        n_matches++;
        FCT_TRY(fct_text_set_add(out, known->texts[i], strlen(known->texts[i]), &number, err));
    }
    char shown[80];
    if (n_matches)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_NOT_FOUND, "none of the %zu symbols listed is like \"%s\"",
                         known->n_texts,
                         fct_text_quote(pattern, strlen(pattern), shown, sizeof shown));
}

fct_status fct_sync_find_symbols(fct_sync_run *sync, fct_error *err)
{
    const fct_sync_request *request = sync->request;
    lists l = {.sync = sync};
    fct_text_set known = {0};
    bool needs_list = request->listed_before_day != 0;
    bool needs_all = false;
    fct_status status = FCT_OK;
    for (size_t i = 0; i < request->n_symbols; i++)
        needs_all |= is_pattern(request->symbols[i]);
    if (needs_all || needs_list)
        FCT_TRY_OUT(find_lists(&l, err));
    if (needs_all)
        FCT_TRY_OUT(list_symbols(&l, &known, err));
    for (size_t i = 0; i < request->n_symbols; i++) {
        uint32_t number;
        const char *symbol = request->symbols[i];
        if (is_pattern(symbol)) {
            FCT_TRY_OUT(add_matches(symbol, &known, &sync->symbol_names, err));
            continue;
        }
        FCT_TRY_OUT(fct_name_check(symbol, "symbol", err));
        FCT_TRY_OUT(fct_text_set_add(&sync->symbol_names, symbol, strlen(symbol), &number, err));
    }
    if (needs_list)
        FCT_TRY_OUT(keep_listed(&l, &sync->symbol_names, err));
out:
    fct_text_set_free(&known);
    fct_text_free(&l.url);
    fct_text_free(&l.prefix);
    return status;
}
