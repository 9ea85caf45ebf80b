/* Python values as C ones. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core.h"

int texts_from_list(PyObject *list, const char ***items, size_t *n)
{
    *items = NULL;
    *n = 0;
    if (list == Py_None)
        return 0;
    if (!PyList_Check(list)) {
        core_raise("ArgumentTypeError", "expected a list of str");
        return -1;
    }
    Py_ssize_t size = PyList_Size(list);
    *items = PyMem_Calloc((size_t)size + 1, sizeof **items);
    if (!*items) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_ssize_t n_bytes;
        PyObject *item = PyList_GetItem(list, i);
        const char *text = item ? PyUnicode_AsUTF8AndSize(item, &n_bytes) : NULL;
        if (text && strlen(text) != (size_t)n_bytes) {
            core_raise("ArgumentError", "a name holds a NUL character");
            text = NULL;
        } else if (!text) {
            core_raise_about("a name");
        }
        if (!text) {
            PyMem_Free(*items);
            *items = NULL;
            return -1;
        }
        (*items)[i] = text;
    }
    *n = (size_t)size;
    return 0;
}

PyObject *list_from_texts(const char *(*at)(const void *of, size_t i), const void *of, size_t n)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *text = PyUnicode_FromString(at(of, i));
        if (!text || PyList_SetItem(list, (Py_ssize_t)i, text) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyObject *item(PyObject *dict, const char *key)
{
    PyObject *value = PyDict_GetItemString(dict, key);
    return value == Py_None ? NULL : value;
}

int text_from_dict(PyObject *dict, const char *key, const char **out)
{
    PyObject *value = item(dict, key);
    Py_ssize_t n_bytes = 0;
    *out = value ? PyUnicode_AsUTF8AndSize(value, &n_bytes) : NULL;
    if (*out && strlen(*out) != (size_t)n_bytes) {
        char message[80];
        snprintf(message, sizeof message, "%s holds a NUL character", key);
        core_raise("ArgumentError", message);
        return -1;
    }
    if (!value || *out)
        return 0;
    core_raise_about(key);
    return -1;
}

int int_from_dict(PyObject *dict, const char *key, int64_t *out)
{
    PyObject *value = item(dict, key);
    if (!value)
        return 0;
    *out = PyLong_AsLongLong(value);
    if (*out != -1 || !PyErr_Occurred())
        return 0;
    core_raise_about(key);
    return -1;
}

int small_from_dict(PyObject *dict, const char *key, int *out)
{
    int64_t value = *out;
    if (int_from_dict(dict, key, &value) < 0)
        return -1;
    if (value < INT_MIN || value > INT_MAX) {
        char message[80];
        snprintf(message, sizeof message, "%s is %lld, which is out of range", key,
                 (long long)value);
        core_raise("ArgumentError", message);
        return -1;
    }
    *out = (int)value;
    return 0;
}

int double_from_dict(PyObject *dict, const char *key, double *out)
{
    PyObject *value = item(dict, key);
    if (!value)
        return 0;
    *out = PyFloat_AsDouble(value);
    if (!PyErr_Occurred())
        return 0;
    core_raise_about(key);
    return -1;
}

int bool_from_dict(PyObject *dict, const char *key, bool *out)
{
    PyObject *value = item(dict, key);
    int truth = value ? PyObject_IsTrue(value) : 0;
    *out = truth == 1;
    return truth < 0 ? -1 : 0;
}

int map_from_object(PyObject *object, fct_column_map *storage, const fct_column_map **out)
{
    *out = NULL;
    *storage = (fct_column_map){0};
    if (!object || object == Py_None)
        return 0;
    if (!PyDict_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "a column map is a dict");
        return -1;
    }
    if (text_from_dict(object, "time", &storage->time) < 0 ||
        text_from_dict(object, "price", &storage->price) < 0 ||
        text_from_dict(object, "quantity", &storage->quantity) < 0 ||
        text_from_dict(object, "is_buyer_maker", &storage->is_buyer_maker) < 0 ||
        text_from_dict(object, "side", &storage->side) < 0 ||
        text_from_dict(object, "id", &storage->id) < 0)
        return -1;
    *out = storage;
    return 0;
}

int dataset_from_tuple(PyObject *tuple, fct_dataset *out)
{
    *out = (fct_dataset){0};
    if (!tuple || tuple == Py_None)
        return 0;
    return PyArg_ParseTuple(tuple, "zzzz;a data set is a tuple of four", &out->exchange,
                            &out->market, &out->data_type, &out->interval)
               ? 0
               : -1;
}

int panel_from_dict(core_state *state, PyObject *dict, const char *key, const fct_panel **out)
{
    PyObject *value = item(dict, key);
    *out = value ? panel_get(state, value) : NULL;
    return value && !*out ? -1 : 0;
}

int texts_from_dict(PyObject *dict, const char *key, const char ***items, size_t *n)
{
    PyObject *list = item(dict, key);
    return texts_from_list(list ? list : Py_None, items, n);
}

/* The list dict[key] and zeroed memory for its items; no list and none of both where the dict has no such key. */
static int list_from_dict(PyObject *dict, const char *key, size_t item_bytes, PyObject **list,
                          void **items, size_t *n)
{
    *list = item(dict, key);
    *items = NULL;
    *n = 0;
    if (!*list)
        return 0;
    Py_ssize_t size = PyList_Size(*list);
    if (size < 0)
        return -1;
    *items = PyMem_Calloc((size_t)size + 1, item_bytes);
    if (!*items) {
        PyErr_NoMemory();
        return -1;
    }
    *n = (size_t)size;
    return 0;
}

int wholes_from_dict(PyObject *dict, const char *key, int64_t **items, size_t *n)
{
    PyObject *list;
    void *memory;
    int failed = list_from_dict(dict, key, sizeof **items, &list, &memory, n);
    *items = memory;
    for (size_t i = 0; !failed && i < *n; i++) {
        (*items)[i] = PyLong_AsLongLong(PyList_GetItem(list, (Py_ssize_t)i));
        if ((*items)[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return failed;
}

int reals_from_dict(PyObject *dict, const char *key, double **items, size_t *n)
{
    PyObject *list;
    void *memory;
    int failed = list_from_dict(dict, key, sizeof **items, &list, &memory, n);
    *items = memory;
    for (size_t i = 0; !failed && i < *n; i++) {
        (*items)[i] = PyFloat_AsDouble(PyList_GetItem(list, (Py_ssize_t)i));
        if (PyErr_Occurred())
            return -1;
    }
    return failed;
}
