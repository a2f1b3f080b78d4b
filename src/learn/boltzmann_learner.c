/* The kind "boltzmann": visible units of the data and hidden ones, 0 and 1, any pair coupled; or the pairs of
 * a graph; or hidden units in layers, each coupled to the next alone, the first to the visible ones (a deep
 * Boltzmann machine: Salakhutdinov and Hinton, AISTATS 2009). The energy is centred as that of an rbm is,
 *
 *     E(x) = -sum_(i<j) W_ij ((x_i - m_i) (x_j - m_j) - m_i m_j) - sum_i b_i x_i,
 *
 * m the means of the data and 1/2 of hidden units. The statistics of a row are means over p(h | v), summed
 * over all states of the hidden units: there are few. Ackley, Hinton, Sejnowski, Cognitive Science 9 (1985)
 * 147. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "kernel/elementary.h"
#include "learn/learn_rows.h"
#include "learn/pair_sums.h"
#include "learn/subset_sums.h"
#include "model/listed.h"

#include <math.h>
#include <string.h>

enum { AUTO_HIDDEN = 8, MOST_HIDDEN = 16, CHEAP_BITS = 18, CHAINS_PER_UNIT = 16 };
enum { PAIR_BYTES = 72 }; /* its ends, and at least eight numbers of a training */

typedef struct boltzmann_learner {
    int32_t n_hidden;
    int64_t n_edges;  /* of visible pairs, then */
    int64_t n_mixed;  /* pairs of a visible and a hidden unit, then */
    int64_t n_inner;  /* pairs of hidden ones */
    int64_t capacity; /* of i and j each */
    int32_t *i, *j;   /* i < j, visible units first */
    int32_t *p, *q;   /* [n_inner] pairs of hidden units, counted from the first of these */
    double *offset;   /* m, [units] */
    double *bias;     /* [units] without the centring, work space */
    double *sums;     /* [n_parameters] work space */
    double *field;    /* [n_hidden] work space */
    double *mean;     /* [n_inner + n_hidden] over p(h | v), work space */
    heat_subsets hidden;
} boltzmann_learner;

static void boltzmann_free(heat_learner *l)
{
    boltzmann_learner *self = l->self;

    if (self == NULL)
        return;
    heat_free(self->i);
    heat_free(self->j);
    heat_free(self->p);
    heat_free(self->q);
    heat_free(self->offset);
    heat_free(self->bias);
    heat_free(self->sums);
    heat_free(self->field);
    heat_free(self->mean);
    heat_subsets_close(&self->hidden);
    heat_free(self);
}

/* b_i - sum_j W_ij m_j, in the work space. */
static void find_plain_biases(const heat_learner *l)
{
    const boltzmann_learner *self = l->self;
    const double *w = l->parameters;

    memcpy(self->bias, w + self->n_edges, (size_t)(l->n_visible + self->n_hidden) * sizeof *w);
    for (int64_t e = 0; e < self->n_edges; e++) {
        self->bias[self->i[e]] -= w[e] * self->offset[self->j[e]];
        self->bias[self->j[e]] -= w[e] * self->offset[self->i[e]];
    }
}

/* x_i x_j and x_i, summed, become the statistics of the centred energy, in place. */
static void centre_sums(const heat_learner *l, double *sums)
{
    const boltzmann_learner *self = l->self;
    const double *of = sums + self->n_edges;

    for (int64_t e = 0; e < self->n_edges; e++)
        sums[e] -= self->offset[self->j[e]] * of[self->i[e]] + self->offset[self->i[e]] * of[self->j[e]];
}

