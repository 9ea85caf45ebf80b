/* factorium run: shards of a plan. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "session.h"
#include "verbs.h"

enum { STAGE, SHARD, WAIT };

static const option options[] = {
    [STAGE] = {"stage", 0, "S", "only this one, counted from 0 [one after the other]"},
    [SHARD] = {"shard", 0, "K/N", "the K-th of N parts of each stage, K from 1 to N [1/1]"},
    [WAIT] = {"wait", 0, NULL, "wait until others have done what a stage needs"},
    {NULL, 0, NULL, NULL},
};

/* Which shards: first, first + step, ... of the stages first_stage ... */
typedef struct part {
    size_t first, step;
    size_t first_stage, end_stage;
    bool wait;
} part;

typedef struct counts {
    size_t n_run, n_done;
    int64_t n_bytes;
} counts;

static bool read_part(const invocation *in, part *p)
{
    const char *text = in->values[SHARD];
    char *end;
    *p = (part){.first = 0, .step = 1};
    if (!text)
        return true;
    unsigned long long k = strtoull(text, &end, 10);
    unsigned long long n = *end == '/' ? strtoull(end + 1, &end, 10) : 0;
    if (*end || *text < '0' || *text > '9' || k < 1 || k > n || n > 1000000)
        return option_error(in, SHARD, "write K/N with K from 1 to N, as in 3/40");
    p->first = (size_t)k - 1;
    p->step = (size_t)n;
    return true;
}

static bool read_stages(const invocation *in, const fct_shard_plan *plan, part *p)
{
    size_t n_stages = fct_shard_plan_n_stages(plan);
    int64_t stage = 0;
    p->end_stage = n_stages;
    p->wait = in->values[WAIT];
    if (!in->values[STAGE])
        return true;
    if (!option_count(in, STAGE, 0, (int64_t)n_stages - 1, &stage))
        return false;
    p->first_stage = (size_t)stage;
    p->end_stage = p->first_stage + 1;
    return true;
}

/* Waits, where that is wanted, for the stages before. FCT_OK: they are complete, or a run says that they are not. */
static fct_status wait_for(const fct_shard_plan *plan, size_t stage, bool wait, fct_error *err)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    fct_status status = FCT_OK;
    for (size_t before = 0; wait && before < stage && status == FCT_OK; before++) {
        status = fct_shard_refresh(plan, before, NULL, err);
        for (size_t i = 0; i < fct_shard_plan_n_shards(plan, before); i++)
            while (status == FCT_OK && !fct_shard_is_done(plan, before, i)) {
                if (session_interrupted()) {
                    snprintf(err->message, sizeof err->message, "stopped while waiting");
                    return FCT_ERROR_INTERRUPTED;
                }
                nanosleep(&pause, NULL);
                status = fct_shard_refresh(plan, before, NULL, err);
            }
    }
    return status;
}

static fct_status run_stage(session *s, const fct_shard_plan *plan, size_t stage, const part *p,
                            counts *c, fct_error *err)
{
    size_t n = fct_shard_plan_n_shards(plan, stage);
    for (size_t i = p->first; i < n; i += p->step) {
        fct_shard_report report;
        fct_status status = fct_shard_run(plan, stage, i, &s->run, &report, err);
        if (status != FCT_OK)
            return status;
        c->n_run += !report.was_done;
        c->n_done += report.was_done;
        c->n_bytes += report.was_done ? 0 : report.n_bytes;
        if (s->verbose)
            session_say(s, "stage %zu, shard %zu: %" PRId64 " rows, %" PRId64 " bytes%s", stage, i,
                        report.n_rows, report.n_bytes, report.was_done ? ", done before" : "");
    }
    return FCT_OK;
}

/* Whether others still work on a stage that the next one needs. */
static bool is_incomplete(const fct_shard_plan *plan, size_t stage)
{
    if (fct_shard_refresh(plan, stage, NULL, NULL) != FCT_OK)
        return true;
    for (size_t i = 0; i < fct_shard_plan_n_shards(plan, stage); i++)
        if (!fct_shard_is_done(plan, stage, i))
            return true;
    return false;
}

static int run_part(session *s, const fct_shard_plan *plan, const part *p)
{
    counts c = {0};
    fct_error err = {0};
    fct_status status = FCT_OK;
    for (size_t stage = p->first_stage; stage < p->end_stage && status == FCT_OK; stage++) {
        bool is_first = stage == p->first_stage;
        if (!is_first && !p->wait && is_incomplete(plan, stage - 1)) {
            snprintf(err.message, sizeof err.message,
                     "stage %zu waits for shards of stage %zu that others run: run again when "
                     "they are done, or with --wait",
                     stage, stage - 1);
            status = FCT_ERROR_PARTIAL;
            break;
        }
        status = wait_for(plan, stage, p->wait, &err);
        if (status == FCT_OK)
            status = run_stage(s, plan, stage, p, &c, &err);
    }
    if (status == FCT_OK || status == FCT_ERROR_PARTIAL)
        session_say(s, "%zu shards run, %zu done before, %" PRId64 " bytes written", c.n_run,
                    c.n_done, c.n_bytes);
    return session_end(s, status, &err);
}

static int run(const invocation *in)
{
    session s;
    part p;
    fct_shard_plan *plan;
    fct_error err = {0};
    if (in->n_operands != 1) {
        fprintf(stderr, "factorium run: error: name one plan: factorium run plan.json\n");
        return EXIT_USAGE;
    }
    if (!session_start(&s, in) || !read_part(in, &p))
        return EXIT_USAGE;
    fct_status status = fct_shard_plan_read(in->operands[0], &plan, &err);
    if (status != FCT_OK)
        return session_end(&s, status, &err);
    int code = read_stages(in, plan, &p) ? run_part(&s, plan, &p) : EXIT_USAGE;
    fct_shard_plan_free(plan);
    return code;
}

const cli_verb run_verb = {
    .name = "run",
    .summary = "run shards of a plan",
    .operands = "PLAN",
    .description =
        "Runs shards of a plan, all of them or the K-th of N parts. A shard that is done is left "
        "alone, one\n"
        "that is not, or whose files are not what they were, is run: any of these may be run "
        "anywhere, as\n"
        "often as one likes, also twice at once. A stage needs all shards of the stages before; "
        "where those\n"
        "are not done yet, the exit code is 3.",
    .options = options,
    .examples = "  factorium run plan.json\n"
                "  factorium run plan.json --shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT "
                "--wait",
    .run = run,
};
