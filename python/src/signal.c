/* What is made of factors and bars on the way to a verdict: universes, combinations, and whether something looks ahead. */
#include "core.h"

/* ---- Universe -------------------------------------------------------------------------------------- */

typedef struct universe_arguments {
    const fct_panel *bars;
    fct_universe_rules rules;
    const char **tags;
    fct_panel *out;
} universe_arguments;

static fct_status call_universe(void *arguments, const fct_run *run, fct_error *err)
{
    universe_arguments *a = arguments;
    return fct_universe(a->bars, &a->rules, run, &a->out, err);
}

static int rules_from_dict(core_state *state, PyObject *dict, universe_arguments *a)
{
    fct_universe_rules *r = &a->rules;
    if (int_from_dict(dict, "min_history", &r->min_history) < 0 ||
        double_from_dict(dict, "min_notional", &r->min_notional) < 0 ||
        int_from_dict(dict, "notional_window", &r->notional_window) < 0 ||
        bool_from_dict(dict, "without_stablecoins", &r->without_stablecoins) < 0 ||
        bool_from_dict(dict, "without_leveraged", &r->without_leveraged) < 0 ||
        text_from_dict(dict, "tag_column", &r->tag_column) < 0 ||
        texts_from_dict(dict, "tags", &a->tags, &r->n_tags) < 0 ||
        panel_from_dict(state, dict, "mask", &r->mask) < 0)
        return -1;
    r->tags = a->tags;
    return 0;
}

/* universe(bars, rules, run) */
static PyObject *universe(PyObject *module, PyObject *arguments)
{
    PyObject *bars;
    PyObject *rules;
    PyObject *run;
    core_state *state = core_of_module(module);
    universe_arguments a = {.out = NULL};
    if (!PyArg_ParseTuple(arguments, "OOO", &bars, &rules, &run) ||
        !(a.bars = panel_get(state, bars)))
        return NULL;
    int status = rules_from_dict(state, rules, &a);
    if (status == 0)
        status = core_call(run, call_universe, &a, 1);
    PyMem_Free(a.tags);
    return panel_made(state, status, &a.out);
}

/* ---- Combining -------------------------------------------------------------------------------------- */

typedef struct combine_arguments {
    const fct_panel *bars, *factors;
    fct_combine_request request;
    double *weights;
    fct_panel *out;
} combine_arguments;

static fct_status call_combine(void *arguments, const fct_run *run, fct_error *err)
{
    combine_arguments *a = arguments;
    return fct_combine(a->bars, a->factors, &a->request, run, &a->out, err);
}

static int request_from_dict(PyObject *dict, combine_arguments *a)
{
    fct_combine_request *r = &a->request;
    int how = 0;
    if (small_from_dict(dict, "how", &how) < 0 ||
        reals_from_dict(dict, "weights", &a->weights, &r->n_weights) < 0 ||
        text_from_dict(dict, "price", &r->price) < 0 ||
        int_from_dict(dict, "horizon", &r->horizon) < 0 ||
        int_from_dict(dict, "delay", &r->delay) < 0 ||
        int_from_dict(dict, "min_times", &r->min_times) < 0)
        return -1;
    r->how = (fct_combining)how;
    r->weights = a->weights;
    return 0;
}

/* combine(bars, factors, request, run) */
static PyObject *combine(PyObject *module, PyObject *arguments)
{
    PyObject *bars;
    PyObject *factors;
    PyObject *request;
    PyObject *run;
    core_state *state = core_of_module(module);
    combine_arguments a = {.out = NULL};
    if (!PyArg_ParseTuple(arguments, "OOOO", &bars, &factors, &request, &run) ||
        !(a.bars = panel_get(state, bars)) || !(a.factors = panel_get(state, factors)))
        return NULL;
    int status = request_from_dict(request, &a);
    if (status == 0)
        status = core_call(run, call_combine, &a, 1);
    PyMem_Free(a.weights);
    return panel_made(state, status, &a.out);
}

/* ---- Looking ahead ----------------------------------------------------------------------------------- */

typedef struct check_arguments {
    const fct_plan *plan;
    const fct_panel *bars;
    fct_check_request request;
    struct ArrowArrayStream out;
    int64_t n_findings;
} check_arguments;

static fct_status call_check(void *arguments, const fct_run *run, fct_error *err)
{
    check_arguments *a = arguments;
    return fct_plan_check(a->plan, a->bars, &a->request, run, &a->out, &a->n_findings, err);
}

/* Plan.check(bars, n_cuts, seed, price, suspicious_ic, run) -> the findings as a stream */
PyObject *plan_check(PyObject *self, PyObject *arguments)
{
    PyObject *bars;
    PyObject *run;
    unsigned long long seed;
    core_state *state = core_of_object(self);
    check_arguments a = {.plan = plan_get(self)};
    if (!PyArg_ParseTuple(arguments, "OiKzdO", &bars, &a.request.n_cuts, &seed, &a.request.price,
                          &a.request.suspicious_ic, &run) ||
        !(a.bars = panel_get(state, bars)))
        return NULL;
    a.request.seed = seed;
    if (core_call(run, call_check, &a, 1) >= 0)
        return stream_new(state, &a.out);
    if (a.out.release)
        a.out.release(&a.out);
    return NULL;
}

PyMethodDef signal_functions[] = {
    {"universe", universe, METH_VARARGS, "Which rows are in."},
    {"combine", combine, METH_VARARGS, "Several factors as one."},
    {NULL, NULL, 0, NULL},
};
