/* Panels as Python objects: they never change, so that any number of threads may read one. */
#include <string.h>

#include "core.h"

typedef struct panel_object {
    PyObject_HEAD fct_panel *panel;
} panel_object;

static const fct_panel *of(PyObject *self)
{
    return ((panel_object *)self)->panel;
}

static void panel_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    fct_panel_free(((panel_object *)self)->panel);
    PyObject_Free(self);
    Py_DECREF(type);
}

PyObject *panel_new(core_state *state, fct_panel *panel)
{
    panel_object *object = PyObject_New(panel_object, state->panel_type);
    if (!object) {
        fct_panel_free(panel);
        return NULL;
    }
    object->panel = panel;
    return (PyObject *)object;
}

PyObject *panel_made(core_state *state, int status, fct_panel **panel)
{
    if (status >= 0)
        return panel_new(state, *panel);
    fct_panel_free(*panel);
    return NULL;
}

const fct_panel *panel_get(core_state *state, PyObject *object)
{
    if (PyObject_TypeCheck(object, state->panel_type))
        return of(object);
    PyErr_SetString(PyExc_TypeError, "expected a panel");
    return NULL;
}

/* ---- What it holds ------------------------------------------------------------------------------ */

static const char *symbol_at(const void *panel, size_t i)
{
    return fct_panel_symbol(panel, i);
}

static const char *column_at(const void *panel, size_t i)
{
    return fct_panel_column_name(panel, i);
}

static PyObject *get_symbols(PyObject *self, void *closure)
{
    (void)closure;
    return list_from_texts(symbol_at, of(self), fct_panel_n_symbols(of(self)));
}

static PyObject *get_columns(PyObject *self, void *closure)
{
    (void)closure;
    return list_from_texts(column_at, of(self), fct_panel_n_columns(of(self)));
}

static PyObject *get_n_rows(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLongLong(fct_panel_n_rows(of(self)));
}

static PyObject *get_times(PyObject *self, void *closure)
{
    (void)closure;
    const int64_t *time_ms;
    size_t n_bytes = (size_t)fct_panel_times(of(self), &time_ms) * sizeof *time_ms;
    return PyBytes_FromStringAndSize((const char *)time_ms, (Py_ssize_t)n_bytes);
}

/* [(symbol, rows, first_start_ms, last_end_ms, missing), ...] */
static PyObject *panel_info(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    size_t n = fct_panel_n_symbols(of(self));
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        fct_panel_info info;
        fct_error err;
        PyObject *item = NULL;
        if (core_check(fct_panel_symbol_info(of(self), i, &info, &err), &err, 0) == FCT_OK)
            item = Py_BuildValue("(sLLLL)", fct_panel_symbol(of(self), i), (long long)info.n_rows,
                                 (long long)info.first_start_ms, (long long)info.last_end_ms,
                                 (long long)info.n_missing);
        if (!item || PyList_SetItem(list, (Py_ssize_t)i, item) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyObject *panel_stream(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    struct ArrowArrayStream stream = {0};
    fct_error err;
    if (core_check(fct_panel_stream(of(self), &stream, &err), &err, 0) != FCT_OK)
        return NULL;
    return stream_new(core_of_object(self), &stream);
}

/* wide(column) */
static PyObject *panel_wide(PyObject *self, PyObject *arguments)
{
    const char *column;
    struct ArrowArrayStream stream = {0};
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "s", &column) ||
        core_check(fct_panel_wide_stream(of(self), column, &stream, &err), &err, 1) != FCT_OK)
        return NULL;
    return stream_new(core_of_object(self), &stream);
}

/* ---- Others made of it --------------------------------------------------------------------------- */

typedef struct slice_arguments {
    const fct_panel *panel;
    fct_panel_selection selection;
    fct_panel *out;
} slice_arguments;

static fct_status call_slice(void *arguments, const fct_run *run, fct_error *err)
{
    slice_arguments *a = arguments;
    return fct_panel_slice(a->panel, &a->selection, run, &a->out, err);
}

