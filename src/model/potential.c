/* The potential kind. Its energies are those of its kernels, whoever asks. */
#include "model/potential.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/smooth_rows.h"

#include <string.h>

void heat_potential_free(void *self)
{
    heat_potential *p = self;

    if (p == NULL)
        return;
    heat_expression_free(p->expression);
    heat_free(p->mean);
    heat_free(p->precision);
    heat_free(p->zero);
    heat_free(p->lower);
    heat_free(p->upper);
    heat_free(p->own_lower);
    heat_free(p->own_upper);
    heat_free(p->start);
    heat_free(p->scale);
    heat_free(p);
}

static heat_status typed(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const int64_t n_chains = heat_expression_whole_vectors(self, b->n_chains); /* the view has room */

    (void)ctx;
    heat_expression_evaluate(self, n_chains, b->stride, b->x, b->energies, b->gradients, b->work);
    return HEAT_OK;
}

static heat_status typed_single(heat_context *ctx, const void *self, const heat_single_block *b)
{
    (void)ctx;
    heat_expression_evaluate_single(self, b->stride, b->stride, b->x, b->energies, b->gradients, b->work);
    return HEAT_OK;
}

static heat_status typed_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const int64_t n_chains = heat_expression_whole_vectors(self, b->n_chains);

    (void)ctx;
    heat_expression_times_hessian(self, n_chains, b->stride, b->x, b->directions, b->products, b->work);
    return HEAT_OK;
}

/* Expressions run on the widest instruction set, whatever is asked for: their bits are the same. */
static bool potential_smooth(const heat_model *model, const heat_isa *isa, heat_smooth *view)
{
    const heat_potential *p = model->self;

    *view = (heat_smooth){
        .n = p->n,
        .model = model,
        .self = &p->numbers,
        .evaluate = isa->potentials->evaluate[p->name],
        .multiply = isa->potentials->multiply[p->name],
        .evaluate_single = isa->single_potentials->evaluate[p->name],
        .has_gradient = true,
        .lower = p->lower,
        .upper = p->upper,
        .own_lower = p->own_lower,
        .own_upper = p->own_upper,
        .start = p->start,
        .scale = p->scale,
        .n_slow = p->n_slow,
    };
    if (p->expression != NULL) {
        view->self = p->expression;
        view->evaluate = typed;
        view->multiply = typed_multiply;
        view->evaluate_single = typed_single;
        view->n_work = heat_expression_work_size(p->expression);
    }
    return true;
}

static heat_status name_variables(heat_context *ctx, const heat_potential *p, heat_model *model)
{
    heat_status status = HEAT_OK;

    if (p->expression == NULL && p->names == NULL)
        return heat_model_name_coordinates(ctx, model);
    for (int32_t i = 0; i < p->n && status == HEAT_OK; i++) {
        char buffer[16];
        const char *name =
            p->names != NULL ? p->names[i] : heat_expression_variable_name(p->expression, i, buffer);
        status = heat_labels_add(ctx, &model->labels, HEAT_LABEL_WORD, name, strlen(name));
    }
    model->info.has_labels = true;
    return status;
}

static const heat_model_kind potential_kind = {
    .name = "potential",
    .free = heat_potential_free,
    .energies = heat_smooth_energies,
    .smooth = potential_smooth,
};

heat_status heat_potential_create(heat_context *ctx, heat_potential *potential, const char *name,
                                  const char *format, heat_model **out)
{
    const int32_t n = potential->n;
    heat_status status = heat_model_create(ctx, &potential_kind, potential, name, out);

    if (status != HEAT_OK)
        return status;
    (*out)->info.format = format;
    (*out)->info.n_variables = n;
    (*out)->info.coding = HEAT_CODING_INDEX;
    (*out)->info.n_components = n > 0;
    (*out)->info.has_field = true; /* nothing may assume a symmetry */
    status = name_variables(ctx, potential, *out);
    if (status != HEAT_OK) {
        heat_model_free(*out);
        *out = NULL;
    }
    return status;
}