/* Fills hidden->p with p(h | v) of a row; returns log sum_h exp(-E). Plain biases are at hand. */
static double sum_hidden(const heat_learner *l, const int8_t *row, heat_subsets *hidden, double *field)
{
    const boltzmann_learner *self = l->self;
    const double *w = l->parameters;
    int64_t n_outer = self->n_edges - self->n_inner;
    double own = 0;

    memcpy(field, self->bias + l->n_visible, (size_t)self->n_hidden * sizeof *field);
    for (int32_t i = 0; i < l->n_visible; i++)
        own += self->bias[i] * row[i];
    for (int64_t e = 0; e < n_outer - self->n_mixed; e++)
        own += w[e] * (row[self->i[e]] & row[self->j[e]]);
    for (int64_t e = n_outer - self->n_mixed; e < n_outer; e++)
        field[self->j[e] - l->n_visible] += w[e] * row[self->i[e]];
    return own + heat_subsets_sum(hidden, w + n_outer, field);
}

static void boltzmann_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows,
                                     const double *weight, double *sum)
{
    const int8_t *states = rows;
    boltzmann_learner *self = l->self;
    int64_t n_outer = self->n_edges - self->n_inner, n_pairs = n_outer - self->n_mixed;
    double *sums = self->sums, *of = sums + self->n_edges;
    const double *of_hidden = self->mean + self->n_inner;

    find_plain_biases(l);
    memset(sums, 0, (size_t)l->n_parameters * sizeof *sums);
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *row = states + r * l->n_visible;
        double w = weight == NULL ? 1 : weight[r];
        sum_hidden(l, row, &self->hidden, self->field);
        heat_subsets_mean(&self->hidden, self->mean);
        for (int64_t e = 0; e < n_pairs; e++)
            sums[e] += w * (row[self->i[e]] & row[self->j[e]]);
        for (int64_t e = n_pairs; e < n_outer; e++)
            sums[e] += w * row[self->i[e]] * of_hidden[self->j[e] - l->n_visible];
        for (int64_t e = n_outer; e < self->n_edges; e++)
            sums[e] += w * self->mean[e - n_outer];
        for (int32_t i = 0; i < l->n_visible; i++)
            of[i] += w * row[i];
        for (int32_t j = 0; j < self->n_hidden; j++)
            of[l->n_visible + j] += w * of_hidden[j];
    }
    centre_sums(l, sums);
    for (int64_t a = 0; a < l->n_parameters; a++)
        sum[a] += sums[a];
}

static void boltzmann_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    const int8_t *states = rows;
    boltzmann_learner *self = l->self;

    find_plain_biases(l);
    for (int64_t r = 0; r < n_rows; r++)
        out[r] = sum_hidden(l, states + r * l->n_visible, &self->hidden, self->field);
}

typedef struct gibbs {
    const heat_negative *negative;
    const heat_learner *learner;
    double *coupling; /* [visible][units] */
    int64_t n_rows;
    int8_t *rows;
} gibbs;

/* Hidden units from p(h | v) at once, then the visible ones one by one given all others. */
static void sweep_row(const gibbs *g, heat_stream *stream, int8_t *row, heat_subsets *hidden, double *field)
{
    const heat_learner *l = g->learner;
    const boltzmann_learner *self = l->self;
    int64_t n_units = (int64_t)l->n_visible + self->n_hidden, state = 0,
            last = ((int64_t)1 << self->n_hidden) - 1;
    double left = heat_stream_uniform(stream);

    sum_hidden(l, row, hidden, field);
    while (state < last && left >= hidden->p[state])
        left -= hidden->p[state++];
    for (int64_t i = 0; i < l->n_visible; i++) {
        const double *w = g->coupling + i * n_units;
        double sum = self->bias[i];
        for (int32_t j = 0; j < l->n_visible; j++)
            sum += w[j] * row[j];
        for (int32_t j = 0; j < self->n_hidden; j++)
            sum += w[l->n_visible + j] * (double)(state >> j & 1);
        row[i] = heat_stream_uniform(stream) < heat_sigmoid(sum);
    }
}

