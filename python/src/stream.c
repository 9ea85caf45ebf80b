/* Arrow streams as Python objects: given away once, through the PyCapsule interface. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

static const char *const CAPSULE = "arrow_array_stream";

typedef struct stream_object {
    PyObject_HEAD struct ArrowArrayStream stream; /* release NULL: given away */
} stream_object;

static void stream_dealloc(PyObject *self)
{
    stream_object *object = (stream_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (object->stream.release)
        object->stream.release(&object->stream);
    PyObject_Free(self);
    Py_DECREF(type);
}

static void capsule_free(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, CAPSULE);
    if (stream && stream->release)
        stream->release(stream);
    free(stream);
}

static PyObject *stream_capsule(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"requested_schema", NULL};
    stream_object *object = (stream_object *)self;
    PyObject *requested = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O", names, &requested))
        return NULL;
    if (!object->stream.release) {
        core_raise("DataError", "this stream was already read: it gives its rows once");
        return NULL;
    }
    struct ArrowArrayStream *moved = malloc(sizeof *moved);
    if (!moved)
        return PyErr_NoMemory();
    *moved = object->stream;
    object->stream.release = NULL;
    PyObject *capsule = PyCapsule_New(moved, CAPSULE, capsule_free);
    if (!capsule) {
        moved->release(moved);
        free(moved);
    }
    return capsule;
}

static PyMethodDef methods[] = {
    {"__arrow_c_stream__", (PyCFunction)(void (*)(void))stream_capsule,
     METH_VARARGS | METH_KEYWORDS, "The rows as an Arrow stream, once."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {{Py_tp_dealloc, stream_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_doc, "An Arrow stream that gives its rows once."},
                              {0, NULL}};

static PyType_Spec spec = {"factorium._core.Stream", sizeof(stream_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int stream_add(PyObject *module, core_state *state)
{
    state->stream_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return state->stream_type ? PyModule_AddType(module, state->stream_type) : -1;
}

PyObject *stream_new(core_state *state, struct ArrowArrayStream *stream)
{
    stream_object *object = PyObject_New(stream_object, state->stream_type);
    if (!object) {
        if (stream->release)
            stream->release(stream);
        return NULL;
    }
    object->stream = *stream;
    stream->release = NULL;
    return (PyObject *)object;
}

int stream_take(PyObject *source, struct ArrowArrayStream *out)
{
    *out = (struct ArrowArrayStream){0};
    PyObject *capsule = PyObject_CallMethod(source, "__arrow_c_stream__", NULL);
    if (!capsule)
        return -1;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, CAPSULE);
    if (stream && stream->release) {
        *out = *stream;
        stream->release = NULL;
    } else if (stream) {
        core_raise("DataError", "the Arrow stream was already read");
    }
    Py_DECREF(capsule);
    return out->release ? 0 : -1;
}

/* ---- A stream of the batches that a Python iterator gives --------------------------------------- */

typedef struct chain {
    PyObject *iterator;
    struct ArrowArrayStream current; /* release NULL: the next item is due */
    struct ArrowSchema schema;       /* of the first item */
    char message[512];
} chain;

static int chain_fail(chain *c, int code)
{
    const char *said = c->current.get_last_error ? c->current.get_last_error(&c->current) : NULL;
    snprintf(c->message, sizeof c->message, "%s", said ? said : strerror(code));
    return code;
}

/* The exception that is set, as the stream's message. Ctrl-C and the like stay with who raised them: only words pass. */
static int chain_fail_python(chain *c)
{
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    snprintf(c->message, sizeof c->message, "%s", bytes ? bytes : "the batches' iterator failed");
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return EINVAL;
}

/* Numbers are not the same as texts by their numbers in a dictionary, whose format is that of the numbers. */
static bool same_type(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
    if (strcmp(a->format, b->format) != 0 || !a->dictionary != !b->dictionary)
        return false;
    return !a->dictionary || strcmp(a->dictionary->format, b->dictionary->format) == 0;
}

static bool same_columns(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
    if (a->n_children != b->n_children)
        return false;
    for (int64_t i = 0; i < a->n_children; i++)
        if (!same_type(a->children[i], b->children[i]) ||
            strcmp(a->children[i]->name, b->children[i]->name) != 0)
            return false;
    return true;
}

/* Opens the next item's stream; *ended where there is none. Needs the interpreter's lock. */
static int chain_open(chain *c, bool *ended)
{
    PyObject *item = PyIter_Next(c->iterator);
    *ended = !item;
    if (!item)
        return PyErr_Occurred() ? chain_fail_python(c) : 0;
    int taken = stream_take(item, &c->current);
    Py_DECREF(item);
    if (taken < 0)
        return chain_fail_python(c);
    struct ArrowSchema schema = {0};
    int code = c->current.get_schema(&c->current, &schema);
    if (code != 0)
        return chain_fail(c, code);
    if (!c->schema.release) {
        c->schema = schema;
        return 0;
    }
    bool same = same_columns(&c->schema, &schema);
    schema.release(&schema);
    if (same)
        return 0;
    snprintf(c->message, sizeof c->message,
             "a batch has other columns, or other types, than the first");
    return EINVAL;
}

/* A copy of the first item's schema: the consumer gets the very one, the chain asks the present stream again. */
static int chain_get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    chain *c = self->private_data;
    int code = c->current.get_schema(&c->current, out);
    return code == 0 ? 0 : chain_fail(c, code);
}

static int chain_get_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    chain *c = self->private_data;
    for (;;) {
        *out = (struct ArrowArray){0};
        if (!c->current.release)
            return 0;
        int code = c->current.get_next(&c->current, out);
        if (code != 0)
            return chain_fail(c, code);
        if (out->release)
            return 0;
        c->current.release(&c->current);
        c->current = (struct ArrowArrayStream){0};
        PyGILState_STATE gil = PyGILState_Ensure();
        bool ended;
        code = chain_open(c, &ended);
        PyGILState_Release(gil);
        if (code != 0)
            return code;
        if (ended)
            return 0;
    }
}

static const char *chain_get_last_error(struct ArrowArrayStream *self)
{
    chain *c = self->private_data;
    return c->message[0] ? c->message : NULL;
}

static void chain_free(chain *c)
{
    if (c->current.release)
        c->current.release(&c->current);
    if (c->schema.release)
        c->schema.release(&c->schema);
    Py_XDECREF(c->iterator);
    free(c);
}

static void chain_release(struct ArrowArrayStream *self)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    chain_free(self->private_data);
    PyGILState_Release(gil);
    self->release = NULL;
}

