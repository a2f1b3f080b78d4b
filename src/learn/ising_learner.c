/* The kind "ising": all variables visible, -1 and +1 or 0 and 1 as the data is coded. Parameters are the
 * couplings of the pairs in order, then the fields: E(s) = -sum_e J_e s_i s_j - sum_i h_i s_i, and of 0 and 1
 * a Boltzmann machine, -sum_e W_e x_i x_j - sum_i b_i x_i. The log-likelihood is concave, and its gradient is
 * moment matching (Ackley, Hinton, Sejnowski, Cognitive Science 9 (1985) 147). */
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "learn/learn_rows.h"
#include "learn/learner.h"
#include "learn/pair_sums.h"
#include "learn/subset_sums.h"

#include <math.h>
#include <string.h>

static const double least_variance = 0.02;

typedef struct ising_learner {
    int64_t n_edges;
    int32_t *i, *j; /* i < j */
    double *gap;    /* [n_visible] work space */
} ising_learner;

static void ising_free(heat_learner *l)
{
    ising_learner *self = l->self;

    if (self != NULL) {
        heat_free(self->i);
        heat_free(self->j);
        heat_free(self->gap);
    }
    heat_free(self);
}

static void add_pair(ising_learner *self, int32_t i, int32_t j)
{
    self->i[self->n_edges] = i;
    self->j[self->n_edges++] = j;
}

/* As many places as there are pairs, at once: what is too much is told before the work begins. */
static heat_status list_pairs(heat_context *ctx, const heat_model *graph, int32_t n, ising_learner *self)
{
    heat_pairwise view;
    int64_t most = (int64_t)n * (n - 1) / 2;
    heat_status status;

    if (graph != NULL && !heat_model_get_pairwise(graph, &view))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "the graph to learn on is no graph of pairs");
    if (graph != NULL && view.n != n)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "the graph has %d variables, the data %d", (int)view.n,
                         (int)n);
    if (graph != NULL)
        most = view.row[n] / 2;
    status = heat_alloc(ctx, most, sizeof *self->i, &self->i);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *self->j, &self->j);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        for (int32_t j = i + 1; j < n && graph == NULL; j++)
            add_pair(self, i, j);
        for (int64_t k = graph == NULL ? 0 : view.row[i]; graph != NULL && k < view.row[i + 1]; k++)
            if (view.col[k] > i)
                add_pair(self, i, view.col[k]);
    }
    return status;
}

static void add_statistics(const heat_learner *l, const int8_t *s, double weight, double *sum)
{
    const ising_learner *self = l->self;

    for (int64_t e = 0; e < self->n_edges; e++)
        sum[e] += weight * (s[self->i[e]] * s[self->j[e]]);
    for (int32_t k = 0; k < l->n_visible; k++)
        sum[self->n_edges + k] += weight * s[k];
}

static void ising_add_statistics(const heat_learner *l, int64_t n_rows, const void *rows,
                                 const double *weight, double *sum)
{
    const int8_t *states = rows;
    for (int64_t r = 0; r < n_rows; r++)
        add_statistics(l, states + r * l->n_visible, weight == NULL ? 1 : weight[r], sum);
}

/* From fields f_i = h_i + sum_j J_ij s_j: s_i given the others is on with probability 1/(1 + exp(-2 f_i)), of
 * 0 and 1 without the 2. */
static void ising_add_conditionals(const heat_learner *l, int64_t n_rows, const int8_t *rows,
                                   const double *weight, double *value, double *sum)
{
    const ising_learner *self = l->self;
    const double *theta = l->parameters;
    const bool spins = l->coding == HEAT_CODING_SPIN;
    double *gap = self->gap; /* f_i, then <s_i> - s_i */

    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *s = rows + r * l->n_visible;
        double w = weight == NULL ? 1 : weight[r], of_row = 0;
        memcpy(gap, theta + self->n_edges, (size_t)l->n_visible * sizeof *gap);
        for (int64_t e = 0; e < self->n_edges; e++) {
            gap[self->i[e]] += theta[e] * s[self->j[e]];
            gap[self->j[e]] += theta[e] * s[self->i[e]];
        }
        for (int32_t i = 0; i < l->n_visible; i++) {
            double f = spins ? 2 * gap[i] : gap[i], on = heat_sigmoid(f);
            double likely = s[i] == 1 ? f : -f; /* log p = -log(1 + exp(-likely)) */
            of_row += fmin(0, likely) - log1p(heat_exp_negative(-fabs(likely)));
            gap[i] = (spins ? 2 * on - 1 : on) - s[i];
        }
        if (value != NULL)
            value[r] = of_row;
        for (int64_t e = 0; e < self->n_edges && sum != NULL; e++)
            sum[e] += w * (gap[self->i[e]] * s[self->j[e]] + gap[self->j[e]] * s[self->i[e]]);
        for (int32_t i = 0; i < l->n_visible && sum != NULL; i++)
            sum[self->n_edges + i] += w * gap[i];
    }
}

