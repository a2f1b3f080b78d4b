/* What can be learned, and how: a kind of energy gives statistics, E = -sum_a theta_a phi_a; a negative phase
 * gives their means under the model. Kinds and phases know nothing of each other: each is a row. */
#ifndef HEATBATH_LEARNER_H
#define HEATBATH_LEARNER_H

#include "base/context_private.h"
#include "io/checkpoint.h"
#include "model/unit_layers.h"
#include "model/views.h"

#include <heatbath/learn.h>

typedef struct heat_learner heat_learner;
typedef struct heat_negative heat_negative;

/* One update along the gradient between rows of data and rows of the negative phase, both of states. */
typedef struct heat_climb {
    int64_t n_rows, n_dreams;
    const int8_t *rows, *dreams;
    const double *weight, *dream_weight; /* of the rows and the dreams, NULL: 1 */
    double rate;                         /* of the parameters, for each unit of a statistic */
    double weight_decay;
    uint32_t turn; /* the number of the update: what is rounded up or down in turn goes by it */
    const char *isa;
} heat_climb;

typedef struct heat_learn_kind {
    const char *name;
    /* Statistics of rows depend on the parameters: they are means over hidden units. */
    bool has_hidden;
    /* Reads what the data, the graph and the options decide: all of the learner but `kind`. On failure the
     * learner is only good for heat_learner_clear. */
    heat_status (*open)(heat_context *ctx, const heat_learn_input *input, const heat_learn_options *options,
                        heat_learner *learner);
    void (*free)(heat_learner *learner); /* of `self`, which may be NULL */
    /* Adds weight[r] (NULL: 1) times the statistics of each row to sum[n_parameters], hidden units in the
     * mean. */
    void (*add_statistics)(const heat_learner *learner, int64_t n_rows, const void *rows,
                           const double *weight, double *sum);
    /* heat_pseudo_find by all variables, faster than row by row, of states; NULL: there is no such way. */
    void (*add_conditionals)(const heat_learner *learner, int64_t n_rows, const int8_t *rows,
                             const double *weight, double *value, double *sum);
    /* heat_pseudo_find of one row of real numbers, by these sites. Where a conditional has no integral the
     * value is -infinity. NULL: rows are states. */
    heat_status (*add_sites)(heat_context *ctx, const heat_learner *learner, const void *row, int64_t n_sites,
                             const int32_t *sites, double weight, double *value, double *sum);
    /* log of the unnormalised probability of each row. */
    void (*log_weights)(const heat_learner *learner, int64_t n_rows, const void *rows, double *out);
    /* Rows `to` become rows `from`, which may be the same ones, moved by negative->k sweeps of the heat bath
     * at the learner's parameters; halted, they may be anything. */
    heat_status (*move)(heat_context *ctx, heat_negative *negative, const heat_learner *learner,
                        int64_t n_rows, const void *from, void *to);
    /* Makes an update in one go; NULL: by way of the statistics. HEAT_ERROR_STOPPED: it was halted, and
     * nothing has changed. Who writes to parameters otherwise counts it in learner->n_changes. */
    heat_status (*climb)(heat_context *ctx, heat_learner *learner, const heat_climb *climb);
    /* learner->parameters take in the updates that `climb` has kept to itself, which the other functions of
     * the kind know; NULL: it keeps none. */
    void (*catch_up)(const heat_learner *learner);
    /* average += share (parameters - average), of the parameters with those updates, by the team's threads;
     * NULL likewise. */
    void (*average)(const heat_learner *learner, struct heat_team *team, double share, double *average);
    /* Moves what the data do not tell of rows, hidden units that are drawn and values that are missing (NULL:
     * none is), by k sweeps given all else; every update of the phase has streams of its own. Of kinds that
     * have such units. */
    heat_status (*refresh)(heat_context *ctx, const heat_negative *negative, int64_t k,
                           const heat_learner *learner, int64_t n_rows, void *rows, const int8_t *missing);
    /* A lower bound to the log weight of what the data tell of each row; NaN where it was halted. Likewise.
     */
    heat_status (*bound)(heat_context *ctx, const heat_learner *learner, int64_t n_rows, const void *rows,
                         const int8_t *missing, int64_t threads, double *out);
    /* First rows of persistent chains; NULL: random values. */
    void (*draw)(const heat_learner *learner, heat_stream *stream, int64_t n_rows, void *rows);
    /* What one such sweep makes of p[n_states^n_visible], the probabilities of rows, in place; unit i is
     * digit i. NULL: not known. Cost: pairs of states of both layers, which are counted; infinity: not known.
     */
    heat_status (*spread)(heat_context *ctx, const heat_learner *learner, double *p);
    double (*count_spread)(const heat_learner *learner);
    /* The parameters become those of a model; HEAT_ERROR_ARGUMENT where it is not of the learner's shape. */
    heat_status (*take)(heat_context *ctx, const heat_model *model, heat_learner *learner);
    /* Moves the parameters back to where the sum over all rows exists, and a little further; NULL: it always
     * does, or a step too far shows in the likelihood. */
    heat_status (*restrain)(heat_context *ctx, heat_learner *learner);
    /* The energy with the learner's parameters. */
    heat_status (*make_model)(heat_context *ctx, const heat_learner *learner, heat_model **out);
    /* One of the same log Z, whose visible units are those of a row; NULL: that is the same. */
    heat_status (*make_rows_model)(heat_context *ctx, const heat_learner *learner, heat_model **out);
    /* Of rows of real numbers that lack values, gaps[n_visible] 1 where one does; NULL: rows are states.
     * Whether the integral over them is affordable; `weight` times the mean statistics over what may stand
     * there added to `sum`, and the log of the integral (NULL: not wanted); what stands there drawn anew,
     * given hidden units that are drawn given all of the row. */
    bool (*integrates)(const heat_learner *learner, const int8_t *gaps);
    heat_status (*integrate)(heat_context *ctx, const heat_learner *learner, const void *row,
                             const int8_t *gaps, double weight, double *sum, double *log_weight);
    void (*draw_gaps)(const heat_learner *learner, heat_stream *stream, const int8_t *gaps, void *row);
    /* Exact means of all statistics (NULL: not wanted) and log Z. HEAT_ERROR_UNABLE if it is not affordable;
     * NaN where the work was halted. */
    heat_status (*sum_states)(heat_context *ctx, const heat_learner *learner, int64_t threads, double *mean,
                              double *log_z);
    /* Whether that is affordable at all, and cheap enough for every update. */
    heat_status (*price_states)(heat_context *ctx, const heat_learner *learner, bool *affordable,
                                bool *cheap);
} heat_learn_kind;

