/* Greedy descent. Where a graph of spins is seen, the field of every site is
 * kept and follows the moves, so that a pass looks at numbers and only a move
 * costs its neighbours; where sums of couplings may round, and for models
 * without that view, the energy changes of the model itself have the last word.
 * A site is looked at again only after a neighbour has moved: the same moves as
 * whole passes, in little more than one. */
#include "ground/descent.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <string.h>

enum {
    MOST_PASSES = 10000, /* rounding could let two states of equal energy look lower than each other */
    VISITS_BETWEEN_POLLS = 1 << 17 /* of neighbours: less than a millisecond */
};

typedef struct descent {
    const heat_model *model;
    heat_model_info info;
    heat_pairwise graph;
    bool has_graph;
    bool *is_due; /* [variable] to be looked at */
    int8_t *state;
    int64_t visits; /* of sites and neighbours since the last poll */
} descent;

/* Counts a visit of a site and its neighbours; true if it is time to end. */
static bool is_halted(const heat_context *ctx, descent *d, int32_t site)
{
    d->visits += 1 + (d->has_graph ? d->graph.row[site + 1] - d->graph.row[site] : d->info.n_variables);
    if (d->visits < VISITS_BETWEEN_POLLS)
        return false;
    d->visits = 0;
    return heat_halted(ctx);
}

/* Moves one site to its best value; *moved tells whether that lowered the
 * energy. */
static heat_status settle(heat_context *ctx, const descent *d, int32_t site, bool *moved)
{
    double best = 0;
    int8_t *state = d->state, to = state[site];

    for (int32_t a = 0; a < d->info.n_states; a++) {
        int8_t value = (int8_t)(d->info.coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
        double delta;
        heat_status status;
        if (value == state[site])
            continue;
        status = heat_model_deltas(ctx, d->model, 1, state, site, &value, &delta);
        if (status != HEAT_OK)
            return status;
        if (delta < best) {
            best = delta;
            to = value;
        }
    }
    *moved = to != state[site];
    state[site] = to;
    return HEAT_OK;
}

/* Whose best value may have changed with that of `site`. */
static void note_move(const descent *d, int32_t site)
{
    if (!d->has_graph) {
        memset(d->is_due, true, (size_t)d->info.n_variables);
        return;
    }
    for (int64_t k = d->graph.row[site]; k < d->graph.row[site + 1]; k++)
        d->is_due[d->graph.col[k]] = true;
}

static heat_status pass_over(heat_context *ctx, descent *d, bool *moved)
{
    for (int32_t site = 0; site < d->info.n_variables; site++) {
        bool lower = false;
        heat_status status;
        if (!d->is_due[site])
            continue;
        if (is_halted(ctx, d, site)) {
            *moved = false;
            return HEAT_OK;
        }
        d->is_due[site] = false;
        status = settle(ctx, d, site, &lower);
        if (status != HEAT_OK)
            return status;
        if (lower)
            note_move(d, site);
        *moved |= lower;
    }
    return HEAT_OK;
}

static heat_status descend_by_deltas(heat_context *ctx, descent *d)
{
    bool moved = true;
    heat_status status = heat_alloc_unset(ctx, d->info.n_variables, sizeof *d->is_due, &d->is_due);

    if (status != HEAT_OK)
        return status;
    memset(d->is_due, true, (size_t)d->info.n_variables);
    for (int pass = 0; pass < MOST_PASSES && moved && status == HEAT_OK; pass++) {
        moved = false;
        status = pass_over(ctx, d, &moved);
    }
    heat_free(d->is_due);
    return status;
}

static int spin_at(const descent *d, int32_t site)
{
    return d->state[site] == 1 ? 1 : -1;
}

/* field[i] = h_i + sum_j J_ij s_j, of the state as it stands; false if halted. */
static bool sum_fields(const heat_context *ctx, descent *d, double *field)
{
    const heat_pairwise *g = &d->graph;

    for (int32_t i = 0; i < g->n; i++) {
        int64_t units = 0;
        double sum = 0;
        if (is_halted(ctx, d, i))
            return false;
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (g->units != NULL)
                units += spin_at(d, g->col[k]) * (int64_t)g->units[k];
            else
                sum += spin_at(d, g->col[k]) * g->coupling[k];
        field[i] = g->field[i] + g->unit * (sum + (double)units);
    }
    return true;
}

static void flip(const descent *d, double *field, int32_t site)
{
    const heat_pairwise *g = &d->graph;
    int8_t low = d->info.coding == HEAT_CODING_SPIN ? -1 : 0;
    double change = -2 * spin_at(d, site) * g->unit;

    d->state[site] = d->state[site] == 1 ? low : 1;
    for (int64_t k = g->row[site]; k < g->row[site + 1]; k++)
        field[g->col[k]] += change * (g->units != NULL ? g->units[k] : g->coupling[k]);
}

static heat_status descend_by_fields(heat_context *ctx, descent *d)
{
    double *field = NULL;
    bool moved;
    heat_status status = heat_alloc_unset(ctx, d->graph.n, sizeof *field, &field);

    if (status != HEAT_OK)
        return status;
    moved = sum_fields(ctx, d, field);
    for (int pass = 0; pass < MOST_PASSES && moved; pass++) {
        moved = false;
        for (int32_t site = 0; site < d->graph.n; site++) {
            if (!(spin_at(d, site) * field[site] < 0))
                continue;
            if (is_halted(ctx, d, site))
                goto out;
            flip(d, field, site);
            moved = true;
        }
    }
out:
    heat_free(field);
    return HEAT_OK;
}

heat_status heat_descend(heat_context *ctx, const heat_model *model, int8_t *state)
{
    descent d = {.model = model, .state = state};
    heat_status status = HEAT_OK;

    heat_model_describe(model, &d.info);
    d.has_graph = heat_model_get_pairwise(model, &d.graph);
    if (d.has_graph)
        status = descend_by_fields(ctx, &d);
    if (status == HEAT_OK && !(d.has_graph && d.graph.exact))
        status = descend_by_deltas(ctx, &d);
    return status;
}
