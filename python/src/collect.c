/* An Arrow stream read into memory for NumPy: one buffer a column, texts as codes and a list of the different ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

/* ---- Buffer: malloc'ed bytes with Python's buffer protocol --------------------------------------- */

typedef struct buffer_object {
    PyObject_HEAD void *bytes;
    Py_ssize_t n_bytes;
} buffer_object;

static void buffer_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    free(((buffer_object *)self)->bytes);
    PyObject_Free(self);
    Py_DECREF(type);
}

static int buffer_get(PyObject *self, Py_buffer *view, int flags)
{
    buffer_object *object = (buffer_object *)self;
    static char nothing[1];
    return PyBuffer_FillInfo(view, self, object->bytes ? object->bytes : nothing, object->n_bytes,
                             0, flags);
}

static PyType_Slot slots[] = {{Py_tp_dealloc, buffer_dealloc},
                              {Py_bf_getbuffer, buffer_get},
                              {Py_tp_doc, "Bytes for NumPy."},
                              {0, NULL}};

static PyType_Spec spec = {"factorium._core.Buffer", sizeof(buffer_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int buffer_add(PyObject *module, core_state *state)
{
    state->buffer_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return state->buffer_type ? PyModule_AddType(module, state->buffer_type) : -1;
}

PyObject *buffer_new(core_state *state, void *bytes, Py_ssize_t n_bytes)
{
    buffer_object *object = PyObject_New(buffer_object, state->buffer_type);
    if (!object) {
        free(bytes);
        return NULL;
    }
    object->bytes = bytes;
    object->n_bytes = n_bytes;
    return (PyObject *)object;
}

/* ---- Texts: each gets the number of its first appearance ------------------------------------------ */

typedef struct texts {
    char *bytes;
    size_t n_bytes, bytes_capacity;
    size_t *begin; /* n + 1 */
    size_t n, capacity;
    uint32_t *slots; /* number + 1; 0: free */
    size_t n_slots;  /* a power of two */
} texts;

static uint64_t hash(const char *text, size_t n_bytes)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n_bytes; i++)
        h = (h ^ (uint8_t)text[i]) * UINT64_C(1099511628211);
    return h ^ h >> 32;
}

static bool grow(void **items, size_t *capacity, size_t wanted, size_t item_bytes)
{
    if (wanted <= *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 16;
    while (larger < wanted)
        larger *= 2;
    void *moved = realloc(*items, larger * item_bytes);
    if (!moved)
        return false;
    *items = moved;
    *capacity = larger;
    return true;
}

static bool rehash(texts *t)
{
    size_t n_slots = t->n_slots ? t->n_slots * 2 : 64;
    uint32_t *moved = calloc(n_slots, sizeof *moved);
    if (!moved)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        size_t at = hash(t->bytes + t->begin[i], t->begin[i + 1] - t->begin[i]) & (n_slots - 1);
        while (moved[at])
            at = (at + 1) & (n_slots - 1);
        moved[at] = (uint32_t)i + 1;
    }
    free(t->slots);
    t->slots = moved;
    t->n_slots = n_slots;
    return true;
}

/* The number of a text; false where memory is out. */
static bool find_text(texts *t, const char *text, size_t n_bytes, int32_t *number)
{
    if ((t->n + 1) * 2 > t->n_slots && !rehash(t))
        return false;
    size_t at = hash(text, n_bytes) & (t->n_slots - 1);
    for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
        size_t i = t->slots[at] - 1;
        if (t->begin[i + 1] - t->begin[i] == n_bytes &&
            memcmp(t->bytes + t->begin[i], text, n_bytes) == 0) {
            *number = (int32_t)i;
            return true;
        }
    }
    if (!grow((void **)&t->begin, &t->capacity, t->n + 2, sizeof *t->begin) ||
        !grow((void **)&t->bytes, &t->bytes_capacity, t->n_bytes + n_bytes + 1, 1))
        return false;
    if (!t->n)
        t->begin[0] = 0;
    memcpy(t->bytes + t->n_bytes, text, n_bytes);
    t->n_bytes += n_bytes;
    t->begin[++t->n] = t->n_bytes;
    t->slots[at] = (uint32_t)t->n;
    *number = (int32_t)t->n - 1;
    return true;
}

