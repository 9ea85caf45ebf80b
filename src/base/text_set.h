/* A set of texts: each gets a number in the order in which it first came. */
#ifndef FCT_BASE_TEXT_SET_H
#define FCT_BASE_TEXT_SET_H

#include "base/status.h"

/* Starts as {0}; freed by fct_text_set_free. */
typedef struct fct_text_set {
    char **texts; /* n_texts, NUL-terminated */
    size_t n_texts, capacity;
    uint32_t *slots; /* open addressing: 0 is empty, else a number + 1 */
    size_t n_slots;
} fct_text_set;

/* The number of a text of `n_bytes`, which is added where it is new. A NUL inside ends it. */
fct_status fct_text_set_add(fct_text_set *set, const char *text, size_t n_bytes, uint32_t *number,
                            fct_error *err);

/* The number of a text, or UINT32_MAX. */
uint32_t fct_text_set_find(const fct_text_set *set, const char *text);

/*
 * Puts the texts into bytewise order. *new_number (from malloc, n_texts of them) says which number each has now; the
 * slots are gone: nothing is added or found any more.
 */
fct_status fct_text_set_sort(fct_text_set *set, uint32_t **new_number, fct_error *err);
void fct_text_set_free(fct_text_set *set);

#endif