struct heat_learner {
    const heat_learn_kind *kind;
    int32_t n_visible; /* elements of a row */
    int32_t n_drawn;   /* of these, the last: hidden units that cannot be summed over, and are drawn */
    int64_t n_parameters;
    int64_t n_decayed;  /* the first of them: couplings */
    double *parameters; /* those to start from, once open */
    double *scale;      /* about 1 / variance of each statistic: steps are in its units */
    heat_coding coding; /* of the rows */
    int32_t n_states;   /* of their values; 0: real numbers */
    heat_row_form form; /* of a row: real numbers are floats */
    double pace;        /* of noisy gradients: another factor of all steps; 0: none */
    int64_t n_changes;  /* how often parameters have been written to, other than by `climb` */
    void *self;         /* the kind's own */
};

/* A negative phase under way. */
struct heat_negative {
    const struct heat_negative_kind *kind;
    int64_t k;            /* sweeps an update */
    int64_t n_chains;     /* of persistent chains */
    int64_t n_updates;    /* so far: each has streams of its own */
    int64_t kept_updates; /* those before the last run */
    uint64_t seed;
    int64_t threads;
    const char *isa;
    bool begins_at_data;        /* rows to be moved are the data, and then the dreams, of the climb to come */
    const void *dreams;         /* the rows of the last run that gave no mean; borrowed */
    const double *dream_weight; /* NULL: 1 */
    int64_t n_dreams;
    double log_z;    /* of the last update, where the phase is exact */
    int64_t n_rungs; /* of a ladder after the last update, else 0 */
    double accepted; /* of exchanges between the two rungs that have fewest, lately */
    void *self;      /* the kind's own: persistent chains */
};

typedef struct heat_negative_kind {
    const char *name;
    bool has_count; /* ":K" follows the name */
    bool is_exact;  /* the gradient is, and log_z is found with it */
    bool is_proxy;  /* of another objective than the likelihood, whose A stands for log_z */
    bool dreams;    /* the mean is one over rows: where NULL stands for it, they are left as they are */
    /* The mean of the statistics; `rows` are the batch's, and weight (NULL: 1). */
    heat_status (*run)(heat_context *ctx, heat_negative *negative, const heat_learner *learner,
                       int64_t n_rows, const void *rows, const double *weight, double *mean);
    /* Of persistent chains, and NULL where there are none: makes them; frees them, also after a failure; lets
     * them begin anew; puts them back where they were before the last run; lists what their further life
     * depends on. */
    heat_status (*open)(heat_context *ctx, const heat_learn_options *options, const heat_learner *learner,
                        heat_negative *negative);
    void (*free)(heat_negative *negative);
    void (*restart)(heat_negative *negative, const heat_learner *learner);
    void (*undo)(heat_negative *negative);
    heat_status (*add_parts)(heat_context *ctx, heat_negative *negative, heat_parts *parts);
    void *(*get_chains)(heat_negative *negative); /* those of the model, [n_chains] rows */
} heat_negative_kind;

