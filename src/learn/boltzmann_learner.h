/* The kind "boltzmann" in its two forms. */
#ifndef HEATBATH_BOLTZMANN_LEARNER_H
#define HEATBATH_BOLTZMANN_LEARNER_H

#include "learn/boltzmann_pairs.h"
#include "learn/hidden_posterior.h"
#include "learn/learner.h"
#include "learn/unit_graph.h"

typedef struct heat_boltzmann_learner {
    heat_boltzmann_pairs pairs;
    int32_t n_summed;     /* units behind those of a row */
    int64_t n_rows;       /* of the data */
    int32_t *p, *q;       /* [n_inner] pairs of summed units, counted from the first of these */
    int64_t *first_pair;  /* [units of a row + 1] of the pairs within rows that begin with a unit, and */
    int64_t *first_mixed; /* those with a summed one */
    double *offset;       /* m, [units] */
    double *bias;         /* [units] without the centring, work space */
    double *sums;         /* [n_parameters] work space */
    double *field;        /* [n_summed] work space */
    double *mean;         /* [n_inner + n_summed] over p(h | v), work space */
    heat_hidden_posterior hidden;
    heat_unit_graph graph; /* with the weights of the last use */
    heat_learner layers;   /* where the machine is layered; of kind NULL elsewhere */
} heat_boltzmann_learner;

/* The form of layers, which boltzmann_learner.c opens. */
extern const heat_learn_kind heat_learn_kind_layered;

/* What both forms share. */
void heat_boltzmann_free(heat_learner *learner);
HEAT_MUST_USE heat_status heat_boltzmann_bound(heat_context *ctx, const heat_learner *learner, int64_t n_rows,
                                               const void *rows, const int8_t *missing, int64_t threads,
                                               double *out);
HEAT_MUST_USE heat_status heat_boltzmann_take(heat_context *ctx, const heat_model *model,
                                              heat_learner *learner);
HEAT_MUST_USE heat_status heat_boltzmann_make_model(heat_context *ctx, const heat_learner *learner,
                                                    heat_model **out);

#endif
