/* Tables written value by value: each goes to the column behind the one before. */
#ifndef FCT_ARROW_TABLE_H
#define FCT_ARROW_TABLE_H

#include "arrow/builder.h"

#define FCT_TABLE_TEXT(name)                                                                       \
    {                                                                                              \
        name, FCT_ARROW_STRING, false                                                              \
    }
#define FCT_TABLE_COUNT(name)                                                                      \
    {                                                                                              \
        name, FCT_ARROW_INT64, false                                                               \
    }
#define FCT_TABLE_NUMBER(name)                                                                     \
    {                                                                                              \
        name, FCT_ARROW_DOUBLE, true                                                               \
    }
#define FCT_TABLE_TRUTH(name)                                                                      \
    {                                                                                              \
        name, FCT_ARROW_BOOL, false                                                                \
    }

enum { FCT_TABLE_MAX_COLUMNS = 32 };

typedef struct fct_table {
    fct_arrow_builder builder;
    size_t column, n_columns;
} fct_table;

/* What a table of some `subject` is: its columns (the last has a NULL name), how many rows, and how to write them. */
typedef struct fct_table_kind {
    const char *name;
    fct_arrow_field fields[FCT_TABLE_MAX_COLUMNS];
    size_t (*count)(const void *subject);
    void (*write)(const void *subject, fct_table *table);
} fct_table_kind;

/* The table of that name as a stream. FCT_ERROR_NOT_FOUND lists the names. */
fct_status fct_table_stream(const fct_table_kind *kinds, size_t n_kinds, const char *name,
                            const void *subject, struct ArrowArrayStream *out, fct_error *err);

static inline size_t fct_table_next(fct_table *t)
{
    size_t column = t->column;
    t->column = (t->column + 1) % t->n_columns;
    return column;
}

static inline void fct_table_text(fct_table *t, const char *text)
{
    fct_arrow_builder_text(&t->builder, fct_table_next(t), text);
}

static inline void fct_table_count(fct_table *t, int64_t value)
{
    fct_arrow_builder_int(&t->builder, fct_table_next(t), value);
}

/* NaN is null. */
static inline void fct_table_number(fct_table *t, double value)
{
    fct_arrow_builder_number(&t->builder, fct_table_next(t), value);
}

#endif
