/* The custom kind: an energy given by the user's callbacks. Of states it offers the black-box view, nothing
 * more; of real variables the smooth one (custom_real.c). */
#include "base/context_private.h"
#include "base/memory.h"
#include "model/custom_private.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

void heat_custom_init(heat_custom *custom)
{
    *custom = (heat_custom){.size = sizeof *custom, .n_states = 2, .coding = HEAT_CODING_SPIN};
}

void heat_custom_free(void *self)
{
    heat_custom_model *m = self;

    if (m == NULL)
        return;
    if (m->c.free != NULL)
        m->c.free(m->c.user);
    if (m->object != NULL)
        dlclose(m->object);
    heat_free(m->lower);
    heat_free(m->upper);
    heat_free(m->start);
    heat_free(m);
}

heat_status heat_custom_refuse(heat_context *ctx, const heat_model *model, const char *callback, int code)
{
    return heat_fail(ctx, HEAT_ERROR_CALLBACK, "custom model %s: its %s callback failed with code %d",
                     model->name, callback, code);
}

static heat_status custom_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                   const void *states, double *energies)
{
    const heat_custom *c = &((const heat_custom_model *)model->self)->c;
    int code = c->energy(c->user, n_rows, states, energies);

    if (code != 0)
        return heat_custom_refuse(ctx, model, "energy", code);
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
    const heat_custom *c = &((const heat_custom_model *)model->self)->c;
    int code;

    if (c->delta == NULL)
        return deltas_from_energies(ctx, model, n_rows, states, site, proposed, deltas);
    code = c->delta(c->user, n_rows, states, site, proposed, deltas);
    if (code != 0)
        return heat_custom_refuse(ctx, model, "delta", code);
    for (int64_t r = 0; r < n_rows; r++)
        if (isnan(deltas[r]))
            return heat_fail(ctx, HEAT_ERROR_CALLBACK, "custom model %s: its delta callback returned NaN",
                             model->name);
    return HEAT_OK;
}

static const heat_model_kind custom_kind = {
    .name = "custom",
    .free = heat_custom_free,
    .energies = custom_energies,
    .deltas = custom_deltas,
};

static heat_status check(heat_context *ctx, const heat_custom *c)
{
    if (c->n_states == 0)
        return heat_custom_check_real(ctx, c);
    if (c->energy == NULL || c->n_variables < 0 || c->n_states < 2 || c->n_states > HEAT_MOST_STATES ||
        (c->coding == HEAT_CODING_SPIN && c->n_states != 2))
        return heat_fail(
            ctx, HEAT_ERROR_ARGUMENT,
            "custom model: needs an energy callback, n_variables >= 0 and 2 to 127 states (2 for spins)");
    if (c->real_energy != NULL || c->real_gradient != NULL || c->lower != NULL || c->upper != NULL ||
        c->start != NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "custom model: has fields of real variables, and %d states", c->n_states);
    return HEAT_OK;
}

static heat_status copy_numbers(heat_context *ctx, int32_t n, const double **field, double **own)
{
    const double *from = *field;
    heat_status status;

    *field = NULL;
    if (from == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, n, sizeof **own, own);
    if (status == HEAT_OK)
        memcpy(*own, from, (size_t)n * sizeof **own);
    *field = *own;
    return status;
}

static bool any_is_finite(int32_t n, const double *x)
{
    for (int32_t i = 0; x != NULL && i < n; i++)
        if (isfinite(x[i]))
            return true;
    return false;
}

/* Both bounds, infinite where they were not given, or none. */
static heat_status copy_bounds(heat_context *ctx, heat_custom_model *m)
{
    const int32_t n = m->c.n_variables;
    const double *lower = m->c.lower, *upper = m->c.upper;
    heat_status status;

    m->c.lower = m->c.upper = NULL;
    if (!any_is_finite(n, lower) && !any_is_finite(n, upper))
        return HEAT_OK;
    status = heat_alloc(ctx, n, sizeof *m->lower, &m->lower);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *m->upper, &m->upper);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        m->lower[i] = lower == NULL ? -(double)INFINITY : lower[i];
        m->upper[i] = upper == NULL ? (double)INFINITY : upper[i];
    }
    m->c.lower = m->lower;
    m->c.upper = m->upper;
    return status;
}

