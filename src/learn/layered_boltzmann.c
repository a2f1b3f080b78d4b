/* A Boltzmann machine whose rows are coupled to the units that are summed over alone, and to all of these: an
 * rbm but for what the data tell of a row. Its parameters stand as those of one, and the kernel of layers
 * does its sweeps and updates. Of two hidden layers the second is part of the rows, and the first summed
 * over. */
#include "base/memory.h"
#include "learn/boltzmann_learner.h"

#include <string.h>

static const int64_t row_update = 3LL << 29; /* beyond the updates of negative phases and what follows them */

/* The learner's parameters seen as those of an rbm. */
static heat_learner layers_of(const heat_learner *l)
{
    const heat_boltzmann_learner *self = l->self;
    heat_learner layers = self->layers;

    layers.parameters = l->parameters;
    layers.n_changes = l->n_changes;
    return layers;
}

static void layered_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows,
                                   const double *weight, double *sum)
{
    const heat_learner layers = layers_of(l);

    layers.kind->add_statistics(&layers, n_rows, rows, weight, sum);
}

static void layered_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    const heat_learner layers = layers_of(l);

    layers.kind->log_weights(&layers, n_rows, rows, out);
}

static heat_status layered_move(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                                int64_t n_rows, const void *from, void *to)
{
    const heat_learner layers = layers_of(l);

    return layers.kind->move(ctx, negative, &layers, n_rows, from, to);
}

static heat_status layered_climb(heat_context *ctx, heat_learner *l, const heat_climb *climb)
{
    heat_learner layers = layers_of(l);

    return layers.kind->climb(ctx, &layers, climb);
}

static void layered_catch_up(const heat_learner *l)
{
    const heat_learner layers = layers_of(l);

    layers.kind->catch_up(&layers);
}

static void layered_average(const heat_learner *l, struct heat_team *team, double share, double *average)
{
    const heat_learner layers = layers_of(l);

    layers.kind->average(&layers, team, share, average);
}

/* Sweeps of whole rows, after each of which what the data tell is put back. */
static heat_status layered_refresh(heat_context *ctx, const heat_negative *negative, int64_t k,
                                   const heat_learner *l, int64_t n_rows, void *rows, const int8_t *missing)
{
    const int64_t n_held = l->n_visible - l->n_drawn;
    const heat_learner layers = layers_of(l);
    heat_negative moves = *negative;
    int8_t *moved = rows, *told = NULL;
    heat_status status = heat_alloc_unset(ctx, n_rows * l->n_visible, 1, &told);

    moves.k = 1;
    moves.begins_at_data = false;
    moves.n_updates = row_update + negative->n_updates * k;
    if (status == HEAT_OK)
        memcpy(told, rows, (size_t)(n_rows * l->n_visible));
    for (int64_t s = 0; s < k && status == HEAT_OK; s++, moves.n_updates++) {
        status = layers.kind->move(ctx, &moves, &layers, n_rows, rows, rows);
        for (int64_t r = 0; r < n_rows && missing == NULL; r++)
            memcpy(moved + r * l->n_visible, told + r * l->n_visible, (size_t)n_held);
        for (int64_t a = 0; a < n_rows * l->n_visible && missing != NULL; a++)
            if (!missing[a])
                moved[a] = told[a];
    }
    heat_free(told);
    return status;
}

static heat_status layered_make_rows_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const heat_learner layers = layers_of(l);

    return layers.kind->make_model(ctx, &layers, out);
}

static heat_status layered_sum_states(heat_context *ctx, const heat_learner *l, int64_t threads, double *mean,
                                      double *log_z)
{
    const heat_learner layers = layers_of(l);

    return layers.kind->sum_states(ctx, &layers, threads, mean, log_z);
}

static heat_status layered_price_states(heat_context *ctx, const heat_learner *l, bool *affordable,
                                        bool *cheap)
{
    const heat_learner layers = layers_of(l);

    return layers.kind->price_states(ctx, &layers, affordable, cheap);
}

const heat_learn_kind heat_learn_kind_layered = {
    .name = "boltzmann",
    .has_hidden = true,
    .free = heat_boltzmann_free,
    .add_statistics = layered_add_statistics,
    .log_weights = layered_log_weights,
    .move = layered_move,
    .climb = layered_climb,
    .catch_up = layered_catch_up,
    .average = layered_average,
    .refresh = layered_refresh,
    .bound = heat_boltzmann_bound,
    .take = heat_boltzmann_take,
    .make_model = heat_boltzmann_make_model,
    .make_rows_model = layered_make_rows_model,
    .sum_states = layered_sum_states,
    .price_states = layered_price_states,
};
