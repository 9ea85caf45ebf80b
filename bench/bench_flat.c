/*
 * Nanoseconds a cell of each operator on panels of many shapes, which say whether cost grows with symbols or rows; and whether peak memory
 * stays below input + outputs + 256 MB. Usage: bench_flat [EXPRESSION...]. All processors; the median of five runs after one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <factorium.h>

#include "base/block.h"
#include "base/text.h"
#include "panel/panel.h"

enum { N_RUNS = 6, WORK_MIB = 256 };

static const struct {
    size_t n_symbols;
    int64_t n_rows;
} shapes[] = {{10, 1000},    {100, 1000},   {1000, 1000}, {10, 100000},
              {1000, 10000}, {100, 100000}, {10, 1000000}};

enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static const char *const usual[] = {
    "ts_mean(close, 20)",
    "ts_std(close, 20)",
    "ts_max(close, 20)",
    "ts_rank(close, 20)",
    "ts_mean(close, 1000)",
    "ts_max(close, 1000)",
    "ts_corr(close, volume, 20)",
    "cs_rank(close)",
    "cs_zscore(close)",
    "cs_rank(ts_mean(ts_delta(close, 5) / ts_shift(close, 5), 20) - ts_std(close, 60) / close)",
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_flat: %s\n", what);
    exit(1);
}

/* Minutes of random walks. */
static struct fct_panel *make_panel(size_t n_symbols, int64_t n_rows)
{
    static const char *const names[] = {"close", "volume"};
    uint64_t state = 88172645463325252;
    struct fct_panel *panel = fct_panel_new(), *made;
    must(panel, "out of memory");
    panel->symbols = calloc(n_symbols, sizeof *panel->symbols);
    panel->symbol_rows = calloc(n_symbols, sizeof *panel->symbol_rows);
    panel->start_ms = fct_block_new((size_t)n_rows * sizeof *panel->start_ms);
    panel->end_ms = fct_block_new((size_t)n_rows * sizeof *panel->end_ms);
    panel->time_ms = malloc((size_t)n_rows * sizeof *panel->time_ms);
    must(panel->symbols && panel->symbol_rows && panel->start_ms && panel->end_ms && panel->time_ms,
         "out of memory");
    for (; panel->n_symbols < n_symbols; panel->n_symbols++) {
        char name[32];
        snprintf(name, sizeof name, "S%05zu", panel->n_symbols);
        panel->symbols[panel->n_symbols] = fct_text_copy(name);
        panel->symbol_rows[panel->n_symbols] = n_rows;
    }
    must(fct_panel_lay_tiles(panel, NULL) == FCT_OK, "out of memory");
    panel->shared_grid = true;
    panel->n_times = n_rows;
    for (int64_t r = 0; r < n_rows; r++) {
        panel->start_ms[r] = 60000 * r;
        panel->end_ms[r] = panel->time_ms[r] = 60000 * (r + 1);
    }
    must(fct_panel_like(panel, names, 2, &made, NULL) == FCT_OK, "out of memory");
    fct_panel_free(panel);
    for (size_t c = 0; c < 2; c++)
        for (size_t i = 0; i < fct_panel_n_cells(made); i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            double step = (double)(state >> 40) * 0x1p-24 - 0.5;
            double last = i < FCT_LANES ? 100 : made->columns[c].cells[i - FCT_LANES];
            size_t symbol = i / FCT_LANES / (size_t)n_rows * FCT_LANES + i % FCT_LANES;
            double from = isnan(last) ? 100 : last;
            made->columns[c].cells[i] = symbol < n_symbols ? from * (1 + 0.002 * step) : NAN;
        }
    return made;
}

static double measure(const fct_panel *panel, const char *text)
{
    double times[N_RUNS];
    fct_plan *plan;
    fct_error err;
    must(fct_plan_compile(text, NULL, &plan, &err) == FCT_OK, text);
    for (int i = 0; i < N_RUNS; i++) {
        fct_panel *factors;
        double start = seconds();
        must(fct_plan_run(plan, panel, NULL, &factors, &err) == FCT_OK, text);
        times[i] = seconds() - start;
        fct_panel_free(factors);
    }
    fct_plan_free(plan);
    qsort(times + 1, N_RUNS - 1, sizeof *times, by_size);
    return times[1 + (N_RUNS - 1) / 2];
}

int main(int argc, char **argv)
{
    const char *const *texts = argc > 1 ? (const char *const *)argv + 1 : usual;
    size_t n_texts = argc > 1 ? (size_t)argc - 1 : sizeof usual / sizeof *usual;
    double *ns = malloc(N_SHAPES * n_texts * sizeof *ns);
    size_t most_mib = 0;
    must(ns, "out of memory");
    for (size_t s = 0; s < N_SHAPES; s++) {
        struct fct_panel *panel = make_panel(shapes[s].n_symbols, shapes[s].n_rows);
        double n_cells = (double)shapes[s].n_symbols * (double)shapes[s].n_rows;
        size_t mib = fct_panel_n_cells(panel) * 3 * sizeof(double) >> 20; /* and one factor */
        most_mib = mib > most_mib ? mib : most_mib;
        for (size_t t = 0; t < n_texts; t++)
            ns[s * n_texts + t] = 1e9 * measure(panel, texts[t]) / n_cells;
        fct_panel_free(panel);
    }
    printf("ns a cell");
    for (size_t s = 0; s < N_SHAPES; s++)
        printf("\t%zu x %lld", shapes[s].n_symbols, (long long)shapes[s].n_rows);
    printf("\n");
    for (size_t t = 0; t < n_texts; t++) {
        printf("%s", texts[t]);
        for (size_t s = 0; s < N_SHAPES; s++)
            printf("\t%.2f", ns[s * n_texts + t]);
        printf("\n");
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    size_t peak_mib = (size_t)usage.ru_maxrss >> 10;
    printf("peak memory %zu MiB; input and outputs of the largest %zu MiB\n", peak_mib, most_mib);
    free(ns);
    must(peak_mib <= most_mib + WORK_MIB, "peak memory is above input + outputs + 256 MiB");
    return 0;
}
