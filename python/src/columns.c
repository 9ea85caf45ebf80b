/* NumPy's memory as an Arrow stream of one batch, without a copy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

enum { MAX_BUFFERS = 3 };

/* One array, or dictionary, and the Python memory that it shows. */
typedef struct column {
    char *name, *format;
    int64_t n_rows;
    int64_t n_buffers;
    Py_buffer views[MAX_BUFFERS];
    bool has_view[MAX_BUFFERS];
    const void *buffers[MAX_BUFFERS];
    int64_t null_count;
    struct column *dictionary;
} column;

typedef struct table {
    column *columns;
    size_t n_columns;
    int64_t n_rows;
} table;

/* ---- Releasing: needs the interpreter's lock for the memory's owners ----------------------------- */

static void column_clear(column *c)
{
    for (int i = 0; i < MAX_BUFFERS; i++)
        if (c->has_view[i])
            PyBuffer_Release(&c->views[i]);
    if (c->dictionary)
        column_clear(c->dictionary);
    free(c->dictionary);
    free(c->name);
    free(c->format);
    *c = (column){0};
}

static void table_free(table *t)
{
    if (!t)
        return;
    PyGILState_STATE gil = PyGILState_Ensure();
    for (size_t i = 0; i < t->n_columns; i++)
        column_clear(&t->columns[i]);
    PyGILState_Release(gil);
    free(t->columns);
    free(t);
}

/* A child belongs to its parent, which frees the table; released on its own it only says so. */
static void child_release(struct ArrowArray *array)
{
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    array->release = NULL;
}

static void child_schema_release(struct ArrowSchema *schema)
{
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    schema->release = NULL;
}

/* ---- Schema ------------------------------------------------------------------------------------ */

/* A schema and all that hangs on it, in one allocation each way. */
typedef struct schema_body {
    struct ArrowSchema *children; /* n, then as many dictionaries */
    struct ArrowSchema **pointers;
    char *texts;
} schema_body;

static void schema_release(struct ArrowSchema *schema)
{
    schema_body *body = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    free(body->children);
    free(body->pointers);
    free(body->texts);
    free(body);
    schema->release = NULL;
}

static char *put_text(char **at, const char *text)
{
    char *begin = *at;
    size_t n = strlen(text) + 1;
    memcpy(begin, text, n);
    *at += n;
    return begin;
}

static int make_schema(const table *t, struct ArrowSchema *out)
{
    size_t n_bytes = 1;
    for (size_t i = 0; i < t->n_columns; i++)
        n_bytes += strlen(t->columns[i].name) + strlen(t->columns[i].format) + 4;
    schema_body *body = calloc(1, sizeof *body);
    if (!body)
        return ENOMEM;
    body->children = calloc(2 * t->n_columns + 1, sizeof *body->children);
    body->pointers = calloc(t->n_columns + 1, sizeof *body->pointers);
    body->texts = malloc(n_bytes);
    if (!body->children || !body->pointers || !body->texts) {
        free(body->children);
        free(body->pointers);
        free(body->texts);
        free(body);
        return ENOMEM;
    }
    char *at = body->texts;
    for (size_t i = 0; i < t->n_columns; i++) {
        const column *c = &t->columns[i];
        struct ArrowSchema *child = body->pointers[i] = &body->children[i];
        *child = (struct ArrowSchema){.format = put_text(&at, c->format),
                                      .name = put_text(&at, c->name),
                                      .flags = ARROW_FLAG_NULLABLE,
                                      .release = child_schema_release};
        if (c->dictionary) {
            child->dictionary = &body->children[t->n_columns + i];
            *child->dictionary =
                (struct ArrowSchema){.format = "u", .name = "", .release = child_schema_release};
        }
    }
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = (int64_t)t->n_columns,
                                .children = body->pointers,
                                .release = schema_release,
                                .private_data = body};
    return 0;
}

/* ---- The batch --------------------------------------------------------------------------------- */

typedef struct batch_body {
    table *table;
    struct ArrowArray *children; /* n, then as many dictionaries */
    struct ArrowArray **pointers;
    const void *no_buffers[1];
} batch_body;

static void batch_release(struct ArrowArray *array)
{
    batch_body *body = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    table_free(body->table);
    free(body->children);
    free(body->pointers);
    free(body);
    array->release = NULL;
}

static struct ArrowArray column_array(column *c)
{
    return (struct ArrowArray){.length = c->n_rows,
                               .null_count = c->null_count,
                               .n_buffers = c->n_buffers,
                               .buffers = c->buffers,
                               .release = child_release};
}

