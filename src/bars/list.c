#include "bars/list.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"

enum { BLOCK_BARS = 512 };

struct fct_bar_block {
    fct_bar_block *next;
    size_t n_bars;
    fct_finished_bar bars[BLOCK_BARS];
};

fct_finished_bar fct_bar_finish(const fct_bar *bar)
{
    double volume = fct_sum_value(bar->volume);
    double notional = fct_sum_value(bar->notional);
    double vwap = volume > 0 ? notional / volume : NAN;
    /* Rounding, and quantities so small that the notional loses digits, must not take it outside. */
    vwap = vwap < bar->low ? bar->low : vwap > bar->high ? bar->high : vwap;
    return (fct_finished_bar){
        .start_ms = fct_floor_div(bar->start_us, 1000),
        .end_ms = fct_floor_div(bar->end_us, 1000),
        .open = bar->open,
        .high = bar->high,
        .low = bar->low,
        .close = bar->close,
        .volume = volume,
        .vwap = vwap,
        .notional = notional,
        .num_buyer_volume = fct_sum_value(bar->buyer_volume),
        .num_seller_volume = fct_sum_value(bar->seller_volume),
        .num_buyer = bar->n_buyer,
        .num_seller = bar->n_trades - bar->n_buyer,
        .num_trades = bar->n_trades,
    };
}

fct_status fct_bar_list_append(fct_bar_list *list, fct_job *job, const fct_finished_bar *bar,
                               fct_error *err)
{
    if (!list->last || list->last->n_bars == BLOCK_BARS) {
        FCT_TRY(fct_job_memory_hold(job, sizeof(fct_bar_block), "the bars asked for", err));
        fct_bar_block *block = malloc(sizeof *block);
        if (!block)
            return fct_error_memory(err, sizeof *block);
        block->next = NULL;
        block->n_bars = 0;
        if (list->last)
            list->last->next = block;
        else
            list->first = block;
        list->last = block;
    }
    list->last->bars[list->last->n_bars++] = *bar;
    list->n_bars++;
    return FCT_OK;
}

const fct_finished_bar *fct_bar_list_peek(const fct_bar_list *list)
{
    return list->n_bars ? &list->first->bars[list->position] : NULL;
}

void fct_bar_list_pop(fct_bar_list *list)
{
    list->n_bars--;
    if (++list->position < list->first->n_bars)
        return;
    fct_bar_block *read = list->first;
    list->first = read->next;
    list->position = 0;
    if (!list->first)
        list->last = NULL;
    free(read);
}

void fct_bar_list_free(fct_bar_list *list)
{
    while (list->first) {
        fct_bar_block *block = list->first;
        list->first = block->next;
        free(block);
    }
    *list = (fct_bar_list){0};
}

void fct_bar_list_times(const fct_bar_list *list, int64_t *start_ms, int64_t *end_ms)
{
    size_t n = 0;
    size_t position = list->position;
    for (const fct_bar_block *block = list->first; block; block = block->next) {
        for (; position < block->n_bars; position++, n++) {
            start_ms[n] = block->bars[position].start_ms;
            end_ms[n] = block->bars[position].end_ms;
        }
        position = 0;
    }
}

/* Blocks are full but for the last, so that those of two lists lie side by side. */
bool fct_bar_lists_share_times(const fct_bar_list *a, const fct_bar_list *b)
{
    if (a->n_bars != b->n_bars)
        return false;
    for (const fct_bar_block *x = a->first, *y = b->first; x; x = x->next, y = y->next)
        for (size_t i = 0; i < x->n_bars; i++)
            if (x->bars[i].start_ms != y->bars[i].start_ms ||
                x->bars[i].end_ms != y->bars[i].end_ms)
                return false;
    return true;
}
