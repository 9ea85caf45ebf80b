/* Backtests. */
#include "core.h"

typedef struct backtest_object {
    PyObject_HEAD fct_backtest *backtest;
} backtest_object;

static const fct_backtest *of(PyObject *self)
{
    return ((backtest_object *)self)->backtest;
}

const fct_backtest *backtest_get(core_state *state, PyObject *object)
{
    if (PyObject_TypeCheck(object, state->backtest_type))
        return of(object);
    PyErr_SetString(PyExc_TypeError, "expected a backtest");
    return NULL;
}

static void backtest_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    fct_backtest_free(((backtest_object *)self)->backtest);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* table(name) */
static PyObject *backtest_table(PyObject *self, PyObject *arguments)
{
    const char *name;
    struct ArrowArrayStream stream = {0};
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "s", &name) ||
        core_check(fct_backtest_table(of(self), name, &stream, &err), &err, 1) != FCT_OK)
        return NULL;
    return stream_new(core_of_object(self), &stream);
}

static PyMethodDef methods[] = {
    {"table", backtest_table, METH_VARARGS, "A table as a stream."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {{Py_tp_dealloc, backtest_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_doc, "What came of a backtest."},
                              {0, NULL}};

static PyType_Spec spec = {"factorium._core.Backtest", sizeof(backtest_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int backtest_add(PyObject *module, core_state *state)
{
    state->backtest_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return state->backtest_type ? PyModule_AddType(module, state->backtest_type) : -1;
}

/* ---- Running --------------------------------------------------------------------------------------- */

typedef struct backtest_arguments {
    const fct_panel *bars, *factors;
    fct_backtest_request request;
    fct_backtest *out;
} backtest_arguments;

static fct_status call_backtest(void *arguments, const fct_run *run, fct_error *err)
{
    backtest_arguments *a = arguments;
    return fct_backtest_run(a->bars, a->factors, &a->request, run, &a->out, err);
}

static int request_from_dict(core_state *state, PyObject *dict, fct_backtest_request *r)
{
    int weighting = 0;
    if (text_from_dict(dict, "price", &r->price) < 0 ||
        text_from_dict(dict, "volume", &r->volume) < 0 ||
        text_from_dict(dict, "funding", &r->funding) < 0 ||
        int_from_dict(dict, "delay", &r->delay) < 0 ||
        bool_from_dict(dict, "no_delay", &r->no_delay) < 0 ||
        int_from_dict(dict, "every", &r->every) < 0 ||
        small_from_dict(dict, "weighting", &weighting) < 0 ||
        small_from_dict(dict, "n_quantiles", &r->n_quantiles) < 0 ||
        double_from_dict(dict, "gross", &r->gross) < 0 ||
        double_from_dict(dict, "max_position", &r->max_position) < 0 ||
        double_from_dict(dict, "turnover_cap", &r->turnover_cap) < 0 ||
        text_from_dict(dict, "group", &r->group) < 0 ||
        double_from_dict(dict, "buy_cost", &r->buy_cost) < 0 ||
        double_from_dict(dict, "sell_cost", &r->sell_cost) < 0 ||
        double_from_dict(dict, "capital", &r->capital) < 0 ||
        double_from_dict(dict, "volume_share", &r->volume_share) < 0 ||
        double_from_dict(dict, "steps_per_year", &r->steps_per_year) < 0 ||
        bool_from_dict(dict, "with_positions", &r->with_positions) < 0 ||
        bool_from_dict(dict, "with_trades", &r->with_trades) < 0 ||
        panel_from_dict(state, dict, "universe", &r->universe) < 0)
        return -1;
    r->weighting = (fct_weighting)weighting;
    return 0;
}

/* backtest(bars, factors, request, run) */
static PyObject *backtest(PyObject *module, PyObject *arguments)
{
    PyObject *bars;
    PyObject *factors;
    PyObject *request;
    PyObject *run;
    core_state *state = core_of_module(module);
    backtest_arguments a = {.out = NULL};
    if (!PyArg_ParseTuple(arguments, "OOOO", &bars, &factors, &request, &run) ||
        !(a.bars = panel_get(state, bars)) || !(a.factors = panel_get(state, factors)) ||
        request_from_dict(state, request, &a.request) < 0)
        return NULL;
    int status = core_call(run, call_backtest, &a, 1);
    backtest_object *object =
        status < 0 ? NULL : PyObject_New(backtest_object, state->backtest_type);
    if (object)
        object->backtest = a.out;
    else
        fct_backtest_free(a.out);
    return (PyObject *)object;
}

static const char *name_at(const void *ignored, size_t i)
{
    (void)ignored;
    return fct_backtest_table_name(i);
}

/* backtest_tables() */
static PyObject *backtest_tables(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    size_t n = 0;
    while (fct_backtest_table_name(n))
        n++;
    return list_from_texts(name_at, NULL, n);
}

PyMethodDef backtest_functions[] = {
    {"backtest", backtest, METH_VARARGS, "Trades on factors."},
    {"backtest_tables", backtest_tables, METH_NOARGS, "The names of the tables."},
    {NULL, NULL, 0, NULL},
};
