/* Exchanges, times and intervals. */
#include <string.h>

#include "core.h"

static PyObject *map_dict(const fct_column_map *map)
{
    return Py_BuildValue("{szszszszszsz}", "time", map->time, "price", map->price, "quantity",
                         map->quantity, "is_buyer_maker", map->is_buyer_maker, "side", map->side,
                         "id", map->id);
}

/* column_map(dataset) */
static PyObject *column_map(PyObject *module, PyObject *tuple)
{
    (void)module;
    fct_dataset dataset;
    fct_column_map map;
    fct_error err;
    if (dataset_from_tuple(tuple, &dataset) < 0 ||
        core_check(fct_exchange_column_map(&dataset, &map, &err), &err, 1) < 0)
        return NULL;
    return map_dict(&map);
}

typedef struct names {
    const char *const *items;
} names;

static const char *name_at(const void *of, size_t i)
{
    return ((const names *)of)->items[i];
}

/* archive_columns(dataset) */
static PyObject *archive_columns(PyObject *module, PyObject *tuple)
{
    (void)module;
    fct_dataset dataset;
    fct_error err;
    names all;
    size_t n;
    if (dataset_from_tuple(tuple, &dataset) < 0 ||
        core_check(fct_exchange_archive_columns(&dataset, &all.items, &n, &err), &err, 1) < 0)
        return NULL;
    return list_from_texts(name_at, &all, n);
}

/* download_url(dataset, symbol, day) */
static PyObject *download_url(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *tuple;
    const char *symbol;
    long long day;
    fct_dataset dataset;
    fct_error err;
    char url[4096];
    if (!PyArg_ParseTuple(arguments, "OsL", &tuple, &symbol, &day) ||
        dataset_from_tuple(tuple, &dataset) < 0 ||
        core_check(fct_exchange_download_url(&dataset, symbol, day, url, sizeof url, &err), &err,
                   0) < 0)
        return NULL;
    return PyUnicode_FromString(url);
}

/* store_glob(root, dataset, symbol) */
static PyObject *store_glob(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *root;
    const char *symbol;
    PyObject *tuple;
    fct_dataset dataset;
    fct_error err;
    char glob[8192];
    if (!PyArg_ParseTuple(arguments, "sOz", &root, &tuple, &symbol) ||
        dataset_from_tuple(tuple, &dataset) < 0 ||
        core_check(fct_store_glob(root, &dataset, symbol, glob, sizeof glob, &err), &err, 0) < 0)
        return NULL;
    return PyUnicode_FromString(glob);
}

/* market(exchange, market_type, futures_type) */
static PyObject *market(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *exchange;
    const char *market_type;
    const char *futures_type;
    const char *name;
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "zsz", &exchange, &market_type, &futures_type) ||
        core_check(fct_exchange_market(exchange, market_type, futures_type, &name, &err), &err, 0) <
            0)
        return NULL;
    return PyUnicode_FromString(name);
}

/* exchanges() */
static PyObject *exchanges(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    PyObject *list = PyList_New(0);
    const char *name;
    for (size_t i = 0; list && (name = fct_exchange_name(i)) != NULL; i++) {
        PyObject *text = PyUnicode_FromString(name);
        if (!text || PyList_Append(list, text) < 0)
            Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

/* time_parse(text) -> ms */
static PyObject *time_parse(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *text;
    int64_t time_ms;
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "s", &text) ||
        core_check(fct_time_parse(text, &time_ms, &err), &err, 0) < 0)
        return NULL;
    return PyLong_FromLongLong(time_ms);
}

/* time_format(ms) -> text */
static PyObject *time_format(PyObject *module, PyObject *arguments)
{
    (void)module;
    long long time_ms;
    char text[24];
    if (!PyArg_ParseTuple(arguments, "L", &time_ms))
        return NULL;
    fct_time_format(time_ms, text);
    return PyUnicode_FromString(text);
}

/* interval_parse(text) -> ms */
static PyObject *interval_parse(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *text;
    int64_t interval_ms;
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "s", &text) ||
        core_check(fct_interval_parse(text, &interval_ms, &err), &err, 0) < 0)
        return NULL;
    return PyLong_FromLongLong(interval_ms);
}

PyMethodDef exchange_functions[] = {
    {"column_map", column_map, METH_O, "Which columns of a data set mean what."},
    {"archive_columns", archive_columns, METH_O, "The columns of a published file."},
    {"download_url", download_url, METH_VARARGS, "The URL of a published file."},
    {"store_glob", store_glob, METH_VARARGS, "The glob of a symbol's files in a store."},
    {"market", market, METH_VARARGS, "A store's name of a market."},
    {"exchanges", exchanges, METH_NOARGS, "The known exchanges."},
    {"time_parse", time_parse, METH_VARARGS, "A time as ms since 1970."},
    {"time_format", time_format, METH_VARARGS, "A time as text."},
    {"interval_parse", interval_parse, METH_VARARGS, "An interval as ms."},
    {NULL, NULL, 0, NULL},
};
