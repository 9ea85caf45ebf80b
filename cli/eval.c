/* factorium eval: does a factor say what returns will be? */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evaluate_options.h"
#include "selection.h"
#include "verbs.h"

enum { TABLE = N_EVALUATE_OPTIONS, REDUNDANT, OUTPUT, FORMAT };

static const option options[] = {
    INPUT_OPTIONS,
    EVALUATE_OPTIONS,
    [TABLE] = {"table", 0, "NAME",
               "summary, quantiles, turnover, decay, calendar, symbols, events, correlation, ic, "
               "quantile_returns, times; or all, as JSON [summary]"},
    [REDUNDANT] = {"redundant", 0, "X", "factors correlated by X or more are redundant [0.7]"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 0, "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static const char *table_of(const invocation *in)
{
    return in->values[TABLE] ? in->values[TABLE] : "summary";
}

/* What a table needs to have rows. */
static void ask_for_table(const invocation *in, fct_evaluate_request *request)
{
    const char *table = table_of(in);
    bool all = strcmp(table, "all") == 0;
    request->with_series = all || strcmp(table, "ic") == 0 ||
                           strcmp(table, "quantile_returns") == 0 || strcmp(table, "times") == 0;
    request->with_symbols = all || strcmp(table, "symbols") == 0;
    request->with_correlation = all || strcmp(table, "correlation") == 0;
    if (all || strcmp(table, "decay") == 0)
        ask_for_decay(request);
    if (all || strcmp(table, "events") == 0)
        ask_for_events(request);
}

/* {"summary": [...], ...}: each table as its own JSON would be. */
static fct_status write_all(session *s, const fct_evaluation *evaluation, FILE *out, fct_error *err)
{
    for (size_t i = 0; fct_evaluation_table_name(i); i++) {
        struct ArrowArrayStream stream;
        fprintf(out, "%s\"%s\":", i ? ",\n" : "{", fct_evaluation_table_name(i));
        fflush(out);
        fct_status status =
            fct_evaluation_table(evaluation, fct_evaluation_table_name(i), &stream, err);
        if (status == FCT_OK)
            status = fct_write_fd(&stream, fileno(out), FCT_FORMAT_JSON, &s->run, NULL, err);
        if (status != FCT_OK)
            return status;
    }
    fputs("}\n", out);
    if (fflush(out) == 0)
        return FCT_OK;
    snprintf(err->message, sizeof err->message, "cannot write the output");
    return FCT_ERROR_IO;
}

static int answer_all(session *s, const invocation *in, const factor_input *input,
                      const fct_evaluation *evaluation)
{
    fct_error err = {0};
    const char *path = in->values[OUTPUT];
    FILE *out = path ? fopen(path, "w") : stdout;
    if (!out) {
        perror(path);
        return EXIT_FAILED;
    }
    fct_status status = write_all(s, evaluation, out, &err);
    if (path) {
        fclose(out);
        if (status != FCT_OK)
            unlink(path);
    }
    return status == FCT_OK ? session_end(s, input->made, &input->err)
                            : session_end(s, status, &err);
}

static int answer(session *s, const invocation *in, const factor_input *input,
                  const fct_evaluation *evaluation, fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    if (strcmp(table_of(in), "all") == 0)
        return answer_all(s, in, input, evaluation);
    fct_status status = fct_evaluation_table(evaluation, table_of(in), &stream, &err);
    if (status != FCT_OK)
        return session_end(s, status, &err);
    return write_answer(s, in, OUTPUT, format, &stream, "rows", input->made, &input->err);
}

static bool check_table(const invocation *in, fct_format format)
{
    const char *table = table_of(in);
    if (strcmp(table, "all") == 0)
        return format == FCT_FORMAT_JSON ||
               option_error(in, TABLE, "all tables together are JSON alone: --format json");
    for (size_t i = 0; fct_evaluation_table_name(i); i++)
        if (strcmp(table, fct_evaluation_table_name(i)) == 0)
            return true;
    return option_error(in, TABLE, "there is no table %s; --help lists them", table);
}

static int evaluate(session *s, const invocation *in, fct_evaluate_request *request,
                    fct_format format)
{
    fct_error err = {0};
    factor_input input = {
        .price = request->price, .delay = request->delay, .columns = {in->values[EVALUATE_GROUP]}};
    fct_evaluation *evaluation = NULL;
    int code;
    if (factor_input_read(s, in, &input, &code)) {
        request->universe = input.universe;
        fct_status status =
            fct_evaluate(input.bars, input.factors, request, &s->run, &evaluation, &err);
        code = status == FCT_OK ? answer(s, in, &input, evaluation, format)
                                : session_end(s, status, &err);
    }
    fct_evaluation_free(evaluation);
    factor_input_free(&input);
    return code;
}

static int run(const invocation *in)
{
    session s;
    fct_evaluate_request request;
    int64_t *horizons = NULL;
    fct_format format;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && read_evaluate_options(in, &request, &horizons) &&
        option_number(in, REDUNDANT, 1e-6, 1, &request.redundant_from) &&
        option_format(in, FORMAT, OUTPUT, &format) && check_table(in, format)) {
        ask_for_table(in, &request);
        code = evaluate(&s, in, &request, format);
    }
    free(horizons);
    return code;
}

const cli_verb eval_verb = {
    .name = "eval",
    .summary = "evaluate factors against forward returns",
    .operands = "['EXPRESSION'...]",
    .description =
        "Holds factors against the returns that follow: information coefficients with Newey-West "
        "t, their\n"
        "decay, quantile returns, long-short, turnover, coverage. A factor of a row is traded on "
        "--delay rows\n"
        "later. docs/evaluation.md says what every figure is.",
    .options = options,
    .examples = "  factorium eval 'cs_rank(-ts_delta(close,5))' --bars bars.parquet\n"
                "  factorium eval --bars bars.parquet --factor factors.parquet --table quantiles "
                "--horizons 1,24 --format json",
    .run = run,
    .repeats = "tag",
};
