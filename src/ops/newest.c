/* The k-th newest value that is not missing. */
#include <math.h>
#include <string.h>

#include "ops/kernels.h"

/* The newest k values of each lane and their rows, in rings: the next one replaces the k-th. */
typedef struct newest_state {
    uint64_t next[FCT_OP_LANES];
    struct {
        double value;
        int64_t row;
    } ring[]; /* [k][8] */
} newest_state;

void fct_kernel_kth_element(const fct_op_call *call, void *state, int64_t row,
                            const double *const *series, double *out, size_t n_rows)
{
    newest_state *s = state;
    const int64_t d = (int64_t)call->parameters[0];
    const size_t k = (size_t)call->parameters[1];
    if (!row) {
        memset(s->next, 0, sizeof s->next);
        for (size_t i = 0; i < k * FCT_OP_LANES; i++)
            s->ring[i].row = -d;
    }
    for (size_t i = 0; i < n_rows * FCT_OP_LANES; i++) {
        size_t lane = i % FCT_OP_LANES, at = s->next[lane] * FCT_OP_LANES + lane;
        int64_t now = row + (int64_t)(i / FCT_OP_LANES);
        if (isfinite(series[0][i])) {
            s->ring[at].value = series[0][i];
            s->ring[at].row = now;
            s->next[lane] = s->next[lane] + 1 < k ? s->next[lane] + 1 : 0;
            at = s->next[lane] * FCT_OP_LANES + lane;
        }
        out[i] = now - s->ring[at].row < d ? s->ring[at].value : NAN;
    }
}
