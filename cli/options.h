/* Options as data: parsing, help, man page and completion all read the same tables. */
#ifndef FCT_CLI_OPTIONS_H
#define FCT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One option of a verb. A table of them ends with a NULL name. */
typedef struct option {
    const char *name;     /* without the dashes */
    char letter;          /* 0: none */
    const char *argument; /* what follows, for the help; NULL: nothing, it is a flag */
    const char *help;     /* one line; a default in brackets at its end */
} option;

enum { MAX_OPTIONS = 64 };

/* What the user said. `values` is parallel to the verb's options, then the common ones; a flag's value is "yes". */
typedef struct invocation {
    const struct cli_verb *verb;
    const char *values[MAX_OPTIONS];
    const char *said[MAX_OPTIONS]; /* of these, what stands on the command line itself */
    const char **operands;
    size_t n_operands;
    char *config_text; /* owns values from the config file */
    char *repeated;    /* owns the lines of the option that was given again */
} invocation;

/* A verb of the program. */
typedef struct cli_verb {
    const char *name;
    const char *summary;     /* one line */
    const char *operands;    /* "PATH..."; "" for none */
    const char *description; /* paragraphs */
    const option *options;
    const char *examples; /* lines */
    const char *repeats;  /* the option that may be given again; its values are lines. NULL: none */
    int (*run)(const invocation *in);
} cli_verb;

/* What every verb takes. */
extern const option common_options[];
enum {
    COMMON_THREADS,
    COMMON_MEMORY_LIMIT,
    COMMON_TEMP_DIR,
    COMMON_QUIET,
    COMMON_VERBOSE,
    COMMON_PROGRESS,
    COMMON_CONFIG,
    COMMON_HELP,
    N_COMMON_OPTIONS
};

size_t count_options(const option *options);

/* The value of the i-th common option, NULL where nobody gave one. */
const char *common_value(const invocation *in, size_t i);

/* The i-th option of the verb and the common ones together; NULL past the end. */
const option *option_at(const cli_verb *verb, size_t i);

/*
 * Fills `invocation` from the command line (argv behind the verb), then the environment, then the config file. Prints what is
 * wrong and returns false. Ended by invocation_free.
 */
bool parse_options(const cli_verb *verb, int argc, char **argv, invocation *in);
void invocation_free(invocation *in);

/*
 * Values of options as numbers: false, with a message, where the text is none. Without a value `*out` keeps what it was.
 */
bool option_count(const invocation *in, size_t i, int64_t low, int64_t high, int64_t *out);
bool option_bytes(const invocation *in, size_t i, uint64_t *out);

/* Whether the option that names a store has a value; else says that it must. */
bool option_store(const invocation *in, size_t i);

/* One of `words` (NULL-ended), as its index. */
bool option_word(const invocation *in, size_t i, const char *const *words, int *out);

/* Cuts off the blanks around a text. */
char *trimmed(char *text);

/* "error: --from: ..." to stderr; always false. */
bool option_error(const invocation *in, size_t i, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What `name` may have been meant to be among the names `at(0), at(1), ...`, or NULL. */
const char *nearest_name(const char *name, const char *(*at)(const void *context, size_t i),
                         const void *context);

#endif
