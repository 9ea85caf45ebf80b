#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"

const option common_options[] = {
    [COMMON_THREADS] = {"threads", 0, "N", "worker threads [one for each processor]"},
    [COMMON_MEMORY_LIMIT] = {"memory-limit", 0, "SIZE", "working memory, as in 4GB [no limit]"},
    [COMMON_TEMP_DIR] = {"temp-dir", 0, "DIR", "where to put what does not fit memory"},
    [COMMON_QUIET] = {"quiet", 'q', NULL, "only errors on stderr"},
    [COMMON_VERBOSE] = {"verbose", 'v', NULL, "say more on stderr"},
    [COMMON_PROGRESS] = {"progress", 0, "auto|json|none",
                         "progress on stderr [auto: a bar on a terminal]"},
    [COMMON_CONFIG] = {"config", 0, "FILE", "settings [$XDG_CONFIG_HOME/factorium/config]"},
    [COMMON_HELP] = {"help", 'h', NULL, "this text"},
    [N_COMMON_OPTIONS] = {NULL, 0, NULL, NULL},
};

size_t count_options(const option *options)
{
    size_t n = 0;
    while (options[n].name)
        n++;
    return n;
}

const option *option_at(const cli_verb *verb, size_t i)
{
    size_t n_own = count_options(verb->options);
    if (i < n_own)
        return &verb->options[i];
    return i - n_own < N_COMMON_OPTIONS ? &common_options[i - n_own] : NULL;
}

const char *common_value(const invocation *in, size_t i)
{
    return in->values[count_options(in->verb->options) + i];
}

/* ---- Suggestions ------------------------------------------------------------------------------ */

/* The number of single-letter edits between two short names. */
static size_t edits_between(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t n_a = strlen(a);
    size_t n_b = strlen(b);
    size_t row[LONGEST + 1];
    if (n_a > LONGEST || n_b > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t before = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t replaced = before + (a[i - 1] != b[j - 1]);
            before = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = least < replaced ? least : replaced;
        }
    }
    return row[n_b];
}

const char *nearest_name(const char *name, const char *(*at)(const void *context, size_t i),
                         const void *context)
{
    const char *best = NULL;
    size_t fewest = strlen(name) / 3 + 2;
    const char *candidate;
    for (size_t i = 0; (candidate = at(context, i)) != NULL; i++) {
        size_t n = edits_between(name, candidate);
        if (n < fewest) {
            fewest = n;
            best = candidate;
        }
    }
    return best;
}

static const char *option_name_at(const void *context, size_t i)
{
    const option *o = option_at(context, i);
    return o ? o->name : NULL;
}

/* ---- Messages --------------------------------------------------------------------------------- */

static bool usage_error(const cli_verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool usage_error(const cli_verb *verb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "factorium %s: error: ", verb->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    return false;
}

bool option_error(const invocation *in, size_t i, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "factorium %s: error: --%s %s: ", in->verb->name, option_at(in->verb, i)->name,
            in->values[i]);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    return false;
}

/* ---- Command line ----------------------------------------------------------------------------- */

static bool unknown_option(const cli_verb *verb, const char *name)
{
    const char *nearest = nearest_name(name, option_name_at, verb);
    if (nearest)
        return usage_error(verb, "unknown option --%s; did you mean --%s?", name, nearest);
    return usage_error(verb, "unknown option --%s; factorium %s --help lists what there is", name,
                       verb->name);
}

