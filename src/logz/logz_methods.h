/* What a method of logz is given and what it hands back; one file a method. */
#ifndef HEATBATH_LOGZ_METHODS_H
#define HEATBATH_LOGZ_METHODS_H

#include "base/context_private.h"
#include "logz/typical_rows.h"
#include "model/views.h"
#include "sample/walk_chains.h"

#include <heatbath/cost.h>
#include <heatbath/logz.h>

/* A run under way. The result's rows are there, one a temperature, all NaN. */
typedef struct heat_counting {
    const heat_model *model; /* as asked for, or its smaller layer alone (is_summed) */
    heat_model_info info;
    bool is_summed;         /* one layer is summed out: the model's energies are free energies */
    bool scales_couplings;  /* two layers of real units: the way begins at layers apart (heat_chains_plan) */
    heat_typical_rows rows; /* of the model; n = 0 where none are known */
    /* Of a potential: how its chains walk, and where their path begins, the walk's reference; else NULL. */
    const heat_walk_plan *walk;
    heat_walk_reference *start;
    const heat_logz_options *opt;
    double beta_max;     /* of the coldest temperature asked for */
    double log_states;   /* log Z at beta = 0: n log q; of states alone */
    double most_seconds; /* that an exact road may take, as it is priced beforehand */
    bool is_slow;        /* it would take longer */
    heat_logz_result *result;
} heat_counting;

/* Why a method stopped, and what became of its numbers. */
typedef enum heat_counting_end {
    HEAT_COUNTING_REACHED = 0, /* the error wanted */
    HEAT_COUNTING_EXHAUSTED,   /* the sweeps allowed were made */
    HEAT_COUNTING_HALTED,      /* by the user or the clock */
    HEAT_COUNTING_DOUBTED      /* diagnosis holds why: the numbers are refused */
} heat_counting_end;

typedef struct heat_logz_method {
    const char *name;
    /* At one temperature the states of the smaller layer of two will do, the other summed out. A sweep of it
     * takes longer and tells more: up to so many units that pays. */
    int32_t most_summed;
    /* The whole run: fills rows, and outcome, reason and method of the result. */
    heat_status (*run)(heat_context *ctx, heat_counting *counting);
} heat_logz_method;

/* The rows; each lives in a file of its own. */
#define HEAT_LOGZ_EXTERN(tag, name, help) extern const heat_logz_method heat_logz_method_##tag;
HEAT_LOGZ_METHODS(HEAT_LOGZ_EXTERN)

/* What the exact road would take of one temperature, on one thread. */
double heat_logz_exact_seconds(const heat_exact_cost *cost);

/* What an estimate by MBAR would take: fills in all but the reason. */
void heat_logz_price_mbar(const heat_model *model, const heat_logz_options *opt, heat_cost *cost);

/* Fills a row from log Z, the mean energy and the variance of the energy; the errors follow separately. */
void heat_logz_fill_row(heat_logz_row *row, double log_z, double error, double energy, double variance);

/* log Z of a potential by a method that estimates, a ladder or an annealing for each temperature. */
HEAT_MUST_USE heat_status heat_logz_run_potential(heat_context *ctx, heat_counting *counting,
                                                  const heat_logz_method *method);

/* Sets outcome and reason by how an estimate ended; refuses the rows where a diagnosis speaks against them.
 */
void heat_logz_conclude(const heat_context *ctx, heat_counting *counting, heat_counting_end end);

/* Writes the diagnosis. */
void heat_logz_doubt(heat_counting *counting, const char *format, ...) HEAT_PRINTF(2, 3);

#endif
