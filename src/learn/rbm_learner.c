/* The kind "rbm": visible units of the data, hidden units summed out. Whatever the codings, units are 0 and 1
 * here, x and y, and the parameters are those of the centred energy
 *
 *     E(x, y) = -sum_ij W_ij ((x_i - m_i) (y_j - l_j) - m_i l_j) - sum_i b_i x_i - sum_j c_j y_j
 *
 * with m the means of the data and l = 1/2: the same models, and a gradient that points closer to the
 * maximum, as moving W leaves the mean activities where they are (Montavon and Mueller, in Neural Networks:
 * Tricks of the Trade (2012), ch. 25; Melchior, Fischer and Wiskott, J. Mach. Learn. Res. 17 (2016) 99). The
 * statistics of a row are means over p(y | x), a product over hidden units; training begins at independent
 * units of the data's frequencies. */
#include "learn/rbm_learner.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/layer_enumeration.h"
#include "kernel/elementary.h"
#include "kernel/isa.h"
#include "kernel/scaled.h"
#include "learn/learn_rows.h"
#include "learn/rbm_climb.h"
#include "learn/unit_learner.h"

#include <math.h>
#include <string.h>

enum { AUTO_HIDDEN = 16, MOST_BITS = 25 };
static const double cheap_visits = 3e7, hidden_offset = 0.5;
static const double nothing = -1e300; /* the bias of the padding */
static const double pace = 4;         /* 1 / variance of a hidden unit that is on half the time */
/* Couplings up to which that is the pace. A state's weight moves by a sum over all of them: with more, steps
 * of the same size would outrun the chains, and are shortened in proportion. */
static const double most_paced = 60000;

typedef struct rbm_learner {
    int32_t n_hidden;
    heat_layer visible, hidden;         /* of the model to make */
    double *offset;                     /* m, [visible] */
    double *field;                      /* [hidden] work space */
    double *sums;                       /* [visible][hidden], then b, then c, work space */
    double *visible_bias, *hidden_bias; /* without the centring, work space */
    double *padded, *work;              /* [visible + 1][hidden, padded] and [hidden, padded], work space */
    int8_t *on;                         /* [visible] work space */
    heat_rbm_climber climber;
} rbm_learner;

/* Units of a heat_layer_table. */
static int64_t padded(int64_t n)
{
    return (n + 2 * HEAT_LAYER_PAD - 1) / (2 * HEAT_LAYER_PAD) * (2 * HEAT_LAYER_PAD);
}

static void rbm_free(heat_learner *l)
{
    rbm_learner *self = l->self;

    if (self == NULL)
        return;
    heat_free(self->offset);
    heat_free(self->field);
    heat_free(self->sums);
    heat_free(self->visible_bias);
    heat_free(self->hidden_bias);
    heat_free(self->padded);
    heat_free(self->work);
    heat_free(self->on);
    heat_rbm_climber_clear(&self->climber);
    heat_free(self);
}

static heat_rbm_parameters parameters_of(const heat_learner *l)
{
    const rbm_learner *self = l->self;

    return (heat_rbm_parameters){l->parameters, l->n_changes, self->offset, hidden_offset};
}

static void rbm_catch_up(const heat_learner *l)
{
    rbm_learner *self = l->self;
    const heat_rbm_parameters p = parameters_of(l);

    heat_rbm_climber_catch_up(&self->climber, &p);
}

static void rbm_average(const heat_learner *l, struct heat_team *team, double share, double *average)
{
    rbm_learner *self = l->self;
    const heat_rbm_parameters p = parameters_of(l);

    heat_rbm_climber_average(&self->climber, &p, team, share, average);
}

/* E = -x W y - b x - c y with the learner's parameters, as arrays of the work space. */
static heat_layered plain_form(const heat_learner *l)
{
    const rbm_learner *self = l->self;
    int64_t n_hidden = self->n_hidden;
    const double *w = l->parameters, *b = w + l->n_decayed, *c = b + l->n_visible;

    rbm_catch_up(l);
    memcpy(self->hidden_bias, c, (size_t)n_hidden * sizeof *c);
    for (int64_t i = 0; i < l->n_visible; i++) {
        double row = 0;
        for (int64_t j = 0; j < n_hidden; j++) {
            row += w[i * n_hidden + j];
            self->hidden_bias[j] -= self->offset[i] * w[i * n_hidden + j];
        }
        self->visible_bias[i] = b[i] - hidden_offset * row;
    }
    return (heat_layered){l->n_visible, self->n_hidden, w, 1, self->visible_bias, self->hidden_bias, 0};
}

