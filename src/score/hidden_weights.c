/* Of hidden units that cannot be summed over, log sum_h exp(-E(v, h)) is estimated row by row by annealing
 * from the independent units q of mean field,
 *
 *     log f_b(h) = (1 - b) sum_i l_i h_i - b E(v, h),   l_i the log-odds of q,
 *
 * from b = 0, where the sum is prod_i (1 + exp l_i), to 1: the weights of chains average to the ratio. They
 * are near to each other where q is near to p(h | v); a row whose weights are not is annealed again, slower.
 * Neal, Stat. Comput. 11 (2001) 125; Salakhutdinov and Murray, ICML 2008, section 3.2. */
#include "score/hidden_weights.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"
#include "learn/mean_field.h"
#include "model/views.h"
#include "stats/log_sum.h"
#include "stats/moments.h"

#include <math.h>
#include <string.h>

enum { LANES = HEAT_ROW_LANES, STEPS = 64, SLOWER = 4, MOST_STEPS = 1024 };
static const double most_visits = 1e11, good_error = 0.1, most_odds = 20;

/* Couplings over 0 and 1 from those over -1 and +1: s = 2 x - 1. */
static heat_status take_graph(heat_context *ctx, const heat_pairwise *view, double temperature,
                              heat_hidden_weights *h)
{
    const int64_t n_edges = view->row[view->n] / 2;
    int32_t *i = NULL, *j = NULL;
    double *w = NULL, *b = NULL;
    int64_t e = 0;
    heat_status status = heat_alloc(ctx, n_edges, sizeof *i, &i);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_edges, sizeof *j, &j);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_edges, sizeof *w, &w);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view->n, sizeof *b, &b);
    for (int32_t a = 0; a < view->n && status == HEAT_OK; a++) {
        b[a] += 2 * view->field[a] / temperature;
        for (int64_t k = view->row[a]; k < view->row[a + 1]; k++) {
            double coupling = heat_pairwise_coupling(view, k) / temperature;
            b[a] -= 2 * coupling;
            if (view->col[k] < a)
                continue;
            i[e] = a;
            j[e] = view->col[k];
            w[e++] = 4 * coupling;
            if (a >= h->n_visible) {
                h->p[h->n_inner] = a - h->n_visible;
                h->q[h->n_inner] = view->col[k] - h->n_visible;
                h->weights[h->n_inner++] = 4 * coupling;
            }
        }
    }
    if (status == HEAT_OK)
        status = heat_unit_graph_open(ctx, view->n, n_edges, i, j, &h->graph);
    if (status == HEAT_OK)
        heat_unit_graph_set(&h->graph, w, b);
    heat_free(i);
    heat_free(j);
    heat_free(w);
    heat_free(b);
    return status;
}

/* The energy where all units are 0 or -1. */
static heat_status find_constant(heat_context *ctx, const heat_model *model, double temperature,
                                 heat_hidden_weights *h)
{
    heat_model_info info;
    int8_t *state = NULL;
    heat_status status;

    heat_model_describe(model, &info);
    status = heat_alloc(ctx, info.n_variables, 1, &state);
    if (status == HEAT_OK && info.coding == HEAT_CODING_SPIN)
        memset(state, -1, (size_t)info.n_variables);
    if (status == HEAT_OK)
        status = heat_model_get_energy(ctx, model, 1, state, &h->constant);
    h->constant /= -temperature;
    heat_free(state);
    return status;
}

/* Whether no unit need be drawn. */
static heat_status choose_way(heat_context *ctx, int64_t n_rows, heat_hidden_weights *h)
{
    const int32_t n_hidden = h->graph.n - h->n_visible;
    int64_t *outer = NULL;
    bool *is_drawn = NULL;
    double visits = (double)n_rows * STEPS * LANES * 2 * (double)(h->n_inner + n_hidden);
    heat_status status = heat_alloc(ctx, n_hidden, sizeof *outer, &outer);

    h->way = HEAT_HIDDEN_SUMMED;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_hidden, sizeof *is_drawn, &is_drawn);
    if (status == HEAT_OK)
        status = heat_hidden_choose_drawn(ctx, n_hidden, h->n_inner, h->p, h->q, outer,
                                          HEAT_MOST_HIDDEN_TERMS, is_drawn);
    for (int32_t k = 0; k < n_hidden && status == HEAT_OK; k++)
        if (is_drawn[k])
            h->way = visits <= most_visits ? HEAT_HIDDEN_ANNEALED : HEAT_HIDDEN_BOUNDED;
    heat_free(outer);
    heat_free(is_drawn);
    if (status == HEAT_OK && h->way == HEAT_HIDDEN_SUMMED)
        status = heat_hidden_posterior_open(ctx, n_hidden, h->n_inner, h->p, h->q, &h->posterior);
    return status;
}

