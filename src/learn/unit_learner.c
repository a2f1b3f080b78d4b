/* The kind "rbm" where a layer is not of two values: Potts, Gaussian or ReLU units, over the view of units.
 * The parameters are W, the fields b and c at rest, and, of Gaussian visible units, the logarithms of their
 * precisions, of the centred energy
 *
 *     E = -sum_ab W_ab (phi_a - m_a) (psi_b - l_b) - b phi - c psi + sum_i a_i x_i^2 / 2 + const,
 *
 * m the means of the data, l those of hidden units at rest. Gaussian visible units are standardised here: the
 * model, and every likelihood, is in the data's own units; those of a row that are missing are integrated
 * over with the hidden units, or drawn. Precisions of hidden units are 1: W scales them.
 * Statistics of a row are means over p(h | row), a product. Welling, Rosen-Zvi and Hinton, NIPS 17 (2005). */
#include "learn/unit_learner.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/unit_enumeration.h"
#include "learn/unit_parts.h"
#include "logz/coupled_units.h"
#include "sample/unit_sweep.h"

#include <math.h>
#include <string.h>

enum { ROWS_A_BLOCK = 8 };
static const double cheap_visits = 3e7, most_visits = 3e9;

static void unit_free(heat_learner *l)
{
    heat_unit_learner *self = l->self;

    if (self == NULL)
        return;
    heat_free(self->visible_field);
    heat_free(self->hidden_field);
    heat_free(self->visible_precision);
    heat_free(self->hidden_precision);
    heat_free(self->visible_offset);
    heat_free(self->hidden_offset);
    heat_free(self->mean);
    heat_free(self->deviation);
    heat_free(self->is_constant);
    heat_free(self->values);
    heat_free(self->field);
    heat_free(self->hidden_mean);
    heat_free(self->hidden_square);
    heat_free(self->sums);
    heat_free(self->drawn);
    heat_free(self->drawn_hidden);
    heat_free(self->down);
    heat_free(self);
}

bool heat_unit_learner_is_gaussian(const heat_unit_learner *self)
{
    return self->layers.visible.kind->layer == HEAT_LAYER_GAUSSIAN;
}

/* The layers at the learner's parameters, without the centring. */
const heat_unit_layers *heat_unit_learner_layers(const heat_learner *l)
{
    heat_unit_learner *self = l->self;
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);
    const double *w = l->parameters, *b = w + v * h, *c = b + v, *log_precision = c + h;

    memcpy(self->hidden_field, c, (size_t)h * sizeof *c);
    for (int64_t i = 0; i < v; i++) {
        double row = 0;
        for (int64_t j = 0; j < h; j++) {
            row += w[i * h + j] * self->hidden_offset[j];
            self->hidden_field[j] -= self->visible_offset[i] * w[i * h + j];
        }
        self->visible_field[i] = b[i] - row;
    }
    for (int64_t i = 0; i < l->n_visible && heat_unit_learner_is_gaussian(self); i++)
        self->visible_precision[i] = exp(log_precision[i]);
    self->layers.weights = w;
    return &self->layers;
}

/* Products of phi and psi, and their own, summed, become the statistics of the centred energy, in place. */
void heat_unit_learner_centre(const heat_unit_learner *self, double *sums)
{
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);
    const double *of_visible = sums + v * h, *of_hidden = of_visible + v;

    for (int64_t i = 0; i < v; i++)
        for (int64_t j = 0; j < h; j++)
            sums[i * h + j] -=
                self->visible_offset[i] * of_hidden[j] + self->hidden_offset[j] * of_visible[i];
}

void heat_unit_learner_read_row(const heat_learner *l, const void *rows, int64_t r, double *values)
{
    const heat_unit_learner *self = l->self;

    for (int32_t i = 0; i < l->n_visible; i++) {
        double x = heat_row_get(&l->form, rows, r * l->n_visible + i);
        values[i] = heat_row_is_real(&l->form) ? (x - self->mean[i]) / self->deviation[i] : x;
    }
}

static void write_row(const heat_learner *l, const double *values, int64_t r, void *rows)
{
    const heat_unit_learner *self = l->self;

    for (int32_t i = 0; i < l->n_visible; i++)
        heat_row_set(&l->form, rows, r * l->n_visible + i,
                     heat_row_is_real(&l->form) ? self->mean[i] + self->deviation[i] * values[i] : values[i]);
}

