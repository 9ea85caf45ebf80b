#include "parquet/dictionary.h"

#include <stdlib.h>
#include <string.h>

fct_status fct_dictionary_make(fct_dictionary *dictionary, size_t capacity, fct_error *err)
{
    unsigned slot_bits = 4;
    while (slot_bits < 17 && (size_t)1 << slot_bits < 2 * capacity)
        slot_bits++;
    *dictionary = (fct_dictionary){
        .slots = malloc(sizeof(uint32_t) << slot_bits),
        .indices = malloc((capacity + 1) * sizeof(uint32_t)),
        .firsts = malloc(sizeof(uint32_t) << (slot_bits - 1)),
        .slot_bits = slot_bits,
    };
    if (dictionary->slots && dictionary->indices && dictionary->firsts)
        return FCT_OK;
    fct_dictionary_free(dictionary);
    return fct_error_memory(err, (capacity + 1) * sizeof(uint32_t));
}

void fct_dictionary_free(fct_dictionary *dictionary)
{
    free(dictionary->slots);
    free(dictionary->indices);
    free(dictionary->firsts);
    *dictionary = (fct_dictionary){0};
}

static void clear(fct_dictionary *dictionary)
{
    memset(dictionary->slots, 0, sizeof(uint32_t) << dictionary->slot_bits);
    dictionary->n_distinct = 0;
}

/* Multiplies by an odd constant near 2^64 / golden ratio; the high bits are well mixed. */
static uint32_t slot_of(const fct_dictionary *dictionary, uint64_t bits)
{
    bits ^= bits >> 32;
    return (uint32_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - dictionary->slot_bits));
}

static uint32_t next_slot(const fct_dictionary *dictionary, uint32_t slot)
{
    return (slot + 1) & ((UINT32_C(1) << dictionary->slot_bits) - 1);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Bits, not values, are compared: -0 and 0 differ, and a NaN equals itself. */
bool fct_dictionary_of_doubles(fct_dictionary *dictionary, const double *values, size_t n_values)
{
    clear(dictionary);
    for (size_t i = 0; i < n_values; i++) {
        uint64_t bits = bits_of(values[i]);
        uint32_t slot = slot_of(dictionary, bits);
        uint32_t number;
        while ((number = dictionary->slots[slot]) != 0 &&
               bits_of(values[dictionary->firsts[number - 1]]) != bits)
            slot = next_slot(dictionary, slot);
        if (!number) {
            if (dictionary->n_distinct == (size_t)1 << (dictionary->slot_bits - 1))
                return false;
            dictionary->firsts[dictionary->n_distinct] = (uint32_t)i;
            number = dictionary->slots[slot] = (uint32_t)++dictionary->n_distinct;
        }
        dictionary->indices[i] = number - 1;
    }
    return true;
}

static uint64_t hash_of(const char *bytes, size_t n_bytes)
{
    uint64_t hash = n_bytes;
    for (size_t i = 0; i < n_bytes; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001B3);
    return hash;
}

bool fct_dictionary_of_texts(fct_dictionary *dictionary, const char *bytes, const size_t *offsets,
                             size_t n_values)
{
    clear(dictionary);
    for (size_t i = 0; i < n_values; i++) {
        const char *text = bytes + offsets[i];
        size_t n_bytes = offsets[i + 1] - offsets[i];
        uint32_t slot = slot_of(dictionary, hash_of(text, n_bytes));
        uint32_t number;
        while ((number = dictionary->slots[slot]) != 0) {
            size_t first = dictionary->firsts[number - 1];
            if (offsets[first + 1] - offsets[first] == n_bytes &&
                memcmp(bytes + offsets[first], text, n_bytes) == 0)
                break;
            slot = next_slot(dictionary, slot);
        }
        if (!number) {
            if (dictionary->n_distinct == (size_t)1 << (dictionary->slot_bits - 1))
                return false;
            dictionary->firsts[dictionary->n_distinct] = (uint32_t)i;
            number = dictionary->slots[slot] = (uint32_t)++dictionary->n_distinct;
        }
        dictionary->indices[i] = number - 1;
    }
    return true;
}