/* Moves the table into a batch. */
static int make_batch(table *t, struct ArrowArray *out)
{
    batch_body *body = calloc(1, sizeof *body);
    if (!body)
        return ENOMEM;
    body->children = calloc(2 * t->n_columns + 1, sizeof *body->children);
    body->pointers = calloc(t->n_columns + 1, sizeof *body->pointers);
    if (!body->children || !body->pointers) {
        free(body->children);
        free(body->pointers);
        free(body);
        return ENOMEM;
    }
    body->table = t;
    for (size_t i = 0; i < t->n_columns; i++) {
        body->pointers[i] = &body->children[i];
        body->children[i] = column_array(&t->columns[i]);
        if (t->columns[i].dictionary) {
            body->children[i].dictionary = &body->children[t->n_columns + i];
            *body->children[i].dictionary = column_array(t->columns[i].dictionary);
        }
    }
    *out = (struct ArrowArray){.length = t->n_rows,
                               .n_buffers = 1,
                               .buffers = body->no_buffers,
                               .n_children = (int64_t)t->n_columns,
                               .children = body->pointers,
                               .release = batch_release,
                               .private_data = body};
    return 0;
}

/* ---- The stream -------------------------------------------------------------------------------- */

typedef struct source {
    table *table; /* its buffers, until the batch takes them */
} source;

static int source_get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    source *s = self->private_data;
    if (!s->table)
        return EINVAL;
    return make_schema(s->table, out);
}

static int source_get_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    source *s = self->private_data;
    *out = (struct ArrowArray){0};
    if (!s->table)
        return 0;
    int code = make_batch(s->table, out);
    if (code == 0)
        s->table = NULL;
    return code;
}

static const char *source_get_last_error(struct ArrowArrayStream *self)
{
    (void)self;
    return NULL;
}

static void source_release(struct ArrowArrayStream *self)
{
    source *s = self->private_data;
    table_free(s->table);
    free(s);
    self->release = NULL;
}

/* ---- Another stream under other names ------------------------------------------------------------ */

typedef struct renamed {
    struct ArrowArrayStream stream;
    table names; /* of its columns: name and format alone */
} renamed;

static int renamed_get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    renamed *r = self->private_data;
    return make_schema(&r->names, out);
}

static int renamed_get_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    renamed *r = self->private_data;
    return r->stream.get_next(&r->stream, out);
}

static const char *renamed_get_last_error(struct ArrowArrayStream *self)
{
    renamed *r = self->private_data;
    return r->stream.get_last_error(&r->stream);
}

static void renamed_release(struct ArrowArrayStream *self)
{
    renamed *r = self->private_data;
    for (size_t i = 0; i < r->names.n_columns; i++) {
        free(r->names.columns[i].name);
        free(r->names.columns[i].format);
    }
    free(r->names.columns);
    if (r->stream.release)
        r->stream.release(&r->stream);
    free(r);
    self->release = NULL;
}

