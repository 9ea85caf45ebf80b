/*
 * Times the kernels of operators alone, one thread, data in the cache: bench_ops [NAME...] prints million cells per second;
 * for rolling ones at windows of 5, 20, 250 and 5,000 rows, for the others at 4,096 cells a call. NAME+NAME...: operators that
 * share a walk; how many times as fast as one after the other it is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops/kernels.h"

enum { N_ROWS = 2048, N_CELLS = N_ROWS * FCT_OP_LANES, ROWS_OF_A_CALL = 256, N_SECTION = 4096 };

static const double windows[] = {5, 20, 250, 5000};
enum { N_WINDOWS = sizeof windows / sizeof *windows };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *allocate(size_t n_bytes)
{
    void *memory = aligned_alloc(64, (n_bytes + 63) / 64 * 64);
    if (!memory)
        abort();
    return memset(memory, 0, n_bytes);
}

/* The presets; what has none: 20 for windows, the middle of a small range, 0.5 of a large one. */
static fct_op_call bind(const fct_op *op, double d)
{
    fct_op_call call = {.op = op, .n_series = op->min_series};
    for (size_t i = 0; i < op->n_parameters; i++) {
        const fct_op_parameter *p = &op->parameters[i];
        call.parameters[i] = p->kind == FCT_PARAMETER_WINDOW    ? d
                             : p->optional                      ? p->preset
                             : p->kind == FCT_PARAMETER_INTEGER ? fmax(p->minimum, 3)
                             : p->maximum <= 1                  ? 0.5
                                                                : fmax(p->minimum, d);
    }
    fct_error err;
    size_t wrong;
    if (fct_op_call_check(&call, &wrong, &err) != FCT_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return call;
}

/* Cells per second over about 0.1 s, the best of three. */
static double rate(const fct_op_call *call, const double *const *data, double *out)
{
    const fct_op *op = call->op;
    size_t n_bytes = op->rolling ? op->state_bytes(call)
                     : op->cross ? op->scratch_bytes(call, N_SECTION)
                                 : 0;
    void *memory = allocate(n_bytes + 64);
    double best = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        int64_t row = 0;
        size_t n_done = 0;
        double start = now();
        double end;
        do {
            for (size_t at = 0; at < N_ROWS; at += ROWS_OF_A_CALL) {
                const double *series[FCT_OP_MAX_SERIES];
                for (size_t k = 0; k < FCT_OP_MAX_SERIES; k++)
                    series[k] = data[k] + at * FCT_OP_LANES;
                size_t n_cells = ROWS_OF_A_CALL * FCT_OP_LANES;
                if (op->element)
                    op->element(call, series, out, n_cells);
                else if (op->rolling)
                    op->rolling(call, memory, row, series, out, ROWS_OF_A_CALL);
                else
                    op->cross(call, data, out, n_cells = N_SECTION, memory);
                row += ROWS_OF_A_CALL;
                n_done += n_cells;
            }
            end = now();
        } while (end - start < 0.05);
        best = fmax(best, (double)n_done / (end - start));
    }
    free(memory);
    return best / 1e6;
}

/* Seconds of all rows for calls that share a walk: in one walk, or one after the other; the best of twenty. */
static double seconds(const fct_op_call *const *calls, size_t n_calls, bool together,
                      const double *const *data, double *const *outs)
{
    void *memory[FCT_OP_MAX_TOGETHER];
    double best = INFINITY;
    for (size_t k = 0; k < n_calls; k++)
        memory[k] = allocate(together ? calls[k]->op->together_bytes(calls[k])
                                      : calls[k]->op->state_bytes(calls[k]));
    for (int64_t row = 0; row < 20 * N_ROWS;) {
        double start = now();
        for (size_t at = 0; at < N_ROWS; at += ROWS_OF_A_CALL, row += ROWS_OF_A_CALL) {
            const double *series[] = {data[0] + at * FCT_OP_LANES, data[1] + at * FCT_OP_LANES};
            if (together)
                calls[0]->op->together(calls, n_calls, memory[0], row, series, outs,
                                       ROWS_OF_A_CALL);
            for (size_t k = 0; !together && k < n_calls; k++)
                calls[k]->op->rolling(calls[k], memory[k], row, series, outs[k], ROWS_OF_A_CALL);
        }
        best = fmin(best, now() - start);
    }
    for (size_t k = 0; k < n_calls; k++)
        free(memory[k]);
    return best;
}

/* "ts_mean+ts_std" */
static void compare(const char *names, const double *const *data)
{
    fct_op_call bound[FCT_OP_MAX_TOGETHER];
    const fct_op_call *calls[FCT_OP_MAX_TOGETHER];
    double *outs[FCT_OP_MAX_TOGETHER];
    for (size_t k = 0; k < FCT_OP_MAX_TOGETHER; k++)
        outs[k] = allocate(N_CELLS * sizeof *outs[k]);
    printf("%-40s", names);
    for (size_t w = 0; w < N_WINDOWS; w++) {
        size_t n_calls = 0;
        for (const char *at = names; *at && n_calls < FCT_OP_MAX_TOGETHER; at += *at == '+') {
            size_t n = strcspn(at, "+");
            const fct_op *op = fct_op_find(at, n, FCT_DIALECT_FACTORIUM);
            if (!op || !op->together) {
                fprintf(stderr, "%.*s shares no walk\n", (int)n, at);
                exit(1);
            }
            bound[n_calls] = bind(op, windows[w]);
            calls[n_calls] = &bound[n_calls];
            n_calls++;
            at += n;
        }
        printf("  %8.2f", seconds(calls, n_calls, false, data, outs) /
                              seconds(calls, n_calls, true, data, outs));
        fflush(stdout);
    }
    printf("\n");
    for (size_t k = 0; k < FCT_OP_MAX_TOGETHER; k++)
        free(outs[k]);
}

int main(int argc, char **argv)
{
    double *data[FCT_OP_MAX_SERIES];
    double *out = allocate(N_CELLS * sizeof *out);
    uint64_t random = 1;
    for (size_t k = 0; k < FCT_OP_MAX_SERIES; k++) {
        data[k] = allocate(N_CELLS * sizeof *data[k]);
        for (size_t i = 0; i < N_CELLS; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            data[k][i] = 1 + (double)(random >> 40) * 0x1p-24;
        }
    }
    for (size_t i = 0; i < N_CELLS; i++) /* a group has ten members or so */
        data[2][i] = (double)((i * 2654435761u) >> 16 & 255);
    printf("%-24s", "million cells/s");
    for (size_t w = 0; w < N_WINDOWS; w++)
        printf("  d = %4.0f", windows[w]);
    printf("\n");
    for (int a = 1; a < argc; a++)
        if (strchr(argv[a], '+'))
            compare(argv[a], (const double *const *)data);
    const fct_op *op;
    for (size_t i = 0; (op = fct_op_at(i)); i++) {
        bool wanted = argc < 2;
        for (int a = 1; a < argc; a++)
            wanted |= strcmp(argv[a], op->name) == 0;
        if (!wanted)
            continue;
        bool has_window = op->n_parameters > 0 && op->parameters[0].kind == FCT_PARAMETER_WINDOW;
        printf("%-24s", op->name);
        for (size_t w = 0; w < (has_window ? N_WINDOWS : 1); w++) {
            fct_op_call call = bind(op, windows[w]);
            printf("  %8.0f", rate(&call, (const double *const *)data, out));
            fflush(stdout);
        }
        printf("\n");
    }
    return 0;
}
