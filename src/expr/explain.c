/* A plan for people: what is computed in which pass, and what it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/print.h"
#include "expr/schedule.h"

enum { LABEL_BYTES = 16, TEXT_WIDTH = 56 };

typedef struct explanation {
    fct_text *out;
    const struct fct_plan *plan;
    const struct fct_panel *panel; /* or NULL */
    char **labels;                 /* "#7" of each call of the graph */
} explanation;

static fct_status make_labels(explanation *e, fct_error *err)
{
    const fct_graph *graph = &e->plan->graph;
    size_t n_calls = 0;
    e->labels = calloc(graph->n_nodes + 1, sizeof *e->labels);
    if (!e->labels)
        return fct_error_memory(err, graph->n_nodes * sizeof *e->labels);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        char label[LABEL_BYTES];
        if (graph->nodes[i].kind != FCT_NODE_CALL)
            continue;
        snprintf(label, sizeof label, "#%zu", ++n_calls);
        e->labels[i] = fct_text_copy(label);
        if (!e->labels[i])
            return fct_error_memory(err, sizeof label);
    }
    return FCT_OK;
}

static fct_status explain_bytes(const explanation *e, size_t n_bytes, fct_error *err)
{
    if (n_bytes < (size_t)1 << 20)
        return fct_text_append_format(e->out, err, "%zu KiB", (n_bytes + 1023) >> 10);
    return fct_text_append_format(e->out, err, "%.1f MiB", (double)n_bytes / (1 << 20));
}

/* "2 factors" */
static fct_status explain_count(const explanation *e, size_t n, const char *noun, fct_error *err)
{
    return fct_text_append_format(e->out, err, "%zu %s%s", n, noun,
                                  n == 1                          ? ""
                                  : noun[strlen(noun) - 1] == 's' ? "es"
                                                                  : "s");
}

/* ---- Passes ----------------------------------------------------------------------------------- */

/* A call of a step; further ones of one walk are marked. */
static fct_status explain_call(const explanation *e, const fct_program *program,
                               const fct_step *step, size_t k, fct_error *err)
{
    fct_text text = {0};
    uint32_t node = step->nodes[k];
    uint32_t stored = step->outs[k].kind == FCT_PLACE_STORED ? step->outs[k].index : step->stored;
    fct_status status;
    FCT_TRY_OUT(fct_print_node(&text, &e->plan->graph, node, e->labels, err));
    FCT_TRY_OUT(fct_text_append_format(e->out, err, "  %s %-5s %s", k ? "+" : " ", e->labels[node],
                                       text.data));
    if (stored != FCT_NONE) {
        uint32_t factor = program->stored[stored].factor;
        int n_blanks = text.length < TEXT_WIDTH ? (int)(TEXT_WIDTH - text.length) : 1;
        FCT_TRY_OUT(
            fct_text_append_format(e->out, err, "%*s-> %s", n_blanks, "",
                                   factor == FCT_NONE ? "stored" : e->plan->factors[factor].name));
    }
    FCT_TRY_OUT(fct_text_append(e->out, "\n", 1, err));
out:
    fct_text_free(&text);
    return status;
}

static fct_status explain_pass(const explanation *e, const fct_program *program,
                               const fct_layout *layout, size_t number, const fct_pass *pass,
                               fct_error *err)
{
    size_t n_steps = 0;
    for (size_t i = 0; i < pass->n_steps; i++)
        n_steps += pass->steps[i].n_calls > 0;
    FCT_TRY(fct_text_append_format(e->out, err, "\n  pass %zu, %s: ", number,
                                   pass->is_cross ? "across the symbols of a time"
                                                  : "down the rows of a tile"));
    FCT_TRY(explain_count(e, n_steps, "step", err));
    FCT_TRY(fct_text_append(e->out, ", ", 2, err));
    FCT_TRY(explain_count(e, pass->n_locals, "local array", err));
    if (!pass->is_cross && layout)
        FCT_TRY(fct_text_append_format(e->out, err, ", %zu rows at a time", layout->tile_rows));
    if (pass->state_bytes) {
        FCT_TRY(fct_text_append(e->out, ", state of ", 11, err));
        FCT_TRY(explain_bytes(e, pass->state_bytes, err));
        FCT_TRY(fct_text_append(e->out, " a tile", 7, err));
    }
    FCT_TRY(fct_text_append(e->out, "\n", 1, err));
    for (size_t i = 0; i < pass->n_steps; i++)
        for (size_t k = 0; k < pass->steps[i].n_calls; k++)
            FCT_TRY(explain_call(e, program, &pass->steps[i], k, err));
    return FCT_OK;
}

