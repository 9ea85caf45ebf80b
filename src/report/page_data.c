#include "report/page_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/number.h"
#include "report/distribution.h"

/*
 * Items of the IC series of all factors and horizons together, and of each other series: beyond, items stand for several
 * times. Four bytes become 5.3 characters.
 */
enum { MAX_IC_ITEMS = 300000, MAX_SPARSE_ITEMS = 2000 };

#define PUT(...) FCT_TRY(fct_text_append_format(out, err, __VA_ARGS__))

/* ---- Texts and numbers ------------------------------------------------------------------------ */

fct_status fct_page_text(fct_text *out, const char *text, fct_error *err)
{
    PUT("\"");
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == '<')
            PUT("\\u%04x", byte);
        else
            FCT_TRY(fct_text_append(out, c, 1, err));
    }
    PUT("\"");
    return FCT_OK;
}

static fct_status put_number(fct_text *out, double value, fct_error *err)
{
    char text[FCT_NUMBER_SIZE];
    if (!isfinite(value))
        return fct_text_append(out, "null", 4, err);
    return fct_text_append(out, text, fct_format_double(value, text), err);
}

static fct_status put_base64(fct_text *out, const void *bytes, size_t n_bytes, fct_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = bytes;
    FCT_TRY(fct_text_reserve(out, n_bytes / 3 * 4 + 8, err));
    char *to = out->data + out->length;
    char *start = to;
    *to++ = '"';
    for (size_t i = 0; i < n_bytes; i += 3) {
        size_t left = n_bytes - i;
        uint32_t triple = (uint32_t)p[i] << 16 | (uint32_t)(left > 1 ? p[i + 1] : 0) << 8 |
                          (left > 2 ? p[i + 2] : 0);
        *to++ = digits[triple >> 18];
        *to++ = digits[triple >> 12 & 63];
        *to++ = left > 1 ? digits[triple >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[triple & 63] : '=';
    }
    *to++ = '"';
    *to = '\0';
    out->length += (size_t)(to - start);
    return FCT_OK;
}

/* How several values become one item. */
typedef enum joining { JOIN_MEAN, JOIN_LAST, JOIN_LOWEST } joining;

static double join(const double *x, size_t n, joining how)
{
    double sum = 0;
    double last = NAN;
    double lowest = NAN;
    size_t n_valid = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        sum += x[i];
        last = x[i];
        lowest = lowest < x[i] ? lowest : x[i];
        n_valid++;
    }
    if (!n_valid)
        return NAN;
    return how == JOIN_MEAN ? sum / (double)n_valid : how == JOIN_LAST ? last : lowest;
}

static fct_status put_series(fct_text *out, const double *x, size_t n, size_t every, joining how,
                             fct_error *err)
{
    size_t n_items = (n + every - 1) / every;
    float *items = malloc((n_items + 1) * sizeof *items);
    if (!items)
        return fct_error_memory(err, n_items * sizeof *items);
    for (size_t i = 0; i < n_items; i++) {
        size_t first = i * every;
        items[i] = (float)join(x + first, n - first < every ? n - first : every, how);
    }
    fct_status status = put_base64(out, items, n_items * sizeof *items, err);
    free(items);
    return status;
}

static size_t sparse_every(size_t n)
{
    return (n + MAX_SPARSE_ITEMS - 1) / MAX_SPARSE_ITEMS;
}

/* ---- Tables ----------------------------------------------------------------------------------- */

/* A table as `--format json` has it, which is released; it goes through a file in memory. */
static fct_status put_table(struct ArrowArrayStream *stream, fct_job *job, fct_text *out,
                            fct_error *err)
{
    char buffer[1 << 14];
    const fct_run run = {
        .n_threads = 1, .should_stop = job->run.should_stop, .user = job->run.user};
    int fd = memfd_create("table", MFD_CLOEXEC);
    if (fd < 0) {
        stream->release(stream);
        return fct_error_set(err, FCT_ERROR_IO, "cannot make a file in memory");
    }
    fct_status status;
    FCT_TRY_OUT(fct_write_fd(stream, fd, FCT_FORMAT_JSON, &run, NULL, err));
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < n; i++)
            /* A text must not end the script that it lies in. */
            FCT_TRY_OUT(buffer[i] == '<' ? fct_text_append(out, "\\u003c", 6, err)
                                         : fct_text_append(out, buffer + i, 1, err));
out:
    close(fd);
    return status;
}

