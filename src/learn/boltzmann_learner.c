/* The kind "boltzmann": visible units of the data and hidden ones, 0 and 1, any pair coupled; or the pairs of
 * a graph; or hidden units in layers, each coupled to the next alone, the first to the visible ones (a deep
 * Boltzmann machine: Salakhutdinov and Hinton, AISTATS 2009). The energy is centred as that of an rbm is,
 *
 *     E(x) = -sum_(i<j) W_ij ((x_i - m_i) (x_j - m_j) - m_i m_j) - sum_i b_i x_i,
 *
 * m the means of the data and 1/2 of hidden units. The statistics of a row are means over p(h | v), where
 * that can be summed over (hidden_posterior.h). Elsewhere some hidden units, without which it can, are part
 * of every row: they are drawn given all else before each use, and go on as a chain does, in the rows of the
 * data as in those of the negative phase (Younes, Probab. Theory Relat. Fields 82 (1989) 625). Ackley,
 * Hinton, Sejnowski, Cognitive Science 9 (1985) 147.
 *
 * Where units of the rows are coupled to the others alone, and to all of these, the machine is an rbm but for
 * what the data tell of a row, and the kernel of layers does its sweeps and updates. */
#include "learn/boltzmann_learner.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "learn/boltzmann_sweep.h"
#include "learn/learn_rows.h"
#include "learn/mean_field.h"
#include "learn/pair_sums.h"
#include "learn/rbm_learner.h"
#include "learn/subset_sums.h"

#include <string.h>

static const double cheap_terms = 1e7;   /* of all rows */
static const double most_priced = 20000; /* couplings of a machine that may be small enough to eliminate */

void heat_boltzmann_free(heat_learner *l)
{
    heat_boltzmann_learner *self = l->self;

    if (self == NULL)
        return;
    heat_boltzmann_pairs_clear(&self->pairs);
    heat_free(self->p);
    heat_free(self->q);
    heat_free(self->first_pair);
    heat_free(self->first_mixed);
    heat_free(self->offset);
    heat_free(self->bias);
    heat_free(self->sums);
    heat_free(self->field);
    heat_free(self->mean);
    heat_hidden_posterior_close(&self->hidden);
    heat_unit_graph_close(&self->graph);
    if (self->layers.kind != NULL)
        heat_learner_clear(&self->layers);
    heat_free(self);
}

/* b_i - sum_j W_ij m_j, in the work space. */
static void find_plain_biases(const heat_learner *l)
{
    const heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    const double *w = l->parameters;

    memcpy(self->bias, w + of->n_edges, (size_t)(l->n_visible + self->n_summed) * sizeof *w);
    for (int64_t e = 0; e < of->n_edges; e++) {
        self->bias[of->i[e]] -= w[e] * self->offset[of->j[e]];
        self->bias[of->j[e]] -= w[e] * self->offset[of->i[e]];
    }
}

/* x_i x_j and x_i, summed, become the statistics of the centred energy, in place. */
static void centre_sums(const heat_learner *l, double *sums)
{
    const heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *pairs = &self->pairs;
    const double *of = sums + pairs->n_edges;

    for (int64_t e = 0; e < pairs->n_edges; e++)
        sums[e] -= self->offset[pairs->j[e]] * of[pairs->i[e]] + self->offset[pairs->i[e]] * of[pairs->j[e]];
}

/* Sums p(h | row) up; returns log sum_h exp(-E). Plain biases are at hand. */
static double sum_hidden(const heat_learner *l, const int8_t *row)
{
    heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    const double *w = l->parameters;
    double own = 0;

    memcpy(self->field, self->bias + l->n_visible, (size_t)self->n_summed * sizeof *self->field);
    for (int32_t i = 0; i < l->n_visible; i++) {
        if (row[i] != 1)
            continue;
        own += self->bias[i];
        for (int64_t e = self->first_pair[i]; e < self->first_pair[i + 1]; e++)
            own += w[e] * row[of->j[e]];
        for (int64_t e = self->first_mixed[i]; e < self->first_mixed[i + 1]; e++)
            self->field[of->j[e] - l->n_visible] += w[e];
    }
    return own + heat_hidden_posterior_sum(&self->hidden, w + of->n_edges - of->n_inner, self->field);
}

