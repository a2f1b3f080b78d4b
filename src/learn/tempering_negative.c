/* Replica exchange: besides those of the model, persistent chains run on easier models, the rungs of a ladder
 * that begins at independent variables, where every sweep is a fresh draw. Chains of neighbouring rungs trade
 * places,
 *
 *     p = min(1, w_r(y) w_(r+1)(x) / (w_r(x) w_(r+1)(y))),   w the weight of a row, hidden units summed out,
 *
 * and carry to the model what its own sweeps would never meet. Rung r has parameters theta_r: in temperature
 * theta_0 + beta_r (theta - theta_0), theta_0 independent; along the trajectory those that training came by,
 * frozen. A rung is added where exchanges are rare: between two, or where the model leaves the last frozen
 * one. Swendsen and Wang, Phys. Rev. Lett. 57 (1986) 2607; Desjardins, Courville, Bengio, Vincent, Delalleau,
 * AISTATS 2010; Bereux, Decelle, Furtlehner, Rosset, Seoane, arXiv:2405.15376 (2024). */
#include "base/memory.h"
#include "learn/learner.h"
#include "sample/exchange.h"

#include <string.h>

enum { MOST_RUNGS = 64 };
static const double least_accepted = 0.3, memory = 1.0 / 8, hoped = 0.5;

/* What changes besides the chains. Rung 0 is independent, the last one the model. */
typedef struct rungs {
    int64_t n, n_exchanges;
    int64_t settled;             /* the update before which the ladder was last looked at */
    double beta[MOST_RUNGS];     /* in temperature */
    double accepted[MOST_RUNGS]; /* of exchanges of r and r + 1, lately */
} rungs;

typedef struct ladder {
    bool is_trajectory;
    int64_t most, n_parameters, bytes; /* of the chains of a rung */
    rungs now, kept;
    int8_t *states, *kept_states; /* [most][bytes] */
    double *theta;                /* [most][n_parameters]; the last rung's are the learner's */
    double *weight;               /* [4][n_chains] work space */
} ladder;

static heat_status alloc_arrays(heat_context *ctx, const heat_negative *negative, ladder *self)
{
    heat_status status = heat_alloc(ctx, self->most * self->bytes, 1, &self->states);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->most * self->bytes, 1, &self->kept_states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->most * self->n_parameters, sizeof *self->theta, &self->theta);
    return status == HEAT_OK ? heat_alloc(ctx, 4 * negative->n_chains, sizeof *self->weight, &self->weight)
                             : status;
}

static void restart(heat_negative *negative, const heat_learner *l)
{
    ladder *self = negative->self;

    self->now = (rungs){.n = 2, .settled = -1, .beta = {0, 1}, .accepted = {hoped}};
    for (int64_t r = 0; r < self->now.n; r++)
        heat_negative_draw(negative, l, self->states + r * self->bytes);
}

static heat_status open_ladder(heat_context *ctx, const heat_learn_options *options, const heat_learner *l,
                               heat_negative *negative)
{
    ladder *self;
    heat_status status = heat_alloc(ctx, 1, sizeof *self, &self);

    if (status != HEAT_OK)
        return status;
    negative->self = self;
    self->is_trajectory = strcmp(options->ladder, "trajectory") == 0;
    self->most = options->rungs;
    self->n_parameters = l->n_parameters;
    self->bytes = negative->n_chains * heat_row_bytes(&l->form);
    status = alloc_arrays(ctx, negative, self);
    if (status != HEAT_OK)
        return status;
    memcpy(self->theta + l->n_decayed, l->parameters + l->n_decayed,
           (size_t)(l->n_parameters - l->n_decayed) * sizeof *self->theta);
    restart(negative, l);
    return HEAT_OK;
}

static void free_ladder(heat_negative *negative)
{
    ladder *self = negative->self;

    heat_free(self->states);
    heat_free(self->kept_states);
    heat_free(self->theta);
    heat_free(self->weight);
    heat_free(self);
}

static void *get_chains(heat_negative *negative)
{
    ladder *self = negative->self;

    return self->states + (self->now.n - 1) * self->bytes;
}