/* One row of weight `weight`. */
static void add_row(const heat_unit_layers *u, heat_unit_learner *self, double weight, double *sums)
{
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);
    double *of_visible = sums + v * h, *of_hidden = of_visible + v, *of_precision = of_hidden + h;

    heat_units_find_hidden_fields(u, self->values, self->field);
    u->hidden.kind->means(&u->hidden, 1, self->field, self->hidden_mean, self->hidden_square);
    for (int64_t j = 0; j < h; j++)
        of_hidden[j] += weight * self->hidden_mean[j];
    for (int32_t i = 0; i < u->visible.n; i++) {
        int32_t place;
        double feature = weight * heat_unit_feature(&u->visible, self->values[i], &place);
        int64_t at = (int64_t)i * u->visible.q + place;
        of_visible[at] += feature;
        for (int64_t j = 0; j < h && feature != 0; j++)
            sums[at * h + j] += feature * self->hidden_mean[j];
        if (heat_unit_learner_is_gaussian(self) && !self->is_constant[i])
            of_precision[i] -= weight * u->visible.precision[i] * self->values[i] * self->values[i] / 2;
    }
}

static void unit_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows, const double *weight,
                                double *sum)
{
    heat_unit_learner *self = l->self;
    const heat_unit_layers *u = heat_unit_learner_layers(l);

    memset(self->sums, 0, (size_t)l->n_parameters * sizeof *self->sums);
    for (int64_t r = 0; r < n_rows; r++) {
        heat_unit_learner_read_row(l, rows, r, self->values);
        add_row(u, self, weight == NULL ? 1 : weight[r], self->sums);
    }
    heat_unit_learner_centre(self, self->sums);
    for (int64_t a = 0; a < l->n_parameters; a++)
        sum[a] += self->sums[a];
}

static void unit_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    heat_unit_learner *self = l->self;
    const heat_unit_layers *u = heat_unit_learner_layers(l);

    for (int64_t r = 0; r < n_rows; r++) {
        heat_unit_learner_read_row(l, rows, r, self->values);
        out[r] = -heat_units_free_energy(u, 1, self->values, self->field);
    }
}

typedef struct moving {
    const heat_learner *learner;
    const heat_unit_layers *layers;
    const heat_negative *negative;
    int64_t n_rows;
    const void *from;
    void *to;
} moving;

static heat_status move_block(heat_context *worker, void *arg, int64_t block)
{
    const moving *m = arg;
    const heat_unit_layers *u = m->layers;
    int64_t last = (block + 1) * ROWS_A_BLOCK < m->n_rows ? (block + 1) * ROWS_A_BLOCK : m->n_rows;
    double *values = NULL, *hidden = NULL;
    heat_unit_fields fields = {0};
    heat_status status = heat_alloc(worker, u->visible.n, sizeof *values, &values);

    if (status == HEAT_OK)
        status = heat_alloc(worker, u->hidden.n, sizeof *hidden, &hidden);
    if (status == HEAT_OK)
        status = heat_unit_fields_init(worker, u, &fields);
    for (int64_t r = block * ROWS_A_BLOCK; r < last && status == HEAT_OK; r++) {
        heat_stream stream;
        heat_stream_init(&stream, m->negative->seed, HEAT_PURPOSE_SWEEP,
                         ((uint64_t)m->negative->n_updates << 32) + (uint64_t)r);
        heat_unit_learner_read_row(m->learner, m->from, r, values);
        for (int64_t k = 0; k < m->negative->k; k++)
            heat_unit_sweep(u, 1, &stream, &fields, values, hidden);
        write_row(m->learner, values, r, m->to);
    }
    heat_free(values);
    heat_free(hidden);
    heat_unit_fields_clear(&fields);
    return status;
}