heat_status heat_hidden_weights_open(heat_context *ctx, const heat_model *model, int32_t n_visible,
                                     double temperature, int64_t n_rows, uint64_t seed, int64_t threads,
                                     heat_hidden_weights *h)
{
    heat_pairwise view;
    int64_t most;
    heat_status status;

    *h = (heat_hidden_weights){.n_visible = n_visible, .seed = seed, .threads = threads};
    if (!heat_model_get_pairwise(model, &view))
        return heat_fail(ctx, HEAT_ERROR_INTERNAL, "a machine of hidden units has no pairs");
    most = view.row[view.n] - view.row[n_visible];
    status = heat_alloc(ctx, most, sizeof *h->p, &h->p);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *h->q, &h->q);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *h->weights, &h->weights);
    if (status == HEAT_OK)
        status = take_graph(ctx, &view, temperature, h);
    if (status == HEAT_OK)
        status = find_constant(ctx, model, temperature, h);
    return status == HEAT_OK ? choose_way(ctx, n_rows, h) : status;
}

void heat_hidden_weights_close(heat_hidden_weights *h)
{
    heat_free(h->p);
    heat_free(h->q);
    heat_free(h->weights);
    heat_unit_graph_close(&h->graph);
    heat_hidden_posterior_close(&h->posterior);
    *h = (heat_hidden_weights){.n_visible = 0};
}

static heat_status sum_rows(heat_context *ctx, heat_hidden_weights *h, int64_t n_rows, const int8_t *rows,
                            double *log_weights)
{
    const heat_unit_graph *g = &h->graph;
    double *field = NULL;
    heat_status status = heat_alloc(ctx, g->n, sizeof *field, &field);

    for (int64_t r = 0; r < n_rows && status == HEAT_OK && !heat_halted(ctx); r++) {
        const int8_t *row = rows + r * h->n_visible;
        double own = h->constant;
        memcpy(field, g->bias, (size_t)g->n * sizeof *field);
        for (int32_t i = 0; i < h->n_visible; i++) {
            if (row[i] != 1)
                continue;
            own += g->bias[i];
            for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
                int32_t other = g->col[k];
                own += other < i && row[other] == 1 ? g->w[k] : 0;
                field[other] += g->w[k];
            }
        }
        log_weights[r] = own + heat_hidden_posterior_sum(&h->posterior, h->weights, field + h->n_visible);
    }
    heat_free(field);
    return status;
}

typedef struct annealing {
    const heat_hidden_weights *h;
    const int8_t *rows, *missing;
    const double *mean; /* [row][unit] of q */
    double *log_weights, *error;
} annealing;

/* A row under way. */
typedef struct chains {
    const heat_unit_graph *graph;
    heat_stream stream;
    int32_t n_free, *free; /* units that are */
    double *x;             /* [unit][lane] */
    double *odds, *base;   /* [unit] of q, and fields of what is held */
    int64_t *begin;        /* [unit] its first neighbour that may be free */
    double minus_energy[LANES], minus_start[LANES];
} chains;

static heat_status open_chains(heat_context *ctx, const heat_unit_graph *g, chains *c)
{
    heat_status status = heat_alloc(ctx, g->n, sizeof *c->free, &c->free);

    c->graph = g;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)g->n * LANES, sizeof *c->x, &c->x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof *c->odds, &c->odds);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof *c->base, &c->base);
    return status == HEAT_OK ? heat_alloc(ctx, g->n, sizeof *c->begin, &c->begin) : status;
}

static void close_chains(chains *c)
{
    heat_free(c->free);
    heat_free(c->x);
    heat_free(c->odds);
    heat_free(c->base);
    heat_free(c->begin);
}

/* What is free in row r, and what is not adds to its fields. */
static void take_row(const annealing *a, int64_t r, chains *c)
{
    const heat_hidden_weights *h = a->h;
    const heat_unit_graph *g = c->graph;
    bool has_gaps = false;

    c->n_free = 0;
    for (int32_t i = 0; i < g->n; i++) {
        bool is_gap = i < h->n_visible && a->missing != NULL && a->missing[r * h->n_visible + i];
        double on = a->mean[r * g->n + i];
        has_gaps = has_gaps || is_gap;
        c->odds[i] = fmax(-most_odds, fmin(most_odds, log(on / (1 - on))));
        if (is_gap || i >= h->n_visible)
            c->free[c->n_free++] = i;
        for (int lane = 0; lane < LANES; lane++)
            c->x[(int64_t)i * LANES + lane] = on;
    }
    for (int32_t i = 0; i < g->n; i++) {
        c->base[i] = g->bias[i];
        c->begin[i] = has_gaps ? g->row[i] : heat_unit_graph_split(g, i, h->n_visible);
        for (int64_t k = g->row[i]; k < c->begin[i]; k++)
            c->base[i] += g->w[k] * c->x[(int64_t)g->col[k] * LANES];
    }
}

