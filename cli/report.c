/* factorium report: the evaluation of factors as one page. */
#include <factorium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate_options.h"
#include "figures.h"
#include "verbs.h"

extern char **environ;

enum {
    WEIGHTS = N_EVALUATE_OPTIONS,
    BUY_COST,
    SELL_COST,
    N_SETTINGS,
    OUTPUT = N_SETTINGS,
    TITLE,
    OPEN,
    COMPARE,
    FIGURES,
    FIGURE_FORMAT,
    BROWSER
};
enum { MAX_PARAMETERS = 64, N_COMMANDS = 3 };

static const option options[] = {
    INPUT_OPTIONS,
    EVALUATE_OPTIONS,
    [WEIGHTS] = {"weights", 'w', "neutral|long|quantiles|given",
                 "backtest: see `backtest` [neutral]"},
    [BUY_COST] = {"buy-cost", 0, "X", "backtest: share of what is bought, as in 0.0005 [0]"},
    [SELL_COST] = {"sell-cost", 0, "X", "backtest: share of what is sold [0]"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write the page [report.html]"},
    [TITLE] = {"title", 0, "TEXT", "the page's title [the factor]"},
    [OPEN] = {"open", 0, NULL, "open the page in a browser"},
    [COMPARE] = {"compare", 0, NULL, "several factors side by side; fewer than two are an error"},
    [FIGURES] = {"figures", 0, "DIR", "write each figure to a file there, too, by a browser"},
    [FIGURE_FORMAT] = {"figure-format", 0, "svg|png", "of --figures [svg]"},
    [BROWSER] = {"browser", 0, "PROGRAM", "what draws --figures [Chromium or Chrome on the PATH]"},
    {NULL, 0, NULL, NULL},
};

/* ---- How it was made -------------------------------------------------------------------------- */

/* What a page says of its making. */
typedef struct making {
    const char *parameters[2 * MAX_PARAMETERS];
    size_t n_parameters;
    char *commands[N_COMMANDS];
} making;

/* The n bytes of a word for a shell. */
static void put_word(FILE *out, const char *word, size_t n)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+%@";
    if (n && strspn(word, plain) >= n) {
        fwrite(word, 1, n, out);
        return;
    }
    fputc('\'', out);
    for (size_t i = 0; i < n; i++)
        if (word[i] == '\'')
            fputs("'\\''", out);
        else
            fputc(word[i], out);
    fputc('\'', out);
}

/* Whether a verb has an option of the report's: what both judges share, what only one has. */
static bool is_of(size_t i, bool evaluates, bool trades)
{
    if (i < N_INPUT_OPTIONS || i == EVALUATE_PRICE || i == EVALUATE_DELAY ||
        i == EVALUATE_NO_DELAY || i == EVALUATE_QUANTILES)
        return true;
    return i < N_EVALUATE_OPTIONS ? evaluates : trades;
}

static void put_option(FILE *out, const invocation *in, size_t i)
{
    fprintf(out, " \\\n    --%s", options[i].name);
    if (options[i].argument) {
        fputc(' ', out);
        put_word(out, in->values[i], strlen(in->values[i]));
    }
}

/* One for each line: --tag may be given again. */
static void put_tags(FILE *out, const char *tags)
{
    for (size_t n; *tags; tags += n + (tags[n] == '\n')) {
        n = strcspn(tags, "\n");
        fprintf(out, " \\\n    --%s ", options[INPUT_TAG].name);
        put_word(out, tags, n);
    }
}

static void put_operands(FILE *out, const invocation *in)
{
    for (size_t i = 0; i < in->n_operands; i++) {
        fputc(' ', out);
        put_word(out, in->operands[i], strlen(in->operands[i]));
    }
}

/* Such an expression could be taken for an option: expressions go behind them then. */
static bool begins_with_dash(const invocation *in)
{
    for (size_t i = 0; i < in->n_operands; i++)
        if (in->operands[i][0] == '-')
            return true;
    return false;
}

