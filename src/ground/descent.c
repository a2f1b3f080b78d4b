/* Greedy descent by energy changes alone, so that it serves every discrete model. */
#include "ground/descent.h"
#include "base/context_private.h"

/* Moves one site to its best value; *moved tells whether that lowered the energy. */
static heat_status settle(heat_context *ctx, const heat_model *model, const heat_model_info *info,
                          int8_t *state, int32_t site, bool *moved)
{
    double best = 0;
    int8_t to = state[site];

    for (int32_t a = 0; a < info->n_states; a++) {
        int8_t value = (int8_t)(info->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
        double delta;
        heat_status status;
        if (value == state[site])
            continue;
        status = heat_model_deltas(ctx, model, 1, state, site, &value, &delta);
        if (status != HEAT_OK)
            return status;
        if (delta < best) {
            best = delta;
            to = value;
        }
    }
    *moved |= to != state[site];
    state[site] = to;
    return HEAT_OK;
}

heat_status heat_descend(heat_context *ctx, const heat_model *model, int8_t *state)
{
    enum {
        MOST_PASSES = 10000
    }; /* rounding could let two states of equal energy look lower than each other */
    heat_model_info info;
    bool moved = true;

    heat_model_describe(model, &info);
    for (int pass = 0; pass < MOST_PASSES && moved; pass++) {
        moved = false;
        for (int32_t site = 0; site < info.n_variables; site++) {
            heat_status status = settle(ctx, model, &info, state, site, &moved);
            if (status != HEAT_OK)
                return status;
        }
    }
    return HEAT_OK;
}