static fct_status put_tables(const fct_evaluation *e, fct_job *job, fct_text *out, fct_error *err)
{
    PUT("\"tables\":{");
    for (size_t i = 0, n = 0; fct_evaluation_table_name(i); i++) {
        const char *name = fct_evaluation_table_name(i);
        /* Series come apart. */
        if (strcmp(name, "ic") == 0 || strcmp(name, "quantile_returns") == 0 ||
            strcmp(name, "times") == 0)
            continue;
        PUT("%s\"%s\":", n++ ? ",\n" : "", name);
        struct ArrowArrayStream stream;
        FCT_TRY(fct_evaluation_table(e, name, &stream, err));
        FCT_TRY(put_table(&stream, job, out, err));
    }
    PUT("}");
    return FCT_OK;
}

/* Metrics, and the equity of each factor with and without costs. */
static fct_status put_backtest(const fct_backtest *b, fct_job *job, fct_text *out, fct_error *err)
{
    struct ArrowArrayStream stream;
    size_t every = sparse_every(b->n_times);
    PUT("{\"capital\":");
    FCT_TRY(put_number(out, b->capital, err));
    PUT(",\"metrics\":");
    FCT_TRY(fct_backtest_table(b, "metrics", &stream, err));
    FCT_TRY(put_table(&stream, job, out, err));
    PUT(",\"factors\":[");
    for (size_t i = 0; i < b->n_factors; i++) {
        PUT(i ? ",{\"net\":" : "{\"net\":");
        FCT_TRY(put_series(out, b->factors[i].net.equity, b->n_times, every, JOIN_LAST, err));
        PUT(",\"gross\":");
        FCT_TRY(put_series(out, b->factors[i].gross.equity, b->n_times, every, JOIN_LAST, err));
        PUT("}");
    }
    PUT("]}");
    return FCT_OK;
}

/* ---- Factors ---------------------------------------------------------------------------------- */

static fct_status put_numbers(fct_text *out, const double *x, size_t n, fct_error *err)
{
    PUT("[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            PUT(",");
        FCT_TRY(put_number(out, x[i], err));
    }
    PUT("]");
    return FCT_OK;
}

static fct_status put_shape(fct_text *out, const fct_distribution *d, fct_error *err)
{
    PUT("\"histogram\":{\"low\":");
    FCT_TRY(put_number(out, d->low, err));
    PUT(",\"high\":");
    FCT_TRY(put_number(out, d->high, err));
    PUT(",\"counts\":[");
    for (size_t i = 0; d->n && i < FCT_BINS; i++)
        PUT("%s%lld", i ? "," : "", (long long)d->counts[i]);
    PUT("]},\"sample\":");
    return put_numbers(out, d->sample, d->n ? FCT_SAMPLE : 0, err);
}

