/* A plan on a panel: columns are found, memory is reckoned, batches run, and what is no row is missing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/threads.h"
#include "expr/lexer.h"
#include "expr/schedule.h"

/* ---- Columns ---------------------------------------------------------------------------------- */

enum { MAX_LISTED = 16 };

static fct_status no_such_column(const struct fct_plan *plan, const struct fct_panel *panel,
                                 const char *name, size_t position, fct_error *err)
{
    const char *nearest = NULL;
    size_t best = 3; /* further is another word */
    fct_text list = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < panel->n_columns && status == FCT_OK; i++) {
        size_t distance = fct_text_distance(panel->columns[i].name, name);
        if (distance < best && distance < strlen(name)) {
            best = distance;
            nearest = panel->columns[i].name;
        }
        if (i < MAX_LISTED)
            status =
                fct_text_append_format(&list, NULL, "%s%s", i ? ", " : "", panel->columns[i].name);
    }
    bool is_operator = fct_op_find(name, strlen(name), FCT_DIALECT_FACTORIUM) != NULL;
    fct_error_at(err, plan->text, position, "there is no column %.60s%s%s%.60s%s; there are: %s%s",
                 name,
                 is_operator ? "; the operator of that name takes arguments in parentheses" : "",
                 nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "",
                 fct_text_get(&list), panel->n_columns > MAX_LISTED ? ", ..." : "");
    if (err)
        err->status = FCT_ERROR_NOT_FOUND;
    fct_text_free(&list);
    return FCT_ERROR_NOT_FOUND;
}

static fct_status find_columns(const struct fct_plan *plan, const struct fct_panel *panel,
                               const double **columns, fct_error *err)
{
    const fct_graph *graph = &plan->graph;
    for (size_t i = 0; i < graph->columns.n_texts; i++) {
        const char *name = graph->columns.texts[i];
        const fct_graph_column *info = &graph->column_info[i];
        const fct_panel_column *column = fct_panel_find_column(panel, name);
        if (!column)
            return no_such_column(plan, panel, name, info->position, err);
        if (column->type == FCT_PANEL_TEXT && info->number_position != SIZE_MAX)
            return fct_error_at(err, plan->text, info->number_position,
                                "the column %.60s holds texts: it can be the group of a group "
                                "operator and nothing else",
                                name);
        columns[i] = column->cells;
    }
    return FCT_OK;
}

/* ---- After the batches ------------------------------------------------------------------------ */

typedef struct finish {
    const struct fct_plan *plan;
    const struct fct_panel *panel;
    const double *const *columns;
    double *const *factors;
    const uint32_t *first_factor; /* of each node: the first factor that it is */
} finish;

/* Factors without a step of their own: numbers, columns, and what another factor is, too. */
static void copy_tile(const finish *f, size_t factor, size_t tile)
{
    uint32_t i = f->plan->factors[factor].node;
    const fct_node *node = &f->plan->graph.nodes[i];
    double *out = fct_panel_tile(f->panel, f->factors[factor], tile);
    size_t n_cells = (size_t)fct_panel_tile_rows(f->panel, tile) * FCT_LANES;
    const double *from = NULL;
    if (node->kind == FCT_NODE_COLUMN)
        from = fct_panel_tile(f->panel, f->columns[node->column], tile);
    else if (node->kind == FCT_NODE_CALL && f->first_factor[i] != factor)
        from = fct_panel_tile(f->panel, f->factors[f->first_factor[i]], tile);
    else if (node->kind == FCT_NODE_CALL)
        return;
    for (size_t cell = 0; cell < n_cells; cell++) {
        double value = from ? from[cell] : node->number;
        out[cell] = isfinite(value) ? value : NAN;
    }
}

/* Lanes without a symbol, and rows behind a symbol's last. */
static void blank_tile(const finish *f, size_t factor, size_t tile)
{
    const struct fct_panel *panel = f->panel;
    double *cells = fct_panel_tile(panel, f->factors[factor], tile);
    int64_t n_rows = fct_panel_tile_rows(panel, tile);
    int64_t first[FCT_LANES];
    int64_t row = n_rows;
    for (size_t lane = 0; lane < FCT_LANES; lane++) {
        size_t symbol = tile * FCT_LANES + lane;
        first[lane] = symbol < panel->n_symbols ? panel->symbol_rows[symbol] : 0;
        row = first[lane] < row ? first[lane] : row;
    }
    for (; row < n_rows; row++)
        for (size_t lane = 0; lane < FCT_LANES; lane++)
            if (row >= first[lane])
                cells[row * FCT_LANES + (int64_t)lane] = NAN;
}

static fct_status finish_tile(size_t tile, int thread, void *context, fct_error *err)
{
    const finish *f = context;
    (void)thread;
    (void)err;
    for (size_t factor = 0; factor < f->plan->n_factors; factor++) {
        copy_tile(f, factor, tile);
        blank_tile(f, factor, tile);
    }
    return FCT_OK;
}

/* ---- The run ---------------------------------------------------------------------------------- */

