/* The engine table: what moves chains. An engine is a row: its name, its rule in double, its sweep. */
#ifndef HEATBATH_ENGINE_H
#define HEATBATH_ENGINE_H

#include "sample/chains.h"

#include <heatbath/engines.h>

/* The rule: the probabilities p[0..q) with which one variable of q values takes each of them, given
 * x[a] = -beta (E with value a - E now); x[current] = 0. Leaves the Boltzmann distribution invariant. */
typedef void (*heat_rule_fn)(int32_t q, int32_t current, const double *x, double *p);

typedef struct heat_engine {
    const char *name;
    heat_rule_fn rule; /* of its single-variable moves; NULL for engines that draw whole states */
    /* One sweep of all chains of a unit; NULL: the engine draws independent states by itself. */
    heat_status (*sweep)(heat_context *worker, heat_chains *chains, int64_t unit);
} heat_engine;

/* The rows; each lives in the file of its name. */
#define HEAT_ENGINE_EXTERN(tag, name, help) extern const heat_engine heat_engine_##tag;
HEAT_ENGINES(HEAT_ENGINE_EXTERN)

/* The engine of that name ("auto": heat bath); NULL if there is none. */
const heat_engine *heat_engine_get(const char *name);

/* All engines, for tests that hold for each. */
int heat_engine_count(void);
const heat_engine *heat_engine_at(int k);

/* A sweep of single-variable moves over a unit by `rule`; lane chains take the kernel's `flip`
 * rule, which is the same rule for two values. Where there is no field the sweep ends with a flip of all
 * spins with probability 1/2: the energy does not change, so the move is free, and the magnetisation forgets
 * its sign. */
HEAT_MUST_USE heat_status heat_site_sweep(heat_context *worker, heat_chains *chains, int64_t unit,
                                          heat_rule_fn rule, heat_flip_rule flip);

#endif
