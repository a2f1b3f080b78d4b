/* The layout of models of real numbers that offer the smooth view: chains stand side by side, a unit is a
 * block of them. What moves them is a row of its own, a heat_walk_move; a sweep is one of its transitions. */
#ifndef HEATBATH_WALK_CHAINS_H
#define HEATBATH_WALK_CHAINS_H

#include "kernel/walk.h"
#include "sample/layout.h"
#include "sample/walk_reference.h"
#include "sample/walk_tuning.h"

/* Numbers of the trees of a unit's chains. */
int64_t heat_walk_tree_size(int32_t n, int64_t stride, int depth);

/* A way to move real-valued states. */
typedef struct heat_walk_move {
    double target;       /* the acceptance at which a step is aimed in the burn-in */
    double refined;      /* by this a step is made smaller where two are compared */
    int order;           /* of the bias, in the step as users see it; 0: it has none */
    bool needs_gradient; /* and tries steps of leapfrog to find the first */
    bool is_ensemble;    /* chains are moved by where others are; the step is the stretch a */
    int tree_depth;      /* most doublings of a trajectory; 0: it makes none */
    bool is_squared;     /* the step as users see it is h = e^2 / 2, e that of the leapfrog; else e */
    heat_status (*sweep)(heat_context *worker, heat_chains *chains, int64_t unit);
} heat_walk_move;

extern const heat_walk_move heat_walk_ula, heat_walk_mala, heat_walk_underdamped, heat_walk_hmc,
    heat_walk_nuts, heat_walk_metropolis, heat_walk_ensemble;

/* How real-valued chains are to move. */
typedef struct heat_walk_plan {
    const heat_walk_move *move;
    heat_walk_mass mass;
    double least_condition; /* of a dense mass: below it is diagonal; 0: it stays dense */
    double step;            /* as users see it; 0: adapted in the burn-in */
    double target;          /* acceptance at which it is aimed; 0: the move's */
    double friction;        /* of underdamped */
    int64_t n_steps;        /* a sweep; 0: the move chooses */
    int64_t n_walkers;      /* of an ensemble, an even number of chains side by side; 0: there is none */
    bool is_single;         /* steps without a test are made in single precision */
    bool varies;            /* half of the sweeps take smaller steps than was found best */
    int32_t refined_from;   /* rungs from here on take smaller steps, twice as many; INT32_MAX: none */
    /* The path that chains are on begins here, and their masses are its: dense or diagonal. Their steps are
     * its too, where there is no burn-in. Borrowed; NULL: none. */
    const heat_walk_reference *reference;
} heat_walk_plan;

/* Random numbers drawn in blocks. */
typedef struct heat_walk_noise {
    _Alignas(64) heat_walk_random random;
    int64_t used;
    int64_t is_single; /* what is in the block */
} heat_walk_noise;

/* Chains of a unit. Rows of n variables are `stride` apart; one number a chain: [stride]. Lanes past the last
 * chain rest at the place of one. */
typedef struct heat_walk_unit {
    int64_t n_chains, stride;
    /* what lives on */
    double *x, *gradient, *momentum, *energy; /* where they are, in the coordinates they are walked in */
    double *place;                            /* the potential's coordinates; x where they are the same */
    double *step;                             /* of the leapfrog */
    double *scale;                            /* [n][stride], of diagonal masses */
    double *spread;                           /* sqrt(T) */
    double *keep, *kick;                      /* what friction leaves of a momentum, and what the heat bath
                                                 adds: its standard deviation */
    double *accepted, *n_diverged;            /* sums after the burn-in */
    double *last_h, *mean_h;                  /* of H as trajectories set off, after the burn-in: the last, */
    double *spread_h, *jumps_h;               /* sums of squares about the mean, and of changes */
    double *normal, *uniform;                 /* blocks of noise */
    heat_walk_noise normals, uniforms;
    /* work space */
    double *new_x, *new_gradient, *new_energy;
    double *new_place, *factor; /* of free coordinates (walk_free.h): x, dx/dy; */
    double *weight;             /* and of the Jacobian */
    double *before, *after;     /* kinetic energies */
    double *pace;               /* the step in this sweep: 0 of a chain that rests */
    double *half;
    double *ratio; /* -beta times what the energy rises by in a move, kinetic energy in */
    double *odds;  /* min(1, exp(ratio)) */
    double *zero;  /* zeroes */
    double *depth, *leaps, *lost, *total; /* of the sweep, as in heat_sample_move; NaN: no momenta */
    double *turned;                       /* [n][stride], of dense masses */
    double *work;                         /* of the view */
    double *tree;                         /* of moves that make one */
    /* of chains on a path: beta, the reference's part, and its energy at x; what this sweep's steps are
     * multiplied by */
    double *beta, *part, *at_reference;
    double jitter;
} heat_walk_unit;

