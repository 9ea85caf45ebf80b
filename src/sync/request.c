/* The pace of requests, and small texts. */
#include <stdlib.h>

#include "archive/retry.h"
#include "sync/sync.h"

enum { WAIT_MS = 50 };

int64_t fct_sync_take_turn(fct_sync_run *sync)
{
    int64_t now_ms = fct_clock_ms();
    double per_ms = sync->request->requests_per_second / 1000;
    if (now_ms < sync->pause_until_ms)
        return sync->pause_until_ms - now_ms;
    if (per_ms > 0) {
        /* A bucket of one second's requests, or of one where a second has less. */
        double most = per_ms * 1000 < 1 ? 1 : per_ms * 1000;
        sync->tokens += (double)(now_ms - sync->tokens_at_ms) * per_ms;
        sync->tokens = sync->tokens > most ? most : sync->tokens;
        sync->tokens_at_ms = now_ms;
        if (sync->tokens < 1)
            return (int64_t)((1 - sync->tokens) / per_ms) + 1;
        sync->tokens -= 1;
    }
    sync->report.n_requests++;
    return 0;
}

/* Marsaglia's xorshift64. */
static uint64_t next_random(fct_sync_run *sync)
{
    uint64_t x = sync->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return sync->random = x;
}

int64_t fct_sync_next_try_ms(fct_sync_run *sync, const fct_fetch *fetch, int n_tries)
{
    int64_t first_ms = sync->request->retry_wait_ms ? sync->request->retry_wait_ms : 1000;
    int64_t wait_ms =
        fct_retry_wait_ms(n_tries, first_ms, fetch->retry_after_ms, next_random(sync));
    sync->report.n_retries++;
    /* What a server asks of one request holds for all. */
    if (fetch->retry_after_ms > 0 && fct_clock_ms() + wait_ms > sync->pause_until_ms)
        sync->pause_until_ms = fct_clock_ms() + wait_ms;
    return fct_clock_ms() + wait_ms;
}

/* ---- Texts ------------------------------------------------------------------------------------ */

typedef struct text_request {
    fct_fetch fetch;
    size_t index;
    bool is_used, is_active;
    int n_tries;
    int64_t not_before_ms;
} text_request;

static fct_status begin_texts(fct_sync_run *sync, text_request *slots, char *const *urls,
                              size_t n_urls, size_t *n_begun, size_t max_text, fct_error *err)
{
    for (int i = 0; i < sync->n_jobs; i++) {
        text_request *slot = &slots[i];
        if (!slot->is_used && *n_begun < n_urls) {
            fct_text kept = slot->fetch.text;
            *slot = (text_request){.index = (*n_begun)++, .is_used = true};
            slot->fetch = (fct_fetch){.url = urls[slot->index],
                                      .fd = -1,
                                      .max_text = max_text,
                                      .text = kept,
                                      .user = slot};
        }
        if (!slot->is_used || slot->is_active || fct_clock_ms() < slot->not_before_ms)
            continue;
        if (fct_sync_take_turn(sync) > 0)
            return FCT_OK;
        FCT_TRY(fct_fetcher_start(sync->fetcher, &slot->fetch, err));
        slot->is_active = true;
    }
    return FCT_OK;
}

static fct_status end_text(fct_sync_run *sync, text_request *slot, fct_sync_text_done done,
                           void *context, fct_error *err)
{
    fct_fetch *fetch = &slot->fetch;
    bool is_final = fetch->result != FCT_FETCH_TRANSIENT && fetch->result != FCT_FETCH_RESTART;
    slot->is_active = false;
    if (fetch->result == FCT_FETCH_LOCAL)
        return fct_error_set(err, fetch->status, "%s: %s", fetch->url, fetch->message);
    if (!is_final && slot->n_tries++ < sync->request->n_retries) {
        slot->not_before_ms = fct_sync_next_try_ms(sync, fetch, slot->n_tries);
        return FCT_OK;
    }
    slot->is_used = false;
    return done(sync, slot->index, fetch, context, err);
}

fct_status fct_sync_fetch_texts(fct_sync_run *sync, char *const *urls, size_t n_urls,
                                size_t max_text, fct_sync_text_done done, void *context,
                                fct_error *err)
{
    size_t n_begun = 0;
    size_t n_ended = 0;
    fct_status status = FCT_OK;
    text_request *slots = calloc((size_t)sync->n_jobs, sizeof *slots);
    if (!slots)
        return fct_error_memory(err, (size_t)sync->n_jobs * sizeof *slots);
    while (n_ended < n_urls) {
        FCT_TRY_OUT(fct_job_check(sync->job, err));
        FCT_TRY_OUT(begin_texts(sync, slots, urls, n_urls, &n_begun, max_text, err));
        FCT_TRY_OUT(fct_fetcher_run(sync->fetcher, WAIT_MS, err));
        for (fct_fetch *fetch; (fetch = fct_fetcher_next(sync->fetcher));) {
            text_request *slot = fetch->user;
            FCT_TRY_OUT(end_text(sync, slot, done, context, err));
            n_ended += !slot->is_used;
        }
    }
out:
    for (int i = 0; i < sync->n_jobs; i++) {
        fct_fetcher_cancel(sync->fetcher, &slots[i].fetch);
        fct_text_free(&slots[i].fetch.text);
    }
    free(slots);
    return status;
}
