/* Block Gibbs over the view of units. */
#include "sample/unit_sweep.h"
#include "base/memory.h"

heat_status heat_unit_fields_init(heat_context *ctx, const heat_unit_layers *u, heat_unit_fields *f)
{
    heat_status status = heat_alloc(ctx, heat_unit_layer_width(&u->hidden), sizeof *f->up, &f->up);

    f->down = NULL;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, heat_unit_layer_width(&u->visible), sizeof *f->down, &f->down);
    return status;
}

void heat_unit_fields_clear(heat_unit_fields *f)
{
    heat_free(f->up);
    heat_free(f->down);
    *f = (heat_unit_fields){0};
}

static void scale(const heat_unit_layer *l, double coupling, double *field)
{
    for (int64_t k = 0; k < heat_unit_layer_width(l) && coupling != 1; k++)
        field[k] = l->bias[k] + coupling * (field[k] - l->bias[k]);
}

void heat_unit_sweep_scaled(const heat_unit_layers *u, double beta, double coupling, heat_stream *stream,
                            heat_unit_fields *f, double *visible, double *hidden)
{
    heat_units_find_hidden_fields(u, visible, f->up);
    scale(&u->hidden, coupling, f->up);
    u->hidden.kind->draw(&u->hidden, beta, f->up, stream, hidden);
    heat_units_find_visible_fields(u, hidden, f->down);
    scale(&u->visible, coupling, f->down);
    u->visible.kind->draw(&u->visible, beta, f->down, stream, visible);
}

void heat_unit_sweep(const heat_unit_layers *u, double beta, heat_stream *stream, heat_unit_fields *f,
                     double *visible, double *hidden)
{
    heat_unit_sweep_scaled(u, beta, 1, stream, f, visible, hidden);
}

double heat_unit_log_weight(const heat_unit_layers *u, double beta, double coupling, const double *visible,
                            double *field)
{
    heat_units_find_hidden_fields(u, visible, field);
    scale(&u->hidden, coupling, field);
    return beta * (heat_unit_layer_own(&u->visible, visible) - u->offset) +
           u->hidden.kind->log_sum(&u->hidden, beta, field);
}

double heat_unit_sweep_energy(const heat_unit_layers *u, const heat_unit_fields *f, const double *visible,
                              const double *hidden)
{
    heat_unit_layer given = u->visible;

    given.bias = f->down;
    return u->offset - heat_unit_layer_own(&u->hidden, hidden) - heat_unit_layer_own(&given, visible);
}
