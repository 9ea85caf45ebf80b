/* A compiled plan: the graph of all its expressions, and which of its nodes are factors. */
#ifndef FCT_EXPR_PLAN_H
#define FCT_EXPR_PLAN_H

#include "expr/graph.h"

typedef struct fct_factor {
    char *name;
    char *text;
    uint32_t node;
} fct_factor;

struct fct_plan {
    bool strict_cross_sections;
    char *text;      /* what was compiled, for messages */
    fct_graph graph; /* of what factors need */
    fct_factor *factors;
    size_t n_factors;
    size_t *look_back; /* of each factor; SIZE_MAX: all rows */
};

#endif
