/* What of a plan a panel's columns suffice for. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "expr/plan.h"
#include "panel/panel.h"

/* Marks the nodes that are a column which the panel lacks, or are made of one. */
static void mark_missing(const struct fct_plan *plan, const fct_panel *panel, bool *is_missing)
{
    const fct_graph *graph = &plan->graph;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const fct_node *node = &graph->nodes[i];
        is_missing[i] = node->kind == FCT_NODE_COLUMN &&
                        !fct_panel_find_column(panel, graph->columns.texts[node->column]);
        for (size_t k = 0; k < node->call.n_series; k++)
            is_missing[i] = is_missing[i] || is_missing[node->series[k]];
    }
}

static fct_status none_left(const struct fct_plan *plan, const fct_panel *panel, fct_error *err)
{
    fct_text lacking = {0};
    for (size_t i = 0; i < plan->graph.columns.n_texts; i++) {
        const char *name = plan->graph.columns.texts[i];
        if (!fct_panel_find_column(panel, name) &&
            fct_text_append_format(&lacking, NULL, "%s%.60s", lacking.length ? ", " : "", name) !=
                FCT_OK)
            break;
    }
    fct_error_set(err, FCT_ERROR_NOT_FOUND, "every factor needs a column that is not there: %.600s",
                  fct_text_get(&lacking));
    fct_text_free(&lacking);
    return FCT_ERROR_NOT_FOUND;
}

static fct_status copy_factor(const fct_factor *from, size_t look_back, struct fct_plan *to,
                              fct_error *err)
{
    fct_factor *factor = &to->factors[to->n_factors];
    to->look_back[to->n_factors++] = look_back;
    factor->name = fct_text_copy(from->name);
    factor->text = fct_text_copy(from->text);
    return factor->name && factor->text ? FCT_OK : fct_error_memory(err, strlen(from->text));
}

fct_status fct_plan_fit(const fct_plan *plan, const fct_panel *panel, fct_plan **out,
                        fct_error *err)
{
    size_t n = plan->n_factors;
    fct_status status = FCT_OK;
    fct_plan *fitted = calloc(1, sizeof *fitted);
    bool *is_missing = calloc(plan->graph.n_nodes + 1, sizeof *is_missing);
    uint32_t *nodes = calloc(n + 1, sizeof *nodes);
    *out = NULL;
    if (fitted) {
        fitted->strict_cross_sections = plan->strict_cross_sections;
        fitted->text = fct_text_copy(plan->text);
        fitted->factors = calloc(n + 1, sizeof *fitted->factors);
        fitted->look_back = calloc(n + 1, sizeof *fitted->look_back);
    }
    if (!fitted || !is_missing || !nodes || !fitted->text || !fitted->factors ||
        !fitted->look_back) {
        status = fct_error_memory(err, n * sizeof *fitted->factors);
        goto out;
    }
    mark_missing(plan, panel, is_missing);
    for (size_t i = 0; i < n; i++) {
        if (is_missing[plan->factors[i].node])
            continue;
        nodes[fitted->n_factors] = plan->factors[i].node;
        FCT_TRY_OUT(copy_factor(&plan->factors[i], plan->look_back[i], fitted, err));
    }
    if (!fitted->n_factors) {
        status = none_left(plan, panel, err);
        goto out;
    }
    FCT_TRY_OUT(fct_graph_prune(&plan->graph, nodes, fitted->n_factors, &fitted->graph, err));
    for (size_t i = 0; i < fitted->n_factors; i++)
        fitted->factors[i].node = nodes[i];
    *out = fitted;
    fitted = NULL;
out:
    fct_plan_free(fitted);
    free(is_missing);
    free(nodes);
    return status;
}
