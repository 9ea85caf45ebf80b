#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct parallel {
    size_t n_items;
    fct_work work;
    void *context;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock;
    size_t failed_item; /* the lowest so far; n_items: none */
    fct_status status;
    fct_error error;
} parallel;

typedef struct worker {
    parallel *shared;
    int thread;
    pthread_t handle;
} worker;

static void run_items(parallel *p, int thread)
{
    while (!atomic_load_explicit(&p->failed, memory_order_relaxed)) {
        size_t item = atomic_fetch_add(&p->next, 1);
        if (item >= p->n_items)
            return;
        fct_error error = {0};
        fct_status status = p->work(item, thread, p->context, &error);
        if (status == FCT_OK)
            continue;
        pthread_mutex_lock(&p->lock);
        if (item < p->failed_item) {
            p->failed_item = item;
            p->status = status;
            p->error = error;
        }
        pthread_mutex_unlock(&p->lock);
        atomic_store(&p->failed, true);
    }
}

static void *worker_main(void *argument)
{
    worker *w = argument;
    run_items(w->shared, w->thread);
    return NULL;
}

fct_status fct_parallel_for(int n_threads, size_t n_items, fct_work work, void *context,
                            fct_error *err)
{
    parallel p = {.n_items = n_items, .work = work, .context = context, .failed_item = n_items};
    pthread_mutex_init(&p.lock, NULL);
    size_t n_extra = n_threads < 1 ? 0 : (size_t)n_threads - 1;
    if (n_items && n_extra > n_items - 1)
        n_extra = n_items - 1;
    if (!n_items)
        n_extra = 0;
    /* Fewer threads than asked for is slower, not wrong: no memory or no thread is no failure here. */
    worker *workers = n_extra ? calloc(n_extra, sizeof *workers) : NULL;
    size_t n_started = 0;
    for (; workers && n_started < n_extra; n_started++) {
        workers[n_started] = (worker){.shared = &p, .thread = (int)n_started + 1};
        if (pthread_create(&workers[n_started].handle, NULL, worker_main, &workers[n_started]) != 0)
            break;
    }
    run_items(&p, 0);
    for (size_t i = 0; i < n_started; i++)
        pthread_join(workers[i].handle, NULL);
    free(workers);
    pthread_mutex_destroy(&p.lock);
    if (p.status != FCT_OK && err)
        *err = p.error;
    return p.status;
}