static fct_status explain_program(const explanation *e, const fct_program *program,
                                  const fct_layout *layout, fct_error *err)
{
    size_t n_passes = 0;
    for (size_t i = 0; i < program->n_passes; i++)
        if (program->passes[i].n_steps)
            FCT_TRY(explain_pass(e, program, layout, ++n_passes, &program->passes[i], err));
    return FCT_OK;
}

/* ---- The whole -------------------------------------------------------------------------------- */

static fct_status explain_head(const explanation *e, fct_error *err)
{
    const struct fct_plan *plan = e->plan;
    FCT_TRY(explain_count(e, plan->n_factors, "factor", err));
    FCT_TRY(fct_text_append(e->out, " of ", 4, err));
    FCT_TRY(explain_count(e, plan->graph.columns.n_texts, "column", err));
    for (size_t i = 0; i < plan->graph.columns.n_texts; i++)
        FCT_TRY(fct_text_append_format(e->out, err, "%s%s", i ? ", " : ": ",
                                       plan->graph.columns.texts[i]));
    int64_t rows = fct_plan_look_back(plan, SIZE_MAX);
    if (rows < 0)
        return fct_text_append_format(e->out, err, "\nlook-back: all earlier rows\n");
    return fct_text_append_format(e->out, err, "\nlook-back: %lld rows\n", (long long)rows);
}

static fct_status explain_memory(const explanation *e, const fct_schedule *schedule, fct_error *err)
{
    FCT_TRY(fct_text_append_format(e->out, err, "\nmemory: panel "));
    FCT_TRY(explain_bytes(e, schedule->input_bytes, err));
    FCT_TRY(fct_text_append_format(e->out, err, ", factors "));
    FCT_TRY(explain_bytes(e, schedule->output_bytes, err));
    FCT_TRY(fct_text_append_format(e->out, err, ", work "));
    FCT_TRY(explain_bytes(e, schedule->work_bytes, err));
    FCT_TRY(fct_text_append_format(e->out, err, "; in all "));
    FCT_TRY(explain_bytes(e, fct_schedule_bytes(schedule), err));
    return fct_text_append(e->out, "\n", 1, err);
}

static fct_status explain_on_panel(const explanation *e, const fct_run *run, fct_error *err)
{
    fct_job job;
    fct_schedule schedule = {0};
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status;
    FCT_TRY_OUT(fct_schedule_make(&schedule, e->plan, e->panel, job.run.n_threads, err));
    for (size_t i = 0; i < schedule.n_batches; i++) {
        const fct_batch *batch = &schedule.batches[i];
        if (schedule.n_batches > 1)
            FCT_TRY_OUT(fct_text_append_format(e->out, err, "\nbatch %zu: factors %zu to %zu\n",
                                               i + 1, batch->first + 1, batch->end));
        if (batch->layout.has_blocks)
            FCT_TRY_OUT(fct_text_append_format(e->out, err,
                                               "blocks of %lld rows go through all passes\n",
                                               (long long)batch->layout.block_rows));
        FCT_TRY_OUT(explain_program(e, &batch->program, &batch->layout, err));
    }
    FCT_TRY_OUT(explain_memory(e, &schedule, err));
out:
    fct_schedule_free(&schedule);
    fct_job_end(&job);
    return status;
}

static fct_status explain_alone(const explanation *e, fct_error *err)
{
    const struct fct_plan *plan = e->plan;
    fct_program program = {0};
    uint32_t *roots = calloc(plan->n_factors, sizeof *roots);
    if (!roots)
        return fct_error_memory(err, plan->n_factors * sizeof *roots);
    for (size_t i = 0; i < plan->n_factors; i++)
        roots[i] = plan->factors[i].node;
    fct_status status = fct_program_make(&program, &plan->graph, roots, plan->n_factors, 0, err);
    if (status == FCT_OK)
        status = explain_program(e, &program, NULL, err);
    fct_program_free(&program);
    free(roots);
    return status;
}

fct_status fct_plan_explain(const fct_plan *plan, const fct_panel *panel, const fct_run *run,
                            char **text, fct_error *err)
{
    fct_text out = {0};
    explanation e = {.out = &out, .plan = plan, .panel = panel};
    fct_status status;
    *text = NULL;
    FCT_TRY_OUT(make_labels(&e, err));
    FCT_TRY_OUT(explain_head(&e, err));
    FCT_TRY_OUT(panel ? explain_on_panel(&e, run, err) : explain_alone(&e, err));
    *text = out.data;
    out = (fct_text){0};
out:
    for (size_t i = 0; e.labels && i < plan->graph.n_nodes; i++)
        free(e.labels[i]);
    free(e.labels);
    fct_text_free(&out);
    return status;
}