/* Copies the schema's formats, with new names where `names` has one. */
static int read_names(renamed *r, const struct ArrowSchema *schema, PyObject *names)
{
    size_t n = (size_t)schema->n_children;
    r->names.columns = calloc(n + 1, sizeof *r->names.columns);
    if (!r->names.columns) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const struct ArrowSchema *child = schema->children[i];
        PyObject *other = PyDict_GetItemString(names, child->name);
        const char *name = other ? PyUnicode_AsUTF8AndSize(other, NULL) : child->name;
        if (!name)
            return -1;
        r->names.n_columns++;
        r->names.columns[i].name = strdup(name);
        r->names.columns[i].format = strdup(child->format);
        if (!r->names.columns[i].name || !r->names.columns[i].format) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

/* stream_renamed(source, {old: new}): of flat columns without dictionaries, as panels have */
static PyObject *stream_renamed(PyObject *module, PyObject *arguments)
{
    PyObject *from;
    PyObject *names;
    renamed *r = calloc(1, sizeof *r);
    if (!r)
        return PyErr_NoMemory();
    struct ArrowArrayStream stream = {
        .get_schema = renamed_get_schema,
        .get_next = renamed_get_next,
        .get_last_error = renamed_get_last_error,
        .release = renamed_release,
        .private_data = r,
    };
    struct ArrowSchema schema = {0};
    int made = -1;
    if (PyArg_ParseTuple(arguments, "OO", &from, &names) && stream_take(from, &r->stream) == 0) {
        if (r->stream.get_schema(&r->stream, &schema) == 0)
            made = read_names(r, &schema, names);
        else
            PyErr_SetString(PyExc_ValueError, "the stream gives no schema");
    }
    if (schema.release)
        schema.release(&schema);
    if (made == 0)
        return stream_new(core_of_module(module), &stream);
    stream.release(&stream);
    return NULL;
}

/* ---- From Python ------------------------------------------------------------------------------- */

static int add_view(column *c, int at, PyObject *memory, size_t n_bytes)
{
    if (memory == Py_None)
        return 0;
    if (PyObject_GetBuffer(memory, &c->views[at], PyBUF_SIMPLE) < 0)
        return -1;
    c->has_view[at] = true;
    if ((size_t)c->views[at].len < n_bytes) {
        PyErr_Format(PyExc_ValueError, "column %s: %zd bytes are too few for its rows", c->name,
                     c->views[at].len);
        return -1;
    }
    c->buffers[at] = c->views[at].buf;
    return 0;
}

static size_t value_bytes(char format)
{
    switch (format) {
    case 'c':
    case 'C':
        return 1;
    case 's':
    case 'S':
        return 2;
    case 'i':
    case 'I':
    case 'f':
        return 4;
    default:
        return 8;
    }
}

static int read_dictionary(column *c, PyObject *tuple)
{
    PyObject *offsets;
    PyObject *bytes;
    if (!PyArg_ParseTuple(tuple, "OO;a dictionary is (offsets, bytes)", &offsets, &bytes))
        return -1;
    column *d = c->dictionary = calloc(1, sizeof *d);
    if (!d) {
        PyErr_NoMemory();
        return -1;
    }
    d->n_buffers = 3;
    if (add_view(d, 1, offsets, sizeof(int32_t)) < 0)
        return -1;
    d->n_rows = (int64_t)((size_t)d->views[1].len / sizeof(int32_t)) - 1;
    return add_view(d, 2, bytes, 0);
}

static int read_column(column *c, PyObject *item, int64_t n_rows)
{
    const char *name;
    const char *format;
    PyObject *values;
    PyObject *validity;
    PyObject *dictionary;
    if (!PyArg_ParseTuple(item, "ssOOO;a column is (name, format, values, validity, dictionary)",
                          &name, &format, &values, &validity, &dictionary))
        return -1;
    c->name = strdup(name);
    c->format = strdup(format);
    if (!c->name || !c->format) {
        PyErr_NoMemory();
        return -1;
    }
    c->n_rows = n_rows;
    c->n_buffers = 2;
    c->null_count = validity == Py_None ? 0 : -1;
    size_t n_bits = ((size_t)n_rows + 7) / 8;
    size_t n_bytes = format[0] == 'b' ? n_bits : (size_t)n_rows * value_bytes(format[0]);
    if (add_view(c, 0, validity, n_bits) < 0 || add_view(c, 1, values, n_bytes) < 0)
        return -1;
    return dictionary == Py_None ? 0 : read_dictionary(c, dictionary);
}

/* stream_of_columns(n_rows, [(name, format, values, validity, dictionary), ...]) */
static PyObject *stream_of_columns(PyObject *module, PyObject *arguments)
{
    long long n_rows;
    PyObject *list;
    if (!PyArg_ParseTuple(arguments, "LO", &n_rows, &list))
        return NULL;
    Py_ssize_t n = PyList_Size(list);
    if (n < 0 || n_rows < 0)
        return n < 0 ? NULL : PyErr_Format(PyExc_ValueError, "the number of rows is negative");
    source *s = calloc(1, sizeof *s);
    table *t = calloc(1, sizeof *t);
    column *columns = calloc((size_t)n + 1, sizeof *columns);
    if (!s || !t || !columns) {
        free(s);
        free(t);
        free(columns);
        return PyErr_NoMemory();
    }
    *t = (table){.columns = columns, .n_rows = n_rows};
    s->table = t;
    struct ArrowArrayStream stream = {
        .get_schema = source_get_schema,
        .get_next = source_get_next,
        .get_last_error = source_get_last_error,
        .release = source_release,
        .private_data = s,
    };
    for (Py_ssize_t i = 0; i < n; i++) {
        t->n_columns++;
        if (read_column(&columns[i], PyList_GetItem(list, i), n_rows) < 0) {
            stream.release(&stream);
            return NULL;
        }
    }
    return stream_new(core_of_module(module), &stream);
}

PyMethodDef columns_functions[] = {
    {"stream_renamed", stream_renamed, METH_VARARGS, "A stream with other names."},
    {"stream_of_columns", stream_of_columns, METH_VARARGS,
     "A stream of one batch over the memory of others."},
    {NULL, NULL, 0, NULL},
};
