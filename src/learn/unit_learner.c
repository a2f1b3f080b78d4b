/* The kind "rbm" where a layer is not of two values: Potts, Gaussian or ReLU units, over the view of units.
 * The parameters are W, the fields b and c at rest, and, of Gaussian visible units, the logarithms of their
 * precisions, of the centred energy
 *
 *     E = -sum_ab W_ab (phi_a - m_a) (psi_b - l_b) - b phi - c psi + sum_i a_i x_i^2 / 2 + const,
 *
 * m the means of the data, l those of hidden units at rest. Gaussian visible units are standardised here: the
 * model, and every likelihood, is in the data's own units. Precisions of hidden units are 1: W scales them.
 * Statistics of a row are means over p(h | row), a product. Welling, Rosen-Zvi and Hinton, NIPS 17 (2005). */
#include "learn/unit_learner.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/unit_enumeration.h"
#include "learn/learn_rows.h"
#include "logz/coupled_units.h"
#include "sample/unit_sweep.h"

#include <math.h>
#include <string.h>

enum { AUTO_HIDDEN = 16, ROWS_A_BLOCK = 8 };
static const double cheap_visits = 3e7, most_visits = 3e9, first_coupling = 0.01;

typedef struct unit_learner {
    heat_unit_layers layers; /* of the parameters of the moment: points to the arrays below */
    double *visible_field, *hidden_field, *visible_precision, *hidden_precision;
    double *visible_offset, *hidden_offset; /* m, l */
    double *mean, *deviation; /* [n_visible] of Gaussian units, which are standardised by them */
    double log_volume;        /* sum log deviation: of log Z in the units of the data */
    bool *is_constant;        /* [n_visible] of Gaussian units: the same in all rows */
    double *values, *field, *hidden_mean, *hidden_square, *sums; /* work space */
} unit_learner;

static void unit_free(heat_learner *l)
{
    unit_learner *self = l->self;

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
    heat_free(self);
}

static bool is_gaussian(const unit_learner *self)
{
    return self->layers.visible.kind->layer == HEAT_LAYER_GAUSSIAN;
}

/* The layers at the learner's parameters, without the centring. */
static const heat_unit_layers *layers_of(const heat_learner *l)
{
    unit_learner *self = l->self;
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
    for (int64_t i = 0; i < l->n_visible && is_gaussian(self); i++)
        self->visible_precision[i] = exp(log_precision[i]);
    self->layers.weights = w;
    return &self->layers;
}

/* Products of phi and psi, and their own, summed, become the statistics of the centred energy, in place. */
static void centre_sums(const unit_learner *self, double *sums)
{
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);
    const double *of_visible = sums + v * h, *of_hidden = of_visible + v;

    for (int64_t i = 0; i < v; i++)
        for (int64_t j = 0; j < h; j++)
            sums[i * h + j] -=
                self->visible_offset[i] * of_hidden[j] + self->hidden_offset[j] * of_visible[i];
}

static void read_row(const heat_learner *l, const void *rows, int64_t r, double *values)
{
    const unit_learner *self = l->self;

    for (int32_t i = 0; i < l->n_visible; i++) {
        double x = heat_row_get(&l->form, rows, r * l->n_visible + i);
        values[i] = heat_row_is_real(&l->form) ? (x - self->mean[i]) / self->deviation[i] : x;
    }
}

static void write_row(const heat_learner *l, const double *values, int64_t r, void *rows)
{
    const unit_learner *self = l->self;

    for (int32_t i = 0; i < l->n_visible; i++)
        heat_row_set(&l->form, rows, r * l->n_visible + i,
                     heat_row_is_real(&l->form) ? self->mean[i] + self->deviation[i] * values[i] : values[i]);
}

/* One row of weight `weight`. */
static void add_row(const heat_unit_layers *u, unit_learner *self, double weight, double *sums)
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
        if (is_gaussian(self) && !self->is_constant[i])
            of_precision[i] -= weight * u->visible.precision[i] * self->values[i] * self->values[i] / 2;
    }
}

static void unit_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows, const double *weight,
                                double *sum)
{
    unit_learner *self = l->self;
    const heat_unit_layers *u = layers_of(l);

    memset(self->sums, 0, (size_t)l->n_parameters * sizeof *self->sums);
    for (int64_t r = 0; r < n_rows; r++) {
        read_row(l, rows, r, self->values);
        add_row(u, self, weight == NULL ? 1 : weight[r], self->sums);
    }
    centre_sums(self, self->sums);
    for (int64_t a = 0; a < l->n_parameters; a++)
        sum[a] += self->sums[a];
}

