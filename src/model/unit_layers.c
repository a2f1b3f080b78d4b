/* Sums over the view of units: fields, own parts, energies, free energies; rows as values. */
#include "model/unit_layers.h"

#include <string.h>

int64_t heat_unit_layer_width(const heat_unit_layer *l)
{
    return (int64_t)l->n * l->q;
}

void heat_units_add_visible(const heat_unit_layers *u, int32_t i, double x, double factor, double *field)
{
    int64_t width = heat_unit_layer_width(&u->hidden);
    int32_t place;
    double feature = factor * heat_unit_feature(&u->visible, x, &place);
    const double *w = u->weights + ((int64_t)i * u->visible.q + place) * width;

    for (int64_t b = 0; b < width && feature != 0; b++)
        field[b] += feature * w[b];
}

void heat_units_add_hidden(const heat_unit_layers *u, int32_t j, double x, double factor, double *field)
{
    int64_t width = heat_unit_layer_width(&u->hidden), n = heat_unit_layer_width(&u->visible);
    int32_t place;
    double feature = factor * heat_unit_feature(&u->hidden, x, &place);
    const double *w = u->weights + (int64_t)j * u->hidden.q + place;

    for (int64_t a = 0; a < n && feature != 0; a++)
        field[a] += feature * w[a * width];
}

void heat_units_find_hidden_fields(const heat_unit_layers *u, const double *visible, double *field)
{
    memcpy(field, u->hidden.bias, (size_t)heat_unit_layer_width(&u->hidden) * sizeof *field);
    for (int32_t i = 0; i < u->visible.n; i++)
        heat_units_add_visible(u, i, visible[i], 1, field);
}

void heat_units_find_visible_fields(const heat_unit_layers *u, const double *hidden, double *field)
{
    int64_t width = heat_unit_layer_width(&u->hidden);
    const double *w = u->weights;

    for (int64_t a = 0; a < heat_unit_layer_width(&u->visible); a++, w += width) {
        double sum = u->visible.bias[a];
        for (int32_t j = 0; j < u->hidden.n; j++) {
            int32_t place;
            double feature = heat_unit_feature(&u->hidden, hidden[j], &place);
            sum += feature * w[j * u->hidden.q + place];
        }
        field[a] = sum;
    }
}

double heat_unit_layer_own(const heat_unit_layer *l, const double *values)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        int32_t place;
        double feature = heat_unit_feature(l, values[i], &place);
        sum += l->bias[(int64_t)i * l->q + place] * feature;
        if (l->precision != NULL)
            sum -= l->precision[i] * values[i] * values[i] / 2;
    }
    return sum;
}

double heat_units_energy(const heat_unit_layers *u, const double *visible, const double *hidden,
                         double *field)
{
    double energy = u->offset - heat_unit_layer_own(&u->visible, visible);

    heat_units_find_hidden_fields(u, visible, field);
    for (int32_t j = 0; j < u->hidden.n; j++) {
        int32_t place;
        double feature = heat_unit_feature(&u->hidden, hidden[j], &place);
        energy -= feature * field[(int64_t)j * u->hidden.q + place];
        if (u->hidden.precision != NULL)
            energy += u->hidden.precision[j] * hidden[j] * hidden[j] / 2;
    }
    return energy;
}

static bool is_spin(const heat_unit_layers *u, int32_t i)
{
    return (i < u->visible.n ? &u->visible : &u->hidden)->kind->layer == HEAT_LAYER_SPIN;
}

/* A row holds what units are worth where some are real numbers, else their codes. */
static bool is_real(const heat_unit_layers *u)
{
    return heat_unit_layer_states(&u->visible) == 0 || heat_unit_layer_states(&u->hidden) == 0;
}

void heat_units_read_row(const heat_unit_layers *u, const void *row, double *values)
{
    const int8_t *codes = row;
    int32_t n = u->visible.n + u->hidden.n;

    if (is_real(u))
        memcpy(values, row, (size_t)n * sizeof *values);
    for (int32_t i = 0; i < n && !is_real(u); i++)
        values[i] = is_spin(u, i) ? 2 * codes[i] - 1 : codes[i];
}

void heat_units_write_row(const heat_unit_layers *u, const double *values, void *row)
{
    int8_t *codes = row;
    int32_t n = u->visible.n + u->hidden.n;

    if (is_real(u))
        memcpy(row, values, (size_t)n * sizeof *values);
    for (int32_t i = 0; i < n && !is_real(u); i++)
        codes[i] = (int8_t)(is_spin(u, i) ? values[i] > 0 : values[i]);
}

double heat_units_free_energy(const heat_unit_layers *u, double temperature, const double *visible,
                              double *field)
{
    heat_units_find_hidden_fields(u, visible, field);
    return u->offset - heat_unit_layer_own(&u->visible, visible) -
           temperature * u->hidden.kind->log_sum(&u->hidden, 1 / temperature, field);
}
