#include "report/page_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/assets.h"
#include "report/distribution.h"
#include "report/page_values.h"

/*
 * What a page may weigh. Series are drawn in as many items as that allows, so that each stands for several times where there are
 * many: the IC half of the room, at most all times; the others the rest.
 */
enum { PAGE_BYTES = 2900000, MIN_ITEMS = 100, MAX_SPARSE_ITEMS = 2000 };

/* Symbols whose own IC is shown: the highest and the lowest. */
enum { MAX_SYMBOLS = 24 };

#define PUT(...) FCT_TRY(fct_text_append_format(out, err, __VA_ARGS__))

/* The IC of a symbol over its times. */
typedef struct symbol_ic {
    double ic;
    size_t symbol;
} symbol_ic;

typedef struct page {
    const fct_evaluation *e;
    const fct_report_request *request;
    size_t every;        /* times of an item of the IC */
    size_t sparse_items; /* of every other series, at most */
    double *scratch, *path;
    symbol_ic *symbols; /* room for all */
    fct_distribution *shape;
} page;

static size_t every_of(const page *p, size_t n)
{
    return n ? (n + p->sparse_items - 1) / p->sparse_items : 1;
}

/* How many items fit behind the `n_bytes` that there are. */
static void plan_items(page *p, size_t n_bytes)
{
    const fct_evaluation *e = p->e;
    size_t n_ic = e->n_factors * e->n_horizons;
    size_t n_sparse = n_ic * (e->n_quantiles + 2) + e->n_factors * (p->request->backtest ? 6 : 4);
    n_bytes += fct_asset_page().n_bytes + fct_asset_style().n_bytes + fct_asset_script().n_bytes +
               fct_asset_charts().n_bytes;
    /* Shapes, and the symbols of each. */
    n_bytes += n_ic * (fct_page_series_bytes(FCT_SAMPLE) + 10 * FCT_BINS + 60 * MAX_SYMBOLS +
                       e->n_quantiles * (fct_page_series_bytes(FCT_DENSITY) + 100));
    double room = n_bytes < PAGE_BYTES ? (double)(PAGE_BYTES - n_bytes) * 3 / 4 / sizeof(float) : 0;
    double sparse = room / 2 / (double)n_sparse;
    p->sparse_items = sparse < MIN_ITEMS          ? MIN_ITEMS
                      : sparse > MAX_SPARSE_ITEMS ? MAX_SPARSE_ITEMS
                                                  : (size_t)sparse;
    double left = (room - (double)(n_sparse * p->sparse_items)) / (double)n_ic;
    size_t items = left < MIN_ITEMS ? MIN_ITEMS : (size_t)left;
    p->every = e->n_times ? (e->n_times + items - 1) / items : 1;
}

/* ---- Tables ----------------------------------------------------------------------------------- */

static fct_status put_tables(const fct_evaluation *e, fct_text *out, fct_error *err)
{
    static const char *const names[] = {"summary",  "quantiles", "turnover",   "decay",
                                        "calendar", "events",    "correlation"};
    PUT("\"tables\":{");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct ArrowArrayStream stream;
        PUT("%s\"%s\":", i ? ",\n" : "", names[i]);
        FCT_TRY(fct_evaluation_table(e, names[i], &stream, err));
        FCT_TRY(fct_page_table(out, &stream, err));
    }
    PUT("}");
    return FCT_OK;
}

