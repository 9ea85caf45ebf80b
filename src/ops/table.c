/* The table of operators, and finding things in it. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "ops/kernels.h"

/* What a row of every class has. */
#define COMMON(the_name, the_aliases, the_class, low, high, names, the_section, the_doc)           \
    .name = #the_name, .aliases = the_aliases, .class = the_class, .min_series = low,              \
    .max_series = high, .series_names = names, .section = the_section, .doc = the_doc

#define ELEMENT(name, aliases, low, high, names, parameters, doc)                                  \
    {COMMON(name, aliases, FCT_OP_ELEMENT, low, high, names, FCT_SECTION_ELEMENT, doc),            \
     .element = fct_kernel_##name, parameters},
#define ROLLING(name, aliases, low, high, names, parameters, family, look, doc)                    \
    {COMMON(name, aliases, FCT_OP_ROLLING, low, high, names, FCT_SECTION_TIME_SERIES, doc),        \
     .rolling = fct_kernel_##name, .state_bytes = fct_state_##family, .look_back = look,           \
     parameters},
#define SHARED(name, aliases, low, high, names, parameters, family, look, walk, doc)               \
    {COMMON(name, aliases, FCT_OP_ROLLING, low, high, names, FCT_SECTION_TIME_SERIES, doc),        \
     .rolling = fct_kernel_##name,                                                                 \
     .state_bytes = fct_state_##family,                                                            \
     .together = fct_together_##walk,                                                              \
     .together_bytes = fct_together_bytes_##walk,                                                  \
     .look_back = look,                                                                            \
     parameters},
#define CROSS(name, aliases, low, high, names, parameters, family, section, doc)                   \
    {COMMON(name, aliases, FCT_OP_CROSS, low, high, names, section, doc),                          \
     .cross = fct_kernel_##name, .scratch_bytes = fct_scratch_##family, parameters},
#define EIGHT(name, aliases, low, high, names, parameters, family, section, doc)                   \
    {COMMON(name, aliases, FCT_OP_CROSS, low, high, names, section, doc),                          \
     .cross = fct_kernel_##name, .cross_eight = fct_eight_##name,                                  \
     .scratch_bytes = fct_scratch_##family, parameters},

static const fct_op operators[] = {
#include "ops/operators.def"
};

enum { N_OPERATORS = sizeof operators / sizeof *operators };

const fct_op *fct_op_at(size_t index)
{
    return index < N_OPERATORS ? &operators[index] : NULL;
}

/* ---- Names ------------------------------------------------------------------------------------ */

/* What a prefix says; the last one, none, is every dialect's. */
static const struct {
    const char *prefix;
    unsigned dialects; /* a bit each */
} prefixes[] = {
    {"factorium:", 1U << FCT_DIALECT_FACTORIUM},
    {"alpha101:", 1U << FCT_DIALECT_ALPHA101},
    {"qlib:", 1U << FCT_DIALECT_QLIB},
    {"", 1U << FCT_DIALECT_FACTORIUM | 1U << FCT_DIALECT_ALPHA101 | 1U << FCT_DIALECT_QLIB},
};

/* One name of an operator. */
typedef struct op_name {
    const char *text;
    size_t n_bytes;
    unsigned dialects;
    bool is_special; /* of one dialect */
} op_name;

/* The alias at *at, which moves behind it; false at the end. */
static bool next_alias(const char **at, op_name *out)
{
    *at += strspn(*at, " ");
    size_t n = strcspn(*at, " ");
    if (!n)
        return false;
    size_t i = 0;
    while (strncmp(*at, prefixes[i].prefix, strlen(prefixes[i].prefix)) != 0)
        i++;
    size_t n_prefix = strlen(prefixes[i].prefix);
    *out = (op_name){*at + n_prefix, n - n_prefix, prefixes[i].dialects, n_prefix > 0};
    *at += n;
    return true;
}

static bool is_name(const op_name *known, const char *name, size_t n_bytes)
{
    return known->n_bytes == n_bytes && strncasecmp(known->text, name, n_bytes) == 0;
}

static const fct_op *find(const char *name, size_t n_bytes, fct_dialect dialect, bool special)
{
    for (size_t i = 0; i < N_OPERATORS; i++) {
        op_name known = {operators[i].name, strlen(operators[i].name), 1U << dialect, false};
        const char *aliases = operators[i].aliases;
        do
            if (known.is_special == special && (known.dialects & 1U << dialect) &&
                is_name(&known, name, n_bytes))
                return &operators[i];
        while (next_alias(&aliases, &known));
    }
    return NULL;
}

const fct_op *fct_op_find(const char *name, size_t n_bytes, fct_dialect dialect)
{
    const fct_op *own = find(name, n_bytes, dialect, true);
    return own ? own : find(name, n_bytes, dialect, false);
}

const char *fct_op_nearest(const char *name, size_t n_bytes, fct_dialect dialect)
{
    char text[FCT_OP_NAME_BYTES];
    static _Thread_local char best_name[FCT_OP_NAME_BYTES];
    size_t best = 4; /* further is another word */
    bool found = false;
    if (n_bytes >= sizeof text)
        return NULL;
    memcpy(text, name, n_bytes);
    text[n_bytes] = '\0';
    for (size_t i = 0; i < N_OPERATORS; i++) {
        op_name known = {operators[i].name, strlen(operators[i].name), 1U << dialect, false};
        const char *aliases = operators[i].aliases;
        do {
            char candidate[FCT_OP_NAME_BYTES];
            if (!(known.dialects & 1U << dialect) || known.n_bytes >= sizeof candidate)
                continue;
            memcpy(candidate, known.text, known.n_bytes);
            candidate[known.n_bytes] = '\0';
            size_t distance = fct_text_distance(candidate, text);
            if (distance < best && distance < n_bytes) {
                best = distance;
                found = true;
                memcpy(best_name, candidate, sizeof best_name);
            }
        } while (next_alias(&aliases, &known));
    }
    return found ? best_name : NULL;
}

/* ---- Calls ------------------------------------------------------------------------------------ */

static size_t parameter_index(const fct_op *op, const char *name)
{
    for (size_t i = 0; i < op->n_parameters; i++)
        if (strcmp(op->parameters[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

double fct_op_parameter_value(const fct_op_call *call, const char *name)
{
    return call->parameters[parameter_index(call->op, name)];
}

size_t fct_op_call_look_back(const fct_op_call *call)
{
    switch (call->op->look_back) {
    case FCT_LOOK_WINDOW:
        return call->op->class == FCT_OP_ROLLING ? fct_op_window(call) - 1 : 0;
    case FCT_LOOK_SHIFT:
        return fct_op_window(call);
    case FCT_LOOK_WINDOW_LAG:
        return fct_op_window(call) - 1 + (size_t)fct_op_parameter_value(call, "lag");
    case FCT_LOOK_UNBOUNDED:
        break;
    }
    return SIZE_MAX;
}

static fct_status check_parameter(const fct_op *op, const fct_op_parameter *parameter,
                                  double *value, fct_error *err)
{
    bool is_whole = parameter->kind != FCT_PARAMETER_NUMBER;
    double given = *value;
    if (parameter->kind == FCT_PARAMETER_WINDOW)
        *value = floor(*value);
    if (isnan(*value) && parameter->optional && isnan(parameter->preset))
        return FCT_OK;
    if (!(*value >= parameter->minimum && *value <= parameter->maximum))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s: %s is %.15g and must be from %.15g to %.15g", op->name,
                             parameter->name, given, parameter->minimum, parameter->maximum);
    if (is_whole && *value != floor(*value))
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%s: %s is %.15g and must be a whole number",
                             op->name, parameter->name, *value);
    return FCT_OK;
}

fct_status fct_op_call_check(fct_op_call *call, size_t *wrong, fct_error *err)
{
    const fct_op *op = call->op;
    for (*wrong = 0; *wrong < op->n_parameters; ++*wrong)
        FCT_TRY(check_parameter(op, &op->parameters[*wrong], &call->parameters[*wrong], err));
    size_t periods = *wrong = parameter_index(op, "min_periods");
    if (periods == SIZE_MAX)
        return FCT_OK;
    double *value = &call->parameters[periods];
    if (isnan(*value))
        *value = call->parameters[0];
    if (*value > call->parameters[0])
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s: min_periods is %.15g, more than d, %.15g", op->name, *value,
                             call->parameters[0]);
    return FCT_OK;
}