static void unit_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    unit_learner *self = l->self;
    const heat_unit_layers *u = layers_of(l);

    for (int64_t r = 0; r < n_rows; r++) {
        read_row(l, rows, r, self->values);
        out[r] = -heat_units_free_energy(u, 1, self->values, self->field);
    }
}

typedef struct moving {
    const heat_learner *learner;
    const heat_unit_layers *layers;
    const heat_negative *negative;
    int64_t n_rows;
    void *rows;
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
        read_row(m->learner, m->rows, r, values);
        for (int64_t k = 0; k < m->negative->k; k++)
            heat_unit_sweep(u, 1, &stream, &fields, values, hidden);
        write_row(m->learner, values, r, m->rows);
    }
    heat_free(values);
    heat_free(hidden);
    heat_unit_fields_clear(&fields);
    return status;
}

static heat_status unit_move(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                             int64_t n_rows, void *rows)
{
    moving m = {l, layers_of(l), negative, n_rows, rows};

    return heat_parallel_for(ctx, negative->threads, (n_rows + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK, move_block,
                             &m);
}

/* Visible units as if there were no couplings. */
static void unit_draw(const heat_learner *l, heat_stream *stream, int64_t n_rows, void *rows)
{
    unit_learner *self = l->self;
    const heat_unit_layer *visible = &layers_of(l)->visible;

    for (int64_t r = 0; r < n_rows; r++) {
        visible->kind->draw(visible, 1, l->parameters + l->n_decayed, stream, self->values);
        write_row(l, self->values, r, rows);
    }
}

/* In the data's units: x = mean + deviation x', and b, c of units with a precision are their means. */
static heat_status unit_make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const unit_learner *self = l->self;
    const heat_unit_layers *u = layers_of(l);
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);
    double *w = self->sums, *b = w + v * h, *c = b + v, *precision = c + h;
    heat_rbm rbm;

    heat_rbm_init(&rbm);
    memcpy(w, u->weights, (size_t)(v * h) * sizeof *w);
    memcpy(b, u->visible.bias, (size_t)v * sizeof *b);
    memcpy(c, u->hidden.bias, (size_t)h * sizeof *c);
    for (int64_t i = 0; i < v && is_gaussian(self); i++) {
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
    rbm.visible_precision = is_gaussian(self) ? precision : NULL;
    return heat_model_create_rbm(ctx, &rbm, out);
}