static heat_status move_unit(heat_context *worker, void *arg, int64_t unit)
{
    const gibbs *g = arg;
    const boltzmann_learner *self = g->learner->self;
    int64_t first = unit * CHAINS_PER_UNIT;
    heat_subsets hidden;
    double *field = NULL;
    heat_status status = heat_subsets_open(worker, self->n_hidden, self->n_inner, self->p, self->q, &hidden);

    if (status == HEAT_OK)
        status = heat_alloc(worker, self->n_hidden, sizeof *field, &field);
    for (int64_t r = first; r < first + CHAINS_PER_UNIT && r < g->n_rows && status == HEAT_OK; r++) {
        heat_stream stream;
        heat_stream_init(&stream, g->negative->seed, HEAT_PURPOSE_SWEEP,
                         ((uint64_t)g->negative->n_updates << 32) + (uint64_t)r);
        for (int64_t k = 0; k < g->negative->k; k++)
            sweep_row(g, &stream, g->rows + r * g->learner->n_visible, &hidden, field);
    }
    heat_subsets_close(&hidden);
    heat_free(field);
    return status;
}

static heat_status boltzmann_move(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                                  int64_t n_rows, void *rows)
{
    const boltzmann_learner *self = l->self;
    gibbs g = {.negative = negative, .learner = l, .n_rows = n_rows, .rows = rows};
    int64_t n_units = (int64_t)l->n_visible + self->n_hidden;
    double visits;
    heat_status status = heat_alloc(ctx, l->n_visible * n_units, sizeof *g.coupling, &g.coupling);

    if (status != HEAT_OK)
        return status;
    find_plain_biases(l);
    for (int64_t e = 0; e < self->n_edges - self->n_inner; e++) {
        int64_t i = self->i[e], j = self->j[e];
        g.coupling[i * n_units + j] = l->parameters[e];
        if (j < l->n_visible)
            g.coupling[j * n_units + i] = l->parameters[e];
    }
    visits =
        (double)(n_rows * negative->k) * ((double)l->n_visible * (double)n_units + ldexp(1, self->n_hidden));
    status = heat_parallel_for(ctx, heat_negative_threads(negative, visits),
                               (n_rows + CHAINS_PER_UNIT - 1) / CHAINS_PER_UNIT, move_unit, &g);
    heat_free(g.coupling);
    return status;
}

static heat_status boltzmann_take(heat_context *ctx, const heat_model *model, heat_learner *l)
{
    const boltzmann_learner *self = l->self;
    double *w = l->parameters, *b = w + self->n_edges;
    heat_status status = heat_learner_take_pairs(ctx, model, l->n_visible + self->n_hidden, self->n_edges,
                                                 self->i, self->j, false, w, b);

    for (int64_t e = 0; e < self->n_edges && status == HEAT_OK; e++) {
        b[self->i[e]] += w[e] * self->offset[self->j[e]];
        b[self->j[e]] += w[e] * self->offset[self->i[e]];
    }
    return status;
}

static heat_status boltzmann_make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const boltzmann_learner *self = l->self;
    heat_boltzmann machine;

    find_plain_biases(l);
    heat_boltzmann_init(&machine);
    machine.n_visible = l->n_visible;
    machine.n_hidden = self->n_hidden;
    machine.n_edges = self->n_edges;
    machine.i = self->i;
    machine.j = self->j;
    machine.weights = l->parameters;
    machine.biases = self->bias;
    return heat_model_create_boltzmann(ctx, &machine, out);
}

static bool is_counted(const heat_learner *l)
{
    const boltzmann_learner *self = l->self;

    return l->n_visible + self->n_hidden <= HEAT_MOST_SUBSET_BITS;
}

static heat_status boltzmann_sum_states(heat_context *ctx, const heat_learner *l, int64_t threads,
                                        double *mean, double *log_z)
{
    const boltzmann_learner *self = l->self;
    heat_subsets all = {0};
    heat_model *model = NULL;
    heat_status status;

    if (is_counted(l)) {
        status = heat_subsets_open(ctx, l->n_visible + self->n_hidden, self->n_edges, self->i, self->j, &all);
        if (status == HEAT_OK) {
            find_plain_biases(l);
            *log_z = heat_subsets_sum(&all, l->parameters, self->bias);
            if (mean != NULL)
                heat_subsets_mean(&all, mean);
        }
        heat_subsets_close(&all);
    } else {
        status = boltzmann_make_model(ctx, l, &model);
        if (status == HEAT_OK)
            status = heat_pair_sums(ctx, model, self->n_edges, self->i, self->j, threads, mean, log_z);
        heat_model_free(model);
    }
    if (status == HEAT_OK && mean != NULL)
        centre_sums(l, mean);
    return status;
}