static void boltzmann_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows,
                                     const double *weight, double *sum)
{
    const int8_t *states = rows;
    heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *pairs = &self->pairs;
    const int64_t n_outer = pairs->n_edges - pairs->n_inner;
    double *sums = self->sums, *of = sums + pairs->n_edges;
    const double *of_hidden = self->mean + pairs->n_inner;

    find_plain_biases(l);
    memset(sums, 0, (size_t)l->n_parameters * sizeof *sums);
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *row = states + r * l->n_visible;
        double w = weight == NULL ? 1 : weight[r];
        sum_hidden(l, row);
        heat_hidden_posterior_mean(&self->hidden, self->mean);
        for (int32_t i = 0; i < l->n_visible; i++) {
            if (row[i] != 1)
                continue;
            of[i] += w;
            for (int64_t e = self->first_pair[i]; e < self->first_pair[i + 1]; e++)
                sums[e] += w * row[pairs->j[e]];
            for (int64_t e = self->first_mixed[i]; e < self->first_mixed[i + 1]; e++)
                sums[e] += w * of_hidden[pairs->j[e] - l->n_visible];
        }
        for (int64_t e = n_outer; e < pairs->n_edges; e++)
            sums[e] += w * self->mean[e - n_outer];
        for (int32_t j = 0; j < self->n_summed; j++)
            of[l->n_visible + j] += w * of_hidden[j];
    }
    centre_sums(l, sums);
    for (int64_t a = 0; a < l->n_parameters; a++)
        sum[a] += sums[a];
}

static void boltzmann_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    const int8_t *states = rows;

    find_plain_biases(l);
    for (int64_t r = 0; r < n_rows; r++)
        out[r] = sum_hidden(l, states + r * l->n_visible);
}

/* Lists of neighbours with the learner's weights. */
static const heat_unit_graph *set_graph(const heat_learner *l)
{
    heat_boltzmann_learner *self = l->self;

    find_plain_biases(l);
    heat_unit_graph_set(&self->graph, l->parameters, self->bias);
    return &self->graph;
}

static heat_boltzmann_sweep sweep_of(const heat_negative *negative, const heat_learner *l, int64_t n_rows,
                                     int8_t *rows)
{
    const heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    heat_boltzmann_sweep s = {.graph = set_graph(l),
                              .n_row = l->n_visible,
                              .n_inner = of->n_inner,
                              .p = self->p,
                              .q = self->q,
                              .weights = l->parameters + of->n_edges - of->n_inner,
                              .k = negative->k,
                              .n_rows = n_rows,
                              .rows = rows,
                              .seed = negative->seed,
                              .first_stream = (uint64_t)negative->n_updates << 32,
                              .purpose = HEAT_PURPOSE_SWEEP};
    double visits = (double)(n_rows * s.k) * (2 * (double)of->n_edges + self->hidden.terms);

    s.threads = heat_negative_threads(negative, visits);
    return s;
}

static heat_status boltzmann_move(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                                  int64_t n_rows, const void *from, void *to)
{
    heat_boltzmann_sweep s = sweep_of(negative, l, n_rows, to);

    if (from != to)
        heat_rows_copy(&l->form, n_rows, from, to);
    return heat_boltzmann_sweep_run(ctx, &s);
}

static heat_status boltzmann_refresh(heat_context *ctx, const heat_negative *negative, int64_t k,
                                     const heat_learner *l, int64_t n_rows, void *rows, const int8_t *missing)
{
    heat_boltzmann_sweep s = sweep_of(negative, l, n_rows, rows);

    s.n_held = l->n_visible - l->n_drawn;
    s.missing = missing;
    s.k = k;
    s.purpose = HEAT_PURPOSE_GAPS;
    return heat_boltzmann_sweep_run(ctx, &s);
}

heat_status heat_boltzmann_bound(heat_context *ctx, const heat_learner *l, int64_t n_rows, const void *rows,
                                 const int8_t *missing, int64_t threads, double *out)
{
    heat_mean_field f = {.graph = set_graph(l),
                         .n_visible = l->n_visible - l->n_drawn,
                         .n_rows = n_rows,
                         .stride = l->n_visible,
                         .rows = rows,
                         .missing = missing,
                         .threads = threads};

    return heat_mean_field_bound(ctx, &f, out, NULL);
}

/* The couplings' ends as the model counts its units. */
static heat_status number_ends(heat_context *ctx, const heat_boltzmann_pairs *of, int32_t **i, int32_t **j)
{
    heat_status status = heat_alloc(ctx, of->n_edges, sizeof **i, i);

    *j = NULL;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, of->n_edges, sizeof **j, j);
    for (int64_t e = 0; e < of->n_edges && status == HEAT_OK; e++) {
        (*i)[e] = of->unit[of->i[e]];
        (*j)[e] = of->unit[of->j[e]];
    }
    return status;
}

