/* A shard of expressions: computes its stage's text on its rows, and passes on what others need, or writes the result. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "expr/plan.h"
#include "shard/blocks.h"
#include "shard/input.h"

typedef struct computing {
    fct_shard_running *running;
    const fct_shard_stage *stage;
    fct_plan *text;         /* compiled; NULL: there is none */
    fct_shard_names wanted; /* columns that are read */
    fct_panel *input, *values;
} computing;

/* The columns of the text, and in the first stage those that are passed on as they are. */
static fct_status list_wanted(computing *c, fct_error *err)
{
    const fct_shard_stage *stage = c->stage;
    size_t n = c->text ? fct_plan_n_columns(c->text) : 0;
    c->wanted.names =
        calloc(n + stage->sends.n_names + stage->keeps.n_names + 1, sizeof *c->wanted.names);
    if (!c->wanted.names)
        return fct_error_memory(err, n * sizeof *c->wanted.names);
    for (size_t i = 0; i < n; i++)
        c->wanted.names[c->wanted.n_names++] = fct_plan_column(c->text, i);
    const fct_shard_names *passed[] = {&stage->sends, &stage->keeps};
    for (size_t k = 0; k < 2 && !c->running->stage; k++)
        for (size_t i = 0; i < passed[k]->n_names; i++)
            c->wanted.names[c->wanted.n_names++] = passed[k]->names[i];
    return FCT_OK;
}

static fct_status compute(computing *c, fct_error *err)
{
    fct_shard_running *r = c->running;
    if (*c->stage->text)
        FCT_TRY(fct_plan_compile(c->stage->text, &r->plan->options, &c->text, err));
    FCT_TRY(list_wanted(c, err));
    FCT_TRY(r->stage ? fct_shard_load_passed(r, &c->wanted, &c->input, err)
                     : fct_shard_load_bars(r, &c->wanted, &c->input, err));
    r->n_rows = fct_panel_n_rows(c->input);
    return c->text ? fct_plan_run(c->text, c->input, &r->job->run, &c->values, err) : FCT_OK;
}

/* ---- What comes of it -------------------------------------------------------------------------- */

static fct_status write_result(computing *c, fct_error *err)
{
    const struct fct_shard_plan *plan = c->running->plan;
    struct ArrowArrayStream stream;
    if (!c->values || c->values->n_columns != plan->factors.n_names)
        return fct_error_set(err, FCT_ERROR_DATA, "the plan's last stage has not its factors");
    for (size_t i = 0; i < c->values->n_columns; i++) {
        char *name = fct_text_copy(plan->factors.names[i]);
        if (!name)
            return fct_error_memory(err, 0);
        free(c->values->columns[i].name);
        c->values->columns[i].name = name;
    }
    FCT_TRY(fct_panel_stream(c->values, &stream, err));
    return fct_shard_write_result(c->running, &stream, err);
}

/* Values of the text, or columns that were read. */
static fct_status find_columns(const computing *c, const fct_shard_names *names,
                               const fct_panel_column **columns, fct_error *err)
{
    for (size_t i = 0; i < names->n_names; i++) {
        columns[i] = c->values ? fct_panel_find_column(c->values, names->names[i]) : NULL;
        if (!columns[i])
            columns[i] = fct_panel_find_column(c->input, names->names[i]);
        if (!columns[i])
            return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                                 "there is no column %.60s in the bars, which the expressions read",
                                 names->names[i]);
    }
    return FCT_OK;
}

static fct_status pass_on(computing *c, const fct_shard_names *names, fct_shard_file file,
                          const fct_blocks_target *target, fct_error *err)
{
    fct_shard_running *r = c->running;
    fct_text path = {0};
    fct_status status;
    const fct_panel_column **columns = calloc(names->n_names + 1, sizeof *columns);
    const fct_blocks_content content = {.plan = r->plan,
                                        .panel = c->input,
                                        .columns = columns,
                                        .names = names->names,
                                        .n_columns = names->n_names};
    if (!columns)
        return fct_error_memory(err, names->n_names * sizeof *columns);
    FCT_TRY_OUT(find_columns(c, names, columns, err));
    FCT_TRY_OUT(fct_shard_file_path(&path, r->plan, r->stage, r->shard, file, err));
    FCT_TRY_OUT(fct_blocks_write(path.data, &content, target, r->job, err));
    r->is_there[file] = true;
out:
    free(columns);
    fct_text_free(&path);
    return status;
}

static fct_status finish(computing *c, fct_error *err)
{
    const fct_shard_running *r = c->running;
    bool is_last = r->stage + 1 == r->plan->n_stages;
    if (is_last)
        return write_result(c, err);
    const fct_shard_stage *next = &r->plan->stages[r->stage + 1];
    const fct_blocks_target across = {next->shards, next->n_shards};
    const fct_blocks_target own = {&c->stage->shards[r->shard], 1};
    FCT_TRY(pass_on(c, &c->stage->sends, FCT_SHARD_SENT, &across, err));
    return c->stage->keeps.n_names ? pass_on(c, &c->stage->keeps, FCT_SHARD_KEPT, &own, err)
                                   : FCT_OK;
}

fct_status fct_shard_run_factors(fct_shard_running *running, fct_error *err)
{
    computing c = {.running = running, .stage = &running->plan->stages[running->stage]};
    fct_status status = compute(&c, err);
    if (status == FCT_OK)
        status = finish(&c, err);
    free(c.wanted.names);
    fct_panel_free(c.values);
    fct_panel_free(c.input);
    fct_plan_free(c.text);
    return status;
}
