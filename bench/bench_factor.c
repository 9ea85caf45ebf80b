/*
 * Times fct_plan_run: bench_factor BARS N DIALECT TEXT [TIMES FILE] evaluates expressions on a panel N times and prints the
 * seconds of each. The last TIMES of what came out are written to FILE.
 */
#include <factorium.h>
#include <stdbool.h>
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

static fct_status write_last(const fct_panel *factors, int64_t n_times, const char *path,
                             fct_error *err)
{
    const int64_t *times;
    int64_t n = fct_panel_times(factors, &times);
    fct_panel_selection last = {
        .from_ms = n > n_times ? times[n - n_times - 1] : 0,
        .to_ms = times[n - 1],
    };
    fct_panel *part;
    struct ArrowArrayStream stream;
    fct_status status = fct_panel_slice(factors, &last, NULL, &part, err);
    if (status != FCT_OK)
        return status;
    status = fct_panel_stream(part, &stream, err);
    if (status == FCT_OK)
        status = fct_write_file(&stream, path, FCT_FORMAT_PARQUET, NULL, NULL, err);
    fct_panel_free(part);
    return status;
}

int main(int argc, char **argv)
{
    fct_error err;
    fct_panel *panel;
    fct_plan *plan;
    fct_plan_options options = {0};
    if (argc < 5) {
        fprintf(stderr, "usage: bench_factor BARS N DIALECT TEXT [TIMES FILE]\n");
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
        bool is_last = i + 1 == atoi(argv[2]);
        if (is_last && argc > 6 && write_last(factors, atoll(argv[5]), argv[6], &err) != FCT_OK)
            return fail(&err);
        fct_panel_free(factors);
    }
    fct_plan_free(plan);
    fct_panel_free(panel);
    return 0;
}