/* Adds the statistics of the centred energy, from x_i y_j, x_i and y_j summed up in the work space. */
static void add_sums(const heat_learner *l, double *out)
{
    const rbm_learner *self = l->self;
    const double *sums = self->sums, *of_x = sums + l->n_decayed, *of_y = of_x + l->n_visible;

    for (int64_t i = 0; i < l->n_visible; i++)
        for (int64_t j = 0; j < self->n_hidden; j++)
            out[i * self->n_hidden + j] +=
                sums[i * self->n_hidden + j] - (self->offset[i] * of_y[j] + hidden_offset * of_x[i]);
    for (int64_t a = l->n_decayed; a < l->n_parameters; a++)
        out[a] += sums[a];
}

/* c_j + sum_i x_i W_ij of a row, and b.x. */
static double hidden_fields(const heat_layered *f, const int8_t *row, double *field)
{
    double own = 0;

    memcpy(field, f->hidden_bias, (size_t)f->n_hidden * sizeof *field);
    for (int64_t i = 0; i < f->n_visible; i++) {
        const double *w = f->weights + i * f->n_hidden;
        if (row[i] != 1)
            continue;
        own += f->visible_bias[i];
        for (int64_t j = 0; j < f->n_hidden; j++)
            field[j] += w[j];
    }
    return own;
}

static void rbm_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows, const double *weight,
                               double *sum)
{
    const int8_t *states = rows;
    rbm_learner *self = l->self;
    heat_layered f = plain_form(l);
    double *sums = self->sums, *of_x = sums + l->n_decayed, *of_y = of_x + l->n_visible, *y = self->field;

    memset(sums, 0, (size_t)l->n_parameters * sizeof *sums);
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *row = states + r * l->n_visible;
        double w = weight == NULL ? 1 : weight[r];
        hidden_fields(&f, row, y);
        for (int64_t j = 0; j < f.n_hidden; j++) {
            y[j] = w * heat_sigmoid(y[j]);
            of_y[j] += y[j];
        }
        for (int64_t i = 0; i < f.n_visible; i++) {
            double *pairs = sums + i * f.n_hidden;
            if (row[i] != 1)
                continue;
            of_x[i] += w;
            for (int64_t j = 0; j < f.n_hidden; j++)
                pairs[j] += y[j];
        }
    }
    add_sums(l, sum);
}

/* The hidden units summed out, by the kernel that does it for chains: a row is a state of its bits. */
static heat_layer_table table_of(const heat_learner *l, const heat_layered *f)
{
    const rbm_learner *self = l->self;
    int64_t n = padded(f->n_hidden);
    double *w = self->padded, *bias = w + f->n_visible * n;

    for (int64_t i = 0; i < f->n_visible; i++)
        memcpy(w + i * n, f->weights + i * f->n_hidden, (size_t)f->n_hidden * sizeof *w);
    memcpy(bias, f->hidden_bias, (size_t)f->n_hidden * sizeof *bias);
    for (int64_t j = f->n_hidden; j < n; j++)
        bias[j] = nothing;
    return (heat_layer_table){
        .n_units = (int32_t)n, .n_bits = f->n_visible, .beta = 1, .weights = w, .bias = bias};
}

static void rbm_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    const int8_t *states = rows;
    const heat_layer_sum_kernel *kernel = heat_isa_get("auto")->layer_sums;
    const heat_layer_flip none = {-1, false};
    const rbm_learner *self = l->self;
    const heat_layered f = plain_form(l);
    const heat_layer_table t = table_of(l, &f);

    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *row = states + r * l->n_visible;
        double own = 0;
        for (int64_t i = 0; i < l->n_visible; i++) {
            self->on[i] = row[i] == 1;
            own += self->on[i] ? f.visible_bias[i] : 0;
        }
        kernel->begin(&t, self->on, self->work);
        out[r] = own + scaled_log(kernel->visit(&t, self->work, none, none));
    }
}

/* The kernel's tables become those of the parameters. */
static heat_status settle(heat_context *ctx, const heat_learner *l, const char *isa)
{
    rbm_learner *self = l->self;
    heat_rbm_parameters p = parameters_of(l);

    return heat_rbm_climber_settle(ctx, &self->climber, isa, &p);
}