/* Back from the data's units; precisions of hidden units become 1. */
static void to_standard(const unit_learner *self, const heat_rbm *rbm, double *w, double *b, double *c,
                        double *log_precision)
{
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);

    for (int64_t j = 0; j < h && self->layers.hidden.kind->has_precision; j++) {
        double root = sqrt(rbm->hidden_precision[j]);
        c[j] *= root;
        for (int64_t i = 0; i < v; i++)
            w[i * h + j] /= root;
    }
    for (int64_t i = 0; i < v && is_gaussian(self); i++) {
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
    const unit_learner *self = l->self;
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
    const unit_learner *self = l->self;
    const heat_unit_layers *u = layers_of(l);
    heat_unit_sums s = {.wants_moments = mean != NULL};
    heat_error_text before = ctx->error;
    heat_status status;

    if (mean != NULL) {
        s.pair_mean = mean;
        s.visible_mean = mean + l->n_decayed;
        s.hidden_mean = s.visible_mean + heat_unit_layer_width(&u->visible);
        s.visible_square = is_gaussian(self) ? s.hidden_mean + heat_unit_layer_width(&u->hidden) : NULL;
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
        centre_sums(self, mean);
    return status;
}

/* Chains see nothing of an integral that is about to diverge, far from the data: the weights give way. Those
 * that are allowed, at given precisions, are a convex set around 0. */
static heat_status unit_restrain(heat_context *ctx, heat_learner *l)
{
    const double room = 1.02, shrink = 0.98;
    const heat_unit_layers *u = layers_of(l);
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
    const unit_learner *self = l->self;
    double visits = heat_unit_enumeration_visits(layers_of(l));
    int32_t v = self->layers.visible.n, h = self->layers.hidden.n;

    (void)ctx;
    *affordable = visits <= most_visits;
    *cheap = visits * (v < h ? v : h) <= cheap_visits; /* pairs of units are looked at in every state */
    return HEAT_OK;
}

/* --- where training begins --- */

static heat_status alloc_arrays(heat_context *ctx, heat_learner *l)
{
    unit_learner *self = l->self;
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);
    int64_t n = self->layers.visible.n, n_hidden = self->layers.hidden.n;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {
        {&self->visible_field, v},
        {&self->hidden_field, h},
        {&self->visible_precision, n},
        {&self->hidden_precision, n_hidden},
        {&self->visible_offset, v},
        {&self->hidden_offset, h},
        {&self->mean, n},
        {&self->deviation, n},
        {&self->values, n},
        {&self->field, h},
        {&self->hidden_mean, h},
        {&self->hidden_square, n_hidden},
        {&self->sums, l->n_parameters},
        {&l->parameters, l->n_parameters},
        {&l->scale, l->n_parameters},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    return status == HEAT_OK ? heat_alloc(ctx, n, sizeof *self->is_constant, &self->is_constant) : status;
}

/* Means and deviations of real rows. The likelihood of a constant has no bound as its width falls: its unit
 * keeps precision 1, whose statistic is left out. */
static void standardise(heat_context *ctx, const heat_learn_rows *rows, heat_learner *l)
{
    unit_learner *self = l->self;
    int n_constant = 0;

    for (int32_t i = 0; i < l->n_visible; i++)
        self->deviation[i] = 1;
    for (int pass = 0; pass < 2; pass++) {
        double *to = pass == 0 ? self->mean : self->deviation;
        double *sum = self->sums;
        memset(sum, 0, (size_t)l->n_visible * sizeof *sum);
        for (int64_t r = 0; r < rows->n; r++) {
            read_row(l, rows->states, r, self->values);
            for (int32_t i = 0; i < l->n_visible; i++)
                sum[i] += rows->weight[r] * (pass == 0 ? self->values[i] : self->values[i] * self->values[i]);
        }
        for (int32_t i = 0; i < l->n_visible; i++)
            to[i] = pass == 0 ? sum[i] / (double)rows->n : sqrt(sum[i] / (double)rows->n);
    }
    for (int32_t i = 0; i < l->n_visible; i++) {
        self->is_constant[i] = !(self->deviation[i] > 0);
        if (self->is_constant[i])
            self->deviation[i] = 1;
        self->log_volume += log(self->deviation[i]);
        n_constant += self->is_constant[i];
    }
    if (n_constant > 0)
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%d variables are the same in all rows: no width is learned of their Gaussian units, it "
                 "stays 1",
                 n_constant);
}

/* Frequencies of the values, half a row more, and the fields that they come from. */
static void start_visible(const heat_learn_rows *rows, heat_learner *l)
{
    unit_learner *self = l->self;
    const heat_unit_layer *visible = &self->layers.visible;
    double *m = self->visible_offset, *b = l->parameters + l->n_decayed, total = (double)rows->n + 1;

    for (int64_t r = 0; r < rows->n; r++) {
        read_row(l, rows->states, r, self->values);
        for (int32_t i = 0; i < visible->n; i++) {
            int32_t place;
            double feature = heat_unit_feature(visible, self->values[i], &place);
            m[(int64_t)i * visible->q + place] += rows->weight[r] * feature;
        }
    }
    for (int64_t a = 0; a < heat_unit_layer_width(visible); a++)
        switch (visible->kind->layer) {
        case HEAT_LAYER_POTTS:
            m[a] = (m[a] + 1.0 / visible->q) / total;
            b[a] = log(m[a]);
            break;
        case HEAT_LAYER_SPIN:
            m[a] /= total;
            b[a] = log((1 + m[a]) / (1 - m[a])) / 2;
            break;
        case HEAT_LAYER_BINARY:
            m[a] = (m[a] + 0.5) / total;
            b[a] = log(m[a] / (1 - m[a]));
            break;
        default:
            m[a] = 0; /* standardised */
        }
}

static heat_status start(heat_context *ctx, const heat_data *data, uint64_t seed, heat_learner *l)
{
    unit_learner *self = l->self;
    heat_unit_layers *u = &self->layers;
    heat_learn_rows rows = {0};
    heat_stream stream;
    heat_status status = heat_learn_rows_load(ctx, data, heat_row_is_real(&l->form), &rows);

    u->visible.bias = self->visible_field;
    u->hidden.bias = self->hidden_field;
    u->visible.precision = u->visible.kind->has_precision ? self->visible_precision : NULL;
    u->hidden.precision = u->hidden.kind->has_precision ? self->hidden_precision : NULL;
    for (int32_t j = 0; j < u->hidden.n && status == HEAT_OK; j++)
        self->hidden_precision[j] = 1;
    for (int32_t i = 0; i < u->visible.n && status == HEAT_OK; i++)
        self->visible_precision[i] = 1;
    if (status != HEAT_OK)
        goto out;
    if (heat_row_is_real(&l->form))
        standardise(ctx, &rows, l);
    start_visible(&rows, l);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_LEARN, 0);
    for (int64_t k = 0; k < l->n_decayed; k++)
        l->parameters[k] = first_coupling * heat_stream_normal(&stream);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->scale[a] = 1;
    u->hidden.kind->means(&u->hidden, 1, self->field, self->hidden_offset, self->hidden_square);
