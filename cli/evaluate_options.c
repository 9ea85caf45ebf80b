#include "evaluate_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

/* Whole numbers between commas. */
static bool parse_numbers(const invocation *in, size_t i, int64_t **numbers, size_t *n_numbers)
{
    const char **items = NULL;
    char *storage = NULL;
    bool ok = split_list(in->values[i], &items, n_numbers, &storage);
    *numbers = ok ? malloc((*n_numbers + 1) * sizeof **numbers) : NULL;
    ok = *numbers != NULL;
    if (!ok)
        option_error(in, i, "out of memory");
    for (size_t k = 0; ok && k < *n_numbers; k++) {
        char *end;
        errno = 0;
        (*numbers)[k] = strtoll(items[k], &end, 10);
        if (end == items[k] || *end || errno)
            ok = option_error(in, i, "whole numbers between commas are needed, as in 1,5,20");
    }
    free(items);
    free(storage);
    return ok;
}

static bool read_events(const invocation *in, fct_evaluate_request *request)
{
    int64_t *numbers = NULL;
    size_t n = 0;
    if (!in->values[EVALUATE_EVENTS])
        return true;
    bool ok = parse_numbers(in, EVALUATE_EVENTS, &numbers, &n);
    if (ok && (n != 2 || numbers[0] < 0 || numbers[0] > 1000 || numbers[1] < 0 ||
               numbers[1] > 1000 || numbers[0] + numbers[1] == 0))
        ok = option_error(in, EVALUATE_EVENTS, "two numbers from 0 to 1000 are needed, as in 5,20");
    if (ok) {
        request->events_before = (int)numbers[0];
        request->events_after = (int)numbers[1];
    }
    free(numbers);
    return ok;
}

void ask_for_decay(fct_evaluate_request *request)
{
    request->n_decay = request->n_decay ? request->n_decay : 12;
}

void ask_for_events(fct_evaluate_request *request)
{
    if (request->events_before || request->events_after)
        return;
    request->events_before = 10;
    request->events_after = 20;
}

bool read_evaluate_options(const invocation *in, fct_evaluate_request *request, int64_t **horizons)
{
    int64_t n_quantiles = 0;
    int64_t n_decay = 0;
    *request = (fct_evaluate_request){
        .price = in->values[EVALUATE_PRICE],
        .no_delay = in->values[EVALUATE_NO_DELAY],
        .group = in->values[EVALUATE_GROUP],
    };
    *horizons = NULL;
    if (in->values[EVALUATE_DELAY] && strcmp(in->values[EVALUATE_DELAY], "0") == 0)
        return option_error(in, EVALUATE_DELAY,
                            "a trade at the price the factor is made of looks ahead; --no-delay "
                            "does it nevertheless");
    if (!option_count(in, EVALUATE_DELAY, 1, 1000000, &request->delay) ||
        !option_count(in, EVALUATE_QUANTILES, 2, 100, &n_quantiles) ||
        !option_count(in, EVALUATE_DECAY, 1, 1000, &n_decay) ||
        !option_number(in, EVALUATE_EVENT_SIZE, 1e-6, 1e6, &request->event_size) ||
        !read_events(in, request))
        return false;
    request->n_quantiles = (int)n_quantiles;
    request->n_decay = (int)n_decay;
    if (!in->values[EVALUATE_HORIZONS])
        return true;
    bool ok = parse_numbers(in, EVALUATE_HORIZONS, horizons, &request->n_horizons);
    request->horizons = *horizons;
    return ok;
}
