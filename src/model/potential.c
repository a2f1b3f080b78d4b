/* The potential kind. Its energies are those of its kernels, whoever asks. */
#include "model/potential.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/smooth_rows.h"

#include <stdio.h>
#include <string.h>

void heat_potential_free(void *self)
{
    heat_potential *p = self;

    if (p == NULL)
        return;
    heat_free(p->mean);
    heat_free(p->precision);
    heat_free(p->lower);
    heat_free(p->upper);
    heat_free(p->start);
    heat_free(p->scale);
    heat_free(p);
}

static bool potential_smooth(const heat_model *model, const heat_isa *isa, heat_smooth *view)
{
    const heat_potential *p = model->self;

    *view = (heat_smooth){
        .n = p->n,
        .model = model,
        .self = &p->numbers,
        .evaluate = isa->potentials->evaluate[p->name],
        .multiply = isa->potentials->multiply[p->name],
        .has_gradient = true,
        .lower = p->lower,
        .upper = p->upper,
        .start = p->start,
        .scale = p->scale,
    };
    return true;
}

static heat_status potential_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                      const void *rows, double *energies)
{
    heat_smooth view;

    potential_smooth(model, heat_isa_get("auto"), &view);
    return heat_smooth_evaluate_rows(ctx, &view, n_rows, rows, energies, NULL);
}

static const heat_model_kind potential_kind = {
    .name = "potential",
    .free = heat_potential_free,
    .energies = potential_energies,
    .smooth = potential_smooth,
};

static heat_status name_variables(heat_context *ctx, heat_model *model, int32_t n)
{
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        char name[16];
        if (n <= 3)
            snprintf(name, sizeof name, "%c", "xyz"[i]);
        else
            snprintf(name, sizeof name, "x%d", (int)i + 1);
        status = heat_labels_add(ctx, &model->labels, HEAT_LABEL_WORD, name, strlen(name));
    }
    model->info.has_labels = true;
    return status;
}

heat_status heat_potential_create(heat_context *ctx, heat_potential *potential, const char *name,
                                  const char *format, heat_model **out)
{
    const int32_t n = potential->n;
    heat_status status = heat_model_create(ctx, &potential_kind, potential, name, out);

    if (status != HEAT_OK)
        return status;
    (*out)->info.format = format;
    (*out)->info.n_variables = n;
    (*out)->info.n_components = n > 0;
    (*out)->info.has_field = true; /* nothing may assume a symmetry */
    status = name_variables(ctx, *out, n);
    if (status != HEAT_OK) {
        heat_model_free(*out);
        *out = NULL;
    }
    return status;
}
