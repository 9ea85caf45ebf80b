#include "eval/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arrow/table.h"
#include "base/run.h"
#include "base/text.h"
#include "base/time.h"

enum { MAX_CUTS = 1000, DEFAULT_CUTS = 20 };

typedef struct finding {
    const char *kind;
    char *factor, *column, *symbol; /* column and symbol may be NULL */
    int64_t time_ms;                /* -1: none */
    double value, value_cut;
    char what[240];
} finding;

typedef struct checking {
    const fct_check_subject *subject;
    const fct_panel *bars;
    fct_run run;
    fct_panel *full;
    finding *findings;
    size_t n_findings, capacity;
} checking;

static fct_status add_finding(checking *c, const char *kind, const char *factor, const char *column,
                              const char *symbol, finding **out, fct_error *err)
{
    if (c->n_findings == c->capacity) {
        size_t more = c->capacity ? 2 * c->capacity : 8;
        finding *grown = realloc(c->findings, more * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, more * sizeof *grown);
        c->findings = grown;
        c->capacity = more;
    }
    finding *f = &c->findings[c->n_findings++];
    *f = (finding){.kind = kind,
                   .factor = fct_text_copy(factor),
                   .column = column ? fct_text_copy(column) : NULL,
                   .symbol = symbol ? fct_text_copy(symbol) : NULL,
                   .time_ms = -1,
                   .value = NAN,
                   .value_cut = NAN};
    *out = f;
    if (!f->factor || (column && !f->column) || (symbol && !f->symbol))
        return fct_error_memory(err, strlen(factor) + 1);
    return FCT_OK;
}

/* ---- Cuts ------------------------------------------------------------------------------------- */

static bool same_bits(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* The first value of a factor that the rows behind the cut change. Both panels begin with the same rows. */
static fct_status compare_factor(checking *c, const fct_panel *cut, size_t column, bool *found,
                                 fct_error *err)
{
    const fct_panel *full = c->full;
    for (size_t s = 0, k = 0; s < cut->n_symbols; s++) {
        while (strcmp(full->symbols[k], cut->symbols[s]) != 0)
            k++;
        for (int64_t r = 0; r < cut->symbol_rows[s]; r++) {
            double before = full->columns[column].cells[fct_panel_cell_index(full, k, r)];
            double after = cut->columns[column].cells[fct_panel_cell_index(cut, s, r)];
            if (same_bits(before, after))
                continue;
            finding *f;
            char cut_at[24];
            FCT_TRY(add_finding(c, "changes", full->columns[column].name, NULL, full->symbols[k],
                                &f, err));
            f->time_ms = fct_panel_end_ms(full, k, r);
            f->value = before;
            f->value_cut = after;
            fct_time_format(cut->time_ms[cut->n_times - 1], cut_at);
            snprintf(f->what, sizeof f->what,
                     "the value is another one where the data ends at %s: it depends on later rows",
                     cut_at);
            *found = true;
            return FCT_OK;
        }
    }
    return FCT_OK;
}

static fct_status check_cut(checking *c, int64_t time, bool *found, fct_error *err)
{
    fct_panel *bars = NULL;
    fct_panel *cut = NULL;
    const fct_panel_selection until = {.from_ms = INT64_MIN / 2, .to_ms = c->bars->time_ms[time]};
    fct_status status = fct_panel_slice(c->bars, &until, &c->run, &bars, err);
    if (status == FCT_OK)
        status = c->subject->compute(c->subject->context, bars, &c->run, &cut, err);
    for (size_t i = 0; status == FCT_OK && i < c->full->n_columns; i++)
        if (!found[i])
            status = compare_factor(c, cut, i, &found[i], err);
    fct_panel_free(cut);
    fct_panel_free(bars);
    return status;
}

static fct_status check_cuts(checking *c, const fct_check_request *request, fct_error *err)
{
    int n_cuts = request->n_cuts ? request->n_cuts : DEFAULT_CUTS;
    int64_t n_times = c->bars->n_times;
    uint64_t state = request->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    bool *found = calloc(c->full->n_columns + 1, sizeof *found);
    if (!found)
        return fct_error_memory(err, c->full->n_columns);
    fct_status status = FCT_OK;
    for (int i = 0; status == FCT_OK && i < n_cuts; i++) {
        /* Steele and others (2014), SplitMix64: any seed gives times that look random. */
        uint64_t bits = state += UINT64_C(0x9E3779B97F4A7C15);
        bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
        bits ^= bits >> 31;
        status = check_cut(c, (int64_t)(bits % (uint64_t)(n_times - 1)), found, err);
    }
    free(found);
    return status;
}

/* ---- Labels ----------------------------------------------------------------------------------- */

/* A word of a column's name that says it is of the future. */
static const char *label_word(const char *name)
{
    static const char *const words[] = {"future", "forward", "fwd",   "label",  "labels",
                                        "target", "next",    "ahead", "outcome"};
    for (const char *at = name; *at;) {
        size_t n = 0;
        while (isalpha((unsigned char)at[n]))
            n++;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (n == strlen(words[i]) && strncasecmp(at, words[i], n) == 0)
                return words[i];
        at += n ? n : 1;
    }
    return NULL;
}

static fct_status check_names(checking *c, fct_error *err)
{
    for (size_t i = 0; i < c->subject->n_columns; i++) {
        const char *name = c->subject->columns[i];
        const char *word = label_word(name);
        finding *f;
        if (!word)
            continue;
        FCT_TRY(add_finding(c, "label", "", name, NULL, &f, err));
        snprintf(f->what, sizeof f->what,
                 "it reads the column %.60s, whose name (%s) is one of labels", name, word);
    }
    return FCT_OK;
}

/* ---- Foresight -------------------------------------------------------------------------------- */

static fct_status judge_foresight(checking *c, const fct_evaluation *e, bool of_columns,
                                  double limit, fct_error *err)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++) {
            const fct_series_summary *ic = &e->factors[i].horizons[h].ic;
            finding *f;
            if (!(fabs(ic->mean) >= limit) || ic->n < 10)
                continue;
            const char *name = e->factors[i].name;
            FCT_TRY(add_finding(c, "foresight", of_columns ? "" : name, of_columns ? name : NULL,
                                NULL, &f, err));
            f->value = ic->mean;
            snprintf(f->what, sizeof f->what,
                     "its mean IC with the return over the %" PRId64
                     " rows that follow is %.2f: it was made of that return",
                     e->horizons[h], ic->mean);
            break;
        }
    return FCT_OK;
}

