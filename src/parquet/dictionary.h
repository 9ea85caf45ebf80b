/* A dictionary of the distinct values of one column in one row group. */
#ifndef FCT_PARQUET_DICTIONARY_H
#define FCT_PARQUET_DICTIONARY_H

#include "base/status.h"

enum { FCT_DICTIONARY_MAX = 65536 };

typedef struct fct_dictionary {
    uint32_t *slots;   /* hash table of value numbers + 1; 0: free */
    uint32_t *indices; /* of every value */
    uint32_t *firsts;  /* the value at which each distinct one was first seen */
    size_t n_distinct;
    unsigned
        slot_bits; /* there are 2^slot_bits slots, at least twice as many as values to be kept */
} fct_dictionary;

/* Room for `capacity` values. Freed by fct_dictionary_free. */
fct_status fct_dictionary_make(fct_dictionary *dictionary, size_t capacity, fct_error *err);
void fct_dictionary_free(fct_dictionary *dictionary);

/* Numbers the values in the order in which they come; false where there are too many distinct ones. */
bool fct_dictionary_of_doubles(fct_dictionary *dictionary, const double *values, size_t n_values);
bool fct_dictionary_of_texts(fct_dictionary *dictionary, const char *bytes, const size_t *offsets,
                             size_t n_values);

#endif