static heat_status boltzmann_price_states(heat_context *ctx, const heat_learner *l, bool *affordable,
                                          bool *cheap)
{
    const boltzmann_learner *self = l->self;
    heat_model *model = NULL;
    heat_status status;

    *affordable = is_counted(l);
    *cheap = l->n_visible + self->n_hidden <= CHEAP_BITS;
    if (*affordable)
        return HEAT_OK;
    status = boltzmann_make_model(ctx, l, &model);
    if (status == HEAT_OK)
        status = heat_pair_sums_price(ctx, model, affordable, cheap);
    heat_model_free(model);
    return status;
}

/* Couples unit i to units from `begin` up to `end`. */
static heat_status couple(heat_context *ctx, boltzmann_learner *self, int32_t i, int32_t begin, int32_t end)
{
    int64_t of_j = self->capacity, need = self->n_edges + (end > begin ? end - begin : 0);
    heat_status status = heat_grow(ctx, need, sizeof *self->i, &self->capacity, &self->i);

    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *self->j, &of_j, &self->j);
    for (int32_t j = begin; j < end && status == HEAT_OK; j++) {
        self->i[self->n_edges] = i;
        self->j[self->n_edges++] = j;
    }
    return status;
}

/* Every pair. */
static heat_status couple_all(heat_context *ctx, int32_t n_visible, boltzmann_learner *self)
{
    int32_t n = n_visible + self->n_hidden;
    double n_pairs = (double)n * (n - 1) / 2;
    heat_status status = heat_memory_check(ctx, n_pairs * PAIR_BYTES);

    for (int32_t i = 0; i < n_visible && status == HEAT_OK; i++)
        status = couple(ctx, self, i, i + 1, n_visible);
    for (int32_t i = 0; i < n_visible && status == HEAT_OK; i++)
        status = couple(ctx, self, i, n_visible, n);
    for (int32_t i = n_visible; i < n && status == HEAT_OK; i++)
        status = couple(ctx, self, i, i + 1, n);
    self->n_mixed = (int64_t)n_visible * self->n_hidden;
    self->n_inner = (int64_t)self->n_hidden * (self->n_hidden - 1) / 2;
    return status;
}

/* Each layer to the next. */
static heat_status couple_layers(heat_context *ctx, int32_t n_visible, int n_layers, const int32_t *size,
                                 boltzmann_learner *self)
{
    int32_t begin = 0, end = n_visible;
    heat_status status = HEAT_OK;

    for (int k = 0; k < n_layers && status == HEAT_OK; k++) {
        for (int32_t i = begin; i < end && status == HEAT_OK; i++)
            status = couple(ctx, self, i, end, end + size[k]);
        begin = end;
        end += size[k];
    }
    self->n_mixed = (int64_t)n_visible * size[0];
    self->n_inner = self->n_edges - self->n_mixed;
    return status;
}

/* "8-4": the sizes of layers, and their sum. */
static heat_status read_layers(heat_context *ctx, const char *text, int *n_layers, int32_t *size,
                               int32_t *total)
{
    const char *at = text;

    *n_layers = 0;
    *total = 0;
    for (;;) {
        size_t length = strcspn(at, "-");
        int64_t value;
        if (!heat_parse_int(at, length, &value) || value < 1 || value > MOST_HIDDEN - *total)
            return heat_fail_option(ctx, "layers", text,
                                    "'%.80s' is no list of layers such as 8-4, of %d units together at most",
                                    text, MOST_HIDDEN);
        *total += size[(*n_layers)++] = (int32_t)value;
        if (at[length] == '\0')
            return HEAT_OK;
        at += length + 1;
    }
}

