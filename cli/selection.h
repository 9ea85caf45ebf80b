/* Options that several verbs share: which symbols, what span of time, which format. */
#ifndef FCT_CLI_SELECTION_H
#define FCT_CLI_SELECTION_H

#include <factorium.h>

#include "session.h"

/* The symbols of an option "A,B|all"; NULL for all. Freed by symbols_free. */
typedef struct symbol_list {
    const char **symbols;
    size_t n_symbols;
    char *text;
} symbol_list;

bool option_symbols(const invocation *in, size_t i, symbol_list *out);
void symbols_free(symbol_list *list);

/* The range of the options --from, --to and --days; 0 where one is open. */
bool option_range(const invocation *in, size_t from, size_t to, size_t days, int64_t *from_ms,
                  int64_t *to_ms);

/* "2 days: 2024-08-08, 2024-08-09" */
void say_range(session *s, int64_t from_ms, int64_t to_ms);

/*
 * The format of --format, else of the suffix of --output, else a table on a terminal and CSV elsewhere. An index of
 * SIZE_MAX: the verb has no such option.
 */
bool option_format(const invocation *in, size_t format, size_t output, fct_format *out);

/* Whether the file of --output can be written, as far as its folder says: asked before much is done. */
bool option_output(const invocation *in, size_t output);

/*
 * Writes a stream to the file of --output (SIZE_MAX: none) or to stdout and ends the session with `status`, which is
 * FCT_OK or FCT_ERROR_PARTIAL and has its message in `err`. `noun` is what rows are: "bars".
 */
int write_answer(session *s, const invocation *in, size_t output, fct_format format,
                 struct ArrowArrayStream *stream, const char *noun, fct_status status,
                 const fct_error *err);

#endif
