/* Threads by OpenMP: a counter hands out units, the lowest failing unit speaks. A team's helpers wait for
 * jobs of steps. Each part counts its own steps, over all jobs, so that who still sees an old job finds
 * nothing to do, and threads meet where parts touch, not at the end of every step.
 *
 * Every part lies in the share of one thread, and only who holds a share takes steps of its parts: one store
 * of the part's count ends a step, and no step costs more than that and loads. A share's bounds move by its
 * holder alone, while it has a step to take, which keeps the job: it gives a part to the share next to it,
 * by a compare and swap from the bound that it has. So each bound that a holder has seen follows from the
 * one that the other holder has seen by gifts of one of the two, and what they hold never overlaps. */
#include "base/parallel.h"
#include "base/context_private.h"

#include <heatbath/options.h>
#include <omp.h>
#include <sched.h>

enum { LOOKS_BEFORE_ASKING = 40, LOOKS_BEFORE_HELPING = 200, LOOKS_BEFORE_YIELDING = 1000 };

int heat_thread_count(int64_t threads)
{
    return threads == HEAT_AUTO ? omp_get_num_procs() : (int)threads;
}

typedef struct shared_work {
    const heat_context *parent;
    atomic_int_fast64_t next;
    int64_t n_units;
    heat_unit_fn fn;
    void *arg;
    int64_t failed_unit; /* lowest so far; n_units if none */
    heat_error_text error;
} shared_work;