static PyObject *texts_list(const texts *t)
{
    PyObject *list = PyList_New((Py_ssize_t)t->n);
    for (size_t i = 0; list && i < t->n; i++) {
        PyObject *text = PyUnicode_FromStringAndSize(t->bytes + t->begin[i],
                                                     (Py_ssize_t)(t->begin[i + 1] - t->begin[i]));
        if (!text || PyList_SetItem(list, (Py_ssize_t)i, text) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static void texts_free(texts *t)
{
    free(t->bytes);
    free(t->begin);
    free(t->slots);
}

/* ---- Columns ------------------------------------------------------------------------------------ */

/* What is kept of a column: int64, float64 (NaN: missing), int8 (-1: missing) or int32 codes (-1: missing). */
typedef struct collected {
    char kind;   /* 'l', 'g', 'b' or 'u' */
    char format; /* of the values that come: a whole number's, or a real's */
    void *values;
    uint8_t *is_null; /* of 'l', made with its first null */
    texts texts;
} collected;

typedef struct collection {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    collected *columns;
    size_t n_columns;
    size_t n_rows, capacity, n_expected;
} collection;

static size_t kind_bytes(char kind)
{
    return kind == 'b' ? 1 : kind == 'u' ? 4 : 8;
}

static bool is_valid(const struct ArrowArray *array, int64_t i)
{
    const uint8_t *validity = array->null_count ? array->buffers[0] : NULL;
    return !validity || validity[i / 8] >> (i % 8) & 1;
}

static int64_t whole_at(const void *values, char format, int64_t i)
{
    switch (format) {
    case 'c':
        return ((const int8_t *)values)[i];
    case 'C':
        return ((const uint8_t *)values)[i];
    case 's':
        return ((const int16_t *)values)[i];
    case 'S':
        return ((const uint16_t *)values)[i];
    case 'i':
        return ((const int32_t *)values)[i];
    case 'I':
        return ((const uint32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i];
    }
}

static bool add_wholes(collected *c, const struct ArrowArray *array, int64_t first, size_t n,
                       size_t at, size_t capacity)
{
    int64_t *out = (int64_t *)c->values + at;
    if (c->format == 'l' && n)
        memcpy(out, (const int64_t *)array->buffers[1] + first, n * sizeof *out);
    for (size_t i = 0; c->format != 'l' && i < n; i++)
        out[i] = whole_at(array->buffers[1], c->format, first + (int64_t)i);
    if (!array->null_count)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (is_valid(array, first + (int64_t)i))
            continue;
        if (!c->is_null && !(c->is_null = calloc(capacity, 1)))
            return false;
        c->is_null[at + i] = 1;
    }
    return true;
}

static void add_reals(collected *c, const struct ArrowArray *array, int64_t first, size_t n,
                      size_t at)
{
    double *out = (double *)c->values + at;
    if (c->format == 'g' && n)
        memcpy(out, (const double *)array->buffers[1] + first, n * sizeof *out);
    for (size_t i = 0; c->format == 'f' && i < n; i++)
        out[i] = (double)((const float *)array->buffers[1])[first + (int64_t)i];
    for (size_t i = 0; array->null_count && i < n; i++)
        if (!is_valid(array, first + (int64_t)i))
            out[i] = NAN;
}

static void add_truths(collected *c, const struct ArrowArray *array, int64_t first, size_t n,
                       size_t at)
{
    const uint8_t *bits = array->buffers[1];
    int8_t *out = (int8_t *)c->values + at;
    for (size_t i = 0; i < n; i++) {
        int64_t row = first + (int64_t)i;
        out[i] = (int8_t)(is_valid(array, row) ? bits[row / 8] >> (row % 8) & 1 : -1);
    }
}

/* The text of a row: with offsets of either width, or as a string view. */
static const char *text_at(char format, const struct ArrowArray *array, int64_t row,
                           size_t *n_bytes)
{
    if (format == 'v') {
        const char *view = (const char *)array->buffers[1] + row * 16;
        int32_t parts[4]; /* bytes, the text's begin, buffer, offset */
        memcpy(parts, view, sizeof parts);
        *n_bytes = (size_t)parts[0];
        return parts[0] <= 12 ? view + 4 : (const char *)array->buffers[2 + parts[2]] + parts[3];
    }
    bool is_large = format == 'U';
    const void *offsets = array->buffers[1];
    int64_t begin = is_large ? ((const int64_t *)offsets)[row] : ((const int32_t *)offsets)[row];
    int64_t end =
        is_large ? ((const int64_t *)offsets)[row + 1] : ((const int32_t *)offsets)[row + 1];
    *n_bytes = (size_t)(end - begin);
    return *n_bytes ? (const char *)array->buffers[2] + begin : "";
}

static bool add_texts(collected *c, const struct ArrowArray *array, int64_t first, size_t n,
                      size_t at)
{
    int32_t *out = (int32_t *)c->values + at;
    for (size_t i = 0; i < n; i++) {
        int64_t row = first + (int64_t)i;
        out[i] = -1;
        if (!is_valid(array, row))
            continue;
        size_t n_bytes;
        const char *text = text_at(c->format, array, row, &n_bytes);
        if (!find_text(&c->texts, text, n_bytes, &out[i]))
            return false;
    }
    return true;
}

static bool reserve(collection *t, size_t wanted)
{
    if (wanted <= t->capacity)
        return true;
    size_t larger = t->capacity ? t->capacity + t->capacity / 2 : 1024;
    larger = larger < wanted ? wanted : larger;
    larger = larger < t->n_expected ? t->n_expected : larger;
    for (size_t i = 0; i < t->n_columns; i++) {
        collected *c = &t->columns[i];
        void *moved = realloc(c->values, larger * kind_bytes(c->kind));
        if (!moved)
            return false;
        c->values = moved;
        if (!c->is_null)
            continue;
        uint8_t *nulls = realloc(c->is_null, larger);
        if (!nulls)
            return false;
        memset(nulls + t->capacity, 0, larger - t->capacity);
        c->is_null = nulls;
    }
    t->capacity = larger;
    return true;
}

static bool add_batch(collection *t, const struct ArrowArray *batch)
{
    size_t n = (size_t)batch->length;
    if (!reserve(t, t->n_rows + n))
        return false;
    for (size_t i = 0; i < t->n_columns; i++) {
        collected *c = &t->columns[i];
        const struct ArrowArray *array = batch->children[i];
        int64_t first = array->offset + batch->offset;
        bool added = true;
        if (c->kind == 'l')
            added = add_wholes(c, array, first, n, t->n_rows, t->capacity);
        else if (c->kind == 'g')
            add_reals(c, array, first, n, t->n_rows);
        else if (c->kind == 'b')
            add_truths(c, array, first, n, t->n_rows);
        else
            added = add_texts(c, array, first, n, t->n_rows);
        if (!added)
            return false;
    }
    t->n_rows += n;
    return true;
}

/* ---- The whole ----------------------------------------------------------------------------------- */

static fct_status fail(collection *t, fct_error *err, int code)
{
    const char *said = t->stream.get_last_error ? t->stream.get_last_error(&t->stream) : NULL;
    err->status = code == 12  ? FCT_ERROR_MEMORY
                  : code == 4 ? FCT_ERROR_INTERRUPTED
                              : FCT_ERROR_DATA;
    err->position = -1;
    PyOS_snprintf(err->message, sizeof err->message, "%s", said ? said : "the stream broke off");
    return err->status;
}

static fct_status out_of_memory(fct_error *err)
{
    err->status = FCT_ERROR_MEMORY;
    PyOS_snprintf(err->message, sizeof err->message, "out of memory while rows were copied out");
    return FCT_ERROR_MEMORY;
}

/* What becomes of a column; false where it is not read here. Times of any unit come as their whole numbers. */
static bool read_format(collected *c, const char *format, bool has_dictionary)
{
    bool is_time = strncmp(format, "ts", 2) == 0 && strlen(format) >= 4;
    bool is_day = strcmp(format, "tdD") == 0;
    bool is_view = strcmp(format, "vu") == 0;
    if (has_dictionary || (!is_time && !is_day && !is_view && format[1]))
        return false;
    c->format = is_time ? 'l' : is_day ? 'i' : format[0];
    c->kind = strchr("cCsSiIl", c->format) ? 'l'
              : c->format == 'f'           ? 'g'
              : strchr("Uv", c->format)    ? 'u'
                                           : c->format;
    return c->kind && strchr("lgbu", c->kind);
}

static fct_status read_schema(collection *t, fct_error *err)
{
    int code = t->stream.get_schema(&t->stream, &t->schema);
    if (code != 0)
        return fail(t, err, code);
    t->n_columns = (size_t)t->schema.n_children;
    t->columns = calloc(t->n_columns + 1, sizeof *t->columns);
    if (!t->columns)
        return out_of_memory(err);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct ArrowSchema *child = t->schema.children[i];
        if (read_format(&t->columns[i], child->format, child->dictionary != NULL))
            continue;
        err->status = FCT_ERROR_UNSUPPORTED;
        PyOS_snprintf(err->message, sizeof err->message,
                      "column %s: the Arrow type %s needs pyarrow or Polars to be read",
                      child->name, child->format);
        return FCT_ERROR_UNSUPPORTED;
    }
    return FCT_OK;
}

static fct_status read_all(void *arguments, const fct_run *run, fct_error *err)
{
    collection *t = arguments;
    fct_status status = read_schema(t, err);
    if (status != FCT_OK)
        return status;
    for (;;) {
        struct ArrowArray batch = {0};
        if (run->should_stop(run->user)) {
            err->status = FCT_ERROR_INTERRUPTED;
            return FCT_ERROR_INTERRUPTED;
        }
        int code = t->stream.get_next(&t->stream, &batch);
        if (code != 0)
            return fail(t, err, code);
        if (!batch.release)
            return FCT_OK;
        bool added = add_batch(t, &batch);
        batch.release(&batch);
        if (!added)
            return out_of_memory(err);
    }
}

static PyObject *column_tuple(core_state *state, collection *t, size_t i)
{
    collected *c = &t->columns[i];
    Py_ssize_t n_bytes = (Py_ssize_t)(t->n_rows * kind_bytes(c->kind));
    PyObject *values = buffer_new(state, c->values, n_bytes);
    c->values = NULL;
    PyObject *nulls = Py_None;
    if (c->is_null) {
        nulls = buffer_new(state, c->is_null, (Py_ssize_t)t->n_rows);
        c->is_null = NULL;
    } else {
        Py_INCREF(nulls);
    }
    PyObject *list = texts_list(&c->texts);
    if (!values || !nulls || !list) {
        Py_XDECREF(values);
        Py_XDECREF(nulls);
        Py_XDECREF(list);
        return NULL;
    }
    /* Days and times are told by their format. */
    char kind[2] = {c->kind, '\0'};
    const char *format = t->schema.children[i]->format;
    return Py_BuildValue("(ssNNN)", t->schema.children[i]->name, format[0] == 't' ? format : kind,
                         values, nulls, list);
}

static void collection_free(collection *t)
{
    for (size_t i = 0; i < t->n_columns && t->columns; i++) {
        free(t->columns[i].values);
        free(t->columns[i].is_null);
        texts_free(&t->columns[i].texts);
    }
    free(t->columns);
    if (t->schema.release)
        t->schema.release(&t->schema);
    if (t->stream.release)
        t->stream.release(&t->stream);
}

/* collect(source, n_rows) -> (n_rows, [(name, kind, values, nulls, texts), ...]); n_rows is what to expect, or 0 */
static PyObject *collect(PyObject *module, PyObject *arguments)
{
    PyObject *from;
    Py_ssize_t n_expected;
    collection t = {.n_rows = 0};
    if (!PyArg_ParseTuple(arguments, "On", &from, &n_expected) || stream_take(from, &t.stream) < 0)
        return NULL;
    t.n_expected = n_expected > 0 ? (size_t)n_expected : 0;
    PyObject *list = NULL;
    PyObject *result = NULL;
    if (core_call(Py_None, read_all, &t, 0) == FCT_OK && (list = PyList_New(0)) != NULL) {
        core_state *state = core_of_module(module);
        size_t i = 0;
        for (; i < t.n_columns; i++) {
            PyObject *tuple = column_tuple(state, &t, i);
            int added = tuple ? PyList_Append(list, tuple) : -1;
            Py_XDECREF(tuple);
            if (added < 0)
                break;
        }
        if (i == t.n_columns)
            result = Py_BuildValue("(nO)", (Py_ssize_t)t.n_rows, list);
    }
    Py_XDECREF(list);
    PyThreadState *saved = PyEval_SaveThread();
    collection_free(&t);
    PyEval_RestoreThread(saved);
    return result;
}

PyMethodDef collect_functions[] = {
    {"collect", collect, METH_VARARGS, "All rows of a stream as memory for NumPy."},
    {NULL, NULL, 0, NULL},
};