static heat_status refuse_hidden(heat_context *ctx, const char *option)
{
    return heat_fail_option(
        ctx, option, NULL,
        "a boltzmann sums over the states of its hidden units: %d at most; learn rbm takes "
        "more",
        MOST_HIDDEN);
}

static const char *label_of(const void *model, int32_t i)
{
    return heat_model_get_label(model, i);
}

/* Which units of a graph are hidden: those that the option names, else all behind the visible ones. */
static heat_status mark_hidden(heat_context *ctx, const heat_model *graph, const heat_learn_options *options,
                               int32_t n_visible, bool *is_hidden)
{
    heat_model_info info;
    int32_t count = 0;

    heat_model_describe(graph, &info);
    if (options->hidden_units != NULL) {
        const heat_listed units = {"hidden_units",   "unit",   info.n_variables,
                                   info.first_index, label_of, graph};
        heat_status status = heat_listed_mark(ctx, &units, options->hidden_units, is_hidden);
        if (status != HEAT_OK)
            return status;
    }
    for (int32_t i = 0; i < info.n_variables; i++) {
        if (options->hidden_units == NULL)
            is_hidden[i] = i >= (info.n_visible > 0 ? info.n_visible : n_visible);
        count += is_hidden[i];
    }
    if (info.n_variables - count != n_visible)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "the graph %s has %d visible units, the data %d variables",
                         info.name, (int)(info.n_variables - count), (int)n_visible);
    return count > MOST_HIDDEN ? refuse_hidden(ctx, "graph") : HEAT_OK;
}

/* The pairs of a graph of 0, 1 or 2 hidden units, its units in the order of `place`. */
static heat_status couple_view(heat_context *ctx, const heat_pairwise *view, const int32_t *place,
                               int32_t n_visible, int n_hidden, boltzmann_learner *self)
{
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < view->n && status == HEAT_OK; i++)
        for (int64_t k = view->row[i]; k < view->row[i + 1] && status == HEAT_OK; k++) {
            int32_t a = place[i], b = place[view->col[k]];
            if (a < b && (a >= n_visible) + (b >= n_visible) == n_hidden)
                status = couple(ctx, self, a, b, b + 1);
        }
    return status;
}

/* Visible units keep their order, and so do the hidden ones behind them. */
static heat_status couple_graph(heat_context *ctx, const heat_model *graph, const heat_learn_options *options,
                                int32_t n_visible, boltzmann_learner *self)
{
    heat_pairwise view;
    bool *is_hidden = NULL;
    int32_t *place = NULL, next = 0;
    heat_status status;

    if (!heat_model_get_pairwise(graph, &view))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "the graph to learn on is no graph of pairs");
    status = heat_alloc(ctx, view.n, sizeof *is_hidden, &is_hidden);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view.n, sizeof *place, &place);
    if (status == HEAT_OK)
        status = mark_hidden(ctx, graph, options, n_visible, is_hidden);
    for (int pass = 0; pass < 2 && status == HEAT_OK; pass++)
        for (int32_t i = 0; i < view.n; i++)
            if (is_hidden[i] == (pass == 1))
                place[i] = next++;
    self->n_hidden = view.n - n_visible;
    for (int n_hidden = 0; n_hidden <= 2 && status == HEAT_OK; n_hidden++) {
        int64_t before = self->n_edges;
        status = couple_view(ctx, &view, place, n_visible, n_hidden, self);
        self->n_mixed = n_hidden == 1 ? self->n_edges - before : self->n_mixed;
        self->n_inner = n_hidden == 2 ? self->n_edges - before : 0;
    }
    heat_free(is_hidden);
    heat_free(place);
    return status;
}

