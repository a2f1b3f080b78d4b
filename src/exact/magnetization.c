/* A complete graph with one coupling, the Curie-Weiss model: with k spins up, M = 2k - n,
 *     E = -J (M^2 - n) / 2 - sum_i h_i s_i + offset,
 * so that
 *     Z = sum_k w_k exp(beta J (M_k^2 - n) / 2),
 * w_k being the weight in the fields of all states with k spins up. It is built one spin after the other,
 * with the mean and the variance of the fields' energy, relative to every spin along its field: all terms are
 * positive. n^2 / 2 steps. */
#include "exact/magnetization.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/scaled.h"

#include <math.h>

static const double step_ns = 15;
static const double faintest = -1e12; /* exponents below count as no weight at all */

/* All states of the spins so far with the same number of them up. */
typedef struct level {
    heat_scaled weight;    /* m is 0: none */
    double cost, variance; /* of the energy of the spins against their fields */
} level;

bool heat_magnetization_fits(const heat_pairwise *graph)
{
    int64_t ends = graph->row[graph->n];

    if (graph->n < 2 || ends != (int64_t)graph->n * (graph->n - 1))
        return false;
    for (int64_t e = 1; e < ends; e++)
        if (heat_pairwise_coupling(graph, e) != heat_pairwise_coupling(graph, 0))
            return false;
    return true;
}

bool heat_magnetization_has_means(const heat_pairwise *graph)
{
    for (int32_t i = 1; i < graph->n; i++)
        if (graph->field[i] != graph->field[0])
            return false;
    return true;
}

double heat_magnetization_bytes(const heat_pairwise *graph)
{
    return (graph->n + 1.0) * (sizeof(level) + sizeof(double));
}

double heat_magnetization_seconds(const heat_pairwise *graph)
{
    return 0.5 * graph->n * graph->n * step_ns * 1e-9;
}

/* The states of both. */
static level join(level a, level b)
{
    double size, share, apart = b.cost - a.cost;

    if (a.weight.m == 0 || b.weight.m == 0)
        return a.weight.m == 0 ? b : a;
    if (a.weight.e < b.weight.e)
        return join(b, a);
    size = b.weight.m * scaled_power(b.weight.e - a.weight.e);
    share = size / (a.weight.m + size);
    a.cost += share * apart;
    a.variance += share * (b.variance - a.variance) + share * (1 - share) * apart * apart;
    a.weight = scaled_of(a.weight.m + size, a.weight.e);
    return a;
}

/* The states with one spin more, which stands against its field. */
static level turn(level a, heat_scaled factor, double cost)
{
    a.weight = a.weight.m == 0 || factor.m == 0 ? (heat_scaled){0, 0} : scaled_times(a.weight, factor);
    a.cost += cost;
    return a;
}

/* levels[k]: the states with k of the first i spins up becomes that of the first i + 1. */
static void add_spin(int32_t i, double field, double beta, level *levels)
{
    double cost = 2 * fabs(field);
    heat_scaled factor = beta * cost > -faintest ? (heat_scaled){0, 0} : scaled_exp(-beta * cost);
    const level none = {.cost = 0};

    for (int32_t k = i + 1; k >= 0; k--) {
        level up = k > 0 ? levels[k - 1] : none, down = k <= i ? levels[k] : none;
        if (field < 0)
            up = turn(up, factor, cost);
        if (field > 0)
            down = turn(down, factor, cost);
        levels[k] = join(up, down);
    }
}

/* (M^2 - N^2) / 2 of magnetisations of which i and k spins are up; exact. */
static double squares_apart(int32_t n, int32_t i, int32_t k)
{
    return 2 * ((double)i - k) * ((double)i + k - n);
}

/* log p[k] - log p[best]. */
static double log_ratio(int32_t n, const level *levels, double pull, int32_t k, int32_t best)
{
    const heat_scaled *a = &levels[k].weight, *b = &levels[best].weight;

    if (a->m == 0)
        return -(double)INFINITY;
    return log(a->m / b->m) + (double)(a->e - b->e) * log(2) + pull * squares_apart(n, k, best);
}

static void note_means(const heat_pairwise *graph, double magnetization, double square,
                       heat_elimination_sum *sum)
{
    double n = graph->n, nan = (double)NAN;
    bool alike = heat_magnetization_has_means(graph);

    for (int32_t i = 0; i < graph->n && sum->spin_mean != NULL; i++)
        sum->spin_mean[i] = alike ? magnetization / n : nan;
    for (int64_t e = 0; e < graph->row[graph->n] && sum->pair_mean != NULL; e++)
        sum->pair_mean[e] = alike ? (square - n) / (n * (n - 1)) : nan;
}

/* Everything from the probabilities of the magnetisations; p is [n + 1]. */
static void conclude(const heat_pairwise *graph, double beta, const level *levels, double *p,
                     heat_elimination_sum *sum)
{
    int32_t n = graph->n, best = -1;
    double coupling = heat_pairwise_coupling(graph, 0), along = 0, total = 0, base, mean = 0, variance = 0;
    double magnetization = 0, square = 0;

    for (int32_t k = 0; k <= n; k++)
        if (levels[k].weight.m > 0 && (best < 0 || log_ratio(n, levels, beta * coupling, k, best) > 0))
            best = k;
    for (int32_t k = 0; k <= n; k++)
        total += p[k] = exp(log_ratio(n, levels, beta * coupling, k, best));
    for (int32_t i = 0; i < n; i++)
        along += fabs(graph->field[i]);
    base = graph->offset - along - coupling * (squares_apart(n, best, n) + 0.5 * n * (n - 1.0));
    for (int32_t k = 0; k <= n; k++) {
        double m = 2.0 * k - n;
        p[k] /= total;
        mean += p[k] * (levels[k].cost - coupling * squares_apart(n, k, best));
        magnetization += p[k] * m;
        square += p[k] * m * m;
    }
    for (int32_t k = 0; k <= n; k++) {
        double apart = levels[k].cost - coupling * squares_apart(n, k, best) - mean;
        variance += p[k] * (levels[k].variance + apart * apart);
    }
    sum->log_z =
        log(total) + log(levels[best].weight.m) + (double)levels[best].weight.e * log(2) - beta * base;
    sum->mean_energy = base + mean;
    sum->energy_variance = variance;
    note_means(graph, magnetization, square, sum);
}

heat_status heat_magnetization_run_sum(heat_context *ctx, const heat_pairwise *graph, double beta, double *p,
                                       heat_elimination_sum *sum)
{
    level *levels = NULL;
    int32_t i = 0;
    heat_status status = heat_alloc(ctx, graph->n + 1, sizeof *levels, &levels);

    heat_elimination_sum_forget(graph, sum);
    if (status != HEAT_OK)
        return status;
    levels[0].weight.m = 1;
    for (; i < graph->n && !heat_halted(ctx); i++)
        add_spin(i, graph->field[i], beta, levels);
    if (i == graph->n)
        conclude(graph, beta, levels, p, sum);
    heat_free(levels);
    return HEAT_OK;
}