/* Hidden units given visible ones, visible ones given those, K times. */
static heat_status rbm_move(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                            const void *from, void *to)
{
    rbm_learner *self = l->self;
    heat_rbm_climber *c = &self->climber;
    heat_rbm_phase ends[2];
    heat_status status = settle(ctx, l, negative->isa);

    c->n_moved = 0;
    if (status == HEAT_OK && negative->begins_at_data)
        status = heat_rbm_climber_begin(ctx, c, n_rows, ends);
    return status == HEAT_OK
               ? heat_rbm_gibbs_move(ctx, &c->gibbs, negative, l->coding == HEAT_CODING_SPIN ? -1 : 0, n_rows,
                                     from, to, negative->begins_at_data ? ends : NULL)
               : status;
}

static heat_status rbm_climb(heat_context *ctx, heat_learner *l, const heat_climb *climb)
{
    rbm_learner *self = l->self;
    heat_rbm_parameters p = parameters_of(l);
    heat_status status = settle(ctx, l, climb->isa);

    return status == HEAT_OK ? heat_rbm_climber_step(ctx, &self->climber, climb, &p) : status;
}

/* Probabilities of one layer's states become those of the other's: weight (f, t) stands at f * from_step + t
 * * to_step. `table` is [2^n_to]. */
static void spread_layer(int32_t n_from, int32_t n_to, const double *weights, int64_t from_step,
                         int64_t to_step, const double *bias, const double *from, double *table, double *to)
{
    memset(to, 0, sizeof *to << n_to);
    for (uint64_t x = 0; x < (uint64_t)1 << n_from; x++) {
        if (from[x] == 0)
            continue;
        table[0] = from[x];
        for (int32_t t = 0; t < n_to; t++) {
            double field = bias[t], on;
            for (uint64_t left = x; left != 0; left &= left - 1)
                field += weights[__builtin_ctzll(left) * from_step + t * to_step];
            on = heat_sigmoid(field);
            for (uint64_t y = 0; y < (uint64_t)1 << t; y++) {
                table[y | (uint64_t)1 << t] = table[y] * on;
                table[y] *= 1 - on;
            }
        }
        for (uint64_t y = 0; y < (uint64_t)1 << n_to; y++)
            to[y] += table[y];
    }
}

static heat_status rbm_spread(heat_context *ctx, const heat_learner *l, double *p)
{
    heat_layered f = plain_form(l);
    int64_t most = (int64_t)1 << (f.n_hidden > f.n_visible ? f.n_hidden : f.n_visible);
    double *table = NULL, *hidden = NULL;
    heat_status status = HEAT_OK;

    status = heat_alloc(ctx, most, sizeof *table, &table);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)1 << f.n_hidden, sizeof *hidden, &hidden);
    if (status == HEAT_OK) {
        spread_layer(f.n_visible, f.n_hidden, f.weights, f.n_hidden, 1, f.hidden_bias, p, table, hidden);
        spread_layer(f.n_hidden, f.n_visible, f.weights, 1, f.n_hidden, f.visible_bias, hidden, table, p);
    }
    heat_free(table);
    heat_free(hidden);
    return status;
}

static double rbm_count_spread(const heat_learner *l)
{
    return ldexp(1, (int)(l->n_parameters - l->n_decayed)); /* biases */
}

/* Units of a layer are p + q times those of the model. */
static void to_layer(heat_layer layer, double *p, double *q)
{
    *p = layer == HEAT_LAYER_SPIN ? 0.5 : 0;
    *q = layer == HEAT_LAYER_SPIN ? 0.5 : 1;
}

static heat_status rbm_make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const rbm_learner *self = l->self;
    heat_layered f = plain_form(l);
    double p, q, p_hidden, q_hidden, *w = self->sums, *b = w + l->n_decayed, *c = b + l->n_visible;
    heat_rbm rbm;

    heat_rbm_init(&rbm);
    to_layer(self->visible, &p, &q);
    to_layer(self->hidden, &p_hidden, &q_hidden);
    memcpy(c, f.hidden_bias, (size_t)f.n_hidden * sizeof *c);
    for (int64_t i = 0; i < f.n_visible; i++) {
        b[i] = f.visible_bias[i];
        for (int64_t j = 0; j < f.n_hidden; j++) {
            double weight = f.weights[i * f.n_hidden + j];
            w[i * f.n_hidden + j] = q * q_hidden * weight;
            b[i] += p_hidden * weight;
            c[j] += p * weight;
        }
        rbm.offset -= p * b[i]; /* sum_ij W p p_hidden and sum_i b p */
        b[i] *= q;
    }
    for (int64_t j = 0; j < f.n_hidden; j++) {
        rbm.offset -= p_hidden * f.hidden_bias[j];
        c[j] *= q_hidden;
    }
    rbm.n_visible = f.n_visible;
    rbm.n_hidden = f.n_hidden;
    rbm.visible = self->visible;
    rbm.hidden = self->hidden;
    rbm.weights = w;
    rbm.visible_bias = b;
    rbm.hidden_bias = c;
    return heat_model_create_rbm(ctx, &rbm, out);
}