static void undo(heat_negative *negative)
{
    ladder *self = negative->self;

    self->now = self->kept;
    memcpy(self->states, self->kept_states, (size_t)(self->now.n * self->bytes));
}

static heat_status add_parts(heat_context *ctx, heat_negative *negative, heat_parts *parts)
{
    ladder *self = negative->self;
    heat_status status = heat_parts_add(ctx, parts, "ladder/rungs", -1, &self->now, sizeof self->now);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, parts, "ladder/states", -1, self->states, self->most * self->bytes);
    return status == HEAT_OK ? heat_parts_add(ctx, parts, "ladder/parameters", -1, self->theta,
                                              self->most * self->n_parameters * (int64_t)sizeof(double))
                             : status;
}

static double *parameters_of(const ladder *self, const heat_learner *l, int64_t rung)
{
    return rung == self->now.n - 1 ? l->parameters : self->theta + rung * self->n_parameters;
}

/* The learner on a rung. */
static heat_learner on_rung(const ladder *self, const heat_learner *l, int64_t rung)
{
    heat_learner other = *l;

    other.parameters = parameters_of(self, l, rung);
    return other;
}

/* Moves what stands from rung `first` on up or down by one. */
static void shift(ladder *self, int64_t first, int64_t by)
{
    rungs *now = &self->now;
    size_t count = (size_t)(now->n - first), p = (size_t)self->n_parameters;

    memmove(self->states + (first + by) * self->bytes, self->states + first * self->bytes,
            count * (size_t)self->bytes);
    memmove(self->theta + (first + by) * self->n_parameters, self->theta + first * self->n_parameters,
            count * p * sizeof *self->theta);
    memmove(now->beta + first + by, now->beta + first, count * sizeof *now->beta);
    memmove(now->accepted + first + by, now->accepted + first, count * sizeof *now->accepted);
    now->n += by;
}

/* A rung between r and r + 1, whose chains begin as those above: half-way, or, where that is the model on a
 * trajectory, the model itself. */
static void add_rung(ladder *self, const heat_learner *l, int64_t r)
{
    rungs *now = &self->now;
    const double *above = parameters_of(self, l, r + 1), *below = parameters_of(self, l, r);
    bool freezes = self->is_trajectory && r + 1 == now->n - 1;
    double part = freezes ? 1 : 0.5, *mine;

    shift(self, r + 1, 1);
    mine = self->theta + (r + 1) * self->n_parameters;
    if (above != l->parameters)
        above = self->theta + (r + 2) * self->n_parameters;
    for (int64_t a = 0; a < self->n_parameters; a++)
        mine[a] = below[a] + part * (above[a] - below[a]);
    memcpy(self->states + (r + 1) * self->bytes, self->states + (r + 2) * self->bytes, (size_t)self->bytes);
    now->beta[r + 1] = (now->beta[r] + now->beta[r + 2]) / 2;
    now->accepted[r + 1] = hoped;
    now->accepted[r] = freezes ? now->accepted[r] : hoped;
}

/* Takes out the rung that is missed least, if it is missed so little. */
static void drop_rung(ladder *self)
{
    rungs *now = &self->now;
    double most = least_accepted;
    int64_t which = 0;

    for (int64_t r = 1; r < now->n - 1; r++)
        if (now->accepted[r - 1] * now->accepted[r] > most) {
            most = now->accepted[r - 1] * now->accepted[r];
            which = r;
        }
    if (which == 0)
        return;
    now->accepted[which - 1] = most;
    shift(self, which + 1, -1);
}

static int64_t find_rarest(const rungs *now)
{
    int64_t rarest = 0;

    for (int64_t r = 1; r < now->n - 1; r++)
        rarest = now->accepted[r] < now->accepted[rarest] ? r : rarest;
    return rarest;
}

/* Once before an update, also where it is run again: a rung where exchanges are rarest. */
static void settle(const heat_negative *negative, ladder *self, const heat_learner *l)
{
    rungs *now = &self->now;
    int64_t rarest = find_rarest(now);

    if (now->settled == negative->n_updates)
        return;
    now->settled = negative->n_updates;
    if (!(now->accepted[rarest] < least_accepted))
        return;
    if (now->n == self->most)
        drop_rung(self);
    else
        add_rung(self, l, rarest);
}

