#include "factor_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

static const expression_options expressions = {.file = INPUT_EXPRESSIONS,
                                               .dialect = INPUT_DIALECT,
                                               .alpha101 = SIZE_MAX,
                                               .alpha158 = SIZE_MAX};

bool option_number(const invocation *in, size_t i, double low, double high, double *out)
{
    const char *text = in->values[i];
    if (!text)
        return true;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= low && value <= high))
        return option_error(in, i, "a number from %g to %g is needed", low, high);
    *out = value;
    return true;
}

static bool ended(session *s, fct_status status, const fct_error *err, int *code)
{
    if (status == FCT_OK)
        return true;
    *code = session_end(s, status, err);
    return false;
}

/* ---- Factors ---------------------------------------------------------------------------------- */

static bool read_columns(session *s, const invocation *in, factor_input *input, int *code)
{
    const char **columns = NULL;
    char *storage = NULL;
    size_t n_columns = 0;
    fct_panel *all = NULL;
    fct_error err = {0};
    fct_status status = fct_panel_read(in->values[INPUT_FACTOR], &s->run, &all, &err);
    if (status == FCT_OK && in->values[INPUT_COLUMNS]) {
        if (!split_list(in->values[INPUT_COLUMNS], &columns, &n_columns, &storage)) {
            option_error(in, INPUT_COLUMNS, "out of memory");
            *code = EXIT_FAILED;
            status = FCT_ERROR_MEMORY;
        } else {
            const fct_panel_selection selection = {.columns = columns, .n_columns = n_columns};
            status = fct_panel_slice(all, &selection, &s->run, &input->factors, &err);
            *code = status == FCT_OK ? EXIT_OK : session_end(s, status, &err);
        }
    } else if (status == FCT_OK) {
        input->factors = all;
        all = NULL;
    } else {
        *code = session_end(s, status, &err);
    }
    fct_panel_free(all);
    free(columns);
    free(storage);
    return status == FCT_OK;
}

static bool run_plan(session *s, const fct_plan *plan, const char *text, const fct_panel *bars,
                     fct_panel **out, int *code)
{
    fct_error err = {.position = -1};
    fct_status status = fct_plan_run(plan, bars, &s->run, out, &err);
    if (status == FCT_OK)
        return true;
    *code = session_end(s, status, &err);
    show_place(s, text, &err);
    return false;
}

static bool compute_factors(session *s, const invocation *in, factor_input *input, const char *text,
                            int *code)
{
    fct_plan *fitted = NULL;
    fct_error err = {.position = -1};
    if (skips_missing(in)) {
        fct_status fits = fit_plan(s, input->plan, input->bars, &fitted, &err);
        if (fits != FCT_OK && fits != FCT_ERROR_PARTIAL) {
            *code = session_end(s, fits, &err);
            return false;
        }
        if (fits == FCT_ERROR_PARTIAL)
            add_partial(s, &input->made, &input->err, &err);
        fct_plan_free(input->plan);
        input->plan = fitted;
    }
    return run_plan(s, input->plan, text, input->bars, &input->factors, code);
}

/* ---- Combination ------------------------------------------------------------------------------ */

/* "W,W,..."; freed with free(). */
static double *read_weights(const invocation *in, size_t *n_weights)
{
    const char **items = NULL;
    char *storage = NULL;
    double *weights = NULL;
    bool ok = split_list(in->values[INPUT_COMBINE], &items, n_weights, &storage);
    if (ok)
        weights = malloc((*n_weights + 1) * sizeof *weights);
    for (size_t i = 0; weights && ok && i < *n_weights; i++) {
        char *end;
        weights[i] = strtod(items[i], &end);
        ok = end != items[i] && !*end;
    }
    free(items);
    free(storage);
    if (weights && ok)
        return weights;
    free(weights);
    option_error(in, INPUT_COMBINE, "equal, ic, or a weight for each factor, as in 1,0.5,-2");
    return NULL;
}

