#include "map.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool option_map(const invocation *in, size_t i, fct_column_map *map, char **storage)
{
    static const struct {
        const char *name;
        size_t offset;
    } roles[] = {
        {"time", offsetof(fct_column_map, time)},
        {"price", offsetof(fct_column_map, price)},
        {"quantity", offsetof(fct_column_map, quantity)},
        {"is_buyer_maker", offsetof(fct_column_map, is_buyer_maker)},
        {"side", offsetof(fct_column_map, side)},
        {"id", offsetof(fct_column_map, id)},
    };
    *map = (fct_column_map){0};
    *storage = strdup(in->values[i]);
    if (!*storage)
        return option_error(in, i, "out of memory");
    for (char *pair = *storage; pair;) {
        char *comma = strchr(pair, ',');
        if (comma)
            *comma = '\0';
        char *equals = strchr(pair, '=');
        bool known = false;
        for (size_t k = 0; equals && equals[1] && k < sizeof roles / sizeof *roles; k++) {
            size_t n = strlen(roles[k].name);
            if ((size_t)(equals - pair) != n || strncmp(pair, roles[k].name, n) != 0)
                continue;
            *(const char **)(void *)((char *)map + roles[k].offset) = equals + 1;
            known = true;
        }
        if (!known)
            return option_error(in, i,
                                "write NAME=COLUMN with names time, price, quantity, "
                                "is_buyer_maker, side and id, as in time=ts,price=px,quantity=sz");
        pair = comma ? comma + 1 : NULL;
    }
    if (!map->time || !map->price || !map->quantity)
        return option_error(in, i, "time, price and quantity are needed");
    return true;
}

bool split_list(const char *text, const char ***items, size_t *n_items, char **storage)
{
    size_t n = 1;
    for (const char *c = text; *c; c++)
        n += *c == ',';
    *storage = strdup(text);
    *items = calloc(n, sizeof **items);
    *n_items = 0;
    if (!*storage || !*items)
        return false;
    for (char *item = *storage; item;) {
        char *comma = strchr(item, ',');
        if (comma)
            *comma = '\0';
        (*items)[(*n_items)++] = trimmed(item);
        item = comma ? comma + 1 : NULL;
    }
    return true;
}
