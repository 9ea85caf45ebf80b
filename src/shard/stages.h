/*
 * Expressions cut at their cross-sections into stages, along symbols and along times in turn. A stage is a text of expressions
 * over columns: those of the bars, and values of stages before, which go from shard to shard as columns.
 */
#ifndef FCT_SHARD_STAGES_H
#define FCT_SHARD_STAGES_H

#include "base/text.h"
#include "expr/plan.h"
#include "shard/plan.h"

/* Names are from malloc. */
typedef struct fct_stage_cut {
    fct_text text;
    char **sends, **keeps;
    size_t n_sends, n_keeps;
    size_t n_reads; /* columns that the text reads */
} fct_stage_cut;

typedef struct fct_stages {
    fct_stage_cut *stages;
    size_t n_stages;
} fct_stages;

/*
 * Even stages are along symbols, odd ones along times. The last one's text has a factor for each of the plan's, in their
 * order and under names of its own. Without cross-sections there is one stage; else the last is along times. Freed by
 * fct_stages_free, also after a failure.
 */
fct_status fct_stages_make(const struct fct_plan *plan, fct_stages *out, fct_error *err);
void fct_stages_free(fct_stages *stages);

#endif
