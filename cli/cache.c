/* factorium cache: what the daily cache of bars holds, and doing away with it. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "selection.h"
#include "verbs.h"

enum { STORE, CACHE, MAX_SIZE, FORMAT };

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store whose cache it is"},
    [CACHE] = {"cache", 0, "DIR", "where the cache lies [.cache in the store]"},
    [MAX_SIZE] = {"max-size", 0, "SIZE", "prune: what the cache may keep, as in 10GB"},
    [FORMAT] = {"format", 'f', "F", "ls: csv, json or table [table or csv]"},
    {NULL, 0, NULL, NULL},
};

static int list(session *s, const invocation *in, fct_cache *cache)
{
    fct_error err = {0};
    struct ArrowArrayStream stream;
    fct_format format;
    if (!option_format(in, FORMAT, SIZE_MAX, &format))
        return EXIT_USAGE;
    fct_status status = fct_cache_list(cache, &stream, &err);
    if (status != FCT_OK)
        return session_end(s, status, &err);
    return write_answer(s, in, SIZE_MAX, format, &stream, "series", status, &err);
}

static int verify(session *s, const invocation *in, fct_cache *cache)
{
    (void)in;
    fct_error err = {0};
    int64_t n_entries;
    int64_t n_damaged;
    int64_t n_stale;
    fct_status status = fct_cache_verify(cache, &s->run, &n_entries, &n_damaged, &n_stale, &err);
    session_say(
        s, "%" PRId64 " entries, %" PRId64 " damaged, %" PRId64 " of trades that changed since",
        n_entries, n_damaged, n_stale);
    return session_end(s, status, &err);
}

static int clear(session *s, const invocation *in, fct_cache *cache)
{
    (void)in;
    fct_error err = {0};
    int64_t n_removed;
    fct_status status = fct_cache_clear(cache, &n_removed, &err);
    session_say(s, "%" PRId64 " files removed", n_removed);
    return session_end(s, status, &err);
}

static int prune(session *s, const invocation *in, fct_cache *cache)
{
    fct_error err = {0};
    uint64_t max_bytes = 0;
    int64_t n_removed;
    if (!in->values[MAX_SIZE]) {
        fprintf(stderr, "factorium cache: error: say how much may stay: prune --max-size 10GB\n");
        return EXIT_USAGE;
    }
    if (!option_bytes(in, MAX_SIZE, &max_bytes))
        return EXIT_USAGE;
    fct_status status = fct_cache_prune(cache, max_bytes, &n_removed, &err);
    session_say(s, "%" PRId64 " files removed", n_removed);
    return session_end(s, status, &err);
}

static const struct {
    const char *name;
    int (*run)(session *s, const invocation *in, fct_cache *cache);
} actions[] = {{"ls", list}, {"verify", verify}, {"clear", clear}, {"prune", prune}};

static int run(const invocation *in)
{
    session s;
    fct_error err;
    fct_cache *cache;
    int (*action)(session *, const invocation *, fct_cache *) = NULL;
    for (size_t i = 0; in->n_operands == 1 && i < sizeof actions / sizeof *actions; i++)
        if (strcmp(in->operands[0], actions[i].name) == 0)
            action = actions[i].run;
    if (!action) {
        fprintf(stderr, "factorium cache: error: say what to do: ls, verify, clear or prune\n");
        return EXIT_USAGE;
    }
    if (in->said[MAX_SIZE] && action != prune) {
        fprintf(stderr, "factorium cache: error: --max-size goes with prune\n");
        return EXIT_USAGE;
    }
    if (!option_store(in, STORE) || !session_start(&s, in))
        return EXIT_USAGE;
    fct_status status = fct_cache_open(in->values[STORE], in->values[CACHE], &cache, &err);
    if (status != FCT_OK)
        return session_end(&s, status, &err);
    int code = action(&s, in, cache);
    fct_cache_close(cache);
    return code;
}

const cli_verb cache_verb = {
    .name = "cache",
    .summary = "look at the daily cache of bars, or clear it",
    .operands = "ls|verify|clear|prune",
    .description =
        "factorium bars keeps time bars by symbol and day, and reads them instead of the trades as "
        "long\n"
        "as those are the same. ls lists what is kept, verify reads all of it, clear removes it, "
        "prune\n"
        "removes what was written first until the rest fits --max-size. Nothing is lost by that: "
        "what is\n"
        "asked for again is made again.",
    .options = options,
    .examples = "  factorium cache ls --store store\n"
                "  factorium cache prune --store store --max-size 10GB",
    .run = run,
};