/* 1 / variance of each statistic in the data, of spins 1 - m^2, of 0 and 1 m (1 - m), and at most so large.
 */
static heat_status measure_scale(heat_context *ctx, const heat_data *data, heat_learner *l)
{
    heat_learn_rows rows = {0};
    heat_status status = heat_learn_rows_load(ctx, data, false, &rows);

    if (status == HEAT_OK)
        ising_add_statistics(l, rows.n, rows.states, rows.weight, l->scale);
    for (int64_t a = 0; a < l->n_parameters && status == HEAT_OK; a++) {
        double m = l->scale[a] / (double)rows.n, variance = m * (1 - m);
        if (l->coding == HEAT_CODING_SPIN)
            variance = 1 - m * m;
        l->scale[a] = 1 / (variance > least_variance ? variance : least_variance);
    }
    heat_learn_rows_clear(&rows);
    return status;
}

static heat_status ising_open(heat_context *ctx, const heat_learn_input *input,
                              const heat_learn_options *options, heat_learner *l)
{
    ising_learner *self;
    heat_data_info info;
    heat_status status = heat_learner_check_data(ctx, "ising", input->data, &info);

    if (status == HEAT_OK && (options->hidden != HEAT_AUTO || options->layers != NULL))
        status = heat_fail_option(ctx, options->layers != NULL ? "layers" : "hidden", NULL,
                                  "all variables of ising are visible; rbm and boltzmann have hidden ones");
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *self, &self);
    if (status != HEAT_OK)
        return status;
    l->self = self;
    l->n_visible = info.n_variables;
    l->form = (heat_row_form){HEAT_ELEMENT_INT8, l->n_visible};
    l->n_states = 2;
    l->coding = info.coding;
    status = list_pairs(ctx, input->graph, info.n_variables, self);
    l->n_decayed = self->n_edges;
    l->n_parameters = self->n_edges + info.n_variables;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, l->n_parameters, sizeof *l->parameters, &l->parameters);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, l->n_parameters, sizeof *l->scale, &l->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, l->n_visible, sizeof *self->gap, &self->gap);
    return status == HEAT_OK ? measure_scale(ctx, input->data, l) : status;
}

static heat_status ising_take(heat_context *ctx, const heat_model *model, heat_learner *l)
{
    const ising_learner *self = l->self;

    return heat_learner_take_pairs(ctx, model, l->n_visible, self->n_edges, self->i, self->j,
                                   l->coding == HEAT_CODING_SPIN, l->parameters,
                                   l->parameters + self->n_edges);
}

static heat_status ising_make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    const ising_learner *self = l->self;
    int32_t n = l->n_visible;
    int64_t n_terms = self->n_edges + n;
    int32_t *i = NULL, *j = NULL;
    double *terms = NULL;
    heat_status status;

    if (l->coding == HEAT_CODING_SPIN)
        return heat_model_create_ising(ctx, n, self->n_edges, self->i, self->j, l->parameters,
                                       l->parameters + self->n_edges, 0, out);
    status = heat_alloc(ctx, n_terms, sizeof *i, &i);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_terms, sizeof *j, &j);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_terms, sizeof *terms, &terms);
    if (status == HEAT_OK) {
        for (int64_t t = 0; t < n_terms; t++) {
            bool is_pair = t < self->n_edges;
            i[t] = is_pair ? self->i[t] : (int32_t)(t - self->n_edges);
            j[t] = is_pair ? self->j[t] : i[t];
            terms[t] = -l->parameters[t];
        }
        status = heat_model_create_qubo(ctx, n, n_terms, i, j, terms, 0, out);
    }
    heat_free(i);
    heat_free(j);
    heat_free(terms);
    return status;
}

