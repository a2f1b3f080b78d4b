/* The only place with threads. */
#ifndef HEATBATH_PARALLEL_H
#define HEATBATH_PARALLEL_H

#include <heatbath/context.h>

/* One unit of work. `worker` is a context of the thread's own: fail through it, ask it heat_halted. */
typedef heat_status (*heat_unit_fn)(heat_context *worker, void *arg, int64_t unit);

/* Runs fn(arg, unit) for units 0 ... n_units - 1 on up to `threads` threads (HEAT_AUTO: every core), each
 * unit once and on one thread, in any order. Work must be cut into units by its size alone, never by
 * `threads`, so that results are the same for any number of threads. Once the work is halted the units not
 * yet begun are skipped and HEAT_OK is returned: ask heat_halted. On failure the error of the lowest failing
 * unit is the context's. */
HEAT_MUST_USE heat_status heat_parallel_for(heat_context *ctx, int64_t threads, int64_t n_units,
                                            heat_unit_fn fn, void *arg);

/* The number of threads that `threads` (HEAT_AUTO or a count) means here. */
int heat_thread_count(int64_t threads);

#endif
