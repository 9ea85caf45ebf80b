/* factorium factor: expressions over bars. */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor.h"
#include "expressions.h"
#include "panel_source.h"
#include "selection.h"
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
    FORMAT,
    EXECUTOR,
    SHARDS,
    WORK
};

static const option options[] = {
    PANEL_OPTIONS,
    EXPRESSION_OPTIONS,
    [EXPLAIN] = {"explain", 0, NULL, "print the plan, its look-back and memory; compute nothing"},
    [PRINT] = {"print", 0, NULL, "print the expressions as they are understood"},
    [WIDE] = {"wide", 0, NULL, "of one factor: times down, symbols across"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 0, "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    [EXECUTOR] = EXECUTOR_OPTION,
    [SHARDS] = SHARDS_OPTION,
    [WORK] = WORK_OPTION,
    {NULL, 0, NULL, NULL},
};

static const executor_options executor = {.executor = EXECUTOR, .shards = SHARDS, .work = WORK};

static const expression_options expressions = EXPRESSION_PLACES;

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
    fct_plan *fitted = NULL;
    char *explanation = NULL;
    fct_error err = {0};
    fct_error why = {.position = -1};
    bool is_usage;
    int code;
    needed_columns columns = columns_of_plan(plan, NULL, 0);
    fct_status loaded = panel_source_load(s, in, &columns, &panel, &is_usage, &err);
    free(columns.names);
    if (!panel)
        return is_usage ? EXIT_USAGE : session_end(s, loaded, &err);
    fct_status fits = FCT_OK;
    if (skips_missing(in)) {
        fits = fit_plan(s, plan, panel, &fitted, &why);
        plan = fitted;
    }
    if (fits == FCT_ERROR_PARTIAL)
        add_partial(s, &loaded, &err, &why);
    if (!plan) {
        code = session_end(s, fits, &why);
    } else if (in->values[EXPLAIN]) {
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
    fct_plan_free(fitted);
    fct_panel_free(factors);
    fct_panel_free(panel);
    return code;
}

/* The merged rows as they come, or, where they are wanted wide, by way of a panel. */
static int write_merged(session *s, const invocation *in, const fct_plan *plan,
                        struct ArrowArrayStream *stream, fct_format format, fct_status made,
                        fct_error *err)
{
    fct_panel *factors = NULL;
    fct_error why = {0};
    if (!in->values[WIDE])
        return write_answer(s, in, OUTPUT, format, stream, "rows", made, err);
    fct_status status = fct_panel_from_stream(stream, &s->run, &factors, &why);
    int code = status == FCT_OK ? write_factors(s, in, plan, factors, format, made, err)
                                : session_end(s, status, &why);
    fct_panel_free(factors);
    return code;
}

static int run_by_shards(session *s, const invocation *in, const fct_plan *plan, const char *text,
                         const fct_plan_options *chosen, fct_format format)
{
    fct_bars_request bars;
    fct_panel_selection selection;
    fct_shard_request wanted;
    symbol_list symbols = {0};
    struct ArrowArrayStream stream;
    executor_run shards = {0};
    fct_error err = {.position = -1};
    int code = EXIT_USAGE;
    if (panel_source_request(in, &bars, &symbols)) {
        panel_source_shards(in, &bars, &selection, &wanted);
        wanted.expressions = text;
        wanted.options = chosen;
        fct_status made = executor_open(s, &executor, &wanted, &shards, &stream, &code, &err);
        if (stream.release)
            code = write_merged(s, in, plan, &stream, format, made, &err);
        else if (code == EXIT_OK)
            code = session_end(s, made, &err);
        executor_end(&shards, code == EXIT_OK || code == EXIT_PARTIAL);
    }
    symbols_free(&symbols);
    return code;
}

static int compile(session *s, const invocation *in, const char *text,
                   const fct_plan_options *chosen, fct_format format)
{
    char *printed = NULL;
    fct_error err = {.position = -1};
    fct_status status;
    int code;
    fct_plan *plan = compile_expressions(s, text, chosen, &code);
    if (!plan)
        return code;
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
    } else if (in->values[EXECUTOR] && !in->values[EXPLAIN]) {
        code = run_by_shards(s, in, plan, text, chosen, format);
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
    if (!session_start(&s, in) || !option_dialect(in, &expressions, &chosen) ||
        !option_format(in, FORMAT, OUTPUT, &format))
        return EXIT_USAGE;
    char *text = read_expressions(in, &expressions, &chosen);
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
        "  factorium factor --alpha101 --missing skip --bars bars.parquet -o alpha101.parquet",
    .run = run,
};
