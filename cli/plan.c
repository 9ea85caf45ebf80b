/* factorium plan: bars, or expressions over bars, cut into shards. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bars_shape.h"
#include "expressions.h"
#include "panel_source.h"
#include "selection.h"
#include "verbs.h"

enum {
    EXPRESSIONS = N_PANEL_OPTIONS,
    ALPHA101,
    ALPHA158,
    DIALECT,
    STRICT,
    MAP,
    FILL,
    DROP_LAST,
    NO_SIDES,
    NOTIONAL,
    NUM_TRADES,
    ENGINE,
    CACHE,
    SHARDS,
    WORK,
    OUTPUT
};

static const option options[] = {
    PANEL_OPTIONS,
    EXPRESSION_OPTIONS,
    BARS_SHAPE_OPTIONS,
    [SHARDS] = {"shards", 'n', "N", "at most so many in each stage [64]"},
    [WORK] = {"work", 0, "DIR",
              "where shards write, seen by every machine [the plan's name, with .shards]"},
    [OUTPUT] = {"output", 'o', "FILE", "the plan, a JSON file"},
    {NULL, 0, NULL, NULL},
};

static const expression_options expressions = EXPRESSION_PLACES;
static const bars_shape_options shape = BARS_SHAPE_PLACES;

/* What a request points to. */
typedef struct storage {
    fct_bars_request bars;
    symbol_list symbols;
    bars_shape shape;
    fct_panel_selection selection;
    fct_plan_options chosen;
    char *text;
    char work[4096];
} storage;

static void storage_free(storage *kept)
{
    symbols_free(&kept->symbols);
    free(kept->shape.map_text);
    free(kept->text);
}

/* ---- The request ------------------------------------------------------------------------------- */

/* "plan.shards" for "plan.json". */
static bool choose_work(const invocation *in, storage *kept)
{
    const char *path = in->values[OUTPUT];
    size_t n = strlen(path);
    if (n > 5 && strcmp(path + n - 5, ".json") == 0)
        n -= 5;
    int written = in->values[WORK]
                      ? snprintf(kept->work, sizeof kept->work, "%s", in->values[WORK])
                      : snprintf(kept->work, sizeof kept->work, "%.*s.shards", (int)n, path);
    return (written > 0 && (size_t)written < sizeof kept->work) ||
           option_error(in, OUTPUT, "the path is too long");
}

static bool choose_expressions(const invocation *in, storage *kept)
{
    kept->chosen.strict_cross_sections = in->values[STRICT];
    if (!option_dialect(in, &expressions, &kept->chosen))
        return false;
    if (!count_expressions(in, &expressions))
        return true;
    for (size_t i = MAP; i <= CACHE; i++)
        if (in->values[i])
            return option_error(in, i, "it goes with plans of bars, not of expressions");
    kept->text = read_expressions(in, &expressions, &kept->chosen);
    return kept->text;
}

static bool make_request(const invocation *in, fct_shard_request *request, storage *kept)
{
    int64_t n_shards = 64;
    if (!in->values[OUTPUT]) {
        fprintf(stderr, "factorium plan: error: say where the plan goes: -o plan.json\n");
        return false;
    }
    if (!option_count(in, SHARDS, 1, 10000, &n_shards) || !choose_work(in, kept) ||
        !choose_expressions(in, kept) || !panel_source_request(in, &kept->bars, &kept->symbols))
        return false;
    if (!kept->text && !option_bars_shape(in, &shape, &kept->bars, &kept->shape))
        return false;
    panel_source_shards(in, &kept->bars, &kept->selection, request);
    request->expressions = kept->text;
    request->options = &kept->chosen;
    request->n_shards = (size_t)n_shards;
    request->work = kept->work;
    return true;
}

/* ---- The plan ---------------------------------------------------------------------------------- */

static void say_stages(session *s, const fct_shard_plan *plan)
{
    static const char *const axes[] = {"bars of symbols and days", "symbols", "times"};
    for (size_t stage = 0; stage < fct_shard_plan_n_stages(plan); stage++) {
        size_t n = fct_shard_plan_n_shards(plan, stage);
        int64_t total = 0;
        int64_t most = 0;
        fct_shard_info info = {0};
        for (size_t i = 0; i < n; i++) {
            if (fct_shard_plan_info(plan, stage, i, &info, NULL) != FCT_OK)
                return;
            total += info.n_bytes;
            most = info.n_bytes > most ? info.n_bytes : most;
        }
        session_say(s,
                    "stage %zu: %zu shards, %s; about %" PRId64 " KiB to read, at most %" PRId64
                    " KiB by one",
                    stage, n, axes[info.axis], total >> 10, most >> 10);
    }
}

static int make_plan(session *s, const invocation *in, const fct_shard_request *request)
{
    fct_shard_plan *plan = NULL;
    fct_error err = {.position = -1};
    fct_error why = {0};
    fct_status made = fct_shard_plan_make(request, &s->run, &plan, &err);
    if (!plan) {
        int code = session_end(s, made, &err);
        if (request->expressions)
            show_place(s, request->expressions, &err);
        return code;
    }
    fct_status written = fct_shard_plan_write(plan, in->values[OUTPUT], &why);
    if (written == FCT_OK)
        say_stages(s, plan);
    fct_shard_plan_free(plan);
    return written == FCT_OK ? session_end(s, made, &err) : session_end(s, written, &why);
}

static int run(const invocation *in)
{
    session s;
    fct_shard_request request;
    storage *kept = calloc(1, sizeof *kept);
    int code = EXIT_USAGE;
    if (!kept) {
        fprintf(stderr, "factorium plan: error: out of memory\n");
        return EXIT_FAILED;
    }
    if (session_start(&s, in) && make_request(in, &request, kept)) {
        if (request.bars)
            say_range(&s, kept->bars.from_ms, kept->bars.to_ms);
        code = make_plan(&s, in, &request);
    }
    storage_free(kept);
    free(kept);
    return code;
}

const cli_verb plan_verb = {
    .name = "plan",
    .summary = "cut bars or factors into shards for many machines",
    .operands = "['EXPRESSION'...]",
    .description =
        "Cuts what factorium bars (without expressions) or factorium factor (with) would compute "
        "into shards\n"
        "of about equal size, and writes them down as a plan: a JSON file that factorium run and "
        "factorium\n"
        "merge take, on every machine that sees the store and the work folder under the same "
        "paths. The\n"
        "options are those of bars and factor.",
    .options = options,
    .examples = "  factorium plan --store /shared/store --interval 1m --shards 400 -o plan.json\n"
                "  factorium plan --alpha101 --store /shared/store -a sectors.csv -o plan.json\n"
                "  factorium run plan.json && factorium merge plan.json -o factors.parquet",
    .run = run,
};
