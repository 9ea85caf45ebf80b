#include "expressions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text_file.h"

static const char *value_of(const invocation *in, size_t i)
{
    return i == SIZE_MAX ? NULL : in->values[i];
}

bool option_dialect(const invocation *in, const expression_options *where, fct_plan_options *chosen)
{
    fct_error err;
    const char *name = value_of(in, where->dialect);
    if (!name || fct_dialect_parse(name, &chosen->dialect, &err) == FCT_OK)
        return true;
    return option_error(in, where->dialect, "%s", err.message);
}

int count_expressions(const invocation *in, const expression_options *where)
{
    return (in->n_operands > 0) + (value_of(in, where->file) != NULL) +
           (value_of(in, where->alpha101) != NULL) + (value_of(in, where->alpha158) != NULL);
}

/* The operands, one a line; freed with free(). */
static char *join_operands(const invocation *in)
{
    size_t n_bytes = 1;
    for (size_t i = 0; i < in->n_operands; i++)
        n_bytes += strlen(in->operands[i]) + 1;
    char *text = malloc(n_bytes);
    char *at = text;
    for (size_t i = 0; text && i < in->n_operands; i++) {
        size_t n = strlen(in->operands[i]);
        memcpy(at, in->operands[i], n);
        at[n] = '\n';
        at += n + 1;
    }
    if (text)
        at[at > text ? -1 : 0] = '\0';
    return text;
}

char *read_expressions(const invocation *in, const expression_options *where,
                       fct_plan_options *chosen)
{
    const char *set = value_of(in, where->alpha101)   ? "alpha101"
                      : value_of(in, where->alpha158) ? "alpha158"
                                                      : NULL;
    int n_sources = count_expressions(in, where);
    if (n_sources != 1) {
        fprintf(stderr, "factorium %s: error: give expressions in quotes, -f FILE%s%s\n",
                in->verb->name, where->alpha101 == SIZE_MAX ? "" : ", --alpha101 or --alpha158",
                n_sources ? ", and only one of these"
                          : "; an expression that begins with '-' goes after --");
        return NULL;
    }
    if (value_of(in, where->file))
        return read_text_file(in, value_of(in, where->file));
    char *text = set ? strdup(fct_formula_set(set, &chosen->dialect)) : join_operands(in);
    if (!text)
        fprintf(stderr, "factorium %s: error: out of memory\n", in->verb->name);
    return text;
}

fct_plan *compile_expressions(session *s, const char *text, const fct_plan_options *chosen,
                              int *code)
{
    fct_plan *plan;
    fct_error err = {.position = -1};
    fct_status status = fct_plan_compile(text, chosen, &plan, &err);
    if (status == FCT_OK)
        return plan;
    *code = session_end(s, status, &err);
    show_place(s, text, &err);
    return NULL;
}

/* A byte of a character of UTF-8 that is not its first. */
static bool goes_on(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The line of the text that an error is about, and a mark below its place. */
void show_place(const session *s, const char *text, const fct_error *err)
{
    enum { MAX_SHOWN = 100 };
    if (err->position < 0 || s->quiet)
        return;
    const char *at = text + err->position;
    const char *start = at;
    while (start > text && start[-1] != '\n' && (at - start < MAX_SHOWN / 2 || goes_on(*start)))
        start--;
    size_t n = strcspn(start, "\n");
    if (n > MAX_SHOWN)
        for (n = MAX_SHOWN; goes_on(start[n]); n++)
            ;
    int n_before = 0;
    for (const char *c = start; c < at; c++)
        n_before += !goes_on(*c);
    fprintf(stderr, "    %.*s\n    %*s^\n", (int)n, start, n_before, "");
}