out:
    heat_learn_rows_clear(&rows);
    return status;
}

/* --- what the layers are --- */

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

/* The visible layer: as asked for, else the only one that the data can be. */
static heat_status choose_visible(heat_context *ctx, const heat_learn_options *options,
                                  const heat_data_info *info, heat_layer *layer)
{
    heat_layer own = info->storage == HEAT_DATA_FLOATS  ? HEAT_LAYER_GAUSSIAN
                     : info->coding == HEAT_CODING_SPIN ? HEAT_LAYER_SPIN
                                                        : HEAT_LAYER_BINARY;
    bool told = heat_layer_find(options->visible_layer, layer);

    if (!told)
        *layer = own;
    if (!told && own == HEAT_LAYER_BINARY && info->storage != HEAT_DATA_BITS)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "%s: the values are %g to %g, which can be read as numbers and as states: say "
                         "--visible-layer gaussian or potts, or --binarize T",
                         info->name, info->min, info->max);
    if (*layer == HEAT_LAYER_GAUSSIAN ||
        (*layer == HEAT_LAYER_POTTS && info->storage != HEAT_DATA_FLOATS &&
         info->coding != HEAT_CODING_SPIN && info->n_states <= HEAT_MOST_STATES) ||
        (*layer == own && info->storage == HEAT_DATA_BITS))
        return HEAT_OK;
    return heat_fail_option(ctx, "visible_layer", options->visible_layer,
                            "%s has values %g to %g, which are not "
                            "those of %s units",
                            info->name, info->min, info->max, heat_layer_name(*layer));
}

static heat_status unit_open(heat_context *ctx, const heat_learn_input *input,
                             const heat_learn_options *options, heat_learner *l)
{
    heat_data_info info;
    heat_layer visible = HEAT_LAYER_BINARY, hidden = HEAT_LAYER_BINARY;
    heat_unit_layers *u;
    int32_t q;
    heat_status status;

    heat_data_describe(input->data, &info);
    status = choose_visible(ctx, options, &info, &visible);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof(unit_learner), &l->self);
    if (status != HEAT_OK)
        return status;
    if (!heat_layer_find(options->hidden_layer, &hidden) && visible == HEAT_LAYER_SPIN)
        hidden = HEAT_LAYER_SPIN;
    u = &((unit_learner *)l->self)->layers;
    q = info.n_states < 2 ? 2 : info.n_states;
    u->visible = (heat_unit_layer){.kind = heat_layer_kind_get(visible),
                                   .n = info.n_variables,
                                   .q = visible == HEAT_LAYER_POTTS ? q : 1};
    u->hidden = (heat_unit_layer){.kind = heat_layer_kind_get(hidden),
                                  .n = options->hidden == HEAT_AUTO ? AUTO_HIDDEN : (int32_t)options->hidden,
                                  .q = hidden == HEAT_LAYER_POTTS ? (int32_t)options->hidden_states : 1};
    l->n_visible = info.n_variables;
    l->coding = info.coding;
    l->n_states = visible == HEAT_LAYER_GAUSSIAN ? 0 : q;
    l->form = (heat_row_form){l->n_states == 0 ? HEAT_ELEMENT_FLOAT : HEAT_ELEMENT_INT8, l->n_visible};
    l->n_decayed = heat_unit_layer_width(&u->visible) * heat_unit_layer_width(&u->hidden);
    l->n_parameters = l->n_decayed + heat_unit_layer_width(&u->visible) + heat_unit_layer_width(&u->hidden) +
                      (heat_row_is_real(&l->form) ? l->n_visible : 0);
    status = alloc_arrays(ctx, l);
    return status == HEAT_OK ? start(ctx, input->data, options->seed, l) : status;
}

const heat_learn_kind heat_learn_kind_units = {
    .name = "rbm",
    .has_hidden = true,
    .open = unit_open,
    .free = unit_free,
    .add_statistics = unit_add_statistics,
    .log_weights = unit_log_weights,
    .move = unit_move,
    .draw = unit_draw,
    .take = unit_take,
    .restrain = unit_restrain,
    .make_model = unit_make_model,
    .sum_states = unit_sum_states,
    .price_states = unit_price_states,
};