heat_status heat_boltzmann_take(heat_context *ctx, const heat_model *model, heat_learner *l)
{
    const heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    const int32_t n_units = l->n_visible + self->n_summed;
    double *w = l->parameters, *b = w + of->n_edges;
    int32_t *i, *j;
    heat_status status = number_ends(ctx, of, &i, &j);

    if (status == HEAT_OK)
        status = heat_learner_take_pairs(ctx, model, n_units, of->n_edges, i, j, false, w, self->bias);
    for (int32_t k = 0; k < n_units && status == HEAT_OK; k++)
        b[k] = self->bias[of->unit[k]];
    for (int64_t e = 0; e < of->n_edges && status == HEAT_OK; e++) {
        b[of->i[e]] += w[e] * self->offset[of->j[e]];
        b[of->j[e]] += w[e] * self->offset[of->i[e]];
    }
    heat_free(i);
    heat_free(j);
    return status;
}

heat_status heat_boltzmann_make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    const int32_t n_units = l->n_visible + self->n_summed;
    heat_boltzmann machine;
    double *bias = NULL;
    int32_t *i, *j;
    heat_status status = number_ends(ctx, of, &i, &j);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *bias, &bias);
    if (status == HEAT_OK) {
        find_plain_biases(l);
        for (int32_t k = 0; k < n_units; k++)
            bias[of->unit[k]] = self->bias[k];
        heat_boltzmann_init(&machine);
        machine.n_visible = of->n_visible;
        machine.n_hidden = of->n_hidden;
        machine.n_edges = of->n_edges;
        machine.i = i;
        machine.j = j;
        machine.weights = l->parameters;
        machine.biases = bias;
        status = heat_model_create_boltzmann(ctx, &machine, out);
    }
    heat_free(bias);
    heat_free(i);
    heat_free(j);
    return status;
}

/* Units as learning counts them: those of the rows are the visible ones. */
static heat_status boltzmann_make_rows_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const heat_boltzmann_learner *self = l->self;
    heat_boltzmann machine;

    find_plain_biases(l);
    heat_boltzmann_init(&machine);
    machine.n_visible = l->n_visible;
    machine.n_hidden = self->n_summed;
    machine.n_edges = self->pairs.n_edges;
    machine.i = self->pairs.i;
    machine.j = self->pairs.j;
    machine.weights = l->parameters;
    machine.biases = self->bias;
    return heat_model_create_boltzmann(ctx, &machine, out);
}

static bool is_counted(const heat_learner *l)
{
    const heat_boltzmann_learner *self = l->self;

    return l->n_visible + self->n_summed <= HEAT_MOST_SUBSET_BITS;
}

static heat_status boltzmann_sum_states(heat_context *ctx, const heat_learner *l, int64_t threads,
                                        double *mean, double *log_z)
{
    const heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    const heat_subsets all = {.n = l->n_visible + self->n_summed,
                              .n_edges = of->n_edges,
                              .i = of->i,
                              .j = of->j,
                              .weights = l->parameters,
                              .biases = self->bias};
    heat_model *model = NULL;
    heat_status status;

    if (is_counted(l)) {
        find_plain_biases(l);
        status = heat_subsets_sum(ctx, &all, threads, mean, log_z);
    } else {
        status = boltzmann_make_rows_model(ctx, l, &model);
        if (status == HEAT_OK)
            status = heat_pair_sums(ctx, model, of->n_edges, of->i, of->j, threads, mean, log_z);
        heat_model_free(model);
    }
    if (status == HEAT_OK && mean != NULL)
        centre_sums(l, mean);
    return status;
}

static heat_status boltzmann_price_states(heat_context *ctx, const heat_learner *l, bool *affordable,
                                          bool *cheap)
{
    const heat_boltzmann_learner *self = l->self;
    atomic_int never = 0;
    heat_context own = heat_learn_unhurried(ctx, &never);
    heat_model *model = NULL;
    heat_status status = HEAT_OK;

    *affordable = *cheap = is_counted(l);
    if (!*affordable && (l->n_drawn == 0 || (double)self->pairs.n_edges <= most_priced)) {
        status = boltzmann_make_rows_model(&own, l, &model);
        if (status != HEAT_OK)
            ctx->error = own.error;
        if (status == HEAT_OK)
            status = heat_pair_sums_price(ctx, model, affordable, cheap);
        heat_model_free(model);
    }
    *cheap = *cheap && (double)self->n_rows * self->hidden.terms <= cheap_terms;
    return status;
}

