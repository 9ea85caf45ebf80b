/* Operators as a table, for people and programs that ask what there is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/builder.h"
#include "format/number.h"
#include "ops/ops.h"

enum { NAME, ALIASES, SECTION, SERIES, PARAMETERS, LOOK_BACK, DOC, N_COLUMNS };

static const fct_arrow_field fields[N_COLUMNS] = {
    [NAME] = {"name", FCT_ARROW_STRING, false},
    [ALIASES] = {"aliases", FCT_ARROW_STRING, false},
    [SECTION] = {"section", FCT_ARROW_STRING, false},
    [SERIES] = {"series", FCT_ARROW_STRING, false},
    [PARAMETERS] = {"parameters", FCT_ARROW_STRING, false},
    [LOOK_BACK] = {"look_back", FCT_ARROW_STRING, false},
    [DOC] = {"doc", FCT_ARROW_STRING, false},
};

static const char *const sections[] = {
    [FCT_SECTION_ELEMENT] = "element-wise",
    [FCT_SECTION_TIME_SERIES] = "time series",
    [FCT_SECTION_CROSS_SECTION] = "cross-section",
    [FCT_SECTION_GROUP] = "group",
};

static const char *const look_backs[] = {
    [FCT_LOOK_WINDOW] = "d - 1 rows",
    [FCT_LOOK_SHIFT] = "d rows",
    [FCT_LOOK_WINDOW_LAG] = "d - 1 + lag rows",
    [FCT_LOOK_UNBOUNDED] = "all rows",
};

/* "d, driver=\"gaussian\", min_periods=d" */
static fct_status write_parameters(const fct_op *op, fct_text *out, fct_error *err)
{
    for (size_t i = 0; i < op->n_parameters; i++) {
        const fct_op_parameter *parameter = &op->parameters[i];
        char number[FCT_NUMBER_SIZE];
        FCT_TRY(fct_text_append_format(out, err, "%s%s", i ? ", " : "", parameter->name));
        if (!parameter->optional)
            continue;
        if (isnan(parameter->preset)) {
            FCT_TRY(fct_text_append(out, "=d", 2, err));
        } else if (parameter->kind == FCT_PARAMETER_WORD) {
            FCT_TRY(fct_text_append_format(out, err, "=\"%.*s\"",
                                           (int)strcspn(parameter->words, " "), parameter->words));
        } else {
            size_t n = fct_format_double(parameter->preset, number);
            if (n > 2 && strcmp(number + n - 2, ".0") == 0)
                number[n - 2] = '\0';
            FCT_TRY(fct_text_append_format(out, err, "=%s", number));
        }
    }
    return FCT_OK;
}

/* "x, y" */
static fct_status write_series(const fct_op *op, fct_text *out, fct_error *err)
{
    for (const char *at = op->series_names; *at; at++)
        FCT_TRY(fct_text_append(out, *at == ' ' ? ", " : at, *at == ' ' ? 2 : 1, err));
    return op->max_series > op->min_series ? fct_text_append(out, ", ...", 5, err) : FCT_OK;
}

static fct_status add_row(fct_arrow_builder *table, const fct_op *op, fct_error *err)
{
    fct_text series = {0};
    fct_text parameters = {0};
    fct_status status;
    FCT_TRY_OUT(write_series(op, &series, err));
    FCT_TRY_OUT(write_parameters(op, &parameters, err));
    bool is_rolling = op->class == FCT_OP_ROLLING;
    fct_arrow_builder_text(table, NAME, op->name);
    fct_arrow_builder_text(table, ALIASES, op->aliases);
    fct_arrow_builder_text(table, SECTION, sections[op->section]);
    fct_arrow_builder_text(table, SERIES, fct_text_get(&series));
    fct_arrow_builder_text(table, PARAMETERS, fct_text_get(&parameters));
    fct_arrow_builder_text(table, LOOK_BACK, is_rolling ? look_backs[op->look_back] : "none");
    fct_arrow_builder_text(table, DOC, op->doc);
out:
    fct_text_free(&series);
    fct_text_free(&parameters);
    return status;
}

/* The operators [first, end) of the table, in one batch. */
typedef struct listing {
    size_t first, end;
} listing;

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    listing *list = context;
    fct_arrow_builder table;
    fct_status status = FCT_OK;
    *out = (struct ArrowArray){0};
    if (list->first == list->end)
        return FCT_OK;
    FCT_TRY(fct_arrow_builder_start(&table, fields, N_COLUMNS, list->end - list->first, err));
    for (; list->first < list->end && status == FCT_OK; list->first++)
        status = add_row(&table, fct_op_at(list->first), err);
    if (status == FCT_OK)
        return fct_arrow_builder_end(&table, out, err);
    /* A builder must be ended; what came of it is not wanted. */
    if (fct_arrow_builder_end(&table, out, NULL) == FCT_OK)
        out->release(out);
    *out = (struct ArrowArray){0};
    return status;
}

fct_status fct_operator_list(const char *name, fct_dialect dialect, struct ArrowArrayStream *out,
                             fct_error *err)
{
    fct_operator found;
    *out = (struct ArrowArrayStream){0};
    if (name)
        FCT_TRY(fct_operator_find(name, dialect, &found, err));
    listing *list = calloc(1, sizeof *list);
    if (!list)
        return fct_error_memory(err, sizeof *list);
    while (fct_op_at(list->end))
        list->end++;
    for (size_t i = 0; name && i < list->end; i++)
        if (strcmp(fct_op_at(i)->name, found.name) == 0) {
            list->first = i;
            list->end = i + 1;
        }
    const fct_arrow_source source = {.next = next_batch, .free = free, .context = list};
    return fct_arrow_stream_make(fields, N_COLUMNS, source, out, err);
}
