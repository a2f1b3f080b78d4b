/* heat_parallel_for over OpenMP: a counter hands out units, the lowest failing unit speaks. */
#include "base/parallel.h"
#include "base/context_private.h"

#include <heatbath/options.h>
#include <omp.h>

int heat_thread_count(int64_t threads)
{
    return threads == HEAT_AUTO ? omp_get_num_procs() : (int)threads;
}

typedef struct shared_work {
    atomic_int_fast64_t next;
    int64_t n_units;
    heat_unit_fn fn;
    void *arg;
    int64_t failed_unit; /* lowest so far; n_units if none */
    heat_error_text error;
} shared_work;

static void take_units(const heat_context *parent, shared_work *work)
{
    heat_context worker = {.config = parent->config,
                           .stop = parent->stop,
                           .deadline_s = parent->deadline_s,
                           .started_s = parent->started_s,
                           .verb = parent->verb};

    worker.config.progress = NULL; /* the callbacks are the calling thread's */
    worker.config.log = NULL;
    while (!heat_halted(&worker)) {
        int64_t unit = atomic_fetch_add_explicit(&work->next, 1, memory_order_relaxed);
        if (unit >= work->n_units)
            break;
        if (work->fn(&worker, work->arg, unit) != HEAT_OK) {
#pragma omp critical(heat_lowest_failing_unit)
            if (unit < work->failed_unit) {
                work->failed_unit = unit;
                work->error = worker.error;
            }
            /* those below a failing unit were handed out before it and still finish; none above begins */
            atomic_store_explicit(&work->next, work->n_units, memory_order_relaxed);
            break;
        }
    }
}

heat_status heat_parallel_for(heat_context *ctx, int64_t threads, int64_t n_units, heat_unit_fn fn, void *arg)
{
    shared_work work = {.n_units = n_units, .fn = fn, .arg = arg, .failed_unit = n_units};
    int team = heat_thread_count(threads);

    atomic_init(&work.next, 0);
    if (team > n_units)
        team = (int)n_units;
    if (team <= 1) {
        take_units(ctx, &work);
    } else {
#pragma omp parallel num_threads(team)
        take_units(ctx, &work);
    }
    if (work.failed_unit < n_units) {
        ctx->error = work.error;
        return work.error.status;
    }
    return HEAT_OK;
}
