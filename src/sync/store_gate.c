#include "sync/store_gate.h"

#include <time.h>

/* Others look every 50 ms. */
enum { OPEN_MS = 4000, PAUSE_MS = 70 };

void fct_store_gate_init(fct_store_gate *gate, fct_ingest_call *call, size_t n_symbols)
{
    *gate = (fct_store_gate){.call = call, .n_symbols = n_symbols};
    gate->call->store.lock = -1;
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}

void fct_store_gate_end(fct_store_gate *gate)
{
    fct_ingest_store_close(&gate->call->store);
    pthread_mutex_destroy(&gate->lock);
    pthread_cond_destroy(&gate->changed);
}

static void forget_records(fct_store_gate *gate)
{
    for (size_t i = 0; i < gate->n_symbols; i++) {
        fct_ingest_symbol *symbol = &gate->call->symbols[i];
        pthread_mutex_lock(&symbol->lock);
        fct_origins_free(&symbol->store.sources);
        symbol->is_loaded = false;
        pthread_mutex_unlock(&symbol->lock);
    }
}

static bool is_over(const fct_store_gate *gate)
{
    return fct_clock_ms() - gate->opened_ms >= OPEN_MS;
}

static void close_gate(fct_store_gate *gate, bool gives_way)
{
    fct_ingest_store_close(&gate->call->store);
    gate->is_open = false;
    gate->gave_way = gives_way;
}

/* One thread opens for all. The lock is not held meanwhile: the store may be another's for long. */
static fct_status open_gate(fct_store_gate *gate, fct_error *err)
{
    bool gave_way = gate->gave_way;
    const char *root = gate->call->store.root;
    gate->is_opening = true;
    pthread_mutex_unlock(&gate->lock);
    if (gave_way)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    fct_status status = fct_ingest_store_open(&gate->call->store, root, &gate->call->job, err);
    pthread_mutex_lock(&gate->lock);
    gate->is_opening = false;
    if (status == FCT_OK) {
        if (!gate->stamp || gate->call->store.stamp_found != gate->stamp)
            forget_records(gate);
        gate->stamp = gate->call->store.stamp;
        gate->is_open = true;
        gate->opened_ms = fct_clock_ms();
    }
    pthread_cond_broadcast(&gate->changed);
    return status;
}

fct_status fct_store_gate_enter(fct_store_gate *gate, bool may_wait, bool *is_inside,
                                fct_error *err)
{
    fct_status status = FCT_OK;
    pthread_mutex_lock(&gate->lock);
    for (*is_inside = false; status == FCT_OK && !*is_inside;) {
        if (gate->is_open && !is_over(gate))
            *is_inside = true;
        else if (gate->is_open && !gate->n_inside)
            close_gate(gate, true);
        else if (gate->is_open && !may_wait)
            break;
        else if (gate->is_open || gate->is_opening)
            pthread_cond_wait(&gate->changed, &gate->lock);
        else
            status = open_gate(gate, err);
    }
    gate->n_inside += *is_inside;
    pthread_mutex_unlock(&gate->lock);
    return status;
}

void fct_store_gate_leave(fct_store_gate *gate, size_t n, bool is_idle)
{
    pthread_mutex_lock(&gate->lock);
    gate->n_inside -= n;
    if (!gate->n_inside && (is_idle || is_over(gate)))
        close_gate(gate, is_over(gate));
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}