static void take_units(shared_work *work)
{
    const heat_context *parent = work->parent;
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

void heat_parallel_whole(int64_t threads, int64_t n_units, heat_whole_fn fn, void *arg)
{
    int team = heat_thread_count(threads);

    if (team > n_units)
        team = (int)n_units;
    if (team < 1)
        return;
#pragma omp parallel for schedule(dynamic, 1) num_threads(team) if (team > 1)
    for (int64_t unit = 0; unit < n_units; unit++)
        fn(arg, unit, omp_get_thread_num());
}

/* --- teams --- */

/* One of a team's threads. */
typedef struct member {
    heat_team *team;
    int thread;
    bool holds;  /* its share */
    int n_looks; /* since it last found a step */
} member;

static int64_t steps_of(const heat_team *team, int part)
{
    return atomic_load_explicit(&team->parts[part].n_steps, memory_order_acquire);
}

static int bound_of(const heat_team *team, int share)
{
    return atomic_load_explicit(&team->shares[share].begin, memory_order_acquire);
}

/* True if the parts within reach have ended `steps` steps. */
static bool is_free(const heat_team *team, int part, int64_t steps)
{
    const int n = atomic_load_explicit(&team->n_parts, memory_order_relaxed);
    const int reach = atomic_load_explicit(&team->reach, memory_order_relaxed);

    for (int d = 1; d <= reach; d++)
        if (steps_of(team, (part + d) % n) < steps || steps_of(team, (part + n - d) % n) < steps)
            return false;
    return true;
}

/* Gives a share's last part to the one that it ends at, if its thread waits. */
static bool give_last(heat_team *team, int share, int64_t ended, int *bound)
{
    struct heat_team_share *other = &team->shares[share ^ 1];
    int seen = *bound, moved = share % 2 == 0 ? seen - 1 : seen + 1;

    if ((share ^ 1) >= team->n_threads ||
        atomic_load_explicit(&other->waits, memory_order_relaxed) != ended ||
        !atomic_compare_exchange_strong_explicit(&team->shares[share | 1].begin, &seen, moved,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return false;
    atomic_store_explicit(&other->waits, 0, memory_order_relaxed);
    *bound = moved;
    return true;
}

/* A step of each of a share's parts that may take one. An even share and the next begin at their far ends and
 * end where they touch, which is the bound that moves: what one thread waits for was done by the other most
 * of a round ago, and a part that is given is one that its giver would come to last. */
static bool take_share(heat_team *team, int share, int64_t ended)
{
    int bound = bound_of(team, share | 1), far = bound_of(team, share + share % 2);
    bool found = false;

    for (int n = share % 2 == 0 ? bound - far : far - bound; n > 0; n--) {
        int part = share % 2 == 0 ? bound - n : bound + n - 1;
        int64_t steps = steps_of(team, part);
        if (steps >= ended || !is_free(team, part, steps))
            continue;
        if (n > 1 && give_last(team, share, ended, &bound))
            n--;
        team->fn(team->arg, part, steps - team->begun);
        atomic_store_explicit(&team->parts[part].n_steps, steps + 1, memory_order_release);
        found = true;
    }
    return found;
}

static bool hold(heat_team *team, int share)
{
    atomic_bool *is_held = &team->shares[share].is_held;

    return !atomic_load_explicit(is_held, memory_order_relaxed) &&
           !atomic_exchange_explicit(is_held, true, memory_order_acquire);
}

static void let_go(heat_team *team, int share)
{
    atomic_store_explicit(&team->shares[share].is_held, false, memory_order_release);
}

/* Steps of shares that nobody holds: their threads are kept away. */
static bool take_others(const member *m, int64_t ended)
{
    bool found = false;

    for (int share = 0; share < m->team->n_threads; share++)
        if (share != m->thread && hold(m->team, share)) {
            found |= take_share(m->team, share, ended);
            let_go(m->team, share);
        }
    return found;
}

/* Takes steps of the job at hand as long as there are any to be taken; false if there were none. */
static bool take_steps(member *m)
{
    heat_team *team = m->team;
    const int64_t ended = atomic_load_explicit(&team->ended, memory_order_acquire);
    bool found = false;

    m->holds = m->holds || hold(team, m->thread);
    while (m->holds && take_share(team, m->thread, ended))
        found = true;
    if (!found && m->n_looks == LOOKS_BEFORE_ASKING)
        atomic_store_explicit(&team->shares[m->thread].waits, ended, memory_order_relaxed);
    return found || (m->n_looks >= LOOKS_BEFORE_HELPING && take_others(m, ended));
}

/* Who finds nothing for long leaves its share and the processor to others. */
static void look(member *m)
{
    if (take_steps(m)) {
        m->n_looks = 0;
    } else if (++m->n_looks > LOOKS_BEFORE_YIELDING) {
        if (m->holds)
            let_go(m->team, m->thread);
        m->holds = false;
        sched_yield();
    }
}

static void serve(heat_team *team, int thread)
{
    member m = {.team = team, .thread = thread};

    while (atomic_load_explicit(&team->is_open, memory_order_acquire))
        look(&m);
}

/* Its calling thread holds the first share, and between jobs too. */
static void open_team(heat_team *team, int n_threads)
{
    n_threads = n_threads < HEAT_MOST_PARTS ? n_threads : HEAT_MOST_PARTS;
    if (n_threads != team->n_threads)
        atomic_store(&team->n_parts, 0);
    team->n_threads = n_threads;
    for (int share = 0; share <= n_threads; share++) {
        atomic_store(&team->shares[share].is_held, share == 0);
        if (team->n_parts == 0)
            atomic_store(&team->shares[share].begin, 0); /* nothing yet: the first job shares out anew */
    }
    atomic_store(&team->is_open, n_threads > 1);
}

int heat_team_size(const heat_team *team)
{
    return team != NULL && atomic_load_explicit(&team->is_open, memory_order_relaxed) ? team->n_threads : 1;
}

heat_status heat_parallel_together(heat_context *ctx, int64_t threads, heat_team *team, int64_t n_units,
                                   heat_unit_fn fn, void *arg)
{
    shared_work work = {.parent = ctx, .n_units = n_units, .fn = fn, .arg = arg, .failed_unit = n_units};

    atomic_init(&work.next, 0);
    if (heat_team_size(team) > 1) {
        take_units(&work);
        return end_work(ctx, &work);
    }
    open_team(team, heat_thread_count(threads));
#pragma omp parallel num_threads(team->n_threads) if (team->n_threads > 1)
    if (omp_get_thread_num() == 0) {
        take_units(&work);
        atomic_store(&team->is_open, false);
    } else {
        serve(team, omp_get_thread_num());
    }
    return end_work(ctx, &work);
}

static void share_out(heat_team *team, int n_parts)
{
    for (int share = 0; share <= team->n_threads; share++)
        atomic_store_explicit(&team->shares[share].begin, n_parts * share / team->n_threads,
                              memory_order_release);
}

/* What others read last is `ended`, and the counts before the bounds: an old job's reader finds no step. */
static void begin_job(heat_team *team, int n_parts, int reach, int64_t n_steps)
{
    team->begun = team->ended;
    atomic_store_explicit(&team->reach, reach < n_parts / 2 ? reach : n_parts / 2, memory_order_relaxed);
    for (int part = 0; part < n_parts; part++)
        if (steps_of(team, part) != team->begun) /* the last job had fewer parts */
            atomic_store_explicit(&team->parts[part].n_steps, team->begun, memory_order_relaxed);
    if (atomic_load_explicit(&team->n_parts, memory_order_relaxed) != n_parts)
        share_out(team, n_parts);
    atomic_store_explicit(&team->n_parts, n_parts, memory_order_relaxed);
    atomic_store_explicit(&team->ended, team->begun + n_steps, memory_order_release);
}

void heat_parallel_steps(heat_team *team, int32_t n_parts, int32_t reach, int64_t n_steps, heat_step_fn fn,
                         void *arg)
{
    member m = {.team = team, .holds = true};

    if (n_parts <= 1 || team == NULL || !atomic_load_explicit(&team->is_open, memory_order_relaxed)) {
        for (int64_t step = 0; step < n_steps; step++)
            for (int part = 0; part < n_parts; part++)
                fn(arg, part, step);
        return;
    }
    team->fn = fn;
    team->arg = arg;
    begin_job(team, n_parts, reach, n_steps);
    for (int part = 0; part < n_parts; part++)
        while (steps_of(team, part) < team->begun + n_steps)
            look(&m);
    while (!m.holds)
        m.holds = hold(team, 0);
}

heat_status heat_parallel_stay(heat_context *ctx, int64_t threads, heat_team *team,
                               heat_status (*fn)(heat_context *ctx, void *arg), void *arg)
{
    int n = heat_thread_count(threads), n_processors = omp_get_num_procs();
    heat_status status = HEAT_OK;

    n = n < n_processors ? n : n_processors; /* they would keep each other waiting */
    if (ctx->team != NULL || n == 1)
        return fn(ctx, arg);
    open_team(team, n);
    ctx->team = team;
#pragma omp parallel num_threads(team->n_threads)
    if (omp_get_thread_num() == 0) {
        status = fn(ctx, arg);
        atomic_store(&team->is_open, false);
    } else {
        serve(team, omp_get_thread_num());
    }
    ctx->team = NULL;
    return status;
}

static void take_part(void *arg, int64_t part, int64_t step)
{
    (void)part;
    (void)step;
    take_units(arg);
}

heat_status heat_parallel_for(heat_context *ctx, int64_t threads, int64_t n_units, heat_unit_fn fn, void *arg)
{
    shared_work work = {.parent = ctx, .n_units = n_units, .fn = fn, .arg = arg, .failed_unit = n_units};
    int n = heat_thread_count(threads);

    atomic_init(&work.next, 0);
    if (n > n_units)
        n = (int)n_units;
    if (n <= 1) {
        take_units(&work);
    } else if (ctx->team != NULL) {
        heat_parallel_steps(ctx->team, n < ctx->team->n_threads ? n : ctx->team->n_threads, 0, 1, take_part,
                            &work);
    } else {
#pragma omp parallel num_threads(n)
        take_units(&work);
    }
    return end_work(ctx, &work);
}
