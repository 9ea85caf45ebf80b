/* Bars: of a store as a stream or a panel, of trades at hand. */
#include "core.h"

typedef struct bars_arguments {
    bars_request wanted;
    bool as_panel;
    struct ArrowArrayStream trades; /* of bars_from_stream */
    struct ArrowArrayStream out;
    fct_panel *panel;
} bars_arguments;

int bars_request_from_dict(PyObject *dict, bars_request *out)
{
    fct_bars_request *r = &out->request;
    int kind = 0;
    int missing = 0;
    int engine = 0;
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "a request is a dict");
        return -1;
    }
    PyObject *symbols = PyDict_GetItemString(dict, "symbols");
    if (text_from_dict(dict, "store", &r->store) < 0 ||
        dataset_from_tuple(PyDict_GetItemString(dict, "dataset"), &r->dataset) < 0 ||
        (symbols && texts_from_list(symbols, &out->symbols, &r->n_symbols) < 0) ||
        int_from_dict(dict, "from_ms", &r->from_ms) < 0 ||
        int_from_dict(dict, "to_ms", &r->to_ms) < 0 || small_from_dict(dict, "kind", &kind) < 0 ||
        int_from_dict(dict, "interval_ms", &r->bar.interval_ms) < 0 ||
        double_from_dict(dict, "threshold", &r->bar.threshold) < 0 ||
        map_from_object(PyDict_GetItemString(dict, "map"), &out->map, &r->map) < 0 ||
        small_from_dict(dict, "missing", &missing) < 0 ||
        bool_from_dict(dict, "without_sides", &r->without_sides) < 0 ||
        bool_from_dict(dict, "with_notional", &r->with_notional) < 0 ||
        bool_from_dict(dict, "with_num_trades", &r->with_num_trades) < 0 ||
        bool_from_dict(dict, "fill_previous", &r->fill_previous) < 0 ||
        bool_from_dict(dict, "drop_last", &r->drop_last) < 0 ||
        small_from_dict(dict, "engine", &engine) < 0 ||
        bool_from_dict(dict, "no_cache", &r->no_cache) < 0 ||
        text_from_dict(dict, "cache_folder", &r->cache_folder) < 0)
        return -1;
    r->symbols = out->symbols;
    r->bar.kind = (fct_bar_kind)kind;
    r->missing = (fct_missing)missing;
    r->engine = (fct_engine)engine;
    return 0;
}

static fct_status call_bars(void *arguments, const fct_run *run, fct_error *err)
{
    bars_arguments *a = arguments;
    return a->as_panel ? fct_load_bars(&a->wanted.request, run, &a->panel, err)
                       : fct_bars(&a->wanted.request, run, &a->out, err);
}

static fct_status call_from_stream(void *arguments, const fct_run *run, fct_error *err)
{
    bars_arguments *a = arguments;
    return fct_bars_from_stream(&a->trades, &a->wanted.request, run, &a->out, err);
}

/* What the call made, as an object; frees what the arguments hold. */
static PyObject *finish(core_state *state, int status, bars_arguments *a)
{
    PyMem_Free(a->wanted.symbols);
    if (a->trades.release)
        a->trades.release(&a->trades);
    if (status >= 0)
        return a->as_panel ? panel_new(state, a->panel) : stream_new(state, &a->out);
    fct_panel_free(a->panel);
    if (a->out.release)
        a->out.release(&a->out);
    return NULL;
}

static PyObject *make(PyObject *module, PyObject *arguments, bool as_panel)
{
    PyObject *request;
    PyObject *run;
    bars_arguments a = {.as_panel = as_panel};
    if (!PyArg_ParseTuple(arguments, "OO", &request, &run))
        return NULL;
    int status =
        bars_request_from_dict(request, &a.wanted) < 0 ? -1 : core_call(run, call_bars, &a, 0);
    return finish(core_of_module(module), status, &a);
}

/* bars(request, run) */
static PyObject *bars(PyObject *module, PyObject *arguments)
{
    return make(module, arguments, false);
}

/* load_bars(request, run) */
static PyObject *load_bars(PyObject *module, PyObject *arguments)
{
    return make(module, arguments, true);
}

/* bars_from_stream(trades, request, run) */
static PyObject *bars_from_stream(PyObject *module, PyObject *arguments)
{
    PyObject *trades;
    PyObject *request;
    PyObject *run;
    bars_arguments a = {.as_panel = false};
    if (!PyArg_ParseTuple(arguments, "OOO", &trades, &request, &run))
        return NULL;
    int status = -1;
    if (bars_request_from_dict(request, &a.wanted) == 0 && stream_take(trades, &a.trades) == 0)
        status = core_call(run, call_from_stream, &a, 0);
    return finish(core_of_module(module), status, &a);
}

PyMethodDef bars_functions[] = {
    {"bars", bars, METH_VARARGS, "Bars of a store as a stream."},
    {"load_bars", load_bars, METH_VARARGS, "Bars of a store as a panel."},
    {"bars_from_stream", bars_from_stream, METH_VARARGS, "Bars of trades at hand as a stream."},
    {NULL, NULL, 0, NULL},
};
