/* Random cross-sections of every kind that hurts, and calls of cross-sectional operators. */
#ifndef FCT_TESTS_SECTION_H
#define FCT_TESTS_SECTION_H

#include "ops/ops.h"

typedef enum section_kind {
    SECTION_RETURNS, /* about normal, one in ten missing */
    SECTION_TIES,    /* few whole numbers, and both zeros */
    SECTION_EQUAL,
    SECTION_SPIKES,    /* now and then 1e12, so that long keys are cut */
    SECTION_LEVEL,     /* 1e9 with a spread of 0.01 */
    SECTION_LEVEL_OUT, /* that with one value far away */
    SECTION_TINY,      /* 1e-250: squares are no doubles */
    SECTION_HUGE,      /* 1e250 */
    SECTION_MISSING,   /* nearly all, some infinite */
    SECTION_KINDS
} section_kind;

uint64_t section_random(uint64_t *state);
double section_uniform(uint64_t *state); /* from 0 to 1 */

void section_fill(double *x, size_t n, section_kind kind, uint64_t *state);

/* Group keys: few of them, some missing, some of no tidy size. */
void section_fill_groups(double *g, size_t n, uint64_t *state);

/* A call with all presets; a parameter without one is 3. */
fct_op_call section_call(const fct_op *op, size_t n_series);

/* Runs the kernel with scratch of just the size it asks for. */
void section_run(const fct_op_call *call, const double *const *series, double *out, size_t n);

/* The same double, or both NaN. */
bool section_same(double a, double b);

/* A plain definition of an operator: out[i] of n cells. Cells that are not finite are missing. */
typedef void (*section_reference)(const fct_op_call *call, const double *const *series, double *out,
                                  size_t n);

/* How an operator is held against its definition: |got - want| <= tolerance * the largest |want| of the section. */
typedef struct section_case {
    const char *name;
    section_reference reference;
    double tolerance;
    bool of_input; /* ... * the largest |x|, where that is more */
} section_case;

/* Those of operators that are defined over one cross-section, and of groups; each ends with a NULL name. */
extern const section_case section_cross_cases[];
extern const section_case section_group_cases[];

/* The checks that both test programs make of each of their cases. */
void section_check_reference(const section_case *checked, uint64_t seed);
void section_check_permutation(const section_case *checked, uint64_t seed);
void section_check_in_place(const section_case *checked, uint64_t seed);

#endif