#define HEAT_KIND_EXTERN(tag, name, help) extern const heat_learn_kind heat_learn_kind_##tag;
HEAT_LEARN_KINDS(HEAT_KIND_EXTERN)
#define HEAT_NEGATIVE_EXTERN(tag, name, help) extern const heat_negative_kind heat_negative_##tag;
HEAT_NEGATIVES(HEAT_NEGATIVE_EXTERN)

/* Frees what a learner owns; legal on zeroes. */
void heat_learner_clear(heat_learner *learner);

/* A context whose work is not cut short. */
heat_context heat_learn_unhurried(const heat_context *ctx, atomic_int *never);

/* Runs the phase: negative->kind->run. */
HEAT_MUST_USE heat_status heat_negative_run(heat_context *ctx, heat_negative *negative,
                                            const heat_learner *learner, int64_t n_rows, const void *rows,
                                            const double *weight, double *mean);

/* Takes back the last run, which was halted: chains may have moved. */
void heat_negative_undo(heat_negative *negative);

/* Training goes on from a model: learner and negative phase are open, as if from the beginning. Its chains,
 * if it has any, are taken in turn, again from the first where there are more. */
HEAT_MUST_USE heat_status heat_learn_go_on(heat_context *ctx, const heat_model *initial,
                                           heat_learner *learner, heat_negative *negative);

/* Keeps persistent chains, if there are any, with the model that was made. */
HEAT_MUST_USE heat_status heat_learn_keep_chains(heat_context *ctx, const heat_learner *learner,
                                                 heat_negative *negative, heat_model *model);

/* W and b (of n_edges pairs and all units, over 0 and 1, or J and h over spins) of a model of n_units units.
 * HEAT_ERROR_ARGUMENT where it couples other pairs. */
HEAT_MUST_USE heat_status heat_learner_take_pairs(heat_context *ctx, const heat_model *model, int32_t n_units,
                                                  int64_t n_edges, const int32_t *i, const int32_t *j,
                                                  bool is_spin, double *weights, double *biases);

/* The arrays of a model that is an RBM of such layers; HEAT_ERROR_ARGUMENT where it is not. */
HEAT_MUST_USE heat_status heat_learner_take_rbm(heat_context *ctx, const heat_model *model,
                                                const heat_unit_layer *visible, const heat_unit_layer *hidden,
                                                heat_rbm *rbm);

/* What the options leave to the learner is as it is in a model that training goes on from. */
void heat_learn_follow(heat_context *ctx, const heat_model *initial, heat_learn_options *options);

/* Legal on zeroes. */
void heat_negative_close(heat_negative *negative);

/* Of rows x and y of two neighbouring models to trade places, given their log weights in either: min(1, w(y)
 * w'(x) / (w(x) w'(y))). */
double heat_negative_exchange_probability(double x_below, double y_below, double x_above, double y_above);

/* First rows of persistent chains, from the stream of the seed's own. */
void heat_negative_draw(const heat_negative *negative, const heat_learner *learner, void *rows);

/* Before learner->parameters are read by whom the kind does not know. */
static inline void heat_learner_catch_up(const heat_learner *learner)
{
    if (learner->kind->catch_up != NULL)
        learner->kind->catch_up(learner);
}

/* Statistics, means and parameters of binary data: HEAT_ERROR_UNDEFINED, which names the kind, for any other.
 */
HEAT_MUST_USE heat_status heat_learner_check_data(heat_context *ctx, const char *kind, const heat_data *data,
                                                  heat_data_info *info);

/* Sets parameters and scale where there are hidden units: first the couplings, then the biases of the visible
 * units, over 0 and 1. mean[n_visible] become their means in the data, never 0 or 1. */
HEAT_MUST_USE heat_status heat_learner_start(heat_context *ctx, const heat_data *data, uint64_t seed,
                                             double *mean, heat_learner *learner);

/* Threads for moves that look at so many couplings: one where others would take longer to wake. */
int64_t heat_negative_threads(const heat_negative *negative, double visits);

/* The mean of the statistics over rows, each times its weight (NULL: 1); where `mean` is NULL they become
 * negative->dreams. */
void heat_negative_average(heat_negative *negative, const heat_learner *learner, int64_t n_rows,
                           const void *rows, const double *weight, double *mean);

/* Moves rows, as `move` does, and does the same with them. */
HEAT_MUST_USE heat_status heat_negative_mean(heat_context *ctx, heat_negative *negative,
                                             const heat_learner *learner, int64_t n_rows, const void *from,
                                             void *to, const double *weight, double *mean);

/* `move` for kinds whose rows are whole states: a chain set on the model of the moment. */
HEAT_MUST_USE heat_status heat_negative_move(heat_context *ctx, heat_negative *negative,
                                             const heat_learner *learner, int64_t n_rows, const void *from,
                                             void *to);

#endif