/* Draws from q; the energies are then known, and kept up with. */
static double begin_chains(chains *c)
{
    const heat_unit_graph *g = c->graph;
    double log_sum = 0;

    memset(c->minus_energy, 0, sizeof c->minus_energy);
    memset(c->minus_start, 0, sizeof c->minus_start);
    for (int32_t k = 0; k < c->n_free; k++) {
        const int32_t i = c->free[k];
        const double odds = c->odds[i], on = heat_sigmoid(odds);
        log_sum += (odds > 0 ? odds : 0) + log1p(exp(-fabs(odds)));
        for (int lane = 0; lane < LANES; lane++) {
            double x = heat_stream_uniform(&c->stream) < on;
            c->x[(int64_t)i * LANES + lane] = x;
            c->minus_start[lane] += odds * x;
        }
    }
    for (int32_t i = 0; i < g->n; i++) {
        double pairs[LANES] = {0};
        heat_unit_graph_add_field(g, g->row[i], g->row[i + 1], c->x, pairs);
        for (int lane = 0; lane < LANES; lane++)
            c->minus_energy[lane] += c->x[(int64_t)i * LANES + lane] * (g->bias[i] + pairs[lane] / 2);
    }
    return log_sum;
}

static void sweep(chains *c, double b)
{
    const heat_unit_graph *g = c->graph;

    for (int32_t k = 0; k < c->n_free; k++) {
        const int32_t i = c->free[k];
        double field[LANES], *x = c->x + (int64_t)i * LANES;
        for (int lane = 0; lane < LANES; lane++)
            field[lane] = c->base[i];
        heat_unit_graph_add_field(g, c->begin[i], g->row[i + 1], c->x, field);
        for (int lane = 0; lane < LANES; lane++) {
            double on = heat_sigmoid((1 - b) * c->odds[i] + b * field[lane]);
            double to = heat_stream_uniform(&c->stream) < on, change = to - x[lane];
            c->minus_energy[lane] += change * field[lane];
            c->minus_start[lane] += change * c->odds[i];
            x[lane] = to;
        }
    }
}

/* The log of the mean weight, and its standard error. */
static double average(const double *log_weight, double *error)
{
    const double log_mean = heat_log_sum_exp(LANES, log_weight) - log((double)LANES);
    double w[LANES];

    for (int lane = 0; lane < LANES; lane++)
        w[lane] = exp(log_weight[lane] - log_mean);
    *error = sqrt(heat_variance(LANES, w) / LANES);
    return log_mean;
}

static heat_status anneal_row(heat_context *worker, void *arg, int64_t r)
{
    const annealing *a = arg;
    const heat_hidden_weights *h = a->h;
    chains c = {.n_free = 0};
    double error = (double)INFINITY;
    heat_status status = open_chains(worker, &h->graph, &c);

    for (int64_t n = STEPS; n <= MOST_STEPS && error > good_error && status == HEAT_OK; n *= SLOWER) {
        double log_weight[LANES], log_start;
        heat_stream_init(&c.stream, h->seed, HEAT_PURPOSE_SWEEP,
                         ((uint64_t)n << 40) + (uint64_t)(h->n_weighed + r));
        take_row(a, r, &c);
        log_start = begin_chains(&c);
        for (int lane = 0; lane < LANES; lane++)
            log_weight[lane] = log_start;
        for (int64_t k = 1; k <= n && !heat_halted(worker); k++) {
            for (int lane = 0; lane < LANES; lane++)
                log_weight[lane] += (c.minus_energy[lane] - c.minus_start[lane]) / (double)n;
            if (k < n)
                sweep(&c, (double)k / (double)n);
        }
        a->log_weights[r] = h->constant + average(log_weight, &error);
    }
    if (a->error != NULL)
        a->error[r] = error;
    close_chains(&c);
    return status;
}

heat_status heat_hidden_weights_find(heat_context *ctx, heat_hidden_weights *h, int64_t n_rows,
                                     const int8_t *rows, const int8_t *missing, double *log_weights)
{
    const heat_mean_field f = {.graph = &h->graph,
                               .n_visible = h->n_visible,
                               .n_rows = n_rows,
                               .stride = h->n_visible,
                               .rows = rows,
                               .missing = missing,
                               .threads = h->threads};
    annealing a = {.h = h, .rows = rows, .missing = missing, .log_weights = log_weights, .error = h->error};
    double *mean = NULL;
    heat_status status = HEAT_OK;

    if (h->way == HEAT_HIDDEN_SUMMED)
        return sum_rows(ctx, h, n_rows, rows, log_weights);
    if (h->way == HEAT_HIDDEN_ANNEALED)
        status = heat_alloc_unset(ctx, n_rows * h->graph.n, sizeof *mean, &mean);
    if (status == HEAT_OK)
        status = heat_mean_field_bound(ctx, &f, log_weights, mean);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        log_weights[r] += h->constant;
        if (h->bound != NULL)
            h->bound[r] = log_weights[r];
    }
    a.mean = mean;
    if (status == HEAT_OK && h->way == HEAT_HIDDEN_ANNEALED && !heat_halted(ctx))
        status = heat_parallel_for(ctx, h->threads, n_rows, anneal_row, &a);
    h->n_weighed += n_rows;
    heat_free(mean);
    return status;
}