/* Units are s + a x times those over 0 and 1. */
static void from_layer(heat_layer layer, double *s, double *a)
{
    *s = layer == HEAT_LAYER_SPIN ? -1 : 0;
    *a = layer == HEAT_LAYER_SPIN ? 2 : 1;
}

static heat_status rbm_take(heat_context *ctx, const heat_model *model, heat_learner *l)
{
    const rbm_learner *self = l->self;
    double *w = l->parameters, *b = w + l->n_decayed, *c = b + l->n_visible, s, a, s_hidden, a_hidden;
    const heat_unit_layer visible = {heat_layer_kind_get(self->visible), l->n_visible, 1, NULL, NULL},
                          hidden = {heat_layer_kind_get(self->hidden), self->n_hidden, 1, NULL, NULL};
    heat_rbm rbm;
    heat_status status = heat_learner_take_rbm(ctx, model, &visible, &hidden, &rbm);

    if (status != HEAT_OK)
        return status;
    from_layer(self->visible, &s, &a);
    from_layer(self->hidden, &s_hidden, &a_hidden);
    memcpy(b, rbm.visible_bias, (size_t)l->n_visible * sizeof *b);
    memcpy(c, rbm.hidden_bias, (size_t)self->n_hidden * sizeof *c);
    for (int64_t i = 0; i < l->n_visible; i++)
        for (int64_t j = 0; j < self->n_hidden; j++) {
            double weight = rbm.weights[i * self->n_hidden + j];
            b[i] += (s_hidden + a_hidden * hidden_offset) * weight;
            c[j] += (s + a * self->offset[i]) * weight;
            w[i * self->n_hidden + j] = a * a_hidden * weight;
        }
    for (int64_t i = 0; i < l->n_visible; i++)
        b[i] *= a;
    for (int64_t j = 0; j < self->n_hidden; j++)
        c[j] *= a_hidden;
    return HEAT_OK;
}

static heat_status rbm_sum_states(heat_context *ctx, const heat_learner *l, int64_t threads, double *mean,
                                  double *log_z)
{
    const rbm_learner *self = l->self;
    heat_layered f = plain_form(l);
    heat_layer_enumeration e = {.wants_moments = mean != NULL};
    heat_status status;

    if (mean != NULL) {
        e.pair_mean = self->sums;
        e.visible_mean = e.pair_mean + l->n_decayed;
        e.hidden_mean = e.visible_mean + l->n_visible;
    }
    status = heat_layer_enumeration_run(ctx, &f, 1, threads, &e);
    *log_z = e.log_z;
    if (status == HEAT_OK && mean != NULL) {
        memset(mean, 0, (size_t)l->n_parameters * sizeof *mean);
        add_sums(l, mean);
    }
    return status;
}

static heat_status rbm_price_states(heat_context *ctx, const heat_learner *l, bool *affordable, bool *cheap)
{
    const rbm_learner *self = l->self;
    heat_layered f = {.n_visible = l->n_visible, .n_hidden = self->n_hidden};

    (void)ctx;
    *affordable = f.n_visible <= MOST_BITS || f.n_hidden <= MOST_BITS;
    *cheap = *affordable && heat_layer_enumeration_visits(&f) <= cheap_visits;
    return HEAT_OK;
}

