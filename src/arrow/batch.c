/* Making arrays, schemas and streams. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"
#include "arrow/formats.h"
#include "base/text.h"

/* ---- Schemas ---------------------------------------------------------------------------------- */

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; schema->children && i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child && child->release)
            child->release(child);
        free(child);
    }
    free(schema->children);
    free((void *)schema->name);
    schema->release = NULL;
}

static fct_status schema_start(struct ArrowSchema *schema, const char *format, const char *name,
                               bool nullable, fct_error *err)
{
    *schema = (struct ArrowSchema){
        .format = format,
        .name = fct_text_copy(name),
        .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
        .release = schema_release,
    };
    if (schema->name)
        return FCT_OK;
    schema->release = NULL;
    return fct_error_memory(err, strlen(name) + 1);
}

static fct_status schema_make(const fct_arrow_field *fields, size_t n_fields,
                              struct ArrowSchema *out, fct_error *err)
{
    FCT_TRY(schema_start(out, "+s", "", false, err));
    fct_status status = FCT_OK;
    out->children = calloc(n_fields + 1, sizeof(struct ArrowSchema *));
    if (!out->children) {
        status = fct_error_memory(err, (n_fields + 1) * sizeof(struct ArrowSchema *));
        goto out;
    }
    out->n_children = (int64_t)n_fields;
    for (size_t i = 0; i < n_fields; i++) {
        out->children[i] = calloc(1, sizeof(struct ArrowSchema));
        if (!out->children[i]) {
            status = fct_error_memory(err, sizeof(struct ArrowSchema));
            goto out;
        }
        FCT_TRY_OUT(schema_start(out->children[i], fct_arrow_format(fields[i].type), fields[i].name,
                                 fields[i].nullable, err));
    }
out:
    if (status != FCT_OK)
        out->release(out);
    return status;
}

/* ---- Arrays ----------------------------------------------------------------------------------- */

/* What an array's private_data holds: the buffers it frees. */
typedef struct owned_buffers {
    const void *buffers[3];
} owned_buffers;

static void array_release(struct ArrowArray *array)
{
    for (int64_t i = 0; array->children && i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child && child->release)
            child->release(child);
        free(child);
    }
    free(array->children);
    owned_buffers *owned = array->private_data;
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)owned->buffers[i]);
    free(owned);
    array->release = NULL;
}

static fct_status array_start(struct ArrowArray *array, int64_t n_rows, int64_t n_buffers,
                              fct_error *err)
{
    owned_buffers *owned = calloc(1, sizeof *owned);
    if (!owned)
        return fct_error_memory(err, sizeof *owned);
    *array = (struct ArrowArray){
        .length = n_rows,
        .n_buffers = n_buffers,
        .buffers = owned->buffers,
        .release = array_release,
        .private_data = owned,
    };
    return FCT_OK;
}

static fct_status child_make(const fct_arrow_field *field, fct_arrow_column *column, int64_t n_rows,
                             struct ArrowArray *out, fct_error *err)
{
    bool is_string = field->type == FCT_ARROW_STRING;
    FCT_TRY(array_start(out, n_rows, is_string ? 3 : 2, err));
    out->null_count = column->null_count;
    out->buffers[0] = column->validity;
    out->buffers[1] = is_string ? (const void *)column->offsets : column->values;
    if (is_string)
        out->buffers[2] = column->values;
    *column = (fct_arrow_column){0};
    return FCT_OK;
}

fct_status fct_arrow_batch_make(const fct_arrow_field *fields, fct_arrow_column *columns,
                                size_t n_columns, int64_t n_rows, struct ArrowArray *out,
                                fct_error *err)
{
    *out = (struct ArrowArray){0};
    fct_status status;
    FCT_TRY_OUT(array_start(out, n_rows, 1, err));
    out->children = calloc(n_columns + 1, sizeof(struct ArrowArray *));
    if (!out->children) {
        status = fct_error_memory(err, (n_columns + 1) * sizeof(struct ArrowArray *));
        goto out;
    }
    out->n_children = (int64_t)n_columns;
    for (size_t i = 0; i < n_columns; i++) {
        out->children[i] = calloc(1, sizeof(struct ArrowArray));
        if (!out->children[i]) {
            status = fct_error_memory(err, sizeof(struct ArrowArray));
            goto out;
        }
        FCT_TRY_OUT(child_make(&fields[i], &columns[i], n_rows, out->children[i], err));
    }
out:
    for (size_t i = 0; i < n_columns; i++) {
        free(columns[i].values);
        free(columns[i].offsets);
        free(columns[i].validity);
        columns[i] = (fct_arrow_column){0};
    }
    if (status != FCT_OK && out->release)
        out->release(out);
    return status;
}

/* ---- Streams ---------------------------------------------------------------------------------- */

typedef struct stream_state {
    fct_arrow_field *fields; /* their names are owned */
    size_t n_fields;
    fct_arrow_source source;
    fct_error error;
} stream_state;

static void state_free(stream_state *state)
{
    if (state->source.free)
        state->source.free(state->source.context);
    for (size_t i = 0; state->fields && i < state->n_fields; i++)
        free((void *)state->fields[i].name);
    free(state->fields);
    free(state);
}

/* The interface's error numbers are errno's. */
static int error_number(fct_status status)
{
    switch (status) {
    case FCT_OK:
        return 0;
    case FCT_ERROR_MEMORY:
    case FCT_ERROR_LIMIT:
        return ENOMEM;
    case FCT_ERROR_INTERRUPTED:
        return EINTR;
    case FCT_ERROR_ARGUMENT:
    case FCT_ERROR_DATA:
        return EINVAL;
    default:
        return EIO;
    }
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    stream_state *state = stream->private_data;
    *out = (struct ArrowSchema){0};
    return error_number(schema_make(state->fields, state->n_fields, out, &state->error));
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    stream_state *state = stream->private_data;
    *out = (struct ArrowArray){0};
    return error_number(state->source.next(state->source.context, out, &state->error));
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream)
{
    stream_state *state = stream->private_data;
    return state->error.message[0] ? state->error.message : NULL;
}

static void stream_release(struct ArrowArrayStream *stream)
{
    state_free(stream->private_data);
    stream->release = NULL;
}

fct_status fct_arrow_stream_make(const fct_arrow_field *fields, size_t n_fields,
                                 fct_arrow_source source, struct ArrowArrayStream *out,
                                 fct_error *err)
{
    *out = (struct ArrowArrayStream){0};
    fct_status status = FCT_OK;
    stream_state *state = calloc(1, sizeof *state);
    if (!state) {
        if (source.free)
            source.free(source.context);
        return fct_error_memory(err, sizeof *state);
    }
    state->source = source;
    state->fields = calloc(n_fields + 1, sizeof *state->fields);
    if (!state->fields) {
        status = fct_error_memory(err, (n_fields + 1) * sizeof *state->fields);
        goto out;
    }
    for (; state->n_fields < n_fields; state->n_fields++) {
        fct_arrow_field *field = &state->fields[state->n_fields];
        *field = fields[state->n_fields];
        field->name = fct_text_copy(field->name);
        if (!field->name) {
            status = fct_error_memory(err, strlen(fields[state->n_fields].name) + 1);
            goto out;
        }
    }
    *out = (struct ArrowArrayStream){
        .get_schema = stream_get_schema,
        .get_next = stream_get_next,
        .get_last_error = stream_get_last_error,
        .release = stream_release,
        .private_data = state,
    };
    state = NULL;
out:
    if (state)
        state_free(state);
    return status;
}
