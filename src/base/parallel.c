/* Threads by OpenMP: a counter hands out units, the lowest failing unit speaks. A team's helpers wait for
 * jobs of steps. Each part counts its own steps, over all jobs, so that who still sees an old job finds
 * nothing to do, and threads meet where parts touch, not at the end of every step. */
#include "base/parallel.h"
#include "base/context_private.h"

#include <heatbath/options.h>
#include <omp.h>
#include <sched.h>

enum { LOOKS_BEFORE_HELPING = 200, LOOKS_BEFORE_YIELDING = 1000 };

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

/* Between two looks at what others do. */
static void wait_a_little(int *n_looks)
{
    if (++*n_looks > LOOKS_BEFORE_YIELDING)
        sched_yield();
}

static int64_t half_steps_of(const heat_team *team, int part)
{
    return atomic_load_explicit(&team->parts[part].half_steps, memory_order_acquire);
}

/* Parts that this shows have no step left of an earlier job. */
static int count_parts(const heat_team *team)
{
    return atomic_load_explicit(&team->n_parts, memory_order_acquire);
}

/* True if the parts within reach have ended `steps` steps. */
static bool is_free(const heat_team *team, int part, int64_t steps)
{
    const int n = count_parts(team);
    const int reach = atomic_load_explicit(&team->reach, memory_order_relaxed);

    for (int d = 1; d <= reach; d++)
        if (half_steps_of(team, (part + d) % n) < 2 * steps ||
            half_steps_of(team, (part + n - d) % n) < 2 * steps)
            return false;
    return true;
}

/* Takes the part's next step, if it may. */
static bool take_step(heat_team *team, int part, int64_t ended)
{
    int64_t half_steps = half_steps_of(team, part);

    if (half_steps % 2 == 1 || half_steps / 2 >= ended || !is_free(team, part, half_steps / 2) ||
        !atomic_compare_exchange_strong_explicit(&team->parts[part].half_steps, &half_steps, half_steps + 1,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return false;
    /* the job stays until this step is done */
    team->fn(team->arg, part, half_steps / 2 - team->begun);
    atomic_store_explicit(&team->parts[part].half_steps, half_steps + 2, memory_order_release);
    return true;
}

/* A step of each of a thread's own parts, those at the ends first: others wait for them. */
static bool take_own(heat_team *team, int thread, int64_t ended)
{
    const int n = count_parts(team);
    int begin = n * thread / team->n_threads, end = n * (thread + 1) / team->n_threads;
    bool found = false;

    for (; begin < end; begin++) {
        found |= take_step(team, begin, ended);
        if (begin < --end)
            found |= take_step(team, end, ended);
    }
    return found;
}

/* A step of another thread's parts, of those that it would come to last. */
static bool take_other(heat_team *team, int thread, int64_t ended)
{
    const int n = count_parts(team);

    for (int t = (thread + 1) % team->n_threads; t != thread; t = (t + 1) % team->n_threads) {
        int begin = n * t / team->n_threads, end = n * (t + 1) / team->n_threads;
        int below = (begin + end - 1) / 2, above = below + 1;
        for (; below >= begin; below--, above++)
            if ((above < end && take_step(team, above, ended)) || take_step(team, below, ended))
                return true;
    }
    return false;
}

/* Takes steps of the job at hand as long as there are any to be taken; false if there were none. What another
 * thread's step works on lies in that one's cache: it is only taken from who has kept us waiting. */
static bool take_steps(heat_team *team, int thread, int n_looks)
{
    int64_t ended = atomic_load_explicit(&team->ended, memory_order_acquire);
    bool found = false;

    while (take_own(team, thread, ended))
        found = true;
    return found || (n_looks >= LOOKS_BEFORE_HELPING && take_other(team, thread, ended));
}

static void serve(heat_team *team, int thread)
{
    int n_looks = 0;

    while (atomic_load_explicit(&team->is_open, memory_order_acquire)) {
        if (take_steps(team, thread, n_looks))
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
    team->n_threads = n_threads;
    atomic_store(&team->is_open, n_threads > 1);
#pragma omp parallel num_threads(n_threads) if (n_threads > 1)
    if (omp_get_thread_num() == 0) {
        take_units(ctx, &work);
        atomic_store(&team->is_open, false);
    } else {
        serve(team, omp_get_thread_num());
    }
    return end_work(ctx, &work);
}

static bool has_ended(const heat_team *team, int n_parts, int64_t ended)
{
    int part = 0;

    while (part < n_parts && half_steps_of(team, part) == 2 * ended)
        part++;
    return part == n_parts;
}

void heat_parallel_steps(heat_team *team, int32_t n_parts, int32_t reach, int64_t n_steps, heat_step_fn fn,
                         void *arg)
{
    int64_t ended = team->ended + n_steps;
    int n_looks = 0;

    if (n_parts <= 1 || !atomic_load_explicit(&team->is_open, memory_order_relaxed)) {
        for (int64_t step = 0; step < n_steps; step++)
            for (int part = 0; part < n_parts; part++)
                fn(arg, part, step);
        return;
    }
    team->fn = fn;
    team->arg = arg;
    team->begun = team->ended;
    atomic_store_explicit(&team->reach, reach < n_parts / 2 ? reach : n_parts / 2, memory_order_relaxed);
    for (int part = 0; part < n_parts; part++) /* before they can be seen: the last job may have had fewer */
        atomic_store_explicit(&team->parts[part].half_steps, 2 * team->begun, memory_order_relaxed);
    atomic_store_explicit(&team->n_parts, n_parts, memory_order_release);
    atomic_store_explicit(&team->ended, ended, memory_order_release);
    while (!has_ended(team, n_parts, ended))
        if (take_steps(team, 0, n_looks))
            n_looks = 0;
        else
            wait_a_little(&n_looks);
}
