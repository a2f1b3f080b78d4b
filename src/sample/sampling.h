/* A run of heat_sample under way: what engines see of it. The recorder keeps a series for each slot: slot
 * t * replicas + r is replica r at temperature t, whichever chain sits there. */
#ifndef HEATBATH_SAMPLING_H
#define HEATBATH_SAMPLING_H

#include "sample/cooling.h"
#include "sample/engine.h"
#include "sample/exchange.h"
#include "sample/passages.h"
#include "sample/recorder.h"
#include "sample/walk_chains.h"

#include <heatbath/sample.h>

/* What an annealed population says of one temperature. */
typedef struct heat_sampling_annealed {
    double log_z, log_z_error;
    double family_size;
} heat_sampling_annealed;

struct heat_sampling {
    heat_sample_options opt;
    const heat_model *model; /* that chains move: of the free variables alone where some are clamped */
    heat_model_info info;    /* of it */
    const heat_model *whole; /* that is measured; the same without a clamp */
    heat_model *clamped;     /* owned: what `model` then is; NULL without a clamp */
    const int8_t *clamp;     /* [variable of the whole], its; NULL: none */
    double clamped_total;    /* sum of the clamped values */
    const heat_engine *engine;
    uint64_t first_stream; /* added to the unit of every stream; 0 but where several models share the seed */
    int64_t n_temperatures;
    double *temperatures;
    double *betas; /* [temperature] */
    void *initial; /* a row of the model's; NULL: random */
    heat_recorder_plan plan;
    heat_recorder recorder;
    heat_chains *chains;    /* of engines that move chains */
    heat_walk_plan walk;    /* of engines that move real numbers */
    int64_t n_refined;      /* temperatures that are walked at twice (step_bias.h); 0: none */
    heat_exchange exchange; /* of engines whose temperatures are a ladder */
    heat_pairwise pairs;    /* of `model`, for engines that trade clusters */
    int64_t n_together;     /* replicas that trade states, side by side: independent only as a whole */
    int64_t n_paired;       /* replicas that must share a unit: 2 where pairs are compared or moved, else 1 */
    double chain_bytes;     /* what the engine's chains take */
    heat_sampling_annealed *annealed; /* [temperature], of engines that anneal; else NULL */
    heat_basins basins;               /* with observables=basins */
    heat_passages passages;
    heat_cooling cooling; /* with a schedule */
    int64_t n_swept;      /* sweeps after the burn-in that every chain has made */
    int64_t n_recorded;   /* of these every slot has recorded: all, with a schedule the draws */
    int64_t updates;      /* variables visited */
    double *acceptance;   /* [temperature] */
};

/* Options -> temperatures, memory, recorder. */
HEAT_MUST_USE heat_status heat_sampling_prepare(heat_context *ctx, heat_sampling *sampling);
/* The chain set that the run needs. */
heat_chains_plan heat_sampling_plan_chains(const heat_sampling *sampling);
void heat_sampling_clear(heat_sampling *sampling);

/* The run of an engine that moves chains: start, burn-in, recorded sweeps. */
HEAT_MUST_USE heat_status heat_sampling_run_chains(heat_context *ctx, heat_sampling *sampling);

/* One sweep of a unit, with what the engine does among its chains after it. */
HEAT_MUST_USE heat_status heat_sampling_step(heat_context *worker, heat_sampling *sampling, int64_t unit);

/* Room for n_temperatures: temperatures, betas, acceptance. */
HEAT_MUST_USE heat_status heat_sampling_alloc_temperatures(heat_context *ctx, heat_sampling *sampling);

/* Swaps within every ladder of a unit: after_sweep of engines of a ladder. */
HEAT_MUST_USE heat_status heat_sampling_exchange(heat_context *worker, heat_sampling *sampling, int64_t unit);

/* The same chain set with other rungs. */
heat_chains_plan heat_sampling_plan_rungs(const heat_sampling *sampling, int64_t n_chains, int32_t n_rungs,
                                          const double *betas);

/* Where a chain's series goes now, and which chain is in a slot now. */
int64_t heat_sampling_get_slot(const heat_sampling *sampling, int64_t chain);
int64_t heat_sampling_get_chain(const heat_sampling *sampling, int64_t slot);

/* The whole state of a chain as a row, clamped variables included. */
void heat_sampling_get_row(const heat_sampling *sampling, const heat_chains *chains, int64_t chain,
                           void *row);

/* Scalars of a chain that it tells without its state: values[id] of every wanted one. */
void heat_sampling_get_scalars(const heat_sampling *sampling, const heat_chains *chains, int64_t chain,
                               double *values);

/* Frees what a row of a result owns and zeroes it. */
void heat_sample_temperature_clear(heat_sample_temperature *row);

/* Says of a row that it has not converged, and takes away all its means and what is made of them. */
void heat_sample_withhold(const heat_sample_result *result, heat_sample_temperature *row);

/* Adds a line to the reasons of a result. */
HEAT_MUST_USE heat_status heat_sampling_add_reason(heat_context *ctx, heat_sample_result *result,
                                                   const char *line);

/* The result's rows, from the recorder. */
HEAT_MUST_USE heat_status heat_sampling_report(heat_context *ctx, heat_sampling *sampling,
                                               heat_sample_result *result);

#endif
