/* The only place with threads. */
#ifndef HEATBATH_PARALLEL_H
#define HEATBATH_PARALLEL_H

#include <heatbath/context.h>
#include <stdatomic.h>

/* One unit of work. `worker` is a context of the thread's own: fail through it, ask it heat_halted. */
typedef heat_status (*heat_unit_fn)(heat_context *worker, void *arg, int64_t unit);

/* Runs fn(arg, unit) for units 0 ... n_units - 1 on up to `threads` threads (HEAT_AUTO: every core), each
 * unit once and on one thread, in any order. Work must be cut into units by its size alone, never by
 * `threads`, so that results are the same for any number of threads. Once the work is halted the units not
 * yet begun are skipped and HEAT_OK is returned: ask heat_halted. On failure the error of the lowest failing
 * unit is the context's. */
HEAT_MUST_USE heat_status heat_parallel_for(heat_context *ctx, int64_t threads, int64_t n_units,
                                            heat_unit_fn fn, void *arg);

/* One unit of work that cannot fail; no two units run on the same thread, 0 ... threads - 1, at a time. */
typedef void (*heat_whole_fn)(void *arg, int64_t unit, int thread);

/* Runs fn(arg, unit, thread) for units 0 ... n_units - 1 as heat_parallel_for does, but to their end: for
 * what follows on a run, which a halt has cut short perhaps. */
void heat_parallel_whole(int64_t threads, int64_t n_units, heat_whole_fn fn, void *arg);

/* One step of one part of work that is short and must be whole: it cannot fail, and no halt ends it. */
typedef void (*heat_step_fn)(void *arg, int64_t part, int64_t step);

enum { HEAT_MOST_PARTS = 64 };

/* Threads that serve one unit at a time, for units too few to go round. Starts as zeroes, on an address that
 * 64 divides; open while heat_parallel_together runs. */
typedef struct heat_team {
    atomic_bool is_open;
    int n_threads;
    heat_step_fn fn; /* of the job at hand, as all up to `begun` */
    void *arg;
    atomic_int n_parts, reach;
    int64_t begun;             /* steps of all jobs before it */
    atomic_int_fast64_t ended; /* steps of all jobs when it has ended */
    struct heat_team_part {
        _Alignas(64) atomic_int_fast64_t n_steps; /* that have ended */
    } parts[HEAT_MOST_PARTS];
    struct heat_team_share {
        _Alignas(64) atomic_int begin; /* its first part; the next share begins where it ends */
        atomic_bool is_held;
        atomic_int_fast64_t waits; /* its thread does, in the job that ends at this step */
    } shares[HEAT_MOST_PARTS + 1]; /* [thread] */
} heat_team;

/* As heat_parallel_for, but the calling thread runs the units one after the other, while `threads` - 1 more
 * take part in what the units hand to heat_parallel_steps; those of a team that is open already do. */
HEAT_MUST_USE heat_status heat_parallel_together(heat_context *ctx, int64_t threads, heat_team *team,
                                                 int64_t n_units, heat_unit_fn fn, void *arg);

/* Runs fn(ctx, arg) on the calling thread, while `threads` - 1 more wait for the units that it hands to
 * heat_parallel_for by this context: they come within a microsecond, where asleep they would take fifty. */
HEAT_MUST_USE heat_status heat_parallel_stay(heat_context *ctx, int64_t threads, heat_team *team,
                                             heat_status (*fn)(heat_context *ctx, void *arg), void *arg);

/* Runs fn(arg, part, step) for the steps 0 ... n_steps - 1 of the parts 0 ... n_parts - 1 <= HEAT_MOST_PARTS,
 * on the team's threads where it is open, else (NULL too) here. The parts stand in a ring, and none takes a
 * step before those at most `reach` away have ended the one before it. Each thread has parts of its own; one
 * that waits is given parts by the thread next to it. Who has not come yet, or found nothing to do for long,
 * is not waited for: the others do its share. */
void heat_parallel_steps(heat_team *team, int32_t n_parts, int32_t reach, int64_t n_steps, heat_step_fn fn,
                         void *arg);

/* Threads that take part in what heat_parallel_steps is given now; 1 where the team is not open, or NULL. */
int heat_team_size(const heat_team *team);

/* The number of threads that `threads` (HEAT_AUTO or a count) means here. */
int heat_thread_count(int64_t threads);

#endif