static heat_status unit_move(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                             int64_t n_rows, const void *from, void *to)
{
    moving m = {l, heat_unit_learner_layers(l), negative, n_rows, from, to};
    double units = (double)l->n_parameters - (double)l->n_decayed;
    double visits = (double)n_rows * (double)negative->k * (4 * (double)l->n_decayed + 60 * units);

    return heat_parallel_for(ctx, heat_negative_threads(negative, visits),
                             (n_rows + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK, move_block, &m);
}

/* Visible units as if there were no couplings. */
static void unit_draw(const heat_learner *l, heat_stream *stream, int64_t n_rows, void *rows)
{
    heat_unit_learner *self = l->self;
    const heat_unit_layer *visible = &heat_unit_learner_layers(l)->visible;

    for (int64_t r = 0; r < n_rows; r++) {
        visible->kind->draw(visible, 1, l->parameters + l->n_decayed, stream, self->values);
        write_row(l, self->values, r, rows);
    }
}

/* In the data's units: x = mean + deviation x', and b, c of units with a precision are their means. */
static heat_status unit_make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const heat_unit_learner *self = l->self;
    const heat_unit_layers *u = heat_unit_learner_layers(l);
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);
    double *w = self->sums, *b = w + v * h, *c = b + v, *precision = c + h;
    heat_rbm rbm;

    heat_rbm_init(&rbm);
    memcpy(w, u->weights, (size_t)(v * h) * sizeof *w);
    memcpy(b, u->visible.bias, (size_t)v * sizeof *b);
    memcpy(c, u->hidden.bias, (size_t)h * sizeof *c);
    for (int64_t i = 0; i < v && heat_unit_learner_is_gaussian(self); i++) {
        double a = u->visible.precision[i], s = self->deviation[i];
        rbm.offset -= b[i] * b[i] / (2 * a);
        b[i] = self->mean[i] + s * b[i] / a;
        precision[i] = a / (s * s);
        for (int64_t j = 0; j < h; j++) {
            w[i * h + j] /= s;
            c[j] -= self->mean[i] * w[i * h + j];
        }
    }
    for (int64_t j = 0; j < h && u->hidden.kind->has_precision; j++)
        rbm.offset -= c[j] * c[j] / 2; /* precision 1: the mean is the field */
    rbm.n_visible = u->visible.n;
    rbm.n_hidden = u->hidden.n;
    rbm.visible = u->visible.kind->layer;
    rbm.hidden = u->hidden.kind->layer;
    rbm.visible_states = u->visible.q;
    rbm.hidden_states = u->hidden.q;
    rbm.weights = w;
    rbm.visible_bias = b;
    rbm.hidden_bias = c;
    rbm.visible_precision = heat_unit_learner_is_gaussian(self) ? precision : NULL;
    return heat_model_create_rbm(ctx, &rbm, out);
}

/* Back from the data's units; precisions of hidden units become 1. */
static void to_standard(const heat_unit_learner *self, const heat_rbm *rbm, double *w, double *b, double *c,
                        double *log_precision)
{
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);

    for (int64_t j = 0; j < h && self->layers.hidden.kind->has_precision; j++) {
        double root = sqrt(rbm->hidden_precision[j]);
        c[j] *= root;
        for (int64_t i = 0; i < v; i++)
            w[i * h + j] /= root;
    }
    for (int64_t i = 0; i < v && heat_unit_learner_is_gaussian(self); i++) {
        double s = self->deviation[i], a = rbm->visible_precision[i] * s * s;
        for (int64_t j = 0; j < h; j++) {
            c[j] += self->mean[i] * w[i * h + j];
            w[i * h + j] *= s;
        }
        b[i] = (b[i] - self->mean[i]) / s * a;
        log_precision[i] = log(a);
    }
}

static heat_status unit_take(heat_context *ctx, const heat_model *model, heat_learner *l)
{
    const heat_unit_learner *self = l->self;
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);
    double *w = l->parameters, *b = w + v * h, *c = b + v;
    heat_rbm rbm;
    heat_status status = heat_learner_take_rbm(ctx, model, &self->layers.visible, &self->layers.hidden, &rbm);

    if (status != HEAT_OK)
        return status;
    memcpy(w, rbm.weights, (size_t)(v * h) * sizeof *w);
    memcpy(b, rbm.visible_bias, (size_t)v * sizeof *b);
    memcpy(c, rbm.hidden_bias, (size_t)h * sizeof *c);
    to_standard(self, &rbm, w, b, c, c + h);
    for (int64_t i = 0; i < v; i++)
        for (int64_t j = 0; j < h; j++) {
            b[i] += w[i * h + j] * self->hidden_offset[j];
            c[j] += w[i * h + j] * self->visible_offset[i];
        }
    return HEAT_OK;
}

