/* What can be learned, and how: a kind of energy gives statistics, E = -sum_a theta_a phi_a; a negative phase
 * gives their means under the model. Kinds and phases know nothing of each other: each is a row. */
#ifndef HEATBATH_LEARNER_H
#define HEATBATH_LEARNER_H

#include "model/views.h"

#include <heatbath/learn.h>

typedef struct heat_learner heat_learner;

typedef struct heat_learn_kind {
    const char *name;
    /* Reads what the data and the graph decide: n_variables, n_visible, n_parameters, parameters and scale.
     */
    heat_status (*open)(heat_context *ctx, const heat_learn_input *input, heat_learner *learner);
    void (*free)(heat_learner *learner);
    /* Adds weight[r] times the statistics of each row of visible variables to sum[n_parameters]. */
    void (*add_positive)(const heat_learner *learner, int64_t n_rows, const int8_t *rows,
                         const double *weight, double *sum);
    /* Adds the statistics of states of all variables. */
    void (*add_negative)(const heat_learner *learner, int64_t n_states, const int8_t *states, double *sum);
    /* The energy with the learner's parameters. */
    heat_status (*make_model)(heat_context *ctx, const heat_learner *learner, heat_model **out);
    /* Exact means of all statistics (NULL: not wanted) and log Z. HEAT_ERROR_UNABLE if it is not affordable.
     */
    heat_status (*sum_states)(heat_context *ctx, const heat_learner *learner, int64_t threads, double *mean,
                              double *log_z);
    /* Whether that is affordable at all, and cheap enough for every update. */
    heat_status (*price_states)(heat_context *ctx, const heat_learner *learner, bool *affordable,
                                bool *cheap);
    /* log of the unnormalised probability of each row. */
    void (*log_weights)(const heat_learner *learner, int64_t n_rows, const int8_t *rows, double *out);
} heat_learn_kind;

struct heat_learner {
    const heat_learn_kind *kind;
    int32_t n_variables, n_visible;
    int64_t n_parameters;
    int64_t n_decayed; /* the first of them: couplings */
    double *parameters;
    double *scale;      /* 1 / variance of each statistic in the data, bounded: steps are in its units */
    heat_coding coding; /* of the visible variables */
    void *self;         /* the kind's own */
};

/* A negative phase under way. */
typedef struct heat_negative {
    const struct heat_negative_kind *kind;
    int64_t k;         /* sweeps an update */
    int64_t n_chains;  /* of persistent chains */
    int64_t n_updates; /* so far: each has streams of its own */
    uint64_t seed;
    int64_t threads;
    const char *isa;
    int8_t *states; /* [n_chains][n_variables] of persistent chains; NULL before the first update */
} heat_negative;

typedef struct heat_negative_kind {
    const char *name;
    bool has_count; /* ":K" follows the name */
    bool is_exact;
    /* The mean of the statistics; `rows` are the batch's. */
    heat_status (*run)(heat_context *ctx, heat_negative *negative, const heat_learner *learner,
                       int64_t n_rows, const int8_t *rows, double *mean);
} heat_negative_kind;

#define HEAT_KIND_EXTERN(tag, name, help) extern const heat_learn_kind heat_learn_kind_##tag;
HEAT_LEARN_KINDS(HEAT_KIND_EXTERN)
#define HEAT_NEGATIVE_EXTERN(tag, name, help) extern const heat_negative_kind heat_negative_##tag;
HEAT_NEGATIVES(HEAT_NEGATIVE_EXTERN)

/* Moves n_chains chains by `sweeps` sweeps of the heat bath on the learner's model, in place. */
HEAT_MUST_USE heat_status heat_negative_move(heat_context *ctx, heat_negative *negative,
                                             const heat_learner *learner, int64_t n_chains, int64_t sweeps,
                                             int8_t *states);

#endif
