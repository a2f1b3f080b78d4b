/* A sweep of single-variable moves: the lane kernel on pairwise models, batches of energy changes on
 * others. */
#include "base/context_private.h"
#include "sample/engine.h"

#include <math.h>

static int8_t value_of(const heat_chains *c, int32_t index)
{
    return (int8_t)(c->info.coding == HEAT_CODING_SPIN ? 2 * index - 1 : index);
}

static int32_t index_of(const heat_chains *c, int8_t value)
{
    return c->info.coding == HEAT_CODING_SPIN ? (value + 1) / 2 : value;
}

/* The energy changes of one site for every value it may take, chains of the unit side by side:
 * delta[a * width + r] for value index a and the unit's row r. */
static heat_status site_deltas(heat_context *worker, heat_chains *c, int64_t unit, int32_t site,
                               double *delta)
{
    int64_t first, last;
    int8_t *proposed = c->proposed + unit * c->width;

    heat_chains_get_unit(c, unit, &first, &last);
    if (c->info.n_states == 2) { /* one other value: one batch */
        for (int64_t r = 0; r < last - first; r++)
            proposed[r] = value_of(c, 1 - index_of(c, c->rows[(first + r) * c->n + site]));
        return heat_model_deltas(worker, c->model, last - first, c->rows + first * c->n, site, proposed,
                                 delta);
    }
    for (int32_t a = 0; a < c->info.n_states; a++) {
        heat_status status;
        for (int64_t r = 0; r < last - first; r++)
            proposed[r] = value_of(c, a);
        status = heat_model_deltas(worker, c->model, last - first, c->rows + first * c->n, site, proposed,
                                   delta + a * c->width);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

/* Draws the site's next value in one chain; r is its row in the unit. */
static void move_site(heat_chains *c, int64_t chain, int64_t r, int32_t site, heat_rule_fn rule,
                      const double *delta)
{
    double x[128], p[128], u;
    int8_t *value = &c->rows[chain * c->n + site];
    int32_t current = index_of(c, *value), next = 0;
    int32_t q = c->info.n_states;

    for (int32_t a = 0; a < q; a++)
        x[a] = a == current ? 0 : -c->beta[chain] * delta[q == 2 ? r : a * c->width + r];
    rule(q, current, x, p);
    u = heat_stream_uniform(&c->streams[chain]);
    while (next < q - 1 && !(u < p[next]))
        u -= p[next++];
    if (next == current)
        return;
    *value = value_of(c, next);
    c->n_moves[chain]++;
}

static heat_status sweep_rows(heat_context *worker, heat_chains *c, int64_t unit, heat_rule_fn rule)
{
    double *delta = c->scratch + unit * c->width * c->info.n_states;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int32_t site = 0; site < c->n; site++) {
        heat_status status = site_deltas(worker, c, unit, site, delta);
        if (status != HEAT_OK)
            return status;
        for (int64_t chain = first; chain < last; chain++)
            move_site(c, chain, chain - first, site, rule, delta);
    }
    c->n_counted[unit]++;
    return heat_model_energies(worker, c->model, last - first, c->rows + first * c->n, c->energy + first);
}

heat_status heat_site_sweep(heat_context *worker, heat_chains *c, int64_t unit, heat_rule_fn rule,
                            heat_flip_rule flip)
{
    heat_status status = HEAT_OK;

    if (c->lanes != NULL)
        heat_chains_sweep_lanes(c, unit, flip);
    else
        status = sweep_rows(worker, c, unit, rule);
    heat_chains_end_sweep(c, unit);
    return status;
}
