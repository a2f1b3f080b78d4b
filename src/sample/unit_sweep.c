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

void heat_unit_sweep(const heat_unit_layers *u, double beta, heat_stream *stream, heat_unit_fields *f,
                     double *visible, double *hidden)
{
    heat_units_find_hidden_fields(u, visible, f->up);
    u->hidden.kind->draw(&u->hidden, beta, f->up, stream, hidden);
    heat_units_find_visible_fields(u, hidden, f->down);
    u->visible.kind->draw(&u->visible, beta, f->down, stream, visible);
}

double heat_unit_sweep_energy(const heat_unit_layers *u, const heat_unit_fields *f, const double *visible,
                              const double *hidden)
{
    heat_unit_layer given = u->visible;

    given.bias = f->down;
    return u->offset - heat_unit_layer_own(&u->hidden, hidden) - heat_unit_layer_own(&given, visible);
}
