/* factorium ops: the operators of expressions. */
#include <factorium.h>
#include <stdio.h>
#include <string.h>

#include "selection.h"
#include "verbs.h"

enum { DIALECT, MARKDOWN, OUTPUT, FORMAT };

static const option options[] = {
    [DIALECT] = {"dialect", 0, "factorium|alpha101|qlib", "whose words names are [factorium]"},
    [MARKDOWN] = {"markdown", 0, NULL, "the page docs/operators.md"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static const char *const section_titles[] = {
    [FCT_SECTION_ELEMENT] = "Element-wise",
    [FCT_SECTION_TIME_SERIES] = "Time series",
    [FCT_SECTION_CROSS_SECTION] = "Cross-section",
    [FCT_SECTION_GROUP] = "Groups",
};

/* ---- One operator ----------------------------------------------------------------------------- */

/* "ts_mean(x, d, min_periods=d)" */
static void print_usage(const fct_operator *op)
{
    const char *comma = "";
    printf("%s(", op->name);
    for (const char *at = op->series_names; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        printf("%s%.*s", comma, (int)n, at);
        comma = ", ";
        at += n;
    }
    if (op->max_series > op->min_series)
        printf(", ...");
    for (int i = 0; i < op->n_parameters; i++) {
        const fct_operator_parameter *p = &op->parameters[i];
        printf("%s%s", comma, p->name);
        comma = ", ";
        if (!p->optional)
            continue;
        if (p->kind == FCT_PARAMETER_WORD)
            printf("=\"%.*s\"", (int)strcspn(p->words, " "), p->words);
        else if (p->preset != p->preset)
            printf("=d");
        else
            printf("=%.15g", p->preset);
    }
    printf(")");
}

static void print_parameter(const fct_operator_parameter *p)
{
    static const char *const kinds[] = {
        [FCT_PARAMETER_WINDOW] = "rows",           [FCT_PARAMETER_INTEGER] = "a whole number",
        [FCT_PARAMETER_NUMBER] = "a number",       [FCT_PARAMETER_FLAG] = "true or false",
        [FCT_PARAMETER_WORD] = "one of the words",
    };
    printf("  %-12s %s", p->name, kinds[p->kind]);
    if (p->kind == FCT_PARAMETER_WORD)
        printf(" %s", p->words);
    else if (p->kind != FCT_PARAMETER_FLAG)
        printf(", %.15g to %.15g", p->minimum, p->maximum);
    printf(p->optional ? "; may be left out\n" : "\n");
}

static int print_operator(session *s, const char *name, fct_dialect dialect)
{
    fct_operator op;
    fct_error err = {0};
    fct_status status = fct_operator_find(name, dialect, &op, &err);
    if (status != FCT_OK)
        return session_end(s, status, &err);
    print_usage(&op);
    printf("\n\n  %s\n", op.doc);
    if (op.n_parameters)
        printf("\n");
    for (int i = 0; i < op.n_parameters; i++)
        print_parameter(&op.parameters[i]);
    if (*op.aliases)
        printf("\n  also called: %s\n", op.aliases);
    return session_end(s, FCT_OK, &err);
}

/* ---- The page --------------------------------------------------------------------------------- */

static void print_page(void)
{
    fct_operator op;
    int section = -1;
    printf("# Operators\n\n"
           "Made from the table of operators by `factorium ops --markdown`. Names are matched "
           "without case; "
           "[expressions](expressions.md) says how\n"
           "they are put together, and what missing values and windows mean. An alias with a "
           "dialect before it is known in that dialect\n"
           "alone.\n");
    for (size_t i = 0; fct_operator_at(i, &op); i++) {
        if ((int)op.section != section) {
            section = (int)op.section;
            printf("\n## %s\n\n| operator | value | also called |\n|---|---|---|\n",
                   section_titles[section]);
        }
        printf("| `");
        print_usage(&op);
        printf("` | ");
        for (const char *at = op.doc; *at; at++)
            printf(*at == '|' ? "\\|" : "%c", *at);
        printf(" | %s |\n", op.aliases);
    }
}

static int run(const invocation *in)
{
    session s;
    fct_format format;
    fct_dialect dialect = FCT_DIALECT_FACTORIUM;
    fct_error err = {0};
    struct ArrowArrayStream stream;
    if (!session_start(&s, in) || !option_format(in, FORMAT, OUTPUT, &format))
        return EXIT_USAGE;
    if (in->n_operands > 1) {
        fprintf(stderr, "factorium ops: error: name one operator\n");
        return EXIT_USAGE;
    }
    if (in->values[DIALECT] && fct_dialect_parse(in->values[DIALECT], &dialect, &err) != FCT_OK) {
        option_error(in, DIALECT, "%s", err.message);
        return EXIT_USAGE;
    }
    if (in->values[MARKDOWN]) {
        print_page();
        return session_end(&s, FCT_OK, &err);
    }
    const char *name = in->n_operands ? in->operands[0] : NULL;
    if (name && !in->values[FORMAT] && !in->values[OUTPUT])
        return print_operator(&s, name, dialect);
    fct_status status = fct_operator_list(name, dialect, &stream, &err);
    if (status != FCT_OK)
        return session_end(&s, status, &err);
    return write_answer(&s, in, OUTPUT, format, &stream, "operators", status, &err);
}

const cli_verb ops_verb = {
    .name = "ops",
    .summary = "list the operators of expressions",
    .operands = "[NAME]",
    .description = "What operators there are, what they take and what their value is; or all about "
                   "one of them.",
    .options = options,
    .examples = "  factorium ops ts_zscore\n"
                "  factorium ops --format json",
    .run = run,
};