static heat_status unit_sum_states(heat_context *ctx, const heat_learner *l, int64_t threads, double *mean,
                                   double *log_z)
{
    const heat_unit_learner *self = l->self;
    const heat_unit_layers *u = heat_unit_learner_layers(l);
    heat_unit_sums s = {.wants_moments = mean != NULL};
    heat_error_text before = ctx->error;
    heat_status status;

    if (mean != NULL) {
        s.pair_mean = mean;
        s.visible_mean = mean + l->n_decayed;
        s.hidden_mean = s.visible_mean + heat_unit_layer_width(&u->visible);
        s.visible_square =
            heat_unit_learner_is_gaussian(self) ? s.hidden_mean + heat_unit_layer_width(&u->hidden) : NULL;
    }
    status = heat_unit_enumeration_run(ctx, u, 1, threads, &s);
    if (status == HEAT_ERROR_UNDEFINED) { /* a step too far: no likelihood is as low */
        ctx->error = before;
        *log_z = (double)INFINITY;
        if (mean != NULL)
            memset(mean, 0, (size_t)l->n_parameters * sizeof *mean);
        return HEAT_OK;
    }
    *log_z = s.log_z + self->log_volume;
    for (int32_t i = 0; i < l->n_visible && s.visible_square != NULL; i++)
        s.visible_square[i] *= self->is_constant[i] ? 0 : -u->visible.precision[i] / 2;
    if (status == HEAT_OK && mean != NULL)
        heat_unit_learner_centre(self, mean);
    return status;
}

/* Chains see nothing of an integral that is about to diverge, far from the data: the weights give way. Those
 * that are allowed, at given precisions, are a convex set around 0. */
static heat_status unit_restrain(heat_context *ctx, heat_learner *l)
{
    const double room = 1.02, shrink = 0.98;
    const heat_unit_layers *u = heat_unit_learner_layers(l);
    bool diverges = u->visible.kind->layer == HEAT_LAYER_GAUSSIAN && u->hidden.kind->layer == HEAT_LAYER_RELU;
    heat_status status = HEAT_OK;

    while (diverges && status == HEAT_OK) {
        status = heat_coupled_units_check(ctx, u, room, &diverges);
        for (int64_t a = 0; a < l->n_decayed && diverges; a++)
            l->parameters[a] *= shrink;
        l->n_changes += diverges;
    }
    return status;
}

static heat_status unit_price_states(heat_context *ctx, const heat_learner *l, bool *affordable, bool *cheap)
{
    const heat_unit_learner *self = l->self;
    double visits = heat_unit_enumeration_visits(heat_unit_learner_layers(l));
    int32_t v = self->layers.visible.n, h = self->layers.hidden.n;

    (void)ctx;
    *affordable = visits <= most_visits;
    *cheap = visits * (v < h ? v : h) <= cheap_visits; /* pairs of units are looked at in every state */
    return HEAT_OK;
}

bool heat_learn_wants_units(const heat_learn_options *options, const heat_data_info *info)
{
    heat_layer layer;
    bool visible = heat_layer_find(options->visible_layer, &layer) && layer != HEAT_LAYER_BINARY &&
                   layer != HEAT_LAYER_SPIN;
    bool hidden = heat_layer_find(options->hidden_layer, &layer) && layer != HEAT_LAYER_BINARY &&
                  layer != HEAT_LAYER_SPIN;

    return visible || hidden ||
           (strcmp(options->visible_layer, "auto") == 0 && info->storage == HEAT_DATA_FLOATS);
}

const heat_learn_kind heat_learn_kind_units = {
    .name = "rbm",
    .has_hidden = true,
    .open = heat_unit_learner_open,
    .free = unit_free,
    .add_statistics = unit_add_statistics,
    .log_weights = unit_log_weights,
    .move = unit_move,
    .draw = unit_draw,
    .take = unit_take,
    .restrain = unit_restrain,
    .add_sites = heat_unit_learner_add_sites,
    .spread = heat_unit_learner_spread,
    .count_spread = heat_unit_learner_count_spread,
    .integrates = heat_unit_learner_integrates,
    .integrate = heat_unit_learner_integrate,
    .draw_gaps = heat_unit_learner_draw_gaps,
    .make_model = unit_make_model,
    .sum_states = unit_sum_states,
    .price_states = unit_price_states,
};
