/* The custom kind: an energy given by the user's callbacks. Offers the black-box view, nothing more. */
#include "base/context_private.h"
#include "base/memory.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

void heat_custom_init(heat_custom *custom)
{
    *custom = (heat_custom){.size = sizeof *custom, .n_states = 2, .coding = HEAT_CODING_SPIN};
}

static void custom_free(void *self)
{
    heat_custom *c = self;

    if (c->free != NULL)
        c->free(c->user);
    heat_free(c);
}

static heat_status refuse(heat_context *ctx, const heat_model *model, const char *callback, int code)
{
    return heat_fail(ctx, HEAT_ERROR_CALLBACK, "custom model %s: its %s callback failed with code %d",
                     model->name, callback, code);
}

static heat_status custom_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                   const void *states, double *energies)
{
    const heat_custom *c = model->self;
    int code = c->energy(c->user, n_rows, states, energies);

    if (code != 0)
        return refuse(ctx, model, "energy", code);
    for (int64_t r = 0; r < n_rows; r++)
        if (isnan(energies[r]) || energies[r] == -(double)INFINITY)
            return heat_fail(ctx, HEAT_ERROR_CALLBACK, "custom model %s: its energy callback returned %g",
                             model->name, energies[r]);
    return HEAT_OK;
}

/* Without a delta callback: two energies a row, of a copy that holds the proposed value. */
static heat_status deltas_from_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                        const int8_t *states, int32_t site, const int8_t *proposed,
                                        double *deltas)
{
    int64_t n = model->info.n_variables;
    int8_t *moved = NULL;
    double *before = NULL;
    heat_status status = heat_alloc(ctx, n_rows * n, 1, &moved);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_rows, sizeof *before, &before);
    if (status == HEAT_OK) {
        memcpy(moved, states, (size_t)(n_rows * n));
        for (int64_t r = 0; r < n_rows; r++)
            moved[r * n + site] = proposed[r];
        status = custom_energies(ctx, model, n_rows, states, before);
    }
    if (status == HEAT_OK)
        status = custom_energies(ctx, model, n_rows, moved, deltas);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++)
        if (isinf(before[r])) /* out of a forbidden state every move is welcome */
            deltas[r] = isinf(deltas[r]) ? 0 : -(double)INFINITY;
        else
            deltas[r] -= before[r];
    heat_free(moved);
    heat_free(before);
    return status;
}

static heat_status custom_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                 const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const heat_custom *c = model->self;
    int code;

    if (c->delta == NULL)
        return deltas_from_energies(ctx, model, n_rows, states, site, proposed, deltas);
    code = c->delta(c->user, n_rows, states, site, proposed, deltas);
    if (code != 0)
        return refuse(ctx, model, "delta", code);
    for (int64_t r = 0; r < n_rows; r++)
        if (isnan(deltas[r]))
            return heat_fail(ctx, HEAT_ERROR_CALLBACK, "custom model %s: its delta callback returned NaN",
                             model->name);
    return HEAT_OK;
}

static const heat_model_kind custom_kind = {
    .name = "custom",
    .free = custom_free,
    .energies = custom_energies,
    .deltas = custom_deltas,
};

heat_status heat_model_create_custom(heat_context *ctx, const heat_custom *custom, heat_model **out)
{
    heat_custom *own = NULL;
    heat_model *model = NULL;
    void (*free_user)(void *user);
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (custom == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_custom: no struct");
    status = heat_alloc(ctx, 1, sizeof *own, &own);
    if (status != HEAT_OK)
        return status;
    heat_custom_init(own);
    heat_struct_copy(own, sizeof *own, custom, custom->size);
    if (own->energy == NULL || own->n_variables < 0 || own->n_states < 2 ||
        own->n_states > HEAT_MOST_STATES || (own->coding == HEAT_CODING_SPIN && own->n_states != 2)) {
        heat_free(own);
        return heat_fail(
            ctx, HEAT_ERROR_ARGUMENT,
            "custom model: needs an energy callback, n_variables >= 0 and 2 to 127 states (2 for spins)");
    }
    free_user = own->free;
    own->free = NULL; /* until the model exists the user's data is the caller's */
    status = heat_model_create(ctx, &custom_kind, own, own->name == NULL ? "custom" : own->name, &model);
    if (status != HEAT_OK)
        return status;
    own->free = free_user;
    own->name = model->name;
    model->thread_safe = own->thread_safe;
    model->info.format = "memory";
    model->info.n_variables = own->n_variables;
    model->info.n_states = own->n_states;
    model->info.coding = own->coding;
    model->info.has_field = true; /* unknown: nothing may assume a symmetry */
    *out = model;
    return HEAT_OK;
}