static fct_status put_violin(fct_text *out, const fct_distribution *d, fct_error *err)
{
    PUT("{\"low\":");
    FCT_TRY(put_number(out, d->low, err));
    PUT(",\"high\":");
    FCT_TRY(put_number(out, d->high, err));
    PUT(",\"median\":");
    FCT_TRY(put_number(out, d->median, err));
    PUT(",\"density\":");
    FCT_TRY(put_numbers(out, d->density, d->n > 1 && d->high > d->low ? FCT_DENSITY : 0, err));
    PUT("}");
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

typedef struct page {
    const fct_evaluation *e;
    size_t every; /* times of an item of the IC */
    double *scratch, *path;
    fct_distribution *shape;
} page;

static fct_status put_totals(const page *p, const fct_factor_series *s, size_t h, fct_text *out,
                             fct_error *err)
{
    const fct_evaluation *e = p->e;
    size_t step = (size_t)e->horizons[h];
    size_t n_steps = (e->n_times + step - 1) / step;
    size_t every = sparse_every(n_steps);
    PUT("\"step\":%zu,\"quantile_totals\":[", step * every);
    for (size_t q = 0; q < e->n_quantiles; q++) {
        if (q)
            PUT(",");
        const double *returns = s->quantile_return + (h * e->n_quantiles + q) * e->n_times;
        compound_steps(returns, e->n_times, step, p->path);
        FCT_TRY(put_series(out, p->path, n_steps, every, JOIN_LAST, err));
    }
    PUT("],\"long_short_total\":");
    compound_steps(s->long_short + h * e->n_times, e->n_times, step, p->path);
    FCT_TRY(put_series(out, p->path, n_steps, every, JOIN_LAST, err));
    double peak = 1;
    for (size_t i = 0; i < n_steps; i++) {
        double wealth = 1 + p->path[i];
        peak = wealth > peak ? wealth : peak;
        p->path[i] = wealth / peak - 1;
    }
    PUT(",\"drawdown\":");
    return put_series(out, p->path, n_steps, every, JOIN_LOWEST, err);
}

static fct_status put_horizon(const page *p, const fct_factor_series *s, size_t h, fct_text *out,
                              fct_error *err)
{
    const fct_evaluation *e = p->e;
    PUT("{\"ic\":");
    FCT_TRY(put_series(out, s->ic + h * e->n_times, e->n_times, p->every, JOIN_MEAN, err));
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
    PUT("}");
    return FCT_OK;
}

static fct_status put_factor(const page *p, size_t i, fct_text *out, fct_error *err)
{
    const fct_evaluation *e = p->e;
    const fct_factor_series *s = &e->factors[i].series;
    size_t n = e->n_times;
    size_t every = sparse_every(n);
    PUT("{\"name\":");
    FCT_TRY(fct_page_text(out, e->factors[i].name, err));
    PUT(",\"horizons\":[");
    for (size_t h = 0; h < e->n_horizons; h++) {
        if (h)
            PUT(",\n");
        FCT_TRY(put_horizon(p, s, h, out, err));
    }
    PUT("],\"coverage\":");
    FCT_TRY(put_series(out, s->coverage, n, every, JOIN_MEAN, err));
    PUT(",\"autocorrelation\":");
    FCT_TRY(put_series(out, s->autocorrelation, n, every, JOIN_MEAN, err));
    PUT(",\"turnover_bottom\":");
    FCT_TRY(put_series(out, s->turnover, n, every, JOIN_MEAN, err));
    PUT(",\"turnover_top\":");
    FCT_TRY(put_series(out, s->turnover + (e->n_quantiles - 1) * n, n, every, JOIN_MEAN, err));
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
        status = put_base64(out, values, e->n_times * sizeof *values, err);
    if (status == FCT_OK)
        status = fct_text_append(out, "}", 1, err);
    free(values);
    return status;
}

static fct_status put_head(const page *p, const fct_report_request *request, fct_text *out,
                           fct_error *err)
{
    const fct_evaluation *e = p->e;
    PUT("{\"n_times\":%zu,\"n_symbols\":%zu,\"n_quantiles\":%zu,\"delay\":%lld,\"every\":%zu,"
        "\"sparse_every\":%zu,\"horizons\":[",
        e->n_times, e->n_symbols, e->n_quantiles, (long long)e->delay, p->every,
        sparse_every(e->n_times));
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

fct_status fct_page_data(const fct_evaluation *e, const fct_report_request *request, fct_job *job,
                         fct_text *out, fct_error *err)
{
    size_t n_ic = e->n_factors * e->n_horizons * e->n_times;
    page p = {.e = e, .every = (n_ic + MAX_IC_ITEMS - 1) / MAX_IC_ITEMS};
    fct_status status;
    p.scratch = malloc((e->n_times + 1) * sizeof *p.scratch);
    p.path = malloc((e->n_times + 1) * sizeof *p.path);
    p.shape = malloc(sizeof *p.shape);
    if (!p.scratch || !p.path || !p.shape) {
        status = fct_error_memory(err, e->n_times * sizeof *p.scratch);
        goto out;
    }
    FCT_TRY_OUT(put_head(&p, request, out, err));
    FCT_TRY_OUT(fct_text_append(out, ",\n", 2, err));
    FCT_TRY_OUT(put_tables(e, job, out, err));
    FCT_TRY_OUT(fct_text_append(out, ",\n\"factors\":[", 13, err));
    for (size_t i = 0; i < e->n_factors; i++) {
        FCT_TRY_OUT(fct_job_check(job, err));
        if (i)
            FCT_TRY_OUT(fct_text_append(out, ",\n", 2, err));
        FCT_TRY_OUT(put_factor(&p, i, out, err));
    }
    FCT_TRY_OUT(fct_text_append(out, "],\n\"backtest\":", 14, err));
    if (request->backtest)
        FCT_TRY_OUT(put_backtest(request->backtest, job, out, err));
    else
        FCT_TRY_OUT(fct_text_append(out, "null", 4, err));
    status = fct_text_append(out, "}", 1, err);
out:
    free(p.scratch);
    free(p.path);
    free(p.shape);
    return status;
}
