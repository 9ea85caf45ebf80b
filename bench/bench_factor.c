/* Times fct_plan_run: bench_factor BARS N DIALECT TEXT evaluates expressions on a panel N times and prints the seconds of each. */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int fail(const fct_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    fct_error err;
    fct_panel *panel;
    fct_plan *plan;
    fct_plan_options options = {0};
    if (argc < 5) {
        fprintf(stderr, "usage: bench_factor BARS N DIALECT TEXT\n");
        return 2;
    }
    if (fct_dialect_parse(argv[3], &options.dialect, &err) != FCT_OK ||
        fct_panel_read(argv[1], NULL, &panel, &err) != FCT_OK ||
        fct_plan_compile(argv[4], &options, &plan, &err) != FCT_OK)
        return fail(&err);
    for (int i = 0; i < atoi(argv[2]); i++) {
        fct_panel *factors;
        double start = now();
        if (fct_plan_run(plan, panel, NULL, &factors, &err) != FCT_OK)
            return fail(&err);
        printf("%.6f %zu\n", now() - start, fct_plan_n_factors(plan));
        fct_panel_free(factors);
    }
    fct_plan_free(plan);
    fct_panel_free(panel);
    return 0;
}
