/* Greedy descent by energy changes alone, so that it serves every discrete model. Where a graph is seen, a
 * site is looked at again only after a neighbour has moved: the same moves as whole passes, in little more
 * than one. */
#include "ground/descent.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <string.h>

typedef struct descent {
    const heat_model *model;
    heat_model_info info;
    heat_pairwise graph;
    bool has_graph;
    bool *is_due; /* [variable] to be looked at */
    int8_t *state;
} descent;

/* Moves one site to its best value; *moved tells whether that lowered the energy. */
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

static heat_status pass_over(heat_context *ctx, const descent *d, bool *moved)
{
    for (int32_t site = 0; site < d->info.n_variables; site++) {
        bool lower = false;
        heat_status status;
        if (!d->is_due[site])
            continue;
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

heat_status heat_descend(heat_context *ctx, const heat_model *model, int8_t *state)
{
    enum {
        MOST_PASSES = 10000
    }; /* rounding could let two states of equal energy look lower than each other */
    descent d = {.model = model, .state = state};
    bool moved = true;
    heat_status status;

    heat_model_describe(model, &d.info);
    d.has_graph = heat_model_get_pairwise(model, &d.graph);
    status = heat_alloc_unset(ctx, d.info.n_variables, sizeof *d.is_due, &d.is_due);
    if (status != HEAT_OK)
        return status;
    memset(d.is_due, true, (size_t)d.info.n_variables);
    for (int pass = 0; pass < MOST_PASSES && moved && status == HEAT_OK; pass++) {
        moved = false;
        status = pass_over(ctx, &d, &moved);
    }
    heat_free(d.is_due);
    return status;
}