typedef struct heat_walk_store {
    heat_smooth view;            /* its bounds are the walls, in the coordinates that chains are walked in */
    heat_walk_bound *bounds;     /* [n] of free coordinates; NULL: there are none */
    double *walls;               /* [2][n] */
    const double *lower, *upper; /* the model's, in its coordinates */
    const heat_walk_kernel *kernel;
    const heat_walk_single_kernel *singles;
    heat_walk_plan plan;
    int64_t n_units, stride;
    heat_walk_unit *units;
    double *kept, *working; /* [unit] what lives on, and what does not; the units' arrays lie in them */
    int64_t kept_size, working_size;
    heat_walk_tuning *tunings;     /* [unit][rung] */
    double *numbers;               /* [unit][rung][heat_walk_tuning_size] */
    int64_t n_normals, n_uniforms; /* of a block */
    heat_stream *draws;            /* [chain] from the reference; NULL: there is none */
} heat_walk_store;

/* A chain's unit, and its lane there. */
static inline heat_walk_unit *heat_walk_unit_of(const heat_chains *c, int64_t chain, int64_t *lane)
{
    const heat_walk_store *s = c->store;

    *lane = chain % c->width;
    return &s->units[chain / c->width];
}

/* The inverse temperature of a chain's moves: on a path its energy has beta in it already. */
static inline double heat_walk_beta(const heat_chains *c, int64_t chain)
{
    return c->has_reference ? 1 : c->beta[chain];
}

/* The chains of a unit as the kernel takes them, as they are and as they would become. */
heat_walk_lanes heat_walk_lanes_now(const heat_walk_store *store, const heat_walk_unit *unit);
heat_walk_lanes heat_walk_lanes_new(const heat_walk_store *store, const heat_walk_unit *unit);

/* n * n_chains normal numbers, a row a variable; as many times that as the block still has, *count at most;
 * one uniform number a chain. */
const double *heat_walk_take_normals(const heat_walk_store *store, heat_walk_unit *unit);
const double *heat_walk_take_sweeps(const heat_walk_store *store, heat_walk_unit *unit, int64_t *count);
const float *heat_walk_take_singles(const heat_walk_store *store, heat_walk_unit *unit, int64_t *count);
const double *heat_walk_take_uniforms(const heat_walk_store *store, heat_walk_unit *unit);

/* Energies and gradients at new_x, or at x; and where they stand. */
heat_smooth_block heat_walk_block(const heat_walk_store *store, const heat_walk_unit *unit, bool at_new);
HEAT_MUST_USE heat_status heat_walk_evaluate(heat_context *worker, const heat_walk_store *store,
                                             heat_walk_unit *unit, bool at_new);

/* True if chains take the steps that their path knows. */
static inline bool heat_walk_has_steps(const heat_chains *c)
{
    return c->burn_in == 0 && c->has_reference &&
           ((const heat_walk_store *)c->store)->plan.reference->n_steps > 0;
}

/* Reads a chain's step and scale from its rung's tuning; and those of all chains of a unit. */
void heat_walk_load_tuning(heat_chains *chains, int64_t chain);
void heat_walk_load_unit(heat_chains *chains, int64_t unit);

/* True while the unit's engine may adapt itself. */
bool heat_walk_adapts(const heat_chains *chains, int64_t unit);

/* The mean odds of the unit's chains on a rung; false if there are none. */
/* Of moves without a gradient where every variable has two walls, the step that goes as far as the widest are
 * apart: there those beyond are taken as often, and only round off. Else infinite. */
double heat_walk_longest_step(const heat_chains *chains, int64_t unit, int32_t rung);
bool heat_walk_mean_accepted(const heat_chains *chains, int64_t unit, int32_t rung, double *mean);

/* The end of a sweep: counts, or adapts to, the odds of each chain's move. */
void heat_walk_end_sweep(heat_chains *chains, int64_t unit);

/* The mean step of the chains on a rung, as users see it; and moves of a chain that were lost. */
double heat_walk_get_step(const heat_chains *chains, int32_t rung);
int64_t heat_walk_get_divergences(const heat_chains *chains, int64_t chain);

/* What share of the spread of H fresh momenta bring, about (Betancourt, arXiv:1604.00695): the mean square of
 * its change from sweep to sweep over its variance. NaN of moves without momenta. */
double heat_walk_get_e_bfmi(const heat_chains *chains, int64_t chain);

#endif
