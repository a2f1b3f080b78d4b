/* learn: which energy makes the data likely? */
#ifndef HEATBATH_LEARN_H
#define HEATBATH_LEARN_H

#include <heatbath/data.h>
#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

/* The kinds that can be learned and the negative phases: one row adds one. X(tag, name, what it is) */
#define HEAT_LEARN_KINDS(X)                                                                                  \
    X(ising, "ising", "couplings and fields of spins, or of 0 and 1, all variables visible")                 \
    X(rbm, "rbm", "a layer of hidden units, coupled to all variables")                                       \
    X(boltzmann, "boltzmann", "hidden units, any pair coupled, or in layers, or as a graph says")

#define HEAT_NEGATIVES(X)                                                                                    \
    X(exact, "exact", "means over all states, by enumeration or elimination")                                \
    X(cd, "cd", "contrastive divergence: K sweeps from the rows of the batch")                               \
    X(pcd, "pcd", "persistent contrastive divergence: K sweeps of chains that go on")                        \
    X(tempering, "tempering", "K sweeps of chains that go on, and exchange with those of easier models")

typedef struct heat_learn_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/learn.def>
#undef HEAT_OPTION
} heat_learn_options;

/* What is learned from. */
typedef struct heat_learn_input {
    size_t size;                 /* sizeof, set by the caller */
    const heat_data *data;       /* to train on */
    const heat_data *validation; /* NULL: none; with it, the best parameters on it are kept */
    const heat_data *test;       /* NULL: none */
    const heat_model *graph;     /* its edges are the couplings to learn; NULL: all pairs */
    const heat_model *initial;   /* training goes on from it, and from its chains; NULL: from the beginning */
} heat_learn_input;

/* Mean of log p(row), nats, and its standard error over rows: that of log Z is apart. NaN: no such data, or
 * log Z is not known. */
typedef struct heat_likelihood {
    double mean, error;
} heat_likelihood;

/* The update that CD-k is expected to make, against the gradient: norms over all parameters, those of the
 * centred energy (docs/learn.md). */
typedef struct heat_cd_bias {
    int64_t k;
    double bias;     /* of the update minus the gradient */
    double update;   /* 0 at a fixed point of CD-k */
    double gradient; /* 0 at a maximum of the likelihood */
    double cosine;   /* of the angle between the two; NaN where one is 0 */
} heat_cd_bias;

/* Where the expected update of CD-k vanishes. NaN: none was found. */
typedef struct heat_cd_fixed_point {
    double log_likelihood; /* of the training data there, mean of a row, exact */
    double gradient;       /* its norm: the bias, for the update is 0 */
} heat_cd_fixed_point;

enum { HEAT_CD_BIASES = 7 }; /* k = 1, 2, 4, ... 64 */

/* log Z of a model that is learned. Exact: error 0, and bounds equal to it. NaN: not known. */
typedef struct heat_learn_count {
    double log_z, error; /* one standard error */
    double lower, upper; /* bounds, low and high on the average, two standard errors away */
} heat_learn_count;

/* One look at the model on the way. */
typedef struct heat_learn_look {
    int64_t epoch;
    double train, validation; /* mean log-likelihoods, or bounds to them; NaN without such data */
    heat_learn_count count;
    double
        ess; /* of the persistent chains since the look before, by their free energies; NaN: there are none */
} heat_learn_look;

typedef struct heat_learn_result {
    size_t size; /* set by heat_learn_result_init; 0 means the first release's layout */
    heat_outcome
        outcome; /* CONVERGED: the gradient vanished; COMPLETED: all epochs, or validation ended them */
    const char *reason;   /* one clause; static */
    const char *negative; /* the phase that ran, a name of HEAT_NEGATIVES, or "pseudo-likelihood"; static */
    heat_model *model;    /* in the data's coding, with its persistent chains; owned */
    int64_t epochs;       /* that were run */
    double gradient;      /* largest derivative of the log-likelihood in any parameter; NaN unless exact */
    bool exact;           /* the likelihoods are: log Z was summed */
    heat_likelihood train, validation, test;
    heat_learn_count count;   /* log Z of what was learned */
    const char *count_method; /* "exact", "annealing", "refused", "unknown"; static */
    int64_t n_history;
    heat_learn_look *history; /* [n_history], owned */
    double seconds;
    bool has_cd_bias; /* with `report_bias` */
    heat_cd_bias cd_bias[HEAT_CD_BIASES];
    int64_t n_rungs;        /* of the ladder of tempering, else 0 */
    int64_t n_rollbacks;    /* times that training diverged, and went back to its best state */
    heat_likelihood pseudo; /* of the training data, where that is the objective, else NaN: no likelihood */
    double exchanges_accepted; /* a share, between the two rungs that have fewest, lately */
    double update_seconds;     /* of `seconds`, those of updates along sampled gradients */
    heat_cd_fixed_point cd_fixed[HEAT_CD_BIASES]; /* with `report_bias` */
    bool is_bounded; /* hidden units were too many to be summed over: train, validation and test are NaN, the
                        likelihoods of the history lower bounds, and so are these, else NaN */
    heat_likelihood train_bound, validation_bound, test_bound; /* errors over rows, as of likelihoods */
} heat_learn_result;

HEAT_API void heat_learn_options_init(heat_learn_options *options);
HEAT_API void heat_learn_result_init(heat_learn_result *result);

/* Learns a model of kind `kind`, a name of HEAT_LEARN_KINDS, by following the gradient of the log-likelihood,
 * the mean of the statistics over the data minus that over the model. With the exact negative phase and no
 * weight decay every epoch's likelihood is at least that of the one before. `options` may be NULL. Stopped by
 * time or heat_context_stop it returns what it has. HEAT_ERROR_UNDEFINED: data that the kind has no
 * units for, which are bits, of "rbm" also categories and real numbers; HEAT_ERROR_OPTION: options that do
 * not go together or with the data; HEAT_ERROR_UNABLE: the exact phase is not affordable. Same bits for any
 * number of threads. Cost: an update is O(rows * couplings) for the data, and exact O(variables *
 * 2^variables), or cd and pcd O(chains * K * couplings). */
HEAT_API HEAT_MUST_USE heat_status heat_learn(heat_context *ctx, const char *kind,
                                              const heat_learn_input *input,
                                              const heat_learn_options *options, heat_learn_result *result);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_learn_result_clear(heat_learn_result *result);

HEAT_END_DECLS

#endif