/* slice(from_ms, to_ms, symbols, columns, run) */
static PyObject *panel_slice(PyObject *self, PyObject *arguments)
{
    long long from_ms;
    long long to_ms;
    PyObject *symbols;
    PyObject *columns;
    PyObject *run;
    if (!PyArg_ParseTuple(arguments, "LLOOO", &from_ms, &to_ms, &symbols, &columns, &run))
        return NULL;
    slice_arguments a = {.panel = of(self), .selection = {.from_ms = from_ms, .to_ms = to_ms}};
    const char **symbol_items = NULL;
    const char **column_items = NULL;
    PyObject *result = NULL;
    if (texts_from_list(symbols, &symbol_items, &a.selection.n_symbols) == 0 &&
        texts_from_list(columns, &column_items, &a.selection.n_columns) == 0) {
        a.selection.symbols = symbol_items;
        a.selection.columns = column_items;
        result = panel_made(core_of_object(self), core_call(run, call_slice, &a, 1), &a.out);
    }
    PyMem_Free(symbol_items);
    PyMem_Free(column_items);
    return result;
}

typedef struct merge_arguments {
    const fct_panel *a, *b;
    fct_panel *out;
} merge_arguments;

static fct_status call_merge(void *arguments, const fct_run *run, fct_error *err)
{
    merge_arguments *m = arguments;
    return fct_panel_merge(m->a, m->b, run, &m->out, err);
}

/* merge(other, run) */
static PyObject *panel_merge(PyObject *self, PyObject *arguments)
{
    PyObject *other;
    PyObject *run;
    if (!PyArg_ParseTuple(arguments, "OO", &other, &run))
        return NULL;
    merge_arguments m = {.a = of(self), .b = panel_get(core_of_object(self), other)};
    if (!m.b)
        return NULL;
    return panel_made(core_of_object(self), core_call(run, call_merge, &m, 0), &m.out);
}

static PyMethodDef methods[] = {
    {"info", panel_info, METH_NOARGS, "What it holds of each symbol."},
    {"stream", panel_stream, METH_NOARGS, "Its rows by (end_time, symbol)."},
    {"wide", panel_wide, METH_VARARGS, "One column, times down and symbols across."},
    {"slice", panel_slice, METH_VARARGS, "A panel of a part."},
    {"merge", panel_merge, METH_VARARGS, "A panel of both."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"symbols", get_symbols, NULL, "The symbols, in bytewise order.", NULL},
    {"columns", get_columns, NULL, "The columns beside the key.", NULL},
    {"n_rows", get_n_rows, NULL, "Rows of all symbols.", NULL},
    {"times", get_times, NULL, "The different end times as int64 bytes, ascending.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {{Py_tp_dealloc, panel_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, getters},
                              {Py_tp_doc, "Rows of many symbols, lined up in time."},
                              {0, NULL}};

static PyType_Spec spec = {"factorium._core.Panel", sizeof(panel_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int panel_add(PyObject *module, core_state *state)
{
    state->panel_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return state->panel_type ? PyModule_AddType(module, state->panel_type) : -1;
}

/* ---- Making one ----------------------------------------------------------------------------------- */

typedef struct read_arguments {
    struct ArrowArrayStream stream;
    const char *path;
    fct_panel *out;
} read_arguments;

static fct_status call_read(void *arguments, const fct_run *run, fct_error *err)
{
    read_arguments *a = arguments;
    return a->path ? fct_panel_read(a->path, run, &a->out, err)
                   : fct_panel_from_stream(&a->stream, run, &a->out, err);
}

/* panel_from_stream(source, run) */
static PyObject *panel_from_stream(PyObject *module, PyObject *arguments)
{
    PyObject *source;
    PyObject *run;
    read_arguments a = {.path = NULL};
    if (!PyArg_ParseTuple(arguments, "OO", &source, &run) || stream_take(source, &a.stream) < 0)
        return NULL;
    int status = core_call(run, call_read, &a, 0);
    if (a.stream.release)
        a.stream.release(&a.stream);
    return panel_made(core_of_module(module), status, &a.out);
}

/* panel_read(path, run) */
static PyObject *panel_read(PyObject *module, PyObject *arguments)
{
    PyObject *run;
    read_arguments a = {.path = NULL};
    if (!PyArg_ParseTuple(arguments, "sO", &a.path, &run))
        return NULL;
    return panel_made(core_of_module(module), core_call(run, call_read, &a, 0), &a.out);
}

/* memory_release() -> bytes */
static PyObject *memory_release(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    return PyLong_FromSize_t(fct_memory_release());
}

PyMethodDef panel_functions[] = {
    {"panel_from_stream", panel_from_stream, METH_VARARGS, "A panel of a stream's rows."},
    {"memory_release", memory_release, METH_NOARGS, "Gives kept memory back."},
    {"panel_read", panel_read, METH_VARARGS, "A panel of a file's rows."},
    {NULL, NULL, 0, NULL},
};
