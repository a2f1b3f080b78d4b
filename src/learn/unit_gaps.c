/* Rows of real numbers that lack some, v = (o, m). What is there acts on hidden units as a field, and what is
 * left is an RBM of m and h: its integral is the row's weight, its moments the positive phase,
 *
 *     w(o) = integral dm sum_h exp(-E(o, m, h)),   <phi> under p(m, h | o),
 *
 * where one of the exact roads of such RBMs is short; else m and h are drawn in turn (unit_sweep.h). Weights
 * are densities in the data's own units. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/unit_enumeration.h"
#include "learn/unit_parts.h"
#include "sample/unit_sweep.h"

#include <math.h>
#include <string.h>

enum { MOST_STATES = 1024, MOST_GRID = 2 }; /* of hidden units; missing numbers next to more of these */

bool heat_unit_learner_integrates(const heat_learner *l, const int8_t *gaps)
{
    const heat_unit_layer *hidden = &((const heat_unit_learner *)l->self)->layers.hidden;
    int32_t n_gaps = 0;

    for (int32_t i = 0; i < l->n_visible; i++)
        n_gaps += gaps[i];
    if (hidden->kind->layer == HEAT_LAYER_GAUSSIAN)
        return true;
    if (hidden->kind->layer == HEAT_LAYER_RELU)
        return n_gaps <= 1;
    return n_gaps <= MOST_GRID || pow(heat_unit_layer_states(hidden), hidden->n) <= MOST_STATES;
}

/* What a row leaves free: its gaps and the hidden units. */
typedef struct rest {
    int32_t n;
    double *room, *weights, *bias, *precision, *hidden_bias; /* of the units that are free */
    double *mean, *square, *hidden_mean, *pair;
    heat_unit_layers layers;
} rest;

static heat_status rest_init(heat_context *ctx, const heat_unit_layers *u, const int8_t *gaps, rest *s)
{
    int64_t h = heat_unit_layer_width(&u->hidden);
    heat_status status;

    *s = (rest){.n = 0};
    for (int32_t i = 0; i < u->visible.n; i++)
        s->n += gaps[i];
    status = heat_alloc(ctx, 2 * s->n * h + 4 * s->n + 2 * h, sizeof *s->room, &s->room);
    if (status != HEAT_OK)
        return status;
    s->weights = s->room;
    s->pair = s->weights + s->n * h;
    s->bias = s->pair + s->n * h;
    s->precision = s->bias + s->n;
    s->mean = s->precision + s->n;
    s->square = s->mean + s->n;
    s->hidden_bias = s->square + s->n;
    s->hidden_mean = s->hidden_bias + h;
    s->layers = *u;
    s->layers.visible.n = s->n;
    s->layers.visible.bias = s->bias;
    s->layers.visible.precision = s->precision;
    s->layers.hidden.bias = s->hidden_bias;
    s->layers.weights = s->weights;
    return HEAT_OK;
}

/* The values that are there go into the hidden fields and the offset. */
static void hold(const heat_unit_layers *u, const double *values, const int8_t *gaps, rest *s)
{
    int64_t h = heat_unit_layer_width(&u->hidden);
    int32_t k = 0;

    memcpy(s->hidden_bias, u->hidden.bias, (size_t)h * sizeof *s->hidden_bias);
    for (int32_t i = 0; i < u->visible.n; i++)
        if (gaps[i]) {
            memcpy(s->weights + k * h, u->weights + i * h, (size_t)h * sizeof *s->weights);
            s->bias[k] = u->visible.bias[i];
            s->precision[k++] = u->visible.precision[i];
        } else {
            heat_units_add_visible(u, i, values[i], 1, s->hidden_bias);
            s->layers.offset -= u->visible.bias[i] * values[i];
            s->layers.offset += u->visible.precision[i] * values[i] * values[i] / 2;
        }
}