/* Adds the column `combined`. */
static bool combine(session *s, const invocation *in, factor_input *input, int *code)
{
    const char *how = in->values[INPUT_COMBINE];
    double *weights = NULL;
    fct_panel *combined = NULL;
    fct_panel *all = NULL;
    fct_error err = {0};
    if (!how)
        return true;
    *code = EXIT_USAGE;
    for (size_t i = 0; i < fct_panel_n_columns(input->factors); i++)
        if (strcmp(fct_panel_column_name(input->factors, i), "combined") == 0)
            return option_error(in, INPUT_COMBINE,
                                "a factor is called combined already, as the one that is added "
                                "would be: give it another name");
    fct_combine_request request = {.how = strcmp(how, "equal") == 0 ? FCT_COMBINE_EQUAL
                                          : strcmp(how, "ic") == 0  ? FCT_COMBINE_IC
                                                                    : FCT_COMBINE_GIVEN};
    if (request.how == FCT_COMBINE_GIVEN && !(weights = read_weights(in, &request.n_weights)))
        return false;
    request.weights = weights;
    request.price = input->price;
    request.delay = input->delay;
    request.universe = input->universe;
    fct_status status =
        fct_combine(input->bars, input->factors, &request, &s->run, &combined, &err);
    if (status == FCT_OK)
        status = fct_panel_merge(input->factors, combined, &s->run, &all, &err);
    if (status == FCT_OK) {
        fct_panel_free(input->factors);
        input->factors = all;
    }
    fct_panel_free(combined);
    free(weights);
    return ended(s, status, &err, code);
}

/* ---- Universe --------------------------------------------------------------------------------- */

/* "X" or "X,N" */
static bool read_notional(const invocation *in, fct_universe_rules *rules)
{
    const char *text = in->values[INPUT_MIN_NOTIONAL];
    if (!text)
        return true;
    char *end;
    errno = 0;
    rules->min_notional = strtod(text, &end);
    bool ok = end != text && !errno && rules->min_notional > 0;
    if (ok && *end == ',') {
        text = end + 1;
        rules->notional_window = strtoll(text, &end, 10);
        ok = end != text && rules->notional_window > 0 && rules->notional_window <= 1000000;
    }
    return (ok && !*end) || option_error(in, INPUT_MIN_NOTIONAL,
                                         "a notional above 0 and, behind a comma, rows: 1e6,20");
}

/* Leaves out of the universe what one "COLUMN=A,B" does not tag; the text is cut up. */
static bool keep_tagged(session *s, const invocation *in, factor_input *input, char *text,
                        int *code)
{
    fct_universe_rules rules = {.mask = input->universe};
    fct_panel *universe = NULL;
    const char **tags = NULL;
    char *storage = NULL;
    fct_error err = {0};
    char *equals = strchr(text, '=');
    if (equals)
        *equals = '\0';
    rules.tag_column = trimmed(text);
    if (!equals || !*rules.tag_column || !equals[1])
        return option_error(in, INPUT_TAG, "write COLUMN=A,B, as in sector=defi,ai");
    bool ok = split_list(equals + 1, &tags, &rules.n_tags, &storage) ||
              option_error(in, INPUT_TAG, "out of memory");
    if (ok) {
        rules.tags = tags;
        ok = ended(s, fct_universe(input->bars, &rules, &s->run, &universe, &err), &err, code);
    }
    if (ok) {
        fct_panel_free(input->universe);
        input->universe = universe;
    }
    free(tags);
    free(storage);
    return ok;
}

/* Each --tag must hold. */
static bool keep_all_tagged(session *s, const invocation *in, factor_input *input, int *code)
{
    if (!in->values[INPUT_TAG])
        return true;
    char *lines = strdup(in->values[INPUT_TAG]);
    bool ok = lines || option_error(in, INPUT_TAG, "out of memory");
    for (char *line = lines; ok && line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        ok = keep_tagged(s, in, input, line, code);
        line = end ? end + 1 : NULL;
    }
    free(lines);
    return ok;
}

