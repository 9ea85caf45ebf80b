/* Times fct_load_bars: bench_load STORE N loads all 1-minute bars N times and prints the seconds of each load. */
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

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_load STORE N\n");
        return 2;
    }
    const fct_bars_request request = {.store = argv[1], .bar = {.interval_ms = 60000}};
    for (int i = 0; i < atoi(argv[2]); i++) {
        fct_error err;
        fct_panel *panel;
        double start = now();
        if (fct_load_bars(&request, NULL, &panel, &err) != FCT_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        printf("%.6f %lld\n", now() - start, (long long)fct_panel_n_rows(panel));
        fct_panel_free(panel);
    }
    return 0;
}