static bool find_long(const cli_verb *verb, const char *name, size_t n_name, size_t *index)
{
    for (size_t i = 0; option_at(verb, i); i++) {
        const char *candidate = option_at(verb, i)->name;
        if (strlen(candidate) == n_name && strncmp(candidate, name, n_name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool find_letter(const cli_verb *verb, char letter, size_t *index)
{
    for (size_t i = 0; option_at(verb, i); i++)
        if (option_at(verb, i)->letter == letter) {
            *index = i;
            return true;
        }
    return false;
}

/* What is given twice must not be dropped: it is added where that has a meaning, and else an error. */
static bool set_value(invocation *in, size_t i, const char *value)
{
    const cli_verb *verb = in->verb;
    const char *before = in->values[i];
    const char *name = option_at(verb, i)->name;
    if (!before || strcmp(before, value) == 0) {
        in->values[i] = value;
        return true;
    }
    if (!verb->repeats || strcmp(verb->repeats, name) != 0)
        return usage_error(verb, "--%s is given twice: %s, and %s", name, before, value);
    size_t n_bytes = strlen(before) + strlen(value) + 2;
    char *lines = malloc(n_bytes);
    if (!lines)
        return usage_error(verb, "out of memory");
    snprintf(lines, n_bytes, "%s\n%s", before, value);
    free(in->repeated);
    in->values[i] = in->repeated = lines;
    return true;
}

/* "--name", "--name=value", "--name value". *next is the argument behind; it is taken where needed. */
static bool take_long(invocation *in, const char *text, char **next, bool *took_next)
{
    const cli_verb *verb = in->verb;
    size_t n_name = strcspn(text, "=");
    size_t i;
    if (!find_long(verb, text, n_name, &i)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)n_name, text);
        return unknown_option(verb, name);
    }
    const option *o = option_at(verb, i);
    bool has_value = text[n_name] == '=';
    if (has_value && !o->argument)
        return usage_error(verb, "--%s takes no value", o->name);
    if (!has_value && o->argument && !*next)
        return usage_error(verb, "--%s needs a value: --%s %s", o->name, o->name, o->argument);
    *took_next = !has_value && o->argument;
    return set_value(in, i, has_value ? text + n_name + 1 : o->argument ? *next : "yes");
}

/* "-q", "-qv", "-o FILE", "-oFILE". */
static bool take_letters(invocation *in, const char *text, char **next, bool *took_next)
{
    for (; *text; text++) {
        size_t i;
        if (!find_letter(in->verb, *text, &i))
            return usage_error(
                in->verb, "unknown option -%c; factorium %s --help lists what there is%s", *text,
                in->verb->name,
                *in->verb->operands ? "; what begins with '-' and is no option goes after --" : "");
        const option *o = option_at(in->verb, i);
        if (!o->argument) {
            in->values[i] = "yes";
            continue;
        }
        if (!text[1] && !*next)
            return usage_error(in->verb, "-%c needs a value: -%c %s", *text, *text, o->argument);
        *took_next = !text[1];
        return set_value(in, i, text[1] ? text + 1 : *next);
    }
    return true;
}

static bool take_arguments(invocation *in, int argc, char **argv)
{
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        bool took_next = false;
        const char *text = argv[i];
        if (options_end || text[0] != '-' || !text[1])
            in->operands[in->n_operands++] = text;
        else if (strcmp(text, "--") == 0)
            options_end = true;
        else if (text[1] == '-' ? !take_long(in, text + 2, &argv[i + 1], &took_next)
                                : !take_letters(in, text + 1, &argv[i + 1], &took_next))
            return false;
        i += took_next;
    }
    return true;
}

/* ---- Environment ------------------------------------------------------------------------------ */

/* FACTORIUM_MEMORY_LIMIT for --memory-limit. Help and the config file's place have no variable. */
static void take_environment(invocation *in)
{
    const option *o;
    for (size_t i = 0; (o = option_at(in->verb, i)) != NULL; i++) {
        char name[80] = "FACTORIUM_";
        size_t n = strlen(name);
        for (const char *c = o->name; *c; c++)
            name[n++] = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        name[n] = '\0';
        const char *value = getenv(name);
        if (!in->values[i] && value && *value && strcmp(o->name, "help") != 0) {
            bool off = !o->argument && (strcmp(value, "0") == 0 || strcmp(value, "no") == 0);
            in->values[i] = off ? NULL : value;
        }
    }
}

bool parse_options(const cli_verb *verb, int argc, char **argv, invocation *in)
{
    *in = (invocation){.verb = verb};
    in->operands = calloc((size_t)argc + 1, sizeof *in->operands);
    if (!in->operands)
        return usage_error(verb, "out of memory");
    if (!take_arguments(in, argc, argv))
        return false;
    if (common_value(in, COMMON_HELP))
        return true;
    if (in->n_operands && !*verb->operands)
        return usage_error(
            verb, "%s: %s takes options only%s", in->operands[0], verb->name,
            find_long(verb, "symbols", 7, &(size_t){0}) ? "; symbols come as --symbols A,B" : "");
    memcpy(in->said, in->values, sizeof in->said);
    take_environment(in);
    return take_config(in);
}

void invocation_free(invocation *in)
{
    free(in->operands);
    free(in->config_text);
    free(in->repeated);
}

/* ---- Values ----------------------------------------------------------------------------------- */

char *trimmed(char *text)
{
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n && strchr(" \t\r", text[n - 1]))
        n--;
    text[n] = '\0';
    return text;
}

bool option_count(const invocation *in, size_t i, int64_t low, int64_t high, int64_t *out)
{
    const char *text = in->values[i];
    if (!text)
        return true;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high)
        return option_error(in, i, "a whole number from %" PRId64 " to %" PRId64 " is needed", low,
                            high);
    *out = value;
    return true;
}

bool option_bytes(const invocation *in, size_t i, uint64_t *out)
{
    static const struct {
        const char *suffix;
        uint64_t factor;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"K", 1 << 10},
                 {"KB", 1 << 10},
                 {"KiB", 1 << 10},
                 {"M", 1 << 20},
                 {"MB", 1 << 20},
                 {"MiB", 1 << 20},
                 {"G", 1 << 30},
                 {"GB", 1 << 30},
                 {"GiB", 1 << 30},
                 {"T", UINT64_C(1) << 40},
                 {"TB", UINT64_C(1) << 40},
                 {"TiB", UINT64_C(1) << 40}};
    const char *text = in->values[i];
    if (!text)
        return true;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (end != text && !errno && strcasecmp(end, units[k].suffix) == 0 && value > 0 &&
            value * (double)units[k].factor < 1e18) {
            *out = (uint64_t)(value * (double)units[k].factor);
            return true;
        }
    return option_error(in, i, "a size is needed, as in 512MB or 4GB (1 GB is 2^30 bytes)");
}

bool option_store(const invocation *in, size_t i)
{
    return in->values[i] ||
           usage_error(in->verb, "say which store: --store DIR, or FACTORIUM_STORE");
}

bool option_word(const invocation *in, size_t i, const char *const *words, int *out)
{
    if (!in->values[i])
        return true;
    for (int k = 0; words[k]; k++)
        if (strcmp(in->values[i], words[k]) == 0) {
            *out = k;
            return true;
        }
    char list[200] = "";
    for (int k = 0; words[k]; k++) {
        strncat(list, k ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, words[k], sizeof list - strlen(list) - 1);
    }
    return option_error(in, i, "it is one of: %s", list);
}
