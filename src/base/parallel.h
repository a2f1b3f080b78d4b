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

/* One part of work that is short and must be whole: it cannot fail, and no halt ends it. */
typedef void (*heat_part_fn)(void *arg, int64_t part);

/* Threads that serve one unit at a time, for units too few to go round. Starts as zeroes; open while
 * heat_parallel_together runs. */
typedef struct heat_team {
    atomic_bool is_open;
    atomic_uint_fast64_t
        left; /* the number of the job, and the parts not yet taken: first and past the last */
    atomic_int_fast64_t n_done;
    heat_part_fn fn;
    void *arg;
} heat_team;

/* As heat_parallel_for, but the calling thread runs the units one after the other, while `threads` - 1 more
 * take part in what the units hand to heat_parallel_parts. */
HEAT_MUST_USE heat_status heat_parallel_together(heat_context *ctx, int64_t threads, heat_team *team,
                                                 int64_t n_units, heat_unit_fn fn, void *arg);

/* Runs fn(arg, part) for parts 0 ... n_parts - 1 < 2^16, on the team's threads where it is open, else here. A
 * thread that the system keeps away is not waited for: the others do its share. */
void heat_parallel_parts(heat_team *team, int64_t n_parts, heat_part_fn fn, void *arg);

/* The number of threads that `threads` (HEAT_AUTO or a count) means here. */
int heat_thread_count(int64_t threads);

#endif
