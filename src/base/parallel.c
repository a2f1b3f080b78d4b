/* Threads by OpenMP: a counter hands out units, the lowest failing unit speaks. A team's helpers wait for
 * jobs of parts: one word holds the job's number and the parts left, so that a part is taken from the job
 * that is seen. */
#include "base/parallel.h"
#include "base/context_private.h"

#include <heatbath/options.h>
#include <omp.h>
#include <sched.h>

enum { LOOKS_BEFORE_YIELDING = 1000 };

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

static heat_status end_work(heat_context *ctx, const shared_work *work)
{
    if (work->failed_unit == work->n_units)
        return HEAT_OK;
    ctx->error = work->error;
    return work->error.status;
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
    return end_work(ctx, &work);
}

/* --- teams --- */

static const uint64_t end_mask = 0xffff;
enum { FIRST_SHIFT = 16, JOB_SHIFT = 32 };

/* Between two looks at what others do. */
static void wait_a_little(int *n_looks)
{
    if (++*n_looks > LOOKS_BEFORE_YIELDING)
        sched_yield();
}

/* Runs parts of the job at hand until none is left; false if there was none. Threads of odd number take the
 * last parts and the others the first, so that a part's memory mostly stays with one of two. */
static bool take_parts(heat_team *team, bool from_end)
{
    uint64_t left = atomic_load_explicit(&team->left, memory_order_acquire);
    bool found = false;

    for (;;) {
        uint64_t first = left >> FIRST_SHIFT & end_mask, end = left & end_mask;
        if (first == end)
            return found;
        if (!atomic_compare_exchange_weak_explicit(&team->left, &left,
                                                   from_end ? left - 1 : left + ((uint64_t)1 << FIRST_SHIFT),
                                                   memory_order_acq_rel, memory_order_acquire))
            continue;
        /* the job stays until this part is done */
        team->fn(team->arg, (int64_t)(from_end ? end - 1 : first));
        atomic_fetch_add_explicit(&team->n_done, 1, memory_order_acq_rel);
        found = true;
        left = atomic_load_explicit(&team->left, memory_order_acquire);
    }
}

static void serve(heat_team *team)
{
    int n_looks = 0;

    while (atomic_load_explicit(&team->is_open, memory_order_acquire)) {
        if (take_parts(team, omp_get_thread_num() % 2 == 1))
            n_looks = 0;
        else
            wait_a_little(&n_looks);
    }
}

heat_status heat_parallel_together(heat_context *ctx, int64_t threads, heat_team *team, int64_t n_units,
                                   heat_unit_fn fn, void *arg)
{
    shared_work work = {.n_units = n_units, .fn = fn, .arg = arg, .failed_unit = n_units};
    int n_threads = heat_thread_count(threads);

    atomic_init(&work.next, 0);
    atomic_store(&team->is_open, n_threads > 1);
#pragma omp parallel num_threads(n_threads) if (n_threads > 1)
    if (omp_get_thread_num() == 0) {
        take_units(ctx, &work);
        atomic_store(&team->is_open, false);
    } else {
        serve(team);
    }
    return end_work(ctx, &work);
}

void heat_parallel_parts(heat_team *team, int64_t n_parts, heat_part_fn fn, void *arg)
{
    uint64_t job = (atomic_load_explicit(&team->left, memory_order_relaxed) >> JOB_SHIFT) + 1;
    int n_looks = 0;

    if (n_parts <= 1 || !atomic_load_explicit(&team->is_open, memory_order_relaxed)) {
        for (int64_t part = 0; part < n_parts; part++)
            fn(arg, part);
        return;
    }
    team->fn = fn;
    team->arg = arg;
    atomic_store_explicit(&team->n_done, 0, memory_order_relaxed);
    atomic_store_explicit(&team->left, job << JOB_SHIFT | (uint64_t)n_parts, memory_order_release);
    take_parts(team, false);
    while (atomic_load_explicit(&team->n_done, memory_order_acquire) < n_parts)
        wait_a_little(&n_looks);
}