/* The commands that make the same again, from the values that hold, wherever they came from; each is owned. */
static bool put_commands(const invocation *in, const char *output, making *m)
{
    static const struct {
        const char *verb, *ending;
        bool evaluates, trades;
    } verbs[N_COMMANDS] = {
        {"report", NULL, true, true},
        {"eval", " \\\n    --table all --format json", true, false},
        {"backtest", " \\\n    --table metrics --format json", false, true},
    };
    bool last = begins_with_dash(in);
    for (size_t k = 0; k < N_COMMANDS; k++) {
        size_t n = 0;
        FILE *out = open_memstream(&m->commands[k], &n);
        if (!out)
            return false;
        fprintf(out, "factorium %s", verbs[k].verb);
        if (!last)
            put_operands(out, in);
        for (size_t i = 0; i < N_SETTINGS; i++)
            if (i == INPUT_TAG && in->values[i])
                put_tags(out, in->values[i]);
            else if (in->values[i] && is_of(i, verbs[k].evaluates, verbs[k].trades))
                put_option(out, in, i);
        if (verbs[k].ending) {
            fputs(verbs[k].ending, out);
        } else {
            if (in->values[TITLE])
                put_option(out, in, TITLE);
            fputs(" \\\n    --output ", out);
            put_word(out, output, strlen(output));
        }
        if (last) {
            fputs(" \\\n    --", out);
            put_operands(out, in);
        }
        if (fclose(out) != 0)
            return false;
    }
    return true;
}

static fct_status describe(const invocation *in, const char *output, making *m, fct_error *err)
{
    for (size_t i = 0; i < N_SETTINGS && m->n_parameters < MAX_PARAMETERS; i++)
        if (in->values[i]) {
            m->parameters[2 * m->n_parameters] = options[i].name;
            m->parameters[2 * m->n_parameters++ + 1] = in->values[i];
        }
    if (put_commands(in, output, m))
        return FCT_OK;
    snprintf(err->message, sizeof err->message, "out of memory");
    return FCT_ERROR_MEMORY;
}

static void making_free(making *m)
{
    for (size_t k = 0; k < N_COMMANDS; k++)
        free(m->commands[k]);
}

/* ---- The page --------------------------------------------------------------------------------- */

static void open_browser(session *s, const char *path)
{
    static const char *const programs[] = {"xdg-open", "open", NULL};
    for (size_t i = 0; programs[i]; i++) {
        char *const arguments[] = {(char *)programs[i], (char *)path, NULL};
        pid_t process;
        if (posix_spawnp(&process, programs[i], NULL, NULL, arguments, environ) == 0)
            return;
    }
    session_say(s, "there is no browser to open (xdg-open): open %s yourself", path);
}

/* What --figures asks for; the browser is found before the work begins, and owned. */
typedef struct drawing {
    const char *folder, *format;
    char *browser;
} drawing;

static bool read_drawing(const invocation *in, drawing *figures, int *code)
{
    static const char *const formats[] = {"svg", "png", NULL};
    int format = 0;
    *figures = (drawing){.folder = in->values[FIGURES]};
    if (!option_word(in, FIGURE_FORMAT, formats, &format))
        return false;
    figures->format = formats[format];
    if (!figures->folder)
        return true;
    figures->browser = find_browser(in, in->values[BROWSER]);
    *code = figures->browser ? *code : EXIT_FAILED;
    return figures->browser != NULL;
}

static int write_page(session *s, const invocation *in, const factor_input *input,
                      const drawing *figures, const fct_evaluation *evaluation,
                      const fct_backtest *backtest)
{
    const char *output = in->values[OUTPUT] ? in->values[OUTPUT] : "report.html";
    fct_error err = {0};
    making m = {0};
    fct_status status = describe(in, output, &m, &err);
    const fct_report_request request = {
        .title = in->values[TITLE],
        .parameters = m.parameters,
        .n_parameters = m.n_parameters,
        .commands = (const char *const *)m.commands,
        .n_commands = N_COMMANDS,
        .backtest = backtest,
    };
    if (status == FCT_OK)
        status = fct_report_write(evaluation, &request, output, &s->run, &err);
    making_free(&m);
    if (status != FCT_OK)
        return session_end(s, status, &err);
    session_say(s, "report: %s", output);
    if (figures->folder)
        status = write_figures(s, figures->browser, output, figures->folder, figures->format, &err);
    if (in->values[OPEN])
        open_browser(s, output);
    return status == FCT_OK ? session_end(s, input->made, &input->err)
                            : session_end(s, status, &err);
}

