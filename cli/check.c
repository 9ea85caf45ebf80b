/* factorium check: does a factor know what it cannot know? */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "expressions.h"
#include "factor_input.h"
#include "selection.h"
#include "verbs.h"

enum { EXPRESSIONS = N_PANEL_OPTIONS, DIALECT, CUTS, SEED, PRICE, SUSPICIOUS, OUTPUT, FORMAT };

static const option options[] = {
    PANEL_OPTIONS,
    [EXPRESSIONS] = {"file", 'f', "FILE", "expressions from a file, one a line"},
    [DIALECT] = {"dialect", 0, "factorium|alpha101|qlib", "whose words they are [factorium]"},
    [CUTS] = {"cuts", 0, "N", "random times at which the data is cut, 1 to 1000 [20]"},
    [SEED] = {"seed", 0, "N", "which times [0]"},
    [PRICE] = {"price", 0, "COLUMN", "whose later returns nobody knows [close]"},
    [SUSPICIOUS] = {"suspicious-ic", 0, "X", "a mean IC without delay that is too good [0.5]"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 0, "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static const expression_options expressions = {
    .file = EXPRESSIONS, .dialect = DIALECT, .alpha101 = SIZE_MAX, .alpha158 = SIZE_MAX};

/* Expressions are proven; columns are what the file says, whoever made it. */
static void say_nothing_found(session *s, const fct_plan *plan)
{
    char *columns = NULL;
    size_t n_bytes = 0;
    FILE *out = open_memstream(&columns, &n_bytes);
    for (size_t i = 0; out && i < fct_plan_n_columns(plan); i++)
        fprintf(out, "%s%s", i ? ", " : "", fct_plan_column(plan, i));
    if (out)
        fclose(out);
    session_say(s,
                "nothing found: the expressions do not look ahead; whether a column was made of "
                "later rows no file can prove; columns read: %s",
                columns && n_bytes ? columns : "none");
    free(columns);
}

static int answer(session *s, const invocation *in, const fct_plan *plan,
                  struct ArrowArrayStream *stream, int64_t n_findings, fct_format format,
                  fct_status made, const fct_error *err)
{
    if (!n_findings)
        say_nothing_found(s, plan);
    if (!n_findings && !in->values[OUTPUT] && !in->values[FORMAT]) {
        stream->release(stream);
        return session_end(s, made, err);
    }
    int code = write_answer(s, in, OUTPUT, format, stream, "findings", made, err);
    if ((code != EXIT_OK && code != EXIT_PARTIAL) || !n_findings)
        return code;
    session_say(s, "%" PRId64 " finding%s: what looks ahead cannot be traded", n_findings,
                n_findings == 1 ? "" : "s");
    return EXIT_FAILED;
}

static int check(session *s, const invocation *in, const fct_plan *plan,
                 const fct_check_request *request, fct_format format)
{
    struct ArrowArrayStream stream;
    fct_panel *bars = NULL;
    fct_plan *fitted = NULL;
    fct_error err = {0};
    fct_error why = {.position = -1};
    int64_t n_findings;
    bool is_usage;
    const char *price = request->price ? request->price : "close";
    needed_columns columns = columns_of_plan(plan, &price, 1);
    fct_status made = panel_source_load(s, in, &columns, &bars, &is_usage, &err);
    free(columns.names);
    if (!bars)
        return is_usage ? EXIT_USAGE : session_end(s, made, &err);
    fct_status status = FCT_OK;
    if (skips_missing(in)) {
        status = fit_plan(s, plan, bars, &fitted, &why);
        plan = fitted;
    }
    if (status == FCT_ERROR_PARTIAL) {
        add_partial(s, &made, &err, &why);
        status = FCT_OK;
    }
    if (status == FCT_OK)
        status = fct_plan_check(plan, bars, request, &s->run, &stream, &n_findings, &why);
    int code = status == FCT_OK ? answer(s, in, plan, &stream, n_findings, format, made, &err)
                                : session_end(s, status, &why);
    fct_plan_free(fitted);
    fct_panel_free(bars);
    return code;
}

static int run(const invocation *in)
{
    session s;
    fct_plan_options chosen = {0};
    fct_format format;
    int64_t n_cuts = 0;
    int64_t seed = 0;
    int code = EXIT_USAGE;
    fct_check_request request = {.price = in->values[PRICE]};
    if (!session_start(&s, in) || !option_dialect(in, &expressions, &chosen) ||
        !option_count(in, CUTS, 1, 1000, &n_cuts) || !option_count(in, SEED, 0, INT64_MAX, &seed) ||
        !option_number(in, SUSPICIOUS, 1e-6, 1, &request.suspicious_ic) ||
        !option_format(in, FORMAT, OUTPUT, &format))
        return code;
    request.n_cuts = (int)n_cuts;
    request.seed = (uint64_t)seed;
    char *text = read_expressions(in, &expressions, &chosen);
    fct_plan *plan = text ? compile_expressions(&s, text, &chosen, &code) : NULL;
    if (plan)
        code = check(&s, in, plan, &request, format);
    fct_plan_free(plan);
    free(text);
    return code;
}

const cli_verb check_verb = {
    .name = "check",
    .summary = "look for what a factor cannot know",
    .operands = "['EXPRESSION'...]",
    .description =
        "Computes the factors on the bars, and again on the bars up to random times: values before "
        "must not\n"
        "change by a bit, which proves the expressions. Of what the columns hold nothing can be "
        "proven: those\n"
        "that are labels by name, and factors and columns that know returns which have not "
        "happened "
        "yet, are\n"
        "found. Negative shifts do not compile. Exit code 1 where something is found.",
    .options = options,
    .examples = "  factorium check 'cs_rank(-ts_delta(close,5))' --bars bars.parquet\n"
                "  factorium check -f alphas.txt --store store --interval 1h --cuts 100",
    .run = run,
};
