/*
 * Which field of a file's lines becomes which stored column: by the header's names or by position.
 */
#ifndef FCT_ARCHIVE_LAYOUT_H
#define FCT_ARCHIVE_LAYOUT_H

#include "archive/reader.h"

#define FCT_LAYOUT_MAX_FIELDS 256

typedef enum fct_field_kind {
    FCT_FIELD_IGNORED = 0,
    FCT_FIELD_INT64,
    FCT_FIELD_DOUBLE,
    FCT_FIELD_BOOL,
    FCT_FIELD_SIDE, /* of the taker; stored as is_buyer_maker */
    FCT_FIELD_TIME,
    FCT_FIELD_OPTIONAL /* a double; an empty one is NaN */
} fct_field_kind;

typedef enum fct_field_rule {
    FCT_RULE_NONE = 0,
    FCT_RULE_POSITIVE,
    FCT_RULE_NOT_NEGATIVE
} fct_field_rule;

typedef struct fct_field {
    fct_field_kind kind;
    fct_field_rule rule;
    size_t column; /* of the schema */
} fct_field;

typedef struct fct_layout {
    fct_field fields[FCT_LAYOUT_MAX_FIELDS];
    size_t n_fields;
    bool has_header;
    fct_archive_schema schema;
    size_t
        sequence; /* the column of the schema that no field gives: the row's place; SIZE_MAX: none */
    bool is_users_own; /* columns by --map instead of an exchange's table */
    fct_text ignored;  /* names or positions of the fields that are left out, for a message */
} fct_layout;

/*
 * Decides by the file's first line that is not blank. A line of which no field is a number is a
 * header. `map` names the fields of a user's file and is NULL for an exchange's. Errors:
 * FCT_ERROR_DATA, FCT_ERROR_ARGUMENT where the map is at fault. Freed by fct_layout_free, also
 * after a failure.
 */
fct_status fct_layout_find(fct_layout *layout, const char *line, const char *line_end,
                           const fct_archive_identity *identity, const fct_column_map *map,
                           fct_error *err);
void fct_layout_free(fct_layout *layout);

/* The name of a field, for messages: "quantity"; of one that is left out "". */
const char *fct_layout_field_name(const fct_layout *layout, size_t field);

#endif
