/* The engine table: what moves chains. An engine is a row; adding one is a file with its row, and a line in
 * <heatbath/engines.h>. */
#ifndef HEATBATH_ENGINE_H
#define HEATBATH_ENGINE_H

#include "sample/layout.h"

#include <heatbath/engines.h>

typedef struct heat_sampling heat_sampling;

typedef struct heat_engine {
    const char *name;
    const heat_site_rule *rule; /* of its single-variable moves; NULL: it makes none */
    const heat_layout *layout;  /* the only one it works on; NULL: the fastest that fits */
    /* One sweep of a unit by other moves; NULL: a sweep of single-variable moves by `rule`. */
    heat_status (*sweep)(heat_context *worker, heat_chains *chains, int64_t unit);
    /* What happens among the chains of a unit after each of its sweeps; NULL: nothing. */
    heat_status (*after_sweep)(heat_context *worker, heat_sampling *sampling, int64_t unit);
    /* Variables visited in all sweeps of a chain; NULL: each once a sweep. */
    int64_t (*visits)(const heat_chains *chains, int64_t chain);
    const struct heat_walk_move *walk; /* how it moves real numbers; NULL: it does not */
    int32_t n_paired;                  /* replicas that move together, 2 where pairs do; 0 means 1 */
    /* True: the temperatures are one ladder, whose chains share units and exchange states. */
    bool is_ladder;
    /* Settles what the run records and takes, before memory is compared; NULL: a draw a sweep. */
    heat_status (*plan)(heat_context *ctx, heat_sampling *sampling);
    /* The whole run: fills the recorder of `sampling`, which is ready for it. */
    heat_status (*run)(heat_context *ctx, heat_sampling *sampling);
} heat_engine;

/* The rows; each lives in the file of its name. */
#define HEAT_ENGINE_EXTERN(tag, name, help) extern const heat_engine heat_engine_##tag;
HEAT_ENGINES(HEAT_ENGINE_EXTERN)

/* The rules of single-variable moves. */
extern const heat_site_rule heat_rule_metropolis, heat_rule_heat_bath;

/* The engine of that name; NULL if there is none. */
const heat_engine *heat_engine_get(const char *name);

/* The engine of that name, or, of "auto", the one for this model and these temperatures (their text; may be
 * NULL), or for temperatures that change in time. *reason is one clause, static. */
const heat_engine *heat_engine_choose(const heat_model *model, const char *name, const char *temperatures,
                                      bool is_cooled, const char **reason);

/* All engines, for tests that hold for each. */
int heat_engine_count(void);
const heat_engine *heat_engine_at(int k);

/* True if the engine moves chains by sweeps, through heat_sampling_run_chains. */
bool heat_engine_moves_chains(const heat_engine *engine);

/* One sweep of a unit, the free global flip included. */
HEAT_MUST_USE heat_status heat_engine_sweep(heat_context *worker, const heat_engine *engine,
                                            heat_chains *chains, int64_t unit);

#endif