/* Where the pairs that begin with each unit of a row stand, from edge `begin` up to `end`. */
static void index_pairs(const heat_boltzmann_pairs *of, int32_t n_row, int64_t begin, int64_t end,
                        int64_t *first)
{
    for (int64_t e = begin; e < end; e++)
        first[of->i[e] + 1]++;
    first[0] = begin;
    for (int32_t i = 0; i < n_row; i++)
        first[i + 1] += first[i];
}

static heat_status alloc_arrays(heat_context *ctx, heat_learner *l)
{
    heat_boltzmann_learner *self = l->self;
    const heat_boltzmann_pairs *of = &self->pairs;
    const int32_t n_row = of->n_visible + of->n_drawn;
    const int64_t n_outer = of->n_edges - of->n_inner;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {{&l->parameters, l->n_parameters},
                {&l->scale, l->n_parameters},
                {&self->offset, (int64_t)n_row + self->n_summed},
                {&self->bias, (int64_t)n_row + self->n_summed},
                {&self->sums, l->n_parameters},
                {&self->field, self->n_summed},
                {&self->mean, of->n_inner + self->n_summed}};
    heat_status status = heat_alloc(ctx, of->n_inner, sizeof *self->p, &self->p);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, of->n_inner, sizeof *self->q, &self->q);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)n_row + 1, sizeof *self->first_pair, &self->first_pair);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)n_row + 1, sizeof *self->first_mixed, &self->first_mixed);
    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    for (int64_t e = 0; e < of->n_inner && status == HEAT_OK; e++) {
        self->p[e] = of->i[n_outer + e] - n_row;
        self->q[e] = of->j[n_outer + e] - n_row;
    }
    if (status != HEAT_OK)
        return status;
    index_pairs(of, n_row, 0, n_outer - of->n_mixed, self->first_pair);
    index_pairs(of, n_row, n_outer - of->n_mixed, n_outer, self->first_mixed);
    status = heat_hidden_posterior_open(ctx, self->n_summed, of->n_inner, self->p, self->q, &self->hidden);
    return status == HEAT_OK
               ? heat_unit_graph_open(ctx, n_row + self->n_summed, of->n_edges, of->i, of->j, &self->graph)
               : status;
}

/* What is learned of a row is that of its data and of the units that are drawn with them. */
static heat_status widen_rows(heat_context *ctx, const heat_learn_options *options, heat_learner *l)
{
    heat_boltzmann_learner *self = l->self;
    heat_status status;

    l->n_drawn = self->pairs.n_drawn;
    l->n_visible += l->n_drawn;
    l->form.n = l->n_visible;
    if (!self->pairs.is_layered)
        return HEAT_OK;
    l->kind = &heat_learn_kind_layered;
    self->layers.kind = &heat_learn_kind_rbm;
    status = heat_rbm_learner_open(ctx, l->n_visible, self->n_summed, options->threads, self->offset,
                                   &self->layers);
    l->pace = self->layers.pace;
    return status;
}

static heat_status boltzmann_open(heat_context *ctx, const heat_learn_input *input,
                                  const heat_learn_options *options, heat_learner *l)
{
    heat_boltzmann_learner *self;
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
    self->n_rows = info.n_rows;
    status = heat_boltzmann_pairs_list(ctx, input->graph, options, info.n_variables, HEAT_MOST_HIDDEN_TERMS,
                                       &self->pairs);
    self->n_summed = self->pairs.n_hidden - self->pairs.n_drawn;
    l->n_decayed = self->pairs.n_edges;
    l->n_parameters = self->pairs.n_edges + l->n_visible + self->pairs.n_hidden;
    if (status == HEAT_OK)
        status = alloc_arrays(ctx, l);
    for (int32_t j = 0; j < self->pairs.n_hidden && status == HEAT_OK; j++)
        self->offset[l->n_visible + j] = 0.5;
    if (status == HEAT_OK)
        status = heat_learner_start(ctx, input->data, options->seed, self->offset, l);
    return status == HEAT_OK ? widen_rows(ctx, options, l) : status;
}

const heat_learn_kind heat_learn_kind_boltzmann = {
    .name = "boltzmann",
    .has_hidden = true,
    .open = boltzmann_open,
    .free = heat_boltzmann_free,
    .add_statistics = boltzmann_add_statistics,
    .log_weights = boltzmann_log_weights,
    .move = boltzmann_move,
    .refresh = boltzmann_refresh,
    .bound = heat_boltzmann_bound,
    .take = heat_boltzmann_take,
    .make_model = heat_boltzmann_make_model,
    .make_rows_model = boltzmann_make_rows_model,
    .sum_states = boltzmann_sum_states,
    .price_states = boltzmann_price_states,
};