static const int64_t horizons[] = {1, 2, 3, 5, 10, 20};
enum { N_HORIZONS = sizeof horizons / sizeof *horizons };

static fct_status hold_against_future(checking *c, const fct_panel *values, bool of_columns,
                                      const fct_check_request *request, fct_error *err)
{
    double limit = request->suspicious_ic > 0 ? request->suspicious_ic : 0.5;
    /* For each delay, so that a label which begins a row later is seen, too. */
    for (int delay = 0; delay < 2; delay++) {
        size_t n_horizons = N_HORIZONS;
        while (n_horizons && horizons[n_horizons - 1] + delay >= c->bars->n_rows)
            n_horizons--;
        if (!n_horizons)
            return FCT_OK;
        fct_evaluation *e;
        const fct_evaluate_request what = {.price = request->price,
                                           .horizons = horizons,
                                           .n_horizons = n_horizons,
                                           .no_delay = delay == 0};
        size_t n_before = c->n_findings;
        FCT_TRY(fct_evaluate(c->bars, values, &what, &c->run, &e, err));
        fct_status status = judge_foresight(c, e, of_columns, limit, err);
        fct_evaluation_free(e);
        if (status != FCT_OK || c->n_findings > n_before)
            return status;
    }
    return FCT_OK;
}

static fct_status check_columns(checking *c, const fct_check_request *request, fct_error *err)
{
    size_t n = c->subject->n_columns;
    const char **names = calloc(n + 1, sizeof *names);
    fct_panel *columns = NULL;
    if (!names)
        return fct_error_memory(err, n * sizeof *names);
    size_t n_numbers = 0;
    for (size_t i = 0; i < n; i++) {
        const fct_panel_column *column = fct_panel_find_column(c->bars, c->subject->columns[i]);
        if (column && column->type != FCT_PANEL_TEXT)
            names[n_numbers++] = column->name;
    }
    const fct_panel_selection selection = {.columns = names, .n_columns = n_numbers};
    fct_status status = FCT_OK;
    if (n_numbers)
        status = fct_panel_slice(c->bars, &selection, &c->run, &columns, err);
    if (status == FCT_OK && n_numbers)
        status = hold_against_future(c, columns, true, request, err);
    fct_panel_free(columns);
    free(names);
    return status;
}

/* ---- The answer ------------------------------------------------------------------------------- */

static size_t count_findings(const void *subject)
{
    return ((const checking *)subject)->n_findings;
}

static void text_or_null(fct_table *t, const char *text)
{
    if (text && *text)
        fct_table_text(t, text);
    else
        fct_arrow_builder_null(&t->builder, fct_table_next(t));
}

static void write_findings(const void *subject, fct_table *t)
{
    const checking *c = subject;
    for (size_t i = 0; i < c->n_findings; i++) {
        const finding *f = &c->findings[i];
        text_or_null(t, f->factor);
        fct_table_text(t, f->kind);
        text_or_null(t, f->column);
        if (f->time_ms >= 0)
            fct_table_count(t, f->time_ms);
        else
            fct_arrow_builder_null(&t->builder, fct_table_next(t));
        text_or_null(t, f->symbol);
        fct_table_number(t, f->value);
        fct_table_number(t, f->value_cut);
        fct_table_text(t, f->what);
    }
}