/* Traded as it is evaluated. */
static bool read_trading(const invocation *in, const fct_evaluate_request *evaluate,
                         fct_backtest_request *trading)
{
    static const char *const words[] = {"neutral", "long", "quantiles", "given", NULL};
    int weighting = 0;
    *trading = (fct_backtest_request){
        .price = evaluate->price,
        .delay = evaluate->delay,
        .no_delay = evaluate->no_delay,
        .n_quantiles = evaluate->n_quantiles,
    };
    if (!option_word(in, WEIGHTS, words, &weighting) ||
        !option_number(in, BUY_COST, 0, 0.999999, &trading->buy_cost) ||
        !option_number(in, SELL_COST, 0, 0.999999, &trading->sell_cost))
        return false;
    trading->weighting = (fct_weighting)weighting;
    return true;
}

/* --compare asks for what needs two. */
static bool can_compare(const invocation *in, const factor_input *input, int *code)
{
    if (!in->values[COMPARE] || fct_panel_n_columns(input->factors) > 1)
        return true;
    fprintf(stderr, "factorium %s: error: --compare needs two factors or more, and there is one\n",
            in->verb->name);
    *code = EXIT_USAGE;
    return false;
}

static int report(session *s, const invocation *in, const drawing *figures,
                  fct_evaluate_request *request, fct_backtest_request *trading)
{
    fct_error err = {0};
    factor_input input = {.price = request->price,
                          .delay = request->delay,
                          .columns = {"volume", in->values[EVALUATE_GROUP]}};
    fct_evaluation *evaluation = NULL;
    fct_backtest *backtest = NULL;
    int code = EXIT_USAGE;
    if (factor_input_read(s, in, &input, &code) && can_compare(in, &input, &code)) {
        request->universe = trading->universe = input.universe;
        fct_status status =
            fct_evaluate(input.bars, input.factors, request, &s->run, &evaluation, &err);
        if (status == FCT_OK)
            status = fct_backtest_run(input.bars, input.factors, trading, &s->run, &backtest, &err);
        code = status == FCT_OK ? write_page(s, in, &input, figures, evaluation, backtest)
                                : session_end(s, status, &err);
    }
    fct_backtest_free(backtest);
    fct_evaluation_free(evaluation);
    factor_input_free(&input);
    return code;
}

static int run(const invocation *in)
{
    session s;
    fct_evaluate_request request;
    fct_backtest_request trading;
    drawing figures = {0};
    int64_t *horizons = NULL;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && read_evaluate_options(in, &request, &horizons) &&
        read_trading(in, &request, &trading) && read_drawing(in, &figures, &code)) {
        request.with_series = true;
        request.with_symbols = true;
        request.with_correlation = true;
        ask_for_decay(&request);
        ask_for_events(&request);
        code = report(&s, in, &figures, &request, &trading);
    }
    free(figures.browser);
    free(horizons);
    return code;
}

const cli_verb report_verb = {
    .name = "report",
    .summary = "evaluate factors and write one page with figures",
    .operands = "['EXPRESSION'...]",
    .description = "Evaluates as `eval` does and writes one HTML page that needs nothing else: "
                   "cards, figures, "
                   "and how to\n"
                   "make the same again. Several factors lie side by side in it.",
    .options = options,
    .examples =
        "  factorium report 'cs_rank(-ts_delta(close,5))' --bars bars.parquet -o report.html\n"
        "  factorium report --bars bars.parquet -f alphas.txt --open\n"
        "  factorium report --compare 'cs_rank(-ts_delta(close,5))' 'cs_rank(volume)' --bars "
        "bars.parquet\n"
        "  factorium report 'cs_rank(volume)' --bars bars.parquet --figures figures "
        "--figure-format png",
    .run = run,
    .repeats = "tag",
};