/* The same energy over 0 and 1: s = 2x - 1, up to the constant that is returned. */
static double binary_weights(const heat_learner *l, double *w)
{
    const ising_learner *self = l->self;
    const double *theta = l->parameters;
    double *b = w + self->n_edges, constant = 0;
    bool spins = l->coding == HEAT_CODING_SPIN;

    for (int64_t k = 0; k < l->n_parameters; k++)
        w[k] = theta[k] * (spins ? (k < self->n_edges ? 4 : 2) : 1);
    for (int64_t e = 0; e < self->n_edges && spins; e++) {
        b[self->i[e]] -= 2 * theta[e];
        b[self->j[e]] -= 2 * theta[e];
        constant += theta[e];
    }
    for (int32_t k = 0; k < l->n_visible && spins; k++)
        constant -= theta[self->n_edges + k];
    return constant;
}

/* Means over 0 and 1 become means over -1 and +1, in place. */
static void means_to_spins(const ising_learner *self, int32_t n, double *mean)
{
    double *m = mean + self->n_edges;

    for (int64_t e = 0; e < self->n_edges; e++)
        mean[e] = 4 * mean[e] - 2 * m[self->i[e]] - 2 * m[self->j[e]] + 1;
    for (int32_t k = 0; k < n; k++)
        m[k] = 2 * m[k] - 1;
}

static heat_status sum_subsets(heat_context *ctx, const heat_learner *l, int64_t threads, double *mean,
                               double *log_z)
{
    const ising_learner *self = l->self;
    heat_subsets all = {.n = l->n_visible, .n_edges = self->n_edges, .i = self->i, .j = self->j};
    double *w = NULL, constant;
    heat_status status = heat_alloc(ctx, l->n_parameters, sizeof *w, &w);

    if (status == HEAT_OK) {
        constant = binary_weights(l, w);
        all.weights = w;
        all.biases = w + self->n_edges;
        status = heat_subsets_sum(ctx, &all, threads, mean, log_z);
        *log_z += constant;
    }
    if (status == HEAT_OK && mean != NULL && l->coding == HEAT_CODING_SPIN)
        means_to_spins(self, l->n_visible, mean);
    heat_free(w);
    return status;
}

static heat_status ising_sum_states(heat_context *ctx, const heat_learner *l, int64_t threads, double *mean,
                                    double *log_z)
{
    const ising_learner *self = l->self;
    heat_model *model = NULL;
    heat_status status;

    if (l->n_visible <= HEAT_MOST_SUBSET_BITS)
        return sum_subsets(ctx, l, threads, mean, log_z);
    status = ising_make_model(ctx, l, &model);
    if (status == HEAT_OK)
        status = heat_pair_sums(ctx, model, self->n_edges, self->i, self->j, threads, mean, log_z);
    heat_model_free(model);
    return status;
}

static heat_status ising_price_states(heat_context *ctx, const heat_learner *l, bool *affordable, bool *cheap)
{
    heat_model *model = NULL;
    heat_status status;

    *affordable = *cheap = l->n_visible <= HEAT_MOST_SUBSET_BITS;
    if (*affordable)
        return HEAT_OK;
    status = ising_make_model(ctx, l, &model);
    if (status == HEAT_OK)
        status = heat_pair_sums_price(ctx, model, affordable, cheap);
    heat_model_free(model);
    return status;
}

static void ising_log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    const int8_t *states = rows;
    const ising_learner *self = l->self;
    const double *theta = l->parameters;

    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *s = states + r * l->n_visible;
        double sum = 0;
        for (int64_t e = 0; e < self->n_edges; e++)
            sum += theta[e] * (s[self->i[e]] * s[self->j[e]]);
        for (int32_t k = 0; k < l->n_visible; k++)
            sum += theta[self->n_edges + k] * s[k];
        out[r] = sum;
    }
}

const heat_learn_kind heat_learn_kind_ising = {
    .name = "ising",
    .open = ising_open,
    .free = ising_free,
    .add_statistics = ising_add_statistics,
    .add_conditionals = ising_add_conditionals,
    .log_weights = ising_log_weights,
    .move = heat_negative_move,
    .take = ising_take,
    .make_model = ising_make_model,
    .sum_states = ising_sum_states,
    .price_states = ising_price_states,
};
