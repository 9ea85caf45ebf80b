/* factorium factor: expressions over bars. */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panel_source.h"
#include "selection.h"
#include "text_file.h"
#include "verbs.h"

enum {
    EXPRESSIONS = N_PANEL_OPTIONS,
    ALPHA101,
    ALPHA158,
    DIALECT,
    STRICT,
    EXPLAIN,
    PRINT,
    WIDE,
    OUTPUT,
    FORMAT
};

static const option options[] = {
    PANEL_OPTIONS,
    [EXPRESSIONS] = {"file", 'f', "FILE", "expressions from a file, one a line: name = expression"},
    [ALPHA101] = {"alpha101", 0, NULL, "the 101 Formulaic Alphas, as expressions"},
    [ALPHA158] = {"alpha158", 0, NULL, "qlib's Alpha158, as expressions"},
    [DIALECT] = {"dialect", 0, "factorium|alpha101|qlib", "whose words they are [factorium]"},
    [STRICT] = {"strict", 0, NULL, "a cross-section with a missing row is missing whole"},
    [EXPLAIN] = {"explain", 0, NULL, "print the plan, its look-back and memory; compute nothing"},
    [PRINT] = {"print", 0, NULL, "print the expressions as they are understood"},
    [WIDE] = {"wide", 0, NULL, "of one factor: times down, symbols across"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 0, "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

/* ---- Expressions ------------------------------------------------------------------------------ */

static bool choose_dialect(const invocation *in, fct_plan_options *chosen)
{
    fct_error err;
    if (!in->values[DIALECT] ||
        fct_dialect_parse(in->values[DIALECT], &chosen->dialect, &err) == FCT_OK)
        return true;
    return option_error(in, DIALECT, "%s", err.message);
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

/* The text to compile: of the operands, a file, or a published set. NULL, with a message, where that is none. */
static char *read_expressions(const invocation *in, fct_plan_options *chosen)
{
    const char *set = in->values[ALPHA101] ? "alpha101" : in->values[ALPHA158] ? "alpha158" : NULL;
    int n_sources = (in->n_operands > 0) + (in->values[EXPRESSIONS] != NULL) +
                    (in->values[ALPHA101] != NULL) + (in->values[ALPHA158] != NULL);
    char *text;
    if (n_sources != 1) {
        fprintf(stderr,
                "factorium factor: error: give expressions in quotes, -f FILE, --alpha101 or "
                "--alpha158%s\n",
                n_sources ? ", and only one of these"
                          : "; an expression that begins with '-' goes after --");
        return NULL;
    }
    if (in->values[EXPRESSIONS])
        return read_text_file(in, in->values[EXPRESSIONS]);
    if (set)
        text = strdup(fct_formula_set(set, &chosen->dialect));
    else
        text = join_operands(in);
    if (!text)
        fprintf(stderr, "factorium factor: error: out of memory\n");
    return text;
}

/* The line of the text that an error is about, and a mark below its place. */
static void show_place(const session *s, const char *text, const fct_error *err)
{
    enum { MAX_SHOWN = 100 };
    if (err->position < 0 || s->quiet)
        return;
    const char *at = text + err->position;
    const char *start = at;
    while (start > text && start[-1] != '\n' && at - start < MAX_SHOWN / 2)
        start--;
    size_t n = strcspn(start, "\n");
    fprintf(stderr, "    %.*s\n    %*s^\n", (int)(n < MAX_SHOWN ? n : MAX_SHOWN), start,
            (int)(at - start), "");
}

/* ---- Running ---------------------------------------------------------------------------------- */

static int print_text(session *s, fct_status status, char *text, const fct_error *err)
{
    if (status == FCT_OK)
        fputs(text, stdout);
    free(text);
    return session_end(s, status, err);
}

static int write_factors(session *s, const invocation *in, const fct_plan *plan,
                         const fct_panel *factors, fct_format format, fct_status loaded,
                         fct_error *err)
{
    struct ArrowArrayStream stream;
    fct_error why = {0};
    fct_status status =
        in->values[WIDE]
            ? fct_panel_wide_stream(factors, fct_plan_factor_name(plan, 0), &stream, &why)
            : fct_panel_stream(factors, &stream, &why);
    if (status != FCT_OK)
        return session_end(s, status, &why);
    return write_answer(s, in, OUTPUT, format, &stream, in->values[WIDE] ? "times" : "rows", loaded,
                        err);
}

static int run_plan(session *s, const invocation *in, const fct_plan *plan, const char *text,
                    fct_format format)
{
    fct_panel *panel = NULL;
    fct_panel *factors = NULL;
    char *explanation = NULL;
    fct_error err = {0};
    fct_error why = {.position = -1};
    bool is_usage;
    int code;
    fct_status loaded = panel_source_load(s, in, &panel, &is_usage, &err);
    if (!panel)
        return is_usage ? EXIT_USAGE : session_end(s, loaded, &err);
    if (in->values[EXPLAIN]) {
        fct_status status = fct_plan_explain(plan, panel, &s->run, &explanation, &why);
        code = print_text(s, status, explanation, &why);
    } else {
        fct_status status = fct_plan_run(plan, panel, &s->run, &factors, &why);
        if (status == FCT_OK) {
            code = write_factors(s, in, plan, factors, format, loaded, &err);
        } else {
            code = session_end(s, status, &why);
            show_place(s, text, &why);
        }
    }
    fct_panel_free(factors);
    fct_panel_free(panel);
    return code;
}

static int compile(session *s, const invocation *in, const char *text,
                   const fct_plan_options *chosen, fct_format format)
{
    fct_plan *plan;
    char *printed = NULL;
    fct_error err = {.position = -1};
    int code;
    fct_status status = fct_plan_compile(text, chosen, &plan, &err);
    if (status != FCT_OK) {
        code = session_end(s, status, &err);
        show_place(s, text, &err);
        return code;
    }
    bool has_panel = in->values[PANEL_BARS] || in->values[PANEL_STORE];
    if (in->values[WIDE] && fct_plan_n_factors(plan) != 1) {
        option_error(in, WIDE, "it shows one factor, and there are %zu", fct_plan_n_factors(plan));
        code = EXIT_USAGE;
    } else if (in->values[PRINT]) {
        status = fct_plan_text(plan, &printed, &err);
        code = print_text(s, status, printed, &err);
    } else if (in->values[EXPLAIN] && !has_panel) {
        status = fct_plan_explain(plan, NULL, &s->run, &printed, &err);
        code = print_text(s, status, printed, &err);
    } else {
        code = run_plan(s, in, plan, text, format);
    }
    fct_plan_free(plan);
    return code;
}

static int run(const invocation *in)
{
    session s;
    fct_plan_options chosen = {.strict_cross_sections = in->values[STRICT] != NULL};
    fct_format format;
    if (!session_start(&s, in) || !choose_dialect(in, &chosen) ||
        !option_format(in, FORMAT, OUTPUT, &format))
        return EXIT_USAGE;
    char *text = read_expressions(in, &chosen);
    if (!text)
        return EXIT_USAGE;
    int code = compile(&s, in, text, &chosen, format);
    free(text);
    return code;
}

const cli_verb factor_verb = {
    .name = "factor",
    .summary = "evaluate expressions over bars",
    .operands = "['EXPRESSION'...]",
    .description =
        "Computes factors from the bars of a file or a store: a column for each expression, in one "
        "plan. An\n"
        "expression combines columns (close, volume, ...) by arithmetic and operators "
        "(factorium ops);\n"
        "'name = expression' names it, and names that begin with _ are definitions. The result has "
        "the key\n"
        "start_time, end_time, symbol.",
    .options = options,
    .examples =
        "  factorium factor 'cs_rank(ts_delta(close,20)/ts_shift(close,20))' --bars bars.parquet "
        "-o f.parquet\n"
        "  factorium factor -f alphas.txt --store store --interval 1h -o factors.parquet\n"
        "  factorium factor --alpha101 --explain",
    .run = run,
};
