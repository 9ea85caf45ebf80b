/* The table of operators as the public header shows it. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ops/ops.h"

static void show(const fct_op *op, fct_operator *out)
{
    *out = (fct_operator){
        .name = op->name,
        .aliases = op->aliases,
        .section = op->section,
        .min_series = op->min_series,
        .max_series = op->max_series,
        .series_names = op->series_names,
        .n_parameters = op->n_parameters,
        .parameters = op->parameters,
        .doc = op->doc,
    };
}

bool fct_operator_at(size_t index, fct_operator *out)
{
    const fct_op *op = fct_op_at(index);
    if (op)
        show(op, out);
    return op != NULL;
}

fct_status fct_operator_find(const char *name, fct_dialect dialect, fct_operator *out,
                             fct_error *err)
{
    const fct_op *op = fct_op_find(name, strlen(name), dialect);
    if (op) {
        show(op, out);
        return FCT_OK;
    }
    char quoted[64];
    const char *nearest = fct_op_nearest(name, strlen(name), dialect);
    fct_text_quote(name, strlen(name), quoted, sizeof quoted);
    return fct_error_set(err, FCT_ERROR_NOT_FOUND, "there is no operator %s%s%s%s", quoted,
                         nearest ? "; did you mean " : "", nearest ? nearest : "",
                         nearest ? "?" : "");
}