/* stream_of_batches(iterator): the iterator gives objects with __arrow_c_stream__, the first of which is asked for now. */
static PyObject *stream_of_batches(PyObject *module, PyObject *iterator)
{
    chain *c = calloc(1, sizeof *c);
    if (!c)
        return PyErr_NoMemory();
    bool ended = false;
    c->iterator = PyObject_GetIter(iterator);
    int code = c->iterator ? chain_open(c, &ended) : 0;
    if (!c->iterator || code != 0 || ended) {
        if (c->iterator)
            core_raise("DataError",
                       ended ? "there are no batches: not even the columns are known" : c->message);
        chain_free(c);
        return NULL;
    }
    struct ArrowArrayStream stream = {
        .get_schema = chain_get_schema,
        .get_next = chain_get_next,
        .get_last_error = chain_get_last_error,
        .release = chain_release,
        .private_data = c,
    };
    return stream_new(core_of_module(module), &stream);
}

/* stream_open(source) -> (a Stream of the same rows, [(name, format, format of the dictionary or None), ...]) */
static PyObject *stream_open(PyObject *module, PyObject *source)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema = {0};
    if (stream_take(source, &stream) < 0)
        return NULL;
    int code = stream.get_schema(&stream, &schema);
    PyObject *columns = code == 0 ? PyList_New(0) : NULL;
    for (int64_t i = 0; columns && i < schema.n_children; i++) {
        const struct ArrowSchema *child = schema.children[i];
        PyObject *column = Py_BuildValue("(ssz)", child->name, child->format,
                                         child->dictionary ? child->dictionary->format : NULL);
        if (!column || PyList_Append(columns, column) < 0)
            Py_CLEAR(columns);
        Py_XDECREF(column);
    }
    if (code != 0) {
        const char *said = stream.get_last_error ? stream.get_last_error(&stream) : NULL;
        core_raise("DataError", said ? said : strerror(code));
    }
    if (schema.release)
        schema.release(&schema);
    PyObject *opened = stream_new(core_of_module(module), &stream);
    if (!columns || !opened) {
        Py_XDECREF(columns);
        Py_XDECREF(opened);
        return NULL;
    }
    return Py_BuildValue("(NN)", opened, columns);
}

PyMethodDef stream_functions[] = {
    {"stream_open", stream_open, METH_O, "A stream and its columns."},
    {"stream_of_batches", stream_of_batches, METH_O,
     "One stream of the batches that an iterator gives."},
    {NULL, NULL, 0, NULL},
};