static const fct_table_kind kinds[] = {
    {"findings",
     {{"factor", FCT_ARROW_STRING, true},
      FCT_TABLE_TEXT("kind"),
      {"column", FCT_ARROW_STRING, true},
      {"time", FCT_ARROW_INT64, true},
      {"symbol", FCT_ARROW_STRING, true},
      FCT_TABLE_NUMBER("value"),
      FCT_TABLE_NUMBER("value_cut"),
      FCT_TABLE_TEXT("what")},
     count_findings,
     write_findings},
};

/*
 * Refuses before the first factor is made what does not fit: the factors twice and the bars, whole and cut by way of rows, or
 * all returns.
 */
static fct_status check_memory(const checking *c, fct_error *err)
{
    const fct_check_subject *subject = c->subject;
    const fct_panel *bars = c->bars;
    size_t column_bytes = fct_panel_n_cells(bars) * sizeof(double);
    size_t n_rows = 0;
    fct_job job;
    if (!subject->compute_bytes)
        return FCT_OK;
    for (size_t s = 0; s < bars->n_symbols; s++)
        n_rows += (size_t)bars->symbol_rows[s];
    size_t row_bytes = sizeof(uint32_t) + 2 * sizeof(int64_t) + bars->n_columns * sizeof(double);
    size_t for_returns =
        subject->n_columns * column_bytes + N_HORIZONS * n_rows * (size_t)FCT_FORWARD_BYTES;
    size_t n_bytes = fct_panel_bytes(bars) + subject->n_factors * column_bytes +
                     n_rows * row_bytes +
                     (for_returns > subject->compute_bytes ? for_returns : subject->compute_bytes);
    FCT_TRY(fct_job_start(&job, &c->run, err));
    fct_status status = fct_job_memory_hold(
        &job, n_bytes, "the bars and the factors, whole and cut, and later returns", err);
    fct_job_end(&job);
    return status;
}

static void checking_free(checking *c)
{
    for (size_t i = 0; i < c->n_findings; i++) {
        free(c->findings[i].factor);
        free(c->findings[i].column);
        free(c->findings[i].symbol);
    }
    free(c->findings);
    fct_panel_free(c->full);
}

fct_status fct_check(const fct_check_subject *subject, const fct_panel *bars,
                     const fct_check_request *request, const fct_run *run,
                     struct ArrowArrayStream *out, int64_t *n_findings, fct_error *err)
{
    static const fct_check_request defaults;
    const fct_check_request *r = request ? request : &defaults;
    *out = (struct ArrowArrayStream){0};
    if (r->n_cuts < 0 || r->n_cuts > MAX_CUTS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d cuts: it must be 1 to %d", r->n_cuts,
                             MAX_CUTS);
    if (!(r->suspicious_ic >= 0) || r->suspicious_ic > 1)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "a suspicious IC of %g: it is 0 to 1",
                             r->suspicious_ic);
    if (bars->n_times < 2)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a check cuts the bars in two: they have %" PRId64 " time%s",
                             bars->n_times, bars->n_times == 1 ? "" : "s");
    checking c = {.subject = subject, .bars = bars, .run = run ? *run : (fct_run){0}};
    /* What the runs inside say of themselves is not of interest. */
    c.run.on_message = NULL;
    c.run.on_progress = NULL;
    fct_status status;
    FCT_TRY_OUT(check_memory(&c, err));
    FCT_TRY_OUT(subject->compute(subject->context, bars, &c.run, &c.full, err));
    FCT_TRY_OUT(check_cuts(&c, r, err));
    FCT_TRY_OUT(check_names(&c, err));
    FCT_TRY_OUT(hold_against_future(&c, c.full, false, r, err));
    FCT_TRY_OUT(check_columns(&c, r, err));
    if (n_findings)
        *n_findings = (int64_t)c.n_findings;
    status = fct_table_stream(kinds, 1, "findings", &c, out, err);
out:
    checking_free(&c);
    return status;
}

/* ---- Plans ------------------------------------------------------------------------------------ */

static fct_status run_plan(void *context, const fct_panel *bars, const fct_run *run,
                           fct_panel **factors, fct_error *err)
{
    return fct_plan_run(context, bars, run, factors, err);
}

fct_status fct_plan_check(const fct_plan *plan, const fct_panel *bars,
                          const fct_check_request *request, const fct_run *run,
                          struct ArrowArrayStream *out, int64_t *n_findings, fct_error *err)
{
    size_t n = fct_plan_n_columns(plan);
    const char **columns = calloc(n + 1, sizeof *columns);
    *out = (struct ArrowArrayStream){0};
    if (!columns)
        return fct_error_memory(err, n * sizeof *columns);
    for (size_t i = 0; i < n; i++)
        columns[i] = fct_plan_column(plan, i);
    fct_check_subject subject = {.compute = run_plan,
                                 .context = (void *)plan,
                                 .columns = columns,
                                 .n_columns = n,
                                 .n_factors = fct_plan_n_factors(plan)};
    fct_status status = fct_plan_memory(plan, bars, run, &subject.compute_bytes, err);
    if (status == FCT_OK)
        status = fct_check(&subject, bars, request, run, out, n_findings, err);
    free(columns);
    return status;
}