static void add_rest(const heat_learner *l, const rest *s, const double *values, const int8_t *gaps,
                     double weight, double *sum)
{
    heat_unit_learner *self = l->self;
    const double *precision = self->layers.visible.precision;
    int64_t v = l->n_visible, h = heat_unit_layer_width(&self->layers.hidden);
    double *sums = self->sums, *of_visible = sums + v * h, *of_hidden = of_visible + v;
    double *of_precision = of_hidden + h;
    int32_t k = 0;

    for (int64_t j = 0; j < h; j++)
        of_hidden[j] = weight * s->hidden_mean[j];
    for (int64_t i = 0; i < v; i++) {
        bool is_gap = gaps[i];
        double x = is_gap ? s->mean[k] : values[i], square = is_gap ? s->square[k] : x * x;
        of_visible[i] = weight * x;
        of_precision[i] = self->is_constant[i] ? 0 : -weight * precision[i] * square / 2;
        for (int64_t j = 0; j < h; j++)
            sums[i * h + j] = weight * (is_gap ? s->pair[k * h + j] : x * s->hidden_mean[j]);
        k += is_gap;
    }
    heat_unit_learner_centre(self, sums);
    for (int64_t a = 0; a < l->n_parameters; a++)
        sum[a] += sums[a];
}

/* Short enough not to be cut short. Where weights have grown beyond all that can be integrated, the row is
 * as unlikely as can be. */
heat_status heat_unit_learner_integrate(heat_context *ctx, const heat_learner *l, const void *row,
                                        const int8_t *gaps, double weight, double *sum, double *log_weight)
{
    static const double most_work = 1e8;
    heat_unit_learner *self = l->self;
    const heat_unit_layers *u = heat_unit_learner_layers(l);
    atomic_int never = 0;
    heat_context own = *ctx;
    rest s;
    heat_unit_sums sums = {.wants_moments = sum != NULL};
    heat_status status = rest_init(ctx, u, gaps, &s);

    if (status != HEAT_OK)
        return status;
    own.stop = &never;
    own.deadline_s = HEAT_FOREVER;
    heat_unit_learner_read_row(l, row, 0, self->values);
    hold(u, self->values, gaps, &s);
    sums.visible_mean = s.mean;
    sums.visible_square = s.square;
    sums.hidden_mean = s.hidden_mean;
    sums.pair_mean = s.pair;
    status = heat_unit_enumeration_visits(&s.layers) <= most_work
                 ? heat_unit_enumeration_run(&own, &s.layers, 1, 1, &sums)
                 : HEAT_ERROR_UNABLE;
    if (status == HEAT_OK && sum != NULL)
        add_rest(l, &s, self->values, gaps, weight, sum);
    for (int32_t i = 0; i < l->n_visible; i++)
        sums.log_z += gaps[i] ? log(self->deviation[i]) : 0;
    if (log_weight != NULL)
        *log_weight = status == HEAT_OK ? sums.log_z : -(double)INFINITY;
    heat_free(s.room);
    if (status == HEAT_ERROR_UNABLE || status == HEAT_ERROR_UNDEFINED)
        return HEAT_OK;
    if (status != HEAT_OK)
        ctx->error = own.error;
    return status;
}

void heat_unit_learner_draw_gaps(const heat_learner *l, heat_stream *stream, const int8_t *gaps, void *row)
{
    heat_unit_learner *self = l->self;
    heat_unit_fields fields = {self->field, self->down};

    heat_unit_learner_read_row(l, row, 0, self->values);
    memcpy(self->drawn, self->values, (size_t)l->n_visible * sizeof *self->drawn);
    heat_unit_sweep(heat_unit_learner_layers(l), 1, stream, &fields, self->drawn, self->drawn_hidden);
    for (int32_t i = 0; i < l->n_visible; i++)
        if (gaps[i])
            heat_row_set(&l->form, row, i, self->mean[i] + self->deviation[i] * self->drawn[i]);
}
