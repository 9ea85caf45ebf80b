/* A stable merge sort of keys: short stretches by insertion, then merged pairwise. */
#include <string.h>

#include "store/sort.h"

enum { STRETCH = 16 };

static inline bool comes_before(const fct_sort_key *a, const fct_sort_key *b)
{
    return a->time_us < b->time_us || (a->time_us == b->time_us && a->id < b->id);
}

static void insertion_sort(fct_sort_key *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        fct_sort_key key = keys[i];
        size_t j = i;
        for (; j > 0 && comes_before(&key, &keys[j - 1]); j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

static void merge(const fct_sort_key *from, size_t n_left, size_t n, fct_sort_key *to)
{
    const fct_sort_key *left = from;
    const fct_sort_key *left_end = from + n_left;
    const fct_sort_key *right = left_end;
    const fct_sort_key *right_end = from + n;
    /* Files are often sorted but for a few places: then there is nothing to compare. */
    if (left_end == right_end || !comes_before(right, left_end - 1)) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    while (left < left_end && right < right_end)
        *to++ = comes_before(right, left) ? *right++ : *left++;
    memcpy(to, left, (size_t)(left_end - left) * sizeof *to);
    memcpy(to + (left_end - left), right, (size_t)(right_end - right) * sizeof *to);
}

fct_sort_key *fct_sort_keys(fct_sort_key *keys, fct_sort_key *scratch, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i += STRETCH)
        insertion_sort(keys + i, n_keys - i < STRETCH ? n_keys - i : STRETCH);
    for (size_t width = STRETCH; width < n_keys; width *= 2) {
        for (size_t i = 0; i < n_keys; i += 2 * width) {
            size_t n = n_keys - i < 2 * width ? n_keys - i : 2 * width;
            merge(keys + i, n < width ? n : width, n, scratch + i);
        }
        fct_sort_key *sorted = scratch;
        scratch = keys;
        keys = sorted;
    }
    return keys;
}
