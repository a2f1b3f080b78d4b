/* What engine "auto" stands for, decided by the model and the temperatures asked for, never by a clock: the
 * one whose chains forget soonest for what a sweep costs. */
#include "kernel/isa.h"
#include "model/unit_layers.h"
#include "sample/engine.h"

#include <heatbath/options.h>
#include <string.h>

/* Above it a sweep over all edges costs more than the critical slowing down that clusters take away. */
enum { MOST_NEIGHBOURS = 16 };

static bool never_negative(int64_t count, const double *values)
{
    for (int64_t k = 0; k < count; k++)
        if (values[k] < 0)
            return false;
    return true;
}

/* No coupling and no two fields pull against each other: clusters are as large as correlations are long. */
static bool spins_agree(const heat_pairwise *g)
{
    bool up = false, down = false;

    for (int64_t k = 0; k < g->row[g->n]; k++)
        if (heat_pairwise_coupling(g, k) < 0)
            return false;
    for (int32_t i = 0; i < g->n; i++) {
        up = up || g->field[i] > 0;
        down = down || g->field[i] < 0;
    }
    return !(up && down);
}

static bool clusters_fit(const heat_model *model)
{
    heat_pairwise spins;
    heat_categorical values;
    heat_model_info info;

    heat_model_describe(model, &info);
    if (info.n_edges == 0 || 2 * info.n_edges > (int64_t)MOST_NEIGHBOURS * info.n_variables)
        return false;
    if (heat_model_get_pairwise(model, &spins))
        return spins_agree(&spins);
    return heat_model_get_categorical(model, &values) && values.coupling != NULL && values.field == NULL &&
           never_negative(values.row[values.n], values.coupling);
}

/* Small moves, whose cost is the same at every temperature. */
static const heat_engine *choose_cooled(const heat_model *model, const char **reason)
{
    heat_smooth view;

    *reason = "its moves are small at every temperature of the schedule";
    if (!heat_model_get_smooth(model, heat_isa_get("auto"), &view))
        return &heat_engine_heat_bath;
    return view.has_gradient ? &heat_engine_mala : &heat_engine_random_walk;
}

/* Lines through other walkers lead nowhere in many dimensions: Huijser, Goodman, Brewer, arXiv:1509.02230. */
static const heat_engine *choose_walk(const heat_smooth *view, const char **reason)
{
    enum { MOST_OF_ENSEMBLE = 30 };

    *reason = "it finds the length of its trajectories by itself";
    if (view->has_gradient)
        return &heat_engine_nuts;
    *reason = "there is no gradient, and its walkers learn the landscape's scales from one another";
    if (view->n > 1 && view->n <= MOST_OF_ENSEMBLE)
        return &heat_engine_ensemble;
    *reason = "there is no gradient, and its burn-in learns the scales";
    return &heat_engine_random_walk;
}

const heat_engine *heat_engine_choose(const heat_model *model, const char *name, const char *temperatures,
                                      bool is_cooled, const char **reason)
{
    heat_unit_layers layers;
    heat_smooth view;
    double lo, hi;

    *reason = "asked for";
    if (strcmp(name, "auto") != 0)
        return heat_engine_get(name);
    if (is_cooled)
        return choose_cooled(model, reason);
    if (temperatures != NULL && heat_temperature_range_get(temperatures, &lo, &hi)) {
        *reason = "it spaces the ladder that lo:hi asks for";
        return &heat_engine_tempering;
    }
    if (clusters_fit(model)) {
        *reason = "nothing pulls against the couplings, so clusters forget soonest";
        return &heat_engine_swendsen_wang;
    }
    if (heat_model_get_smooth(model, heat_isa_get("auto"), &view)) {
        return choose_walk(&view, reason);
    }
    if (heat_model_get_units(model, &layers)) {
        *reason = "it draws a layer at once";
        return &heat_engine_gibbs;
    }
    *reason = "it moves single variables of any model";
    return &heat_engine_heat_bath;
}
