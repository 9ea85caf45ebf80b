#include "arrow/table.h"

#include <string.h>

static fct_status no_such_table(const fct_table_kind *kinds, size_t n_kinds, const char *name,
                                fct_error *err)
{
    fct_text list = {0};
    char shown[80];
    fct_status status = FCT_OK;
    for (size_t i = 0; status == FCT_OK && i < n_kinds; i++)
        status = fct_text_append_format(&list, err, "%s%s", i ? ", " : "", kinds[i].name);
    if (status == FCT_OK)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND, "there is no table \"%s\"; there are: %s",
                               fct_text_quote(name, strlen(name), shown, sizeof shown), list.data);
    fct_text_free(&list);
    return status;
}

fct_status fct_table_stream(const fct_table_kind *kinds, size_t n_kinds, const char *name,
                            const void *subject, struct ArrowArrayStream *out, fct_error *err)
{
    const fct_table_kind *kind = NULL;
    *out = (struct ArrowArrayStream){0};
    for (size_t i = 0; !kind && i < n_kinds; i++)
        kind = strcmp(kinds[i].name, name) == 0 ? &kinds[i] : NULL;
    if (!kind)
        return no_such_table(kinds, n_kinds, name, err);
    fct_table t = {0};
    while (kind->fields[t.n_columns].name)
        t.n_columns++;
    size_t n_rows = kind->count(subject);
    FCT_TRY(fct_arrow_builder_start(&t.builder, kind->fields, t.n_columns, n_rows, err));
    if (n_rows)
        kind->write(subject, &t);
    return fct_arrow_builder_stream(&t.builder, out, err);
}