static heat_status alloc_arrays(heat_context *ctx, heat_learner *l)
{
    rbm_learner *self = l->self;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {
        {&self->offset, l->n_visible},         {&self->field, self->n_hidden},
        {&self->sums, l->n_parameters},        {&self->visible_bias, l->n_visible},
        {&self->hidden_bias, self->n_hidden},  {&l->parameters, l->n_parameters},
        {&l->scale, l->n_parameters},          {&self->padded, (l->n_visible + 1) * padded(self->n_hidden)},
        {&self->work, padded(self->n_hidden)},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    return status == HEAT_OK ? heat_alloc(ctx, l->n_visible, sizeof *self->on, &self->on) : status;
}

/* Counts, and arrays for them. */
static heat_status size_up(heat_context *ctx, int32_t n_visible, int32_t n_hidden, heat_learner *l)
{
    rbm_learner *self = l->self;

    l->n_visible = n_visible;
    l->form = (heat_row_form){HEAT_ELEMENT_INT8, n_visible};
    l->n_states = 2;
    self->n_hidden = n_hidden;
    l->n_decayed = (int64_t)n_visible * n_hidden;
    l->pace = pace * fmin(1, most_paced / (double)l->n_decayed);
    l->n_parameters = l->n_decayed + n_visible + n_hidden;
    return alloc_arrays(ctx, l);
}

heat_status heat_rbm_learner_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden, int64_t threads,
                                  const double *offset, heat_learner *l)
{
    rbm_learner *self = NULL;
    heat_status status;

    *l = (heat_learner){.kind = &heat_learn_kind_rbm, .coding = HEAT_CODING_INDEX};
    status = heat_alloc(ctx, 1, sizeof *self, &self);
    l->self = self;
    if (status == HEAT_OK)
        status = size_up(ctx, n_visible, n_hidden, l);
    if (status == HEAT_OK)
        memcpy(self->offset, offset, (size_t)n_visible * sizeof *offset);
    return status == HEAT_OK ? heat_rbm_climber_open(ctx, n_visible, n_hidden, threads, &self->climber)
                             : status;
}

static heat_status rbm_open(heat_context *ctx, const heat_learn_input *input,
                            const heat_learn_options *options, heat_learner *l)
{
    rbm_learner *self;
    heat_data_info info;
    heat_status status = HEAT_OK;

    if (input->graph != NULL)
        status =
            heat_fail_option(ctx, "graph", NULL, "an rbm couples every visible unit to every hidden one");
    if (status == HEAT_OK && options->layers != NULL)
        status = heat_fail_option(ctx, "layers", NULL, "an rbm has one hidden layer: --hidden says its size");
    if (status != HEAT_OK)
        return status;
    heat_data_describe(input->data, &info);
    if (heat_learn_wants_units(options, &info)) {
        l->kind = &heat_learn_kind_units;
        return l->kind->open(ctx, input, options, l);
    }
    status = heat_learner_check_data(ctx, "rbm", input->data, &info);
    if (status == HEAT_OK && strcmp(options->visible_layer, "auto") != 0 &&
        (strcmp(options->visible_layer, "spin") == 0) != (info.coding == HEAT_CODING_SPIN))
        status = heat_fail_option(ctx, "visible_layer", options->visible_layer, "%s is coded otherwise",
                                  info.name);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *self, &self);
    if (status != HEAT_OK)
        return status;
    l->self = self;
    l->coding = info.coding;
    self->visible = l->coding == HEAT_CODING_SPIN ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
    self->hidden = strcmp(options->hidden_layer, "auto") == 0   ? self->visible
                   : strcmp(options->hidden_layer, "spin") == 0 ? HEAT_LAYER_SPIN
                                                                : HEAT_LAYER_BINARY;
    status = size_up(ctx, info.n_variables,
                     options->hidden == HEAT_AUTO ? AUTO_HIDDEN : (int32_t)options->hidden, l);
    if (status == HEAT_OK)
        status = heat_learner_start(ctx, input->data, options->seed, self->offset, l);
    return status == HEAT_OK
               ? heat_rbm_climber_open(ctx, l->n_visible, self->n_hidden, options->threads, &self->climber)
               : status;
}

const heat_learn_kind heat_learn_kind_rbm = {
    .name = "rbm",
    .has_hidden = true,
    .open = rbm_open,
    .free = rbm_free,
    .add_statistics = rbm_add_statistics,
    .log_weights = rbm_log_weights,
    .move = rbm_move,
    .climb = rbm_climb,
    .catch_up = rbm_catch_up,
    .average = rbm_average,
    .spread = rbm_spread,
    .count_spread = rbm_count_spread,
    .take = rbm_take,
    .make_model = rbm_make_model,
    .sum_states = rbm_sum_states,
    .price_states = rbm_price_states,
};
