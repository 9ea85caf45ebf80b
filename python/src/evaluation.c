/* Evaluations, and the reports of them. */
#include "core.h"

typedef struct evaluation_object {
    PyObject_HEAD fct_evaluation *evaluation;
} evaluation_object;

static const fct_evaluation *of(PyObject *self)
{
    return ((evaluation_object *)self)->evaluation;
}

const fct_evaluation *evaluation_get(core_state *state, PyObject *object)
{
    if (PyObject_TypeCheck(object, state->evaluation_type))
        return of(object);
    PyErr_SetString(PyExc_TypeError, "expected an evaluation");
    return NULL;
}

static void evaluation_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    fct_evaluation_free(((evaluation_object *)self)->evaluation);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* table(name) */
static PyObject *evaluation_table(PyObject *self, PyObject *arguments)
{
    const char *name;
    struct ArrowArrayStream stream = {0};
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "s", &name) ||
        core_check(fct_evaluation_table(of(self), name, &stream, &err), &err, 1) != FCT_OK)
        return NULL;
    return stream_new(core_of_object(self), &stream);
}

/* ---- Reports --------------------------------------------------------------------------------------- */

typedef struct report_arguments {
    const fct_evaluation *evaluation;
    fct_report_request request;
    const char *path;
} report_arguments;

static fct_status call_report(void *arguments, const fct_run *run, fct_error *err)
{
    report_arguments *a = arguments;
    return fct_report_write(a->evaluation, &a->request, a->path, run, err);
}

/* report(path, title, parameters, commands, backtest or None, run); parameters are names and values in turn */
static PyObject *evaluation_report(PyObject *self, PyObject *arguments)
{
    PyObject *parameters;
    PyObject *commands;
    PyObject *backtest;
    PyObject *run;
    report_arguments a = {.evaluation = of(self)};
    fct_report_request *r = &a.request;
    if (!PyArg_ParseTuple(arguments, "szOOOO", &a.path, &r->title, &parameters, &commands,
                          &backtest, &run))
        return NULL;
    if (backtest != Py_None && !(r->backtest = backtest_get(core_of_object(self), backtest)))
        return NULL;
    const char **parameter_items = NULL;
    const char **command_items = NULL;
    int status = -1;
    if (texts_from_list(parameters, &parameter_items, &r->n_parameters) == 0 &&
        texts_from_list(commands, &command_items, &r->n_commands) == 0) {
        r->parameters = parameter_items;
        r->n_parameters /= 2;
        r->commands = command_items;
        status = core_call(run, call_report, &a, 0);
    }
    PyMem_Free(parameter_items);
    PyMem_Free(command_items);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"table", evaluation_table, METH_VARARGS, "A table as a stream."},
    {"report", evaluation_report, METH_VARARGS, "Writes the page of it."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {{Py_tp_dealloc, evaluation_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_doc, "What came of an evaluation."},
                              {0, NULL}};

static PyType_Spec spec = {"factorium._core.Evaluation", sizeof(evaluation_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int evaluation_add(PyObject *module, core_state *state)
{
    state->evaluation_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return state->evaluation_type ? PyModule_AddType(module, state->evaluation_type) : -1;
}

/* ---- Evaluating ------------------------------------------------------------------------------------ */

typedef struct evaluate_arguments {
    const fct_panel *bars, *factors;
    fct_evaluate_request request;
    int64_t *horizons;
    fct_evaluation *out;
} evaluate_arguments;

static fct_status call_evaluate(void *arguments, const fct_run *run, fct_error *err)
{
    evaluate_arguments *a = arguments;
    return fct_evaluate(a->bars, a->factors, &a->request, run, &a->out, err);
}

static int request_from_dict(core_state *state, PyObject *dict, evaluate_arguments *a)
{
    fct_evaluate_request *r = &a->request;
    if (text_from_dict(dict, "price", &r->price) < 0 ||
        wholes_from_dict(dict, "horizons", &a->horizons, &r->n_horizons) < 0 ||
        int_from_dict(dict, "delay", &r->delay) < 0 ||
        bool_from_dict(dict, "no_delay", &r->no_delay) < 0 ||
        small_from_dict(dict, "n_quantiles", &r->n_quantiles) < 0 ||
        small_from_dict(dict, "n_decay", &r->n_decay) < 0 ||
        text_from_dict(dict, "group", &r->group) < 0 ||
        small_from_dict(dict, "events_before", &r->events_before) < 0 ||
        small_from_dict(dict, "events_after", &r->events_after) < 0 ||
        double_from_dict(dict, "event_size", &r->event_size) < 0 ||
        bool_from_dict(dict, "with_series", &r->with_series) < 0 ||
        bool_from_dict(dict, "with_symbols", &r->with_symbols) < 0 ||
        bool_from_dict(dict, "with_correlation", &r->with_correlation) < 0 ||
        double_from_dict(dict, "redundant_from", &r->redundant_from) < 0 ||
        panel_from_dict(state, dict, "universe", &r->universe) < 0)
        return -1;
    r->horizons = a->horizons;
    return 0;
}

/* evaluate(bars, factors, request, run) */
static PyObject *evaluate(PyObject *module, PyObject *arguments)
{
    PyObject *bars;
    PyObject *factors;
    PyObject *request;
    PyObject *run;
    core_state *state = core_of_module(module);
    evaluate_arguments a = {.out = NULL};
    if (!PyArg_ParseTuple(arguments, "OOOO", &bars, &factors, &request, &run) ||
        !(a.bars = panel_get(state, bars)) || !(a.factors = panel_get(state, factors)))
        return NULL;
    int status = request_from_dict(state, request, &a);
    if (status == 0)
        status = core_call(run, call_evaluate, &a, 1);
    PyMem_Free(a.horizons);
    evaluation_object *object =
        status < 0 ? NULL : PyObject_New(evaluation_object, state->evaluation_type);
    if (object)
        object->evaluation = a.out;
    else
        fct_evaluation_free(a.out);
    return (PyObject *)object;
}

static const char *name_at(const void *ignored, size_t i)
{
    (void)ignored;
    return fct_evaluation_table_name(i);
}

/* evaluation_tables() */
static PyObject *evaluation_tables(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    size_t n = 0;
    while (fct_evaluation_table_name(n))
        n++;
    return list_from_texts(name_at, NULL, n);
}

PyMethodDef evaluation_functions[] = {
    {"evaluate", evaluate, METH_VARARGS, "Factors held against the returns that follow."},
    {"evaluation_tables", evaluation_tables, METH_NOARGS, "The names of the tables."},
    {NULL, NULL, 0, NULL},
};