/* Metrics, and the equity of each factor with and without costs. */
static fct_status put_backtest(const page *p, fct_text *out, fct_error *err)
{
    const fct_backtest *b = p->request->backtest;
    struct ArrowArrayStream stream;
    if (!b)
        return fct_text_append(out, "null", 4, err);
    size_t every = every_of(p, b->n_times);
    PUT("{\"capital\":");
    FCT_TRY(fct_page_number(out, b->capital, err));
    PUT(",\"metrics\":");
    FCT_TRY(fct_backtest_table(b, "metrics", &stream, err));
    FCT_TRY(fct_page_table(out, &stream, err));
    PUT(",\"factors\":[");
    for (size_t i = 0; i < b->n_factors; i++) {
        const fct_backtest_factor *f = &b->factors[i];
        PUT(i ? ",{\"net\":" : "{\"net\":");
        FCT_TRY(fct_page_series(out, f->net.account.equity, b->n_times, every, FCT_JOIN_LAST, err));
        PUT(",\"gross\":");
        FCT_TRY(
            fct_page_series(out, f->gross.account.equity, b->n_times, every, FCT_JOIN_LAST, err));
        PUT("}");
    }
    PUT("]}");
    return FCT_OK;
}

/* ---- Factors ---------------------------------------------------------------------------------- */

static fct_status put_shape(fct_text *out, const fct_distribution *d, fct_error *err)
{
    PUT("\"histogram\":{\"low\":");
    FCT_TRY(fct_page_number(out, d->low, err));
    PUT(",\"high\":");
    FCT_TRY(fct_page_number(out, d->high, err));
    PUT(",\"counts\":[");
    for (size_t i = 0; d->n && i < FCT_BINS; i++)
        PUT("%s%lld", i ? "," : "", (long long)d->counts[i]);
    PUT("]},\"sample\":");
    return fct_page_series(out, d->sample, d->n ? FCT_SAMPLE : 0, 1, FCT_JOIN_MEAN, err);
}

static fct_status put_violin(fct_text *out, const fct_distribution *d, fct_error *err)
{
    PUT("{\"low\":");
    FCT_TRY(fct_page_number(out, d->density_low, err));
    PUT(",\"high\":");
    FCT_TRY(fct_page_number(out, d->density_high, err));
    PUT(",\"median\":");
    FCT_TRY(fct_page_number(out, d->median, err));
    PUT(",\"density\":");
    FCT_TRY(fct_page_series(out, d->density, d->n_density, 1, FCT_JOIN_MEAN, err));
    PUT("}");
    return FCT_OK;
}

static int by_ic(const void *a, const void *b)
{
    const symbol_ic *x = a;
    const symbol_ic *y = b;
    if (x->ic != y->ic)
        return x->ic < y->ic ? 1 : -1;
    return (x->symbol > y->symbol) - (x->symbol < y->symbol);
}

/* [[symbol, IC], ...]: where there are many, the highest and the lowest. */
static fct_status put_symbols(const page *p, size_t i, size_t h, fct_text *out, fct_error *err)
{
    const fct_evaluation *e = p->e;
    const double *ic = e->factors[i].symbol_ic;
    size_t n = 0;
    for (size_t s = 0; ic && s < e->n_symbols; s++)
        if (!isnan(ic[h * e->n_symbols + s]))
            p->symbols[n++] = (symbol_ic){ic[h * e->n_symbols + s], s};
    qsort(p->symbols, n, sizeof *p->symbols, by_ic);
    PUT(",\"symbols\":[");
    for (size_t k = 0; k < n; k++) {
        if (n > MAX_SYMBOLS && k >= MAX_SYMBOLS / 2 && k < n - MAX_SYMBOLS / 2)
            continue;
        PUT("%s[", k ? "," : "");
        FCT_TRY(fct_page_text(out, e->symbols[p->symbols[k].symbol], err));
        PUT(",");
        FCT_TRY(fct_page_number(out, p->symbols[k].ic, err));
        PUT("]");
    }
    PUT("]");
    return FCT_OK;
}

/* Every h-th value of a compounded series; a time without one keeps the value before. Returns how many. */
static size_t compound_steps(const double *x, size_t n, size_t step, double *path)
{
    double last = 0;
    fct_compound(x, n, step, path);
    size_t n_steps = 0;
    for (size_t i = 0; i < n; i += step) {
        last = isnan(path[i]) ? last : path[i];
        path[n_steps++] = last;
    }
    return n_steps;
}

