/* Parquet, by the writer in parquet/. */
#include <stdlib.h>

#include "format/format.h"
#include "format/plain.h"
#include "parquet/writer.h"

typedef struct parquet {
    fct_output *out;
    const fct_arrow_field *fields;
    size_t n_fields;
    fct_parquet_writer *writer;
    fct_plain_column *columns;
    fct_parquet_values *values;
} parquet;

static fct_status put_batch(const fct_arrow_view *views, int64_t n_rows, void *context,
                            fct_error *err)
{
    parquet *p = context;
    fct_status status = FCT_OK;
    size_t n_made = 0;
    if (!n_rows)
        return FCT_OK;
    for (; n_made < p->n_fields; n_made++) {
        status = fct_plain_column_make(&p->columns[n_made], &p->fields[n_made], &views[n_made],
                                       n_rows, err);
        if (status != FCT_OK) {
            fct_plain_column_free(&p->columns[n_made]);
            goto out;
        }
        p->values[n_made] = p->columns[n_made].values;
    }
    FCT_TRY_OUT(fct_parquet_writer_write(p->writer, p->values, n_rows, err));
out:
    for (size_t i = 0; i < n_made; i++)
        fct_plain_column_free(&p->columns[i]);
    return status;
}

fct_status fct_format_write_parquet(fct_arrow_reader *reader, fct_output *out, fct_error *err)
{
    parquet p = {.out = out};
    fct_parquet_options options = {.codec = FCT_PARQUET_ZSTD};
    fct_status status;
    p.fields = fct_arrow_reader_fields(reader, &p.n_fields);
    fct_parquet_column *columns = calloc(p.n_fields + 1, sizeof *columns);
    p.columns = calloc(p.n_fields + 1, sizeof *p.columns);
    p.values = calloc(p.n_fields + 1, sizeof *p.values);
    if (!columns || !p.columns || !p.values) {
        status = fct_error_memory(err, (p.n_fields + 1) * sizeof *p.columns);
        goto out;
    }
    for (size_t i = 0; i < p.n_fields; i++) {
        columns[i].name = p.fields[i].name;
        columns[i].optional = p.fields[i].nullable;
        FCT_TRY_OUT(fct_plain_type(&p.fields[i], &columns[i].type, err));
    }
    FCT_TRY_OUT(
        fct_parquet_writer_open(&p.writer, out->fd, out->path, columns, p.n_fields, &options, err));
    FCT_TRY_OUT(fct_format_each_batch(reader, out, put_batch, &p, err));
    FCT_TRY_OUT(fct_parquet_writer_close(p.writer, NULL, err));
out:
    fct_parquet_writer_free(p.writer);
    free(columns);
    free(p.columns);
    free(p.values);
    return status;
}
