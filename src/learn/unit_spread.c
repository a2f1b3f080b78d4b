/* What a sweep makes of probabilities of visible states, where both layers have few values: each state hands
 * its own on to the other layer's, a product over units, there and back. */
#include "base/memory.h"
#include "learn/unit_parts.h"

#include <math.h>
#include <string.h>

typedef struct spreading {
    const heat_unit_layers *layers;
    double *values, *field, *mean; /* of a layer: work space */
    double *table;                 /* of all states of either */
} spreading;

static int64_t count_states(const heat_unit_layer *l)
{
    int64_t count = 1;

    for (int32_t i = 0; i < l->n; i++)
        count *= heat_unit_layer_states(l);
    return count;
}

double heat_unit_learner_count_spread(const heat_learner *l)
{
    const heat_unit_layers *u = &((const heat_unit_learner *)l->self)->layers;
    double visible = heat_unit_layer_states(&u->visible), hidden = heat_unit_layer_states(&u->hidden);

    if (visible == 0 || hidden == 0)
        return (double)INFINITY;
    return pow(visible, u->visible.n) * pow(hidden, u->hidden.n);
}

/* State number `index`, its first unit the lowest digit. */
static void write_state(const heat_unit_layer *l, int64_t index, double *values)
{
    int32_t q = heat_unit_layer_states(l);

    for (int32_t i = 0; i < l->n; i++, index /= q)
        values[i] = l->kind->layer == HEAT_LAYER_SPIN ? 2.0 * (double)(index % q) - 1 : (double)(index % q);
}

/* p of value a of unit i, from the means of its layer. */
static double share_of(const heat_unit_layer *l, const double *mean, int32_t i, int32_t a)
{
    double on;

    if (l->q > 1)
        return mean[(int64_t)i * l->q + a];
    on = l->kind->layer == HEAT_LAYER_SPIN ? (1 + mean[i]) / 2 : mean[i];
    return a == 1 ? on : 1 - on;
}

/* `from` [states of `own`] becomes `to` [states of `other`]. */
static void spread_layer(const spreading *s, bool is_visible, const double *from, double *to)
{
    const heat_unit_layer *own = is_visible ? &s->layers->visible : &s->layers->hidden;
    const heat_unit_layer *other = is_visible ? &s->layers->hidden : &s->layers->visible;
    int64_t n_from = count_states(own), n_to = count_states(other);
    int32_t q = heat_unit_layer_states(other);

    memset(to, 0, (size_t)n_to * sizeof *to);
    for (int64_t x = 0; x < n_from; x++) {
        int64_t count = 1;
        if (from[x] == 0)
            continue;
        write_state(own, x, s->values);
        (is_visible ? heat_units_find_hidden_fields : heat_units_find_visible_fields)(s->layers, s->values,
                                                                                      s->field);
        other->kind->means(other, 1, s->field, s->mean, NULL);
        s->table[0] = from[x];
        for (int32_t i = 0; i < other->n; i++, count *= q)
            for (int32_t a = q - 1; a >= 0; a--) /* the first last: the others are made of it */
                for (int64_t y = 0; y < count; y++)
                    s->table[a * count + y] = s->table[y] * share_of(other, s->mean, i, a);
        for (int64_t y = 0; y < n_to; y++)
            to[y] += s->table[y];
    }
}

heat_status heat_unit_learner_spread(heat_context *ctx, const heat_learner *l, double *p)
{
    const heat_unit_layers *u = heat_unit_learner_layers(l);
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);
    int64_t n_visible = count_states(&u->visible), n_hidden = count_states(&u->hidden);
    spreading s = {.layers = u};
    double *hidden = NULL;
    heat_status status = heat_alloc(ctx, 3 * (v + h), sizeof *s.values, &s.values);

    s.field = s.values + v + h;
    s.mean = s.field + v + h;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_visible > n_hidden ? n_visible : n_hidden, sizeof *s.table, &s.table);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_hidden, sizeof *hidden, &hidden);
    if (status == HEAT_OK) {
        spread_layer(&s, true, p, hidden);
        spread_layer(&s, false, hidden, p);
    }
    heat_free(s.values);
    heat_free(s.table);
    heat_free(hidden);
    return status;
}