static heat_status list_pairs(heat_context *ctx, const heat_model *graph, const heat_learn_options *options,
                              int32_t n_visible, boltzmann_learner *self)
{
    int32_t size[MOST_HIDDEN];
    int n_layers;
    heat_status status;

    if (graph != NULL && (options->layers != NULL || options->hidden != HEAT_AUTO))
        return heat_fail_option(ctx, options->layers != NULL ? "layers" : "hidden", NULL,
                                "the graph says which units there are");
    if (graph != NULL)
        return couple_graph(ctx, graph, options, n_visible, self);
    if (options->hidden_units != NULL)
        return heat_fail_option(ctx, "hidden_units", options->hidden_units,
                                "are of a graph: --graph names it");
    if (options->layers == NULL) {
        if (options->hidden > MOST_HIDDEN)
            return refuse_hidden(ctx, "hidden");
        self->n_hidden = options->hidden == HEAT_AUTO ? AUTO_HIDDEN : (int32_t)options->hidden;
        return couple_all(ctx, n_visible, self);
    }
    if (options->hidden != HEAT_AUTO)
        return heat_fail_option(ctx, "hidden", NULL, "--layers says how many hidden units there are");
    status = read_layers(ctx, options->layers, &n_layers, size, &self->n_hidden);
    return status == HEAT_OK ? couple_layers(ctx, n_visible, n_layers, size, self) : status;
}

static heat_status alloc_arrays(heat_context *ctx, heat_learner *l)
{
    boltzmann_learner *self = l->self;
    int64_t n_units = (int64_t)l->n_visible + self->n_hidden;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {{&l->parameters, l->n_parameters},
                {&l->scale, l->n_parameters},
                {&self->offset, n_units},
                {&self->bias, n_units},
                {&self->sums, l->n_parameters},
                {&self->field, self->n_hidden},
                {&self->mean, self->n_inner + self->n_hidden}};
    heat_status status = heat_alloc(ctx, self->n_inner, sizeof *self->p, &self->p);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->n_inner, sizeof *self->q, &self->q);
    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    for (int64_t e = 0; e < self->n_inner && status == HEAT_OK; e++) {
        self->p[e] = self->i[self->n_edges - self->n_inner + e] - l->n_visible;
        self->q[e] = self->j[self->n_edges - self->n_inner + e] - l->n_visible;
    }
    return status == HEAT_OK
               ? heat_subsets_open(ctx, self->n_hidden, self->n_inner, self->p, self->q, &self->hidden)
               : status;
}

static heat_status boltzmann_open(heat_context *ctx, const heat_learn_input *input,
                                  const heat_learn_options *options, heat_learner *l)
{
    boltzmann_learner *self;
    heat_data_info info;
    heat_status status = heat_learner_check_data(ctx, "boltzmann", input->data, &info);

    if (status == HEAT_OK && info.coding == HEAT_CODING_SPIN)
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                           "%s: the values are -1 and +1, and units of a boltzmann are 0 and 1 (--binarize 0 "
                           "makes them so)",
                           info.name);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *self, &self);
    if (status != HEAT_OK)
        return status;
    l->self = self;
    l->coding = info.coding;
    l->n_visible = info.n_variables;
    l->form = (heat_row_form){HEAT_ELEMENT_INT8, l->n_visible};
    l->n_states = 2;
    status = list_pairs(ctx, input->graph, options, info.n_variables, self);
    l->n_decayed = self->n_edges;
    l->n_parameters = self->n_edges + l->n_visible + self->n_hidden;
    if (status == HEAT_OK)
        status = alloc_arrays(ctx, l);
    for (int32_t j = 0; j < self->n_hidden && status == HEAT_OK; j++)
        self->offset[l->n_visible + j] = 0.5;
    return status == HEAT_OK ? heat_learner_start(ctx, input->data, options->seed, self->offset, l) : status;
}

const heat_learn_kind heat_learn_kind_boltzmann = {
    .name = "boltzmann",
    .has_hidden = true,
    .open = boltzmann_open,
    .free = boltzmann_free,
    .add_statistics = boltzmann_add_statistics,
    .log_weights = boltzmann_log_weights,
    .move = boltzmann_move,
    .take = boltzmann_take,
    .make_model = boltzmann_make_model,
    .sum_states = boltzmann_sum_states,
    .price_states = boltzmann_price_states,
};
