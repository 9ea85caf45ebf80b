/* Looks for what factors cannot know, whatever makes them of bars. */
#ifndef FCT_EVAL_CHECK_H
#define FCT_EVAL_CHECK_H

#include "eval/evaluation.h"

/* What is checked. */
typedef struct fct_check_subject {
    fct_status (*compute)(void *context, const fct_panel *bars, const fct_run *run,
                          fct_panel **factors, fct_error *err);
    void *context;
    const char *const *columns; /* of the bars that it reads */
    size_t n_columns;
    size_t n_factors;     /* that it makes ... */
    size_t compute_bytes; /* ... and what that takes, bars and factors included; 0: nobody knows */
} fct_check_subject;

/* Like fct_plan_check, but of any subject. */
fct_status fct_check(const fct_check_subject *subject, const fct_panel *bars,
                     const fct_check_request *request, const fct_run *run,
                     struct ArrowArrayStream *out, int64_t *n_findings, fct_error *err);

#endif
