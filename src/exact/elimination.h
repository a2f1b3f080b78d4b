/* Exact answers on a graph of spins, or of variables of q values, by eliminating one variable after the
 * other. One plan, two semirings: (log-sum-exp, +) counts states and gives log Z, marginals and independent
 * draws; (min, +) is its T -> 0 limit and gives the proved ground state. Dechter, Artificial Intelligence 113
 * (1999) 41. */
#ifndef HEATBATH_ELIMINATION_H
#define HEATBATH_ELIMINATION_H

#include "kernel/categorical.h"
#include "kernel/pairwise.h"

#include <heatbath/context.h>

typedef struct heat_elimination heat_elimination;

/* Finds a min-fill order of `graph` (borrowed: it must outlive the plan) and what following it costs. Once
 * every continuation would exceed `widest`, the search stops and the plan is only good for its cost. */
HEAT_MUST_USE heat_status heat_elimination_create(heat_context *ctx, const heat_pairwise *graph,
                                                  int32_t widest, heat_elimination **out);

/* The same for variables of q values; states are rows of 0 ... q-1. */
HEAT_MUST_USE heat_status heat_elimination_create_categorical(heat_context *ctx,
                                                              const heat_categorical *graph, int32_t widest,
                                                              heat_elimination **out);
void heat_elimination_free(heat_elimination *plan);

/* The price, before it is paid. */
typedef struct heat_elimination_cost {
    int32_t width;        /* largest separator: the largest table holds q^(width + 1) entries */
    bool is_bound;        /* the search stopped: the width found is at least `width` */
    double entries;       /* table entries computed by one forward pass, each once a message that enters it */
    double bytes;         /* at once, forward pass alone (log Z, or the energy of the ground state) */
    double bytes_back;    /* at once, with the checkpointed backward pass (marginals, draws, ground state) */
    int32_t width_proved; /* no order is less wide than this */
    double far_entries;   /* of `entries`: those in tables that caches do not hold */
} heat_elimination_cost;

heat_elimination_cost heat_elimination_get_cost(const heat_elimination *plan);

/* What the sum over states says at inverse temperature beta. */
typedef struct heat_elimination_sum {
    bool log_z_only;        /* the caller's: energies and means may be left out, where that saves work */
    double log_z;           /* nats */
    double mean_energy;     /* NaN unless marginals were asked for */
    double energy_variance; /* NaN where the road does not give it */
    double *spin_mean;      /* n, the caller's; NULL: not wanted */
    double *pair_mean; /* <s_i s_j> for every entry of graph->col (both directions), the caller's; NULL: not
                          wanted */
    double *value_p;   /* [n][q], of a plan of q values: probabilities, the caller's; NULL: not wanted */
    double *pair_p;    /* [entry of graph->col][q of the row's own][q of the neighbour]; likewise */
    const char *road;  /* that was taken, where heat_exact_run_sum had the choice; static */
} heat_elimination_sum;

/* Makes every number and all that the arrays of a graph of spins hold NaN. */
void heat_elimination_sum_forget(const heat_pairwise *graph, heat_elimination_sum *sum);

/* log Z and, with `marginals`, the mean energy and whichever arrays of `sum` are not NULL. Threads share the
 * tables; the result does not depend on their number. beta >= 0, or HEAT_ERROR_ARGUMENT; a plan whose search
 * stopped is HEAT_ERROR_UNABLE. Halted runs (heat_halted) leave the numbers NaN. */
HEAT_MUST_USE heat_status heat_elimination_run_sum(heat_context *ctx, const heat_elimination *plan,
                                                   double beta, bool marginals, int64_t threads,
                                                   heat_elimination_sum *sum);

/* n_draws independent states of the Boltzmann distribution, [draw][variable], -1 or +1 of spins. Draw k uses
 * the stream (seed, HEAT_PURPOSE_EXACT, first_draw + k). Holds bytes_back and 88 bytes a draw. A halted run
 * (heat_halted) leaves the states unfinished. */
HEAT_MUST_USE heat_status heat_elimination_run_draws(heat_context *ctx, const heat_elimination *plan,
                                                     double beta, uint64_t seed, int64_t first_draw,
                                                     int64_t n_draws, int64_t threads, int8_t *states);

/* The lowest energy and a state that has it (ties broken by a fixed rule). Without a state (NULL) the forward
 * pass is enough. A halted run leaves the energy NaN. */
HEAT_MUST_USE heat_status heat_elimination_run_minimum(heat_context *ctx, const heat_elimination *plan,
                                                       int64_t threads, double *energy, int8_t *state);

#endif
