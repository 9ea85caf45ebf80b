/* Times judging factors: bench_evaluate eval|backtest BARS FACTORS N prints the seconds of N runs; panels are read before. */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static fct_status run(const char *what, const fct_panel *bars, const fct_panel *factors,
                      fct_error *err)
{
    fct_evaluation *evaluation = NULL;
    fct_backtest *backtest = NULL;
    const fct_backtest_request quantiles = {
        .weighting = FCT_WEIGHTS_QUANTILES, .buy_cost = 0.0005, .sell_cost = 0.0005, .gross = 2};
    fct_status status = strcmp(what, "eval") == 0
                            ? fct_evaluate(bars, factors, NULL, NULL, &evaluation, err)
                            : fct_backtest_run(bars, factors, &quantiles, NULL, &backtest, err);
    fct_evaluation_free(evaluation);
    fct_backtest_free(backtest);
    return status;
}

int main(int argc, char **argv)
{
    fct_error err;
    fct_panel *bars;
    fct_panel *factors;
    if (argc < 5) {
        fprintf(stderr, "usage: bench_evaluate eval|backtest BARS FACTORS N\n");
        return 2;
    }
    if (fct_panel_read(argv[2], NULL, &bars, &err) != FCT_OK ||
        fct_panel_read(argv[3], NULL, &factors, &err) != FCT_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int i = 0; i < atoi(argv[4]); i++) {
        double start = now();
        if (run(argv[1], bars, factors, &err) != FCT_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        printf("%.6f %lld\n", now() - start, (long long)fct_panel_n_rows(factors));
    }
    fct_panel_free(factors);
    fct_panel_free(bars);
    return 0;
}