/* What the expression says of each row. */
static bool compute_mask(session *s, const invocation *in, const fct_panel *bars, fct_panel **mask,
                         int *code)
{
    fct_plan_options chosen = {0};
    const char *text = in->values[INPUT_UNIVERSE];
    if (!text)
        return true;
    if (!option_dialect(in, &expressions, &chosen)) {
        *code = EXIT_USAGE;
        return false;
    }
    fct_plan *plan = compile_expressions(s, text, &chosen, code);
    bool ok = plan != NULL;
    if (ok && fct_plan_n_factors(plan) != 1) {
        *code = EXIT_USAGE;
        ok = option_error(in, INPUT_UNIVERSE, "it is one expression, and there are %zu",
                          fct_plan_n_factors(plan));
    }
    ok = ok && run_plan(s, plan, text, bars, mask, code);
    fct_plan_free(plan);
    return ok;
}

static bool has_universe(const invocation *in)
{
    for (size_t i = INPUT_UNIVERSE; i < N_INPUT_OPTIONS; i++)
        if (in->values[i])
            return true;
    return false;
}

static bool make_universe(session *s, const invocation *in, factor_input *input, int *code)
{
    fct_universe_rules rules = {
        .without_stablecoins = in->values[INPUT_NO_STABLECOINS],
        .without_leveraged = in->values[INPUT_NO_LEVERAGED],
    };
    fct_panel *mask = NULL;
    fct_error err = {0};
    if (!has_universe(in))
        return true;
    *code = EXIT_USAGE;
    bool ok = option_count(in, INPUT_MIN_HISTORY, 1, INT64_MAX, &rules.min_history) &&
              read_notional(in, &rules) && compute_mask(s, in, input->bars, &mask, code);
    if (ok) {
        rules.mask = mask;
        ok = ended(s, fct_universe(input->bars, &rules, &s->run, &input->universe, &err), &err,
                   code);
    }
    fct_panel_free(mask);
    *code = ok ? EXIT_USAGE : *code;
    return ok && keep_all_tagged(s, in, input, code);
}

/* ---- All of it -------------------------------------------------------------------------------- */

/* The text of the expressions, or NULL where factors are ready; false where it is neither. */
static bool choose_factors(session *s, const invocation *in, factor_input *input, char **text,
                           int *code)
{
    fct_plan_options chosen = {0};
    *code = EXIT_USAGE;
    if (in->values[INPUT_FACTOR] && count_expressions(in, &expressions)) {
        option_error(in, INPUT_FACTOR, "give either expressions or ready factors");
        return false;
    }
    if (in->values[INPUT_FACTOR])
        return true;
    if (!count_expressions(in, &expressions)) {
        fprintf(stderr,
                "factorium %s: error: say which factor: an expression in quotes, -f FILE, or "
                "--factor FILE\n",
                in->verb->name);
        return false;
    }
    if (!option_dialect(in, &expressions, &chosen))
        return false;
    *text = read_expressions(in, &expressions, &chosen);
    if (!*text)
        return false;
    input->plan = compile_expressions(s, *text, &chosen, code);
    return input->plan != NULL;
}

bool factor_input_read(session *s, const invocation *in, factor_input *input, int *code)
{
    char *text = NULL;
    bool is_usage = false;
    if (!choose_factors(s, in, input, &text, code)) {
        free(text);
        return false;
    }
    needed_columns columns = {0};
    input->columns[INPUT_MAX_COLUMNS - 1] = input->price ? input->price : "close";
    if (!has_universe(in))
        columns = columns_of_plan(input->plan, input->columns, INPUT_MAX_COLUMNS);
    input->made = panel_source_load(s, in, &columns, &input->bars, &is_usage, &input->err);
    free(columns.names);
    bool ok = input->bars != NULL;
    if (!ok)
        *code = is_usage ? EXIT_USAGE : session_end(s, input->made, &input->err);
    ok = ok &&
         (input->plan ? compute_factors(s, in, input, text, code)
                      : read_columns(s, in, input, code)) &&
         make_universe(s, in, input, code) && combine(s, in, input, code);
    free(text);
    return ok;
}

void factor_input_free(factor_input *input)
{
    fct_plan_free(input->plan);
    fct_panel_free(input->universe);
    fct_panel_free(input->bars);
    fct_panel_free(input->factors);
}
