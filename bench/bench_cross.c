/*
 * How many million cells a second each cross-sectional operator makes, on one core, by the number of symbols. Usage:
 * bench_cross [NAME...], all of them by default. The cells are returns, 2 % of them missing; groups are of ten or so.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops/ops.h"

enum { N_CELLS = 1 << 19, N_SIZES = 5 };

static const size_t sizes[N_SIZES] = {10, 100, 500, 1000, 10000};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* About normal. */
static double random_return(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(random_bits(state) >> 11) * 0x1p-53;
    return random_bits(state) % 50 ? 0.01 * sum : NAN;
}

static double measure(const fct_op_call *call, double *const *cells, double *out, size_t n)
{
    void *scratch = aligned_alloc(64, (call->op->scratch_bytes(call, n) + 64) / 64 * 64);
    size_t stride = (n + FCT_OP_LANES - 1) / FCT_OP_LANES * FCT_OP_LANES;
    size_t n_together = call->op->cross_eight ? FCT_OP_LANES : 1;
    size_t each[FCT_OP_LANES] = {n, n, n, n, n, n, n, n};
    double best = INFINITY;
    for (int time = 0; time < 3; time++) {
        double begin = seconds();
        for (size_t at = 0; at + n_together * stride <= N_CELLS; at += n_together * stride) {
            const double *series[FCT_OP_MAX_SERIES];
            for (size_t k = 0; k < call->n_series; k++)
                series[k] = cells[k] + at;
            if (n_together > 1)
                call->op->cross_eight(call, series, out + at, each, stride, scratch);
            else
                call->op->cross(call, series, out + at, n, scratch);
        }
        best = fmin(best, seconds() - begin);
    }
    free(scratch);
    return (double)(N_CELLS / (n_together * stride) * n_together * n) / best / 1e6;
}

static bool is_wanted(const char *name, int n_names, char **names)
{
    for (int i = 0; i < n_names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return n_names == 0;
}

int main(int argc, char **argv)
{
    double *cells[FCT_OP_MAX_SERIES], *groups = malloc(N_CELLS * sizeof(double)),
                                      *out = malloc(N_CELLS * sizeof(double));
    uint64_t state = 88172645463325252;
    for (int k = 0; k < FCT_OP_MAX_SERIES; k++) {
        cells[k] = malloc(N_CELLS * sizeof(double));
        for (size_t i = 0; i < N_CELLS; i++)
            cells[k][i] = random_return(&state);
    }
    printf("%-18s", "M cells/s");
    for (int i = 0; i < N_SIZES; i++)
        printf("%9zu", sizes[i]);
    printf("\n");
    const fct_op *op;
    for (size_t index = 0; (op = fct_op_at(index)); index++) {
        if (op->class != FCT_OP_CROSS || !is_wanted(op->name, argc - 1, argv + 1))
            continue;
        fct_op_call call = {.op = op, .n_series = op->max_series};
        for (size_t i = 0; i < op->n_parameters; i++)
            call.parameters[i] = op->parameters[i].optional ? op->parameters[i].preset : 10;
        double *series[FCT_OP_MAX_SERIES];
        memcpy(series, cells, sizeof series);
        if (op->section == FCT_SECTION_GROUP)
            series[op->max_series - 1] = groups;
        printf("%-18s", op->name);
        for (int i = 0; i < N_SIZES; i++) {
            for (size_t k = 0; k < N_CELLS; k++)
                groups[k] = (double)(random_bits(&state) % (sizes[i] / 10));
            printf("%9.1f", measure(&call, series, out, sizes[i]));
            fflush(stdout);
        }
        printf("\n");
    }
    for (int k = 0; k < FCT_OP_MAX_SERIES; k++)
        free(cells[k]);
    free(groups);
    free(out);
    return 0;
}
