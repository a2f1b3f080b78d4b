/* Random-walk Metropolis, for energies without a gradient: x' = x + s S xi, accepted with probability min(1,
 * exp(-change of U / T)). Metropolis et al., J. Chem. Phys. 21 (1953) 1087. */
#include "sample/sampling.h"
#include "sample/walk_motion.h"

#include <string.h>

static heat_status sweep(heat_context *worker, heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    heat_walk_lanes lanes = heat_walk_lanes_new(s, u);
    size_t row = (size_t)u->stride * sizeof(double);
    heat_status status;

    heat_walk_set_off(c, unit);
    heat_walk_drift(c, unit, &lanes, u->pace);
    memset(u->before, 0, row);
    heat_walk_stop_runaways(s, u);
    memset(u->momentum, 0, (size_t)c->n * row); /* what is compared is the potential alone */
    status = heat_walk_evaluate(worker, s, u, true);
    if (status != HEAT_OK)
        return status;
    heat_walk_compare(c, unit);
    heat_walk_decide(c, unit);
    heat_walk_end_sweep(c, unit);
    return HEAT_OK;
}

/* Between the best acceptances in one dimension and in many: Roberts, Gelman, Gilks, Ann. Appl. Probab. 7
 * (1997) 110. */
const heat_walk_move heat_walk_metropolis = {.target = 0.3, .refined = 1, .sweep = sweep};

const heat_engine heat_engine_random_walk = {.name = "random-walk",
                                             .layout = &heat_layout_walks,
                                             .walk = &heat_walk_metropolis,
                                             .run = heat_sampling_run_chains};
