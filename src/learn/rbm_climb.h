/* Updates of an RBM along sampled gradients, by the kernel of layers. The tables that sweeps read are made in
 * the pass that moves the weights. */
#ifndef HEATBATH_RBM_CLIMB_H
#define HEATBATH_RBM_CLIMB_H

#include "learn/rbm_gibbs.h"

/* The energy's parameters, centred, over units of 0 and 1: E = -sum_ij W_ij ((x_i - m_i) (y_j - l) - m_i l) -
 * b.x - c.y. */
typedef struct heat_rbm_parameters {
    double *all;          /* W [visible][hidden], then b, then c */
    int64_t n_changes;    /* the learner's */
    const double *offset; /* m, [visible] */
    double hidden_offset; /* l */
} heat_rbm_parameters;

/* Starts as zeroes. */
typedef struct heat_rbm_climber {
    heat_rbm_gibbs gibbs; /* whose tables are of the parameters `at` */
    const double *at;     /* NULL: of none */
    int64_t n_changes;    /* then */
    float *w;             /* their weights, as heat_layer_climb has them */
    bool is_ahead;        /* steps have moved these alone */
    int64_t n_room;       /* rows of both phases for which there is room */
    int64_t n_blocks;     /* of their pairs */
    int64_t n_moved;      /* rows of data, and as many dreams, whose means are known already; 0: none */
    uint64_t *x;          /* of both phases, as heat_layer_climb has them */
    float *y, *y_gain;
    double *weight;
    int16_t *rounded;        /* of each share, as heat_layer_climb has it */
    uint16_t *list;          /* of all pairs, as the kernel has them */
    double *x_gain;          /* [visible] */
    double *x_bias, *y_bias; /* of each unit */
    float *x_sum, *x_size;   /* [word of hidden][visible, padded] */
    float *y_sum, *y_size;   /* [word of visible][hidden, padded] */
    struct heat_rbm_largest {
        _Alignas(64) double field; /* of the units that a share has settled */
    } * largest;
} heat_rbm_climber;

HEAT_MUST_USE heat_status heat_rbm_climber_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden,
                                                int64_t threads, heat_rbm_climber *climber);

/* The tables become those of the parameters, unless they are. */
HEAT_MUST_USE heat_status heat_rbm_climber_settle(heat_context *ctx, heat_rbm_climber *climber,
                                                  const char *isa, const heat_rbm_parameters *parameters);

/* Where a move leaves the means of n rows, before and after, for a step whose data and dreams these are. */
HEAT_MUST_USE heat_status heat_rbm_climber_begin(heat_context *ctx, heat_rbm_climber *climber, int64_t n,
                                                 heat_rbm_phase ends[2]);

/* Moves the parameters, and settles at them; the weights among them stay behind. */
HEAT_MUST_USE heat_status heat_rbm_climber_step(heat_context *ctx, heat_rbm_climber *climber,
                                                const heat_climb *climb,
                                                const heat_rbm_parameters *parameters);

/* Weights that steps have moved are written to the parameters that they were of. */
void heat_rbm_climber_catch_up(heat_rbm_climber *climber, const heat_rbm_parameters *parameters);

/* average += share (parameters - average), of parameters with those weights, by the team's threads. */
void heat_rbm_climber_average(const heat_rbm_climber *climber, const heat_rbm_parameters *parameters,
                              heat_team *team, double share, double *average);

/* Legal on zeroes. */
void heat_rbm_climber_clear(heat_rbm_climber *climber);

#endif