static fct_status put_totals(const page *p, const fct_factor_series *s, size_t h, fct_text *out,
                             fct_error *err)
{
    const fct_evaluation *e = p->e;
    size_t step = (size_t)e->horizons[h];
    size_t n_steps = (e->n_times + step - 1) / step;
    size_t every = every_of(p, n_steps);
    PUT("\"step\":%zu,\"quantile_totals\":[", step * every);
    for (size_t q = 0; q < e->n_quantiles; q++) {
        if (q)
            PUT(",");
        const double *returns = s->quantile_return + (h * e->n_quantiles + q) * e->n_times;
        compound_steps(returns, e->n_times, step, p->path);
        FCT_TRY(fct_page_series(out, p->path, n_steps, every, FCT_JOIN_LAST, err));
    }
    PUT("],\"long_short_total\":");
    compound_steps(s->long_short + h * e->n_times, e->n_times, step, p->path);
    FCT_TRY(fct_page_series(out, p->path, n_steps, every, FCT_JOIN_LAST, err));
    double peak = 1;
    for (size_t i = 0; i < n_steps; i++) {
        double wealth = 1 + p->path[i];
        peak = wealth > peak ? wealth : peak;
        p->path[i] = wealth / peak - 1;
    }
    PUT(",\"drawdown\":");
    return fct_page_series(out, p->path, n_steps, every, FCT_JOIN_LOWEST, err);
}

static fct_status put_horizon(const page *p, size_t i, size_t h, fct_text *out, fct_error *err)
{
    const fct_evaluation *e = p->e;
    const fct_factor_series *s = &e->factors[i].series;
    PUT("{\"ic\":");
    FCT_TRY(fct_page_series(out, s->ic + h * e->n_times, e->n_times, p->every, FCT_JOIN_MEAN, err));
    PUT(",");
    fct_distribution_make(s->ic + h * e->n_times, e->n_times, p->scratch, p->shape);
    FCT_TRY(put_shape(out, p->shape, err));
    PUT(",\"violins\":[");
    for (size_t q = 0; q < e->n_quantiles; q++) {
        const double *returns = s->quantile_return + (h * e->n_quantiles + q) * e->n_times;
        fct_distribution_make(returns, e->n_times, p->scratch, p->shape);
        if (q)
            PUT(",");
        FCT_TRY(put_violin(out, p->shape, err));
    }
    PUT("],");
    FCT_TRY(put_totals(p, s, h, out, err));
    FCT_TRY(put_symbols(p, i, h, out, err));
    PUT("}");
    return FCT_OK;
}

static fct_status put_factor(const page *p, size_t i, fct_text *out, fct_error *err)
{
    const fct_evaluation *e = p->e;
    const fct_factor_series *s = &e->factors[i].series;
    size_t n = e->n_times;
    size_t every = every_of(p, n);
    PUT("{\"name\":");
    FCT_TRY(fct_page_text(out, e->factors[i].name, err));
    PUT(",\"horizons\":[");
    for (size_t h = 0; h < e->n_horizons; h++) {
        if (h)
            PUT(",\n");
        FCT_TRY(put_horizon(p, i, h, out, err));
    }
    PUT("],\"coverage\":");
    FCT_TRY(fct_page_series(out, s->coverage, n, every, FCT_JOIN_MEAN, err));
    PUT(",\"autocorrelation\":");
    FCT_TRY(fct_page_series(out, s->autocorrelation, n, every, FCT_JOIN_MEAN, err));
    PUT(",\"turnover_bottom\":");
    FCT_TRY(fct_page_series(out, s->turnover, n, every, FCT_JOIN_MEAN, err));
    PUT(",\"turnover_top\":");
    FCT_TRY(
        fct_page_series(out, s->turnover + (e->n_quantiles - 1) * n, n, every, FCT_JOIN_MEAN, err));
    PUT("}");
    return FCT_OK;
}

/* ---- The page --------------------------------------------------------------------------------- */

