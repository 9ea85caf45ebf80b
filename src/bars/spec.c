/* What kind of bars: from text, and checked. */
#include "bars/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

static const struct {
    const char *name;
    fct_bar_kind kind;
} kinds[] = {
    {"time", FCT_BAR_TIME},
    {"tick", FCT_BAR_TICK},
    {"volume", FCT_BAR_VOLUME},
    {"dollar", FCT_BAR_DOLLAR},
};

/* Ticks beyond 2^53 are not whole numbers of trades any more, and nobody has as many. */
static const double max_ticks = 0x1p53;

fct_status fct_bar_spec_check(const fct_bar_spec *spec, fct_error *err)
{
    if (spec->kind < FCT_BAR_TIME || spec->kind > FCT_BAR_DOLLAR)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d is no kind of bar", (int)spec->kind);
    if (spec->kind == FCT_BAR_TIME) {
        if (spec->interval_ms < 1 || spec->interval_ms > FCT_MAX_INTERVAL_MS)
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "an interval of %lld ms: time bars take 1 ms to 366 d",
                                 (long long)spec->interval_ms);
        return FCT_OK;
    }
    const char *name = kinds[spec->kind].name;
    if (!(spec->threshold > 0) || isinf(spec->threshold))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s:%g: the threshold must be a positive number", name,
                             spec->threshold);
    if (spec->kind == FCT_BAR_TICK &&
        (floor(spec->threshold) < spec->threshold || spec->threshold > max_ticks))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "tick:%g: the number of trades must be a whole number",
                             spec->threshold);
    return FCT_OK;
}

static fct_status parse_threshold(const char *text, const char *number, fct_bar_spec *spec,
                                  fct_error *err)
{
    char *end;
    spec->threshold = strtod(number, &end);
    if (end == number || *end || strpbrk(number, "xX")) {
        char quoted[80];
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "\"%s\": behind the colon stands a number, as in tick:1000 or "
                             "dollar:1e6",
                             fct_text_quote(text, strlen(text), quoted, sizeof quoted));
    }
    return fct_bar_spec_check(spec, err);
}

fct_status fct_bar_spec_parse(const char *text, fct_bar_spec *spec, fct_error *err)
{
    *spec = (fct_bar_spec){0};
    const char *colon = strchr(text, ':');
    if (!colon)
        return fct_interval_parse(text, &spec->interval_ms, err);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].name);
        if ((size_t)(colon - text) != n || strncmp(text, kinds[i].name, n) != 0)
            continue;
        spec->kind = kinds[i].kind;
        return spec->kind == FCT_BAR_TIME ? fct_interval_parse(colon + 1, &spec->interval_ms, err)
                                          : parse_threshold(text, colon + 1, spec, err);
    }
    char quoted[80];
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "\"%s\" is no kind of bar: bars are an interval (1m), tick:N, volume:X or "
                         "dollar:X",
                         fct_text_quote(text, strlen(text), quoted, sizeof quoted));
}
