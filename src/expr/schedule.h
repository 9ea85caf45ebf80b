/* Which factors of a plan are computed together on a panel, so that the memory they work in stays small. */
#ifndef FCT_EXPR_SCHEDULE_H
#define FCT_EXPR_SCHEDULE_H

#include "expr/execute.h"
#include "expr/plan.h"

/* Factors [first, end) by one program. */
typedef struct fct_batch {
    size_t first, end;
    fct_program program;
    fct_layout layout;
} fct_batch;

typedef struct fct_schedule {
    fct_batch *batches;
    size_t n_batches;
    size_t input_bytes;  /* of the panel, whatever of it the plan reads */
    size_t output_bytes; /* of the factors */
    size_t work_bytes;   /* of the batch that works in most */
} fct_schedule;

/*
 * Cuts the plan for a panel. All factors go together where that works in WORK_BYTES or less, since what they share is computed
 * once a batch. Starts as {0}; freed by fct_schedule_free, also on failure.
 */
fct_status fct_schedule_make(fct_schedule *schedule, const struct fct_plan *plan,
                             const struct fct_panel *panel, int n_threads, fct_error *err);
void fct_schedule_free(fct_schedule *schedule);

/* All that a run holds. */
static inline size_t fct_schedule_bytes(const fct_schedule *schedule)
{
    return schedule->input_bytes + schedule->output_bytes + schedule->work_bytes;
}

#endif
