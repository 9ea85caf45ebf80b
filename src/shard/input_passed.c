/* Columns that stages before passed on to a shard, put together. */
#include <stdlib.h>
#include <string.h>

#include "shard/blocks.h"
#include "shard/input.h"

/* Reads what each of some shards of a stage has for this one, which is its segment `segment`. */
static fct_status read_files(const fct_shard_running *r, size_t stage, size_t first_shard,
                             size_t end_shard, fct_shard_file file, size_t segment,
                             size_t n_segments, const fct_shard_names *wanted, fct_panel **out,
                             fct_error *err)
{
    fct_panel_rows rows = {.job = r->job};
    fct_text path = {0};
    fct_status status = FCT_OK;
    for (size_t i = first_shard; i < end_shard; i++) {
        FCT_TRY_OUT(fct_job_check(r->job, err));
        FCT_TRY_OUT(fct_shard_file_path(&path, r->plan, stage, i, file, err));
        const fct_blocks_source source = {.path = path.data,
                                          .plan = r->plan,
                                          .segment = segment,
                                          .n_segments = n_segments,
                                          .wanted = wanted,
                                          .is_first = i == first_shard};
        FCT_TRY_OUT(fct_blocks_read(&source, &rows, err));
    }
    status = fct_panel_from_rows(&rows, out, err);
out:
    fct_panel_rows_free(&rows);
    fct_text_free(&path);
    return status;
}

/* ---- Columns of the same rows ------------------------------------------------------------------ */

static bool has_same_rows(const struct fct_panel *a, const struct fct_panel *b)
{
    if (a->n_symbols != b->n_symbols || a->n_rows != b->n_rows || a->n_times != b->n_times ||
        a->shared_grid != b->shared_grid)
        return false;
    for (size_t s = 0; s < a->n_symbols; s++)
        if (strcmp(a->symbols[s], b->symbols[s]) != 0 || a->symbol_rows[s] != b->symbol_rows[s])
            return false;
    size_t n = a->shared_grid ? (size_t)a->n_rows : fct_panel_n_cells(a);
    return memcmp(a->end_ms, b->end_ms, n * sizeof *a->end_ms) == 0 &&
           memcmp(a->start_ms, b->start_ms, n * sizeof *a->start_ms) == 0;
}

/* Moves the columns of `from`, which is freed, to `to`. */
static fct_status move_columns(struct fct_panel *to, struct fct_panel *from, size_t stage,
                               fct_error *err)
{
    fct_status status = FCT_OK;
    if (!has_same_rows(to, from)) {
        status = fct_error_set(err, FCT_ERROR_INTEGRITY,
                               "stage %zu passed on other rows than those before it: run the "
                               "shards of all stages again",
                               stage);
        goto out;
    }
    size_t n = to->n_columns + from->n_columns;
    fct_panel_column *columns = realloc(to->columns, (n + 1) * sizeof *columns);
    if (!columns) {
        status = fct_error_memory(err, n * sizeof *columns);
        goto out;
    }
    to->columns = columns;
    if (from->n_columns)
        memcpy(columns + to->n_columns, from->columns, from->n_columns * sizeof *columns);
    to->n_columns = n;
    from->n_columns = 0;
out:
    fct_panel_free(from);
    return status;
}

static bool has_any(const fct_shard_names *passed, const fct_shard_names *wanted)
{
    for (size_t i = 0; i < passed->n_names; i++)
        for (size_t k = 0; k < wanted->n_names; k++)
            if (strcmp(passed->names[i], wanted->names[k]) == 0)
                return true;
    return false;
}

/* The columns of one stage, added to *panel where that is there. */
static fct_status add_stage(const fct_shard_running *r, size_t stage, const fct_shard_names *wanted,
                            fct_panel **panel, fct_error *err)
{
    const struct fct_shard_plan *plan = r->plan;
    const fct_shard_stage *from = &plan->stages[stage];
    bool is_across = (r->stage - stage) % 2;
    fct_panel *part = NULL;
    /* The stage before has every row, also where no column of it is wanted. */
    if (!has_any(is_across ? &from->sends : &from->keeps, wanted) && stage + 1 != r->stage)
        return FCT_OK;
    FCT_TRY(is_across ? read_files(r, stage, 0, from->n_shards, FCT_SHARD_SENT, r->shard,
                                   plan->stages[r->stage].n_shards, wanted, &part, err)
                      : read_files(r, stage, r->shard, r->shard + 1, FCT_SHARD_KEPT, 0, 1, wanted,
                                   &part, err));
    if (*panel)
        return move_columns(*panel, part, stage, err);
    *panel = part;
    return FCT_OK;
}

fct_status fct_shard_load_passed(const fct_shard_running *r, const fct_shard_names *wanted,
                                 fct_panel **out, fct_error *err)
{
    fct_panel *panel = NULL;
    fct_status status = FCT_OK;
    *out = NULL;
    for (size_t stage = r->stage; stage-- > 0 && status == FCT_OK;)
        status = add_stage(r, stage, wanted, &panel, err);
    if (status == FCT_OK)
        *out = panel;
    else
        fct_panel_free(panel);
    return status;
}