typedef struct running {
    const struct fct_plan *plan;
    const struct fct_panel *panel;
    fct_job *job;
    const double **columns;
    double **factors;
    uint32_t *first_factor;
    fct_schedule schedule;
    struct fct_panel *out;
} running;

static fct_status check_memory(const fct_schedule *schedule, const fct_job *job, fct_error *err)
{
    size_t needed = fct_schedule_bytes(schedule);
    size_t limit = job->run.memory_limit_bytes;
    if (!limit || needed <= limit)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_LIMIT,
                         "the factors need %zu MiB (the panel %zu, factors %zu, work "
                         "%zu) and the limit is %zu MiB: raise --memory-limit, or ask for fewer "
                         "factors, symbols or days at a time",
                         (needed >> 20) + 1, schedule->input_bytes >> 20,
                         schedule->output_bytes >> 20, schedule->work_bytes >> 20, limit >> 20);
}

static fct_status make_output(running *r, fct_error *err)
{
    const struct fct_plan *plan = r->plan;
    fct_status status;
    const char **names = calloc(plan->n_factors, sizeof *names);
    if (!names)
        return fct_error_memory(err, plan->n_factors * sizeof *names);
    for (size_t i = 0; i < plan->n_factors; i++)
        names[i] = plan->factors[i].name;
    FCT_TRY_OUT(fct_panel_like(r->panel, names, plan->n_factors, &r->out, err));
    for (size_t i = 0; i < plan->n_factors; i++)
        r->factors[i] = r->out->columns[i].cells;
out:
    free(names);
    return status;
}

static fct_status run_batches(running *r, fct_error *err)
{
    const fct_schedule *schedule = &r->schedule;
    fct_job_stage(r->job, "factor", "rows", (int64_t)schedule->n_batches * r->panel->n_rows);
    for (size_t i = 0; i < schedule->n_batches; i++) {
        fct_execution execution = {
            .program = &schedule->batches[i].program,
            .panel = r->panel,
            .layout = schedule->batches[i].layout,
            .job = r->job,
            .columns = r->columns,
            .factors = r->factors,
            .strict_cross_sections = r->plan->strict_cross_sections,
        };
        FCT_TRY(fct_execute(&execution, err));
    }
    return FCT_OK;
}

/* A factor in a later batch than its twin is a copy of it, but one in the twin's batch has no step. */
static void find_first_factors(running *r)
{
    for (size_t i = 0; i < r->plan->graph.n_nodes; i++)
        r->first_factor[i] = FCT_NONE;
    for (size_t b = 0; b < r->schedule.n_batches; b++)
        for (size_t i = r->schedule.batches[b].first; i < r->schedule.batches[b].end; i++)
            if (r->first_factor[r->plan->factors[i].node] == FCT_NONE)
                r->first_factor[r->plan->factors[i].node] = (uint32_t)i;
}

static fct_status run_plan(running *r, fct_error *err)
{
    const struct fct_plan *plan = r->plan;
    r->columns = calloc(plan->graph.columns.n_texts + 1, sizeof *r->columns);
    r->factors = calloc(plan->n_factors + 1, sizeof *r->factors);
    r->first_factor = calloc(plan->graph.n_nodes + 1, sizeof *r->first_factor);
    if (!r->columns || !r->factors || !r->first_factor)
        return fct_error_memory(err, plan->graph.n_nodes * sizeof *r->first_factor);
    FCT_TRY(find_columns(plan, r->panel, r->columns, err));
    FCT_TRY(fct_schedule_make(&r->schedule, plan, r->panel, r->job->run.n_threads, err));
    FCT_TRY(check_memory(&r->schedule, r->job, err));
    FCT_TRY(make_output(r, err));
    FCT_TRY(run_batches(r, err));
    find_first_factors(r);
    finish f = {plan, r->panel, r->columns, r->factors, r->first_factor};
    return fct_parallel_for(r->job->run.n_threads, r->panel->n_tiles, finish_tile, &f, err);
}

fct_status fct_plan_run(const fct_plan *plan, const fct_panel *panel, const fct_run *run,
                        fct_panel **out, fct_error *err)
{
    fct_job job;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    running r = {.plan = plan, .panel = panel, .job = &job};
    fct_status status = run_plan(&r, err);
    if (status == FCT_OK)
        *out = r.out;
    else
        fct_panel_free(r.out);
    fct_schedule_free(&r.schedule);
    free(r.columns);
    free(r.factors);
    free(r.first_factor);
    fct_job_end(&job);
    return status;
}

fct_status fct_plan_memory(const fct_plan *plan, const fct_panel *panel, const fct_run *run,
                           size_t *n_bytes, fct_error *err)
{
    fct_job job;
    fct_schedule schedule = {0};
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status = fct_schedule_make(&schedule, plan, panel, job.run.n_threads, err);
    *n_bytes = fct_schedule_bytes(&schedule);
    fct_schedule_free(&schedule);
    fct_job_end(&job);
    return status;
}
