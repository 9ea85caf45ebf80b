#include "expr/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "expr/parser.h"

static const char *const dialect_names[] = {
    [FCT_DIALECT_FACTORIUM] = "factorium",
    [FCT_DIALECT_ALPHA101] = "alpha101",
    [FCT_DIALECT_QLIB] = "qlib",
};
enum { N_DIALECTS = sizeof dialect_names / sizeof *dialect_names };

fct_status fct_dialect_parse(const char *text, fct_dialect *dialect, fct_error *err)
{
    for (size_t i = 0; i < N_DIALECTS; i++)
        if (strcasecmp(text, dialect_names[i]) == 0) {
            *dialect = (fct_dialect)i;
            return FCT_OK;
        }
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "there is no dialect %.40s; there are factorium, alpha101 and qlib", text);
}

void fct_plan_free(fct_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_factors; i++) {
        free(plan->factors[i].name);
        free(plan->factors[i].text);
    }
    free(plan->factors);
    free(plan->look_back);
    free(plan->text);
    fct_graph_free(&plan->graph);
    free(plan);
}

/* ---- Compiling -------------------------------------------------------------------------------- */

/* Takes what is no definition over from the scope. */
static fct_status take_factors(fct_plan *plan, fct_scope *scope, fct_error *err)
{
    plan->factors = calloc(scope->n_definitions + 1, sizeof *plan->factors);
    if (!plan->factors)
        return fct_error_memory(err, scope->n_definitions * sizeof *plan->factors);
    for (size_t i = 0; i < scope->n_definitions; i++) {
        fct_definition *d = &scope->definitions[i];
        const fct_node *node = &plan->graph.nodes[d->node];
        if (d->is_helper)
            continue;
        if (node->kind == FCT_NODE_COLUMN) {
            fct_graph_column *info = &plan->graph.column_info[node->column];
            if (info->number_position == SIZE_MAX)
                info->number_position = info->position;
        }
        plan->factors[plan->n_factors++] =
            (fct_factor){.name = d->name, .text = d->text, .node = d->node};
        d->name = NULL;
        d->text = NULL;
    }
    if (!plan->n_factors)
        return fct_error_at(err, scope->text, strlen(scope->text),
                            scope->n_definitions
                                ? "every name begins with '_', which gives no factor"
                                : "there is no expression");
    return FCT_OK;
}

/* Leaves out what no factor needs, and reckons how far back the factors look. */
static fct_status prune(fct_plan *plan, fct_error *err)
{
    size_t n = plan->n_factors;
    fct_status status = FCT_OK;
    fct_graph pruned = {0};
    uint32_t *nodes = calloc(n + 1, sizeof *nodes);
    size_t *rows = calloc(plan->graph.n_nodes + 1, sizeof *rows);
    plan->look_back = calloc(n + 1, sizeof *plan->look_back);
    if (!nodes || !rows || !plan->look_back) {
        status = fct_error_memory(err, plan->graph.n_nodes * sizeof *rows);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        nodes[i] = plan->factors[i].node;
    FCT_TRY_OUT(fct_graph_prune(&plan->graph, nodes, n, &pruned, err));
    fct_graph_free(&plan->graph);
    plan->graph = pruned;
    pruned = (fct_graph){0};
    fct_graph_look_back(&plan->graph, rows);
    for (size_t i = 0; i < n; i++) {
        plan->factors[i].node = nodes[i];
        plan->look_back[i] = rows[nodes[i]];
    }
out:
    fct_graph_free(&pruned);
    free(nodes);
    free(rows);
    return status;
}

fct_status fct_plan_compile(const char *text, const fct_plan_options *options, fct_plan **out,
                            fct_error *err)
{
    static const fct_plan_options defaults;
    const fct_plan_options *chosen = options ? options : &defaults;
    fct_status status;
    *out = NULL;
    if ((unsigned)chosen->dialect >= N_DIALECTS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "there is no dialect %d",
                             (int)chosen->dialect);
    fct_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return fct_error_memory(err, sizeof *plan);
    fct_scope scope = {.text = text, .dialect = chosen->dialect, .graph = &plan->graph};
    plan->strict_cross_sections = chosen->strict_cross_sections;
    plan->text = fct_text_copy(text);
    if (!plan->text) {
        status = fct_error_memory(err, strlen(text));
        goto out;
    }
    FCT_TRY_OUT(fct_parse(&scope, err));
    FCT_TRY_OUT(take_factors(plan, &scope, err));
    FCT_TRY_OUT(prune(plan, err));
    *out = plan;
    plan = NULL;
out:
    fct_scope_free(&scope);
    fct_plan_free(plan);
    return status;
}

/* ---- Questions -------------------------------------------------------------------------------- */

size_t fct_plan_n_factors(const fct_plan *plan)
{
    return plan->n_factors;
}

const char *fct_plan_factor_name(const fct_plan *plan, size_t index)
{
    return index < plan->n_factors ? plan->factors[index].name : NULL;
}

const char *fct_plan_factor_text(const fct_plan *plan, size_t index)
{
    return index < plan->n_factors ? plan->factors[index].text : NULL;
}

size_t fct_plan_n_columns(const fct_plan *plan)
{
    return plan->graph.columns.n_texts;
}

const char *fct_plan_column(const fct_plan *plan, size_t index)
{
    return index < plan->graph.columns.n_texts ? plan->graph.columns.texts[index] : NULL;
}

int64_t fct_plan_look_back(const fct_plan *plan, size_t index)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->n_factors; i++)
        if ((index == i || index == SIZE_MAX) && plan->look_back[i] > most)
            most = plan->look_back[i];
    return most == SIZE_MAX ? -1 : (int64_t)most;
}