heat_status heat_custom_copy(heat_context *ctx, const heat_custom *custom, heat_custom_model **out)
{
    heat_custom_model *m = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *m, &m);

    if (status != HEAT_OK)
        return status;
    heat_custom_init(&m->c);
    heat_struct_copy(&m->c, sizeof m->c, custom, custom->size);
    m->c.free = NULL;
    status = check(ctx, &m->c);
    if (status == HEAT_OK)
        status = copy_bounds(ctx, m);
    if (status == HEAT_OK)
        status = copy_numbers(ctx, m->c.n_variables, &m->c.start, &m->start);
    if (status != HEAT_OK)
        heat_custom_free(m);
    else
        *out = m;
    return status;
}

/* Results of real variables stand under their names, beside those of the whole system. */
static heat_status check_name(heat_context *ctx, const char *name)
{
    static const char *const taken[] = {"energy", "virial", "heat_capacity", "chain", "draw", "temperature"};
    size_t length = strlen(name);
    bool is_taken = length >= 2 && strcmp(name + length - 2, "__") == 0;

    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
        is_taken |= strcmp(name, taken[k]) == 0;
    if (length == 0 || is_taken)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "custom model: a variable is named '%s', as what is no variable is in results",
                         name);
    return HEAT_OK;
}

static heat_status name_variables(heat_context *ctx, const heat_custom *c, heat_model *model)
{
    int64_t first, second;
    bool is_twice = false;
    heat_status status = HEAT_OK;

    if (c->names == NULL)
        return c->n_states == 0 ? heat_model_name_coordinates(ctx, model) : HEAT_OK;
    for (int32_t i = 0; i < c->n_variables && status == HEAT_OK; i++) {
        if (c->n_states == 0)
            status = check_name(ctx, c->names[i]);
        if (status == HEAT_OK)
            status = heat_labels_add(ctx, &model->labels, HEAT_LABEL_WORD, c->names[i], strlen(c->names[i]));
    }
    if (status == HEAT_OK)
        status = heat_labels_find_repeat(ctx, &model->labels, &is_twice, &first, &second);
    if (status == HEAT_OK && is_twice)
        status = heat_fail(ctx, HEAT_ERROR_ARGUMENT, "custom model: two variables are named '%s'",
                           c->names[first]);
    model->info.has_labels = c->n_variables > 0;
    return status;
}

heat_status heat_model_create_custom(heat_context *ctx, const heat_custom *custom, heat_model **out)
{
    heat_custom_model *own = NULL;
    heat_model *model = NULL;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (custom == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_custom: no struct");
    status = heat_custom_copy(ctx, custom, &own);
    if (status == HEAT_OK)
        status = heat_model_create(ctx, own->c.n_states == 0 ? &heat_custom_real_kind : &custom_kind, own,
                                   own->c.name == NULL ? "custom" : own->c.name, &model);
    if (status == HEAT_OK) {
        model->info.n_variables = own->c.n_variables;
        status = name_variables(ctx, &own->c, model);
    }
    if (status != HEAT_OK) {
        heat_model_free(model);
        return status;
    }
    own->c.free = custom->free; /* until the model exists the user's data is the caller's */
    own->c.name = model->name;
    own->c.names = NULL;
    model->thread_safe = own->c.thread_safe;
    model->info.format = "memory";
    model->info.n_states = own->c.n_states;
    model->info.coding = own->c.n_states == 0 ? HEAT_CODING_INDEX : own->c.coding;
    model->info.has_field = true; /* unknown: nothing may assume a symmetry */
    *out = model;
    return HEAT_OK;
}