static fct_status put_times(const fct_evaluation *e, fct_text *out, fct_error *err)
{
    int64_t step = e->n_times > 1 ? e->time_ms[1] - e->time_ms[0] : 1;
    bool regular = true;
    for (size_t t = 1; t < e->n_times; t++)
        regular &= e->time_ms[t] - e->time_ms[t - 1] == step;
    PUT("\"times\":{\"first\":%lld", (long long)e->time_ms[0]);
    if (regular) {
        PUT(",\"step\":%lld}", (long long)step);
        return FCT_OK;
    }
    double *values = malloc((e->n_times + 1) * sizeof *values);
    if (!values)
        return fct_error_memory(err, e->n_times * sizeof *values);
    for (size_t t = 0; t < e->n_times; t++)
        values[t] = (double)e->time_ms[t];
    fct_status status = fct_text_append(out, ",\"values\":", 10, err);
    if (status == FCT_OK)
        status = fct_page_base64(out, values, e->n_times * sizeof *values, err);
    if (status == FCT_OK)
        status = fct_text_append(out, "}", 1, err);
    free(values);
    return status;
}

static fct_status put_head(const page *p, fct_text *out, fct_error *err)
{
    const fct_evaluation *e = p->e;
    const fct_report_request *request = p->request;
    PUT("\"n_times\":%zu,\"n_symbols\":%zu,\"n_quantiles\":%zu,\"delay\":%lld,\"every\":%zu,"
        "\"sparse_every\":%zu,\"horizons\":[",
        e->n_times, e->n_symbols, e->n_quantiles, (long long)e->delay, p->every,
        every_of(p, e->n_times));
    for (size_t h = 0; h < e->n_horizons; h++)
        PUT("%s%lld", h ? "," : "", (long long)e->horizons[h]);
    PUT("],\"parameters\":[");
    for (size_t i = 0; i < request->n_parameters; i++) {
        PUT(i ? ",[" : "[");
        FCT_TRY(fct_page_text(out, request->parameters[2 * i], err));
        PUT(",");
        FCT_TRY(fct_page_text(out, request->parameters[2 * i + 1], err));
        PUT("]");
    }
    PUT("],\"commands\":[");
    for (size_t i = 0; i < request->n_commands; i++) {
        if (i)
            PUT(",");
        FCT_TRY(fct_page_text(out, request->commands[i], err));
    }
    PUT("],");
    return put_times(e, out, err);
}

static fct_status put_all(page *p, fct_job *job, fct_text *out, fct_error *err)
{
    const fct_evaluation *e = p->e;
    size_t start = out->length;
    PUT("{");
    FCT_TRY(put_tables(e, out, err));
    plan_items(p, out->length - start);
    PUT(",\n");
    FCT_TRY(put_head(p, out, err));
    PUT(",\n\"factors\":[");
    for (size_t i = 0; i < e->n_factors; i++) {
        FCT_TRY(fct_job_check(job, err));
        if (i)
            PUT(",\n");
        FCT_TRY(put_factor(p, i, out, err));
    }
    PUT("],\n\"backtest\":");
    FCT_TRY(put_backtest(p, out, err));
    PUT("}");
    return FCT_OK;
}

fct_status fct_page_data(const fct_evaluation *e, const fct_report_request *request, fct_job *job,
                         fct_text *out, fct_error *err)
{
    page p = {.e = e, .request = request};
    fct_status status;
    p.scratch = malloc((e->n_times + 1) * sizeof *p.scratch);
    p.path = malloc((e->n_times + 1) * sizeof *p.path);
    p.symbols = malloc((e->n_symbols + 1) * sizeof *p.symbols);
    p.shape = malloc(sizeof *p.shape);
    if (p.scratch && p.path && p.symbols && p.shape)
        status = put_all(&p, job, out, err);
    else
        status = fct_error_memory(err, e->n_times * sizeof *p.scratch);
    free(p.scratch);
    free(p.path);
    free(p.symbols);
    free(p.shape);
    return status;
}