/* In temperature the rungs follow the model. */
static void follow(ladder *self, const heat_learner *l)
{
    for (int64_t r = 1; r < self->now.n - 1 && !self->is_trajectory; r++)
        for (int64_t a = 0; a < self->n_parameters; a++) {
            double from = self->theta[a];
            self->theta[r * self->n_parameters + a] = from + self->now.beta[r] * (l->parameters[a] - from);
        }
}

double heat_negative_exchange_probability(double x_below, double y_below, double x_above, double y_above)
{
    return heat_exchange_probability(1, 0, y_below + x_above, x_below + y_above);
}

/* Chain by chain, between rungs r and r + 1. */
static void exchange(const heat_negative *negative, ladder *self, const heat_learner *l, int64_t r)
{
    int64_t n = negative->n_chains, row_bytes = heat_row_bytes(&l->form), accepted = 0;
    int8_t *x = self->states + r * self->bytes, *y = x + self->bytes;
    const heat_learner below = on_rung(self, l, r), above = on_rung(self, l, r + 1);
    double *w = self->weight;
    heat_stream stream;

    l->kind->log_weights(&below, n, x, w);
    l->kind->log_weights(&below, n, y, w + n);
    l->kind->log_weights(&above, n, x, w + 2 * n);
    l->kind->log_weights(&above, n, y, w + 3 * n);
    heat_stream_init(&stream, negative->seed, HEAT_PURPOSE_EXCHANGE,
                     ((uint64_t)negative->n_updates << 32) + (uint64_t)r);
    for (int64_t c = 0; c < n; c++) {
        double p = heat_negative_exchange_probability(w[c], w[n + c], w[2 * n + c], w[3 * n + c]);
        if (!(heat_stream_uniform(&stream) < p))
            continue;
        accepted++;
        for (int64_t b = 0; b < row_bytes; b++) {
            int8_t of_x = x[c * row_bytes + b];
            x[c * row_bytes + b] = y[c * row_bytes + b];
            y[c * row_bytes + b] = of_x;
        }
    }
    self->now.accepted[r] += memory * ((double)accepted / (double)n - self->now.accepted[r]);
}

static heat_status sweep(heat_context *ctx, heat_negative *negative, ladder *self, const heat_learner *l)
{
    heat_status status = HEAT_OK;

    for (int64_t r = 0; r < self->now.n && status == HEAT_OK; r++) {
        heat_learner here = on_rung(self, l, r);
        void *rows = self->states + r * self->bytes;
        heat_negative once = *negative;
        once.k = 1;
        status = l->kind->move(ctx, &once, &here, negative->n_chains, rows, rows);
        negative->n_updates++;
    }
    for (int64_t r = self->now.n_exchanges % 2; r < self->now.n - 1 && status == HEAT_OK; r += 2)
        exchange(negative, self, l, r);
    self->now.n_exchanges++;
    return status;
}

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const void *rows, const double *weight, double *mean)
{
    ladder *self = negative->self;
    heat_status status = HEAT_OK;

    (void)n_rows;
    (void)rows;
    (void)weight;
    heat_learner_catch_up(l);
    settle(negative, self, l);
    self->kept = self->now;
    memcpy(self->kept_states, self->states, (size_t)(self->now.n * self->bytes));
    follow(self, l);
    for (int64_t k = 0; k < negative->k && status == HEAT_OK; k++)
        status = sweep(ctx, negative, self, l);
    negative->n_rungs = self->now.n;
    negative->accepted = self->now.accepted[find_rarest(&self->now)];
    if (status == HEAT_OK)
        heat_negative_average(negative, l, negative->n_chains, self->states + (self->now.n - 1) * self->bytes,
                              NULL, mean);
    return status;
}

const heat_negative_kind heat_negative_tempering = {.name = "tempering",
                                                    .has_count = true,
                                                    .dreams = true,
                                                    .run = run,
                                                    .open = open_ladder,
                                                    .free = free_ladder,
                                                    .restart = restart,
                                                    .undo = undo,
                                                    .add_parts = add_parts,
                                                    .get_chains = get_chains};
