#include "base/text_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* The slot of a text, or the empty one where it belongs. */
static size_t find_slot(const fct_text_set *set, const char *text, size_t n_bytes)
{
    size_t i = (size_t)fct_digest_of(text, n_bytes) & (set->n_slots - 1);
    for (;; i = (i + 1) & (set->n_slots - 1)) {
        if (!set->slots[i])
            return i;
        const char *there = set->texts[set->slots[i] - 1];
        if (strncmp(there, text, n_bytes) == 0 && !there[n_bytes])
            return i;
    }
}

/* At most half of the slots are full. */
static fct_status grow(fct_text_set *set, fct_error *err)
{
    size_t n_slots = set->n_slots ? set->n_slots * 2 : 64;
    size_t capacity = n_slots / 2;
    if (capacity >= UINT32_MAX)
        return fct_error_set(err, FCT_ERROR_LIMIT, "there are too many different texts");
    char **texts = realloc(set->texts, capacity * sizeof *texts);
    if (!texts)
        return fct_error_memory(err, capacity * sizeof *texts);
    set->texts = texts;
    set->capacity = capacity;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (!slots)
        return fct_error_memory(err, n_slots * sizeof *slots);
    free(set->slots);
    set->slots = slots;
    set->n_slots = n_slots;
    for (size_t i = 0; i < set->n_texts; i++)
        slots[find_slot(set, texts[i], strlen(texts[i]))] = (uint32_t)i + 1;
    return FCT_OK;
}

fct_status fct_text_set_add(fct_text_set *set, const char *text, size_t n_bytes, uint32_t *number,
                            fct_error *err)
{
    n_bytes = n_bytes ? strnlen(text, n_bytes) : 0;
    if (set->n_texts * 2 >= set->n_slots)
        FCT_TRY(grow(set, err));
    size_t slot = find_slot(set, n_bytes ? text : "", n_bytes);
    if (!set->slots[slot]) {
        char *copy = malloc(n_bytes + 1);
        if (!copy)
            return fct_error_memory(err, n_bytes + 1);
        if (n_bytes)
            memcpy(copy, text, n_bytes);
        copy[n_bytes] = '\0';
        set->texts[set->n_texts++] = copy;
        set->slots[slot] = (uint32_t)set->n_texts;
    }
    *number = set->slots[slot] - 1;
    return FCT_OK;
}

uint32_t fct_text_set_find(const fct_text_set *set, const char *text)
{
    if (!set->n_slots)
        return UINT32_MAX;
    uint32_t found = set->slots[find_slot(set, text, strlen(text))];
    return found ? found - 1 : UINT32_MAX;
}

/* A text and the number it had. */
typedef struct numbered {
    char *text;
    uint32_t number;
} numbered;

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const numbered *)a)->text, ((const numbered *)b)->text);
}

fct_status fct_text_set_sort(fct_text_set *set, uint32_t **new_number, fct_error *err)
{
    numbered *order = malloc((set->n_texts + 1) * sizeof *order);
    *new_number = malloc((set->n_texts + 1) * sizeof **new_number);
    if (!order || !*new_number) {
        free(order);
        free(*new_number);
        *new_number = NULL;
        return fct_error_memory(err, (set->n_texts + 1) * sizeof *order);
    }
    for (size_t i = 0; i < set->n_texts; i++)
        order[i] = (numbered){set->texts[i], (uint32_t)i};
    qsort(order, set->n_texts, sizeof *order, by_bytes);
    for (size_t i = 0; i < set->n_texts; i++) {
        set->texts[i] = order[i].text;
        (*new_number)[order[i].number] = (uint32_t)i;
    }
    free(order);
    free(set->slots);
    set->slots = NULL;
    set->n_slots = 0;
    return FCT_OK;
}

void fct_text_set_free(fct_text_set *set)
{
    for (size_t i = 0; i < set->n_texts; i++)
        free(set->texts[i]);
    free(set->texts);
    free(set->slots);
    *set = (fct_text_set){0};
}
