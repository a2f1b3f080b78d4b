/* A mean of exponentials stands on its rare largest terms; Bennett's ratio leans on the weights that both
 * ways have. With x the log weight of a way there and y that of a way back, P_there(x) / P_back(-x) = Z e^-x,
 * so that L = log Z makes as many of the n there look as if they came back as of the m back look as if they
 * went:
 *
 *     sum_i 1 / (1 + n/m e^(L - x_i)) = sum_k 1 / (1 + m/n e^(-L - y_k))
 *
 * Crooks, Phys. Rev. E 61 (2000) 2361; Shirts, Bair, Hooker, Pande, Phys. Rev. Lett. 91 (2003) 140601.
 *
 * A member of large weight is the ancestor of many on the way back. Errors therefore come from groups of
 * members with all their descendants: so what both ways share comes out, and copies do not count as new. */
#include "logz/two_ways.h"
#include "base/memory.h"
#include "stats/moments.h"

#include <math.h>

enum { MOST_GROUPS = 256 };

/* Sums over groups of members of one way; `largest` is taken out of the log weights. */
typedef struct one_way {
    double largest, sum, count;
    double *sums, *counts; /* [group] */
    double *without;       /* [group] log of the mean without it */
} one_way;

static heat_status sum_groups(heat_context *ctx, int64_t n_groups, int64_t n_members, int64_t n,
                              const double *log_weight, const int64_t *ancestor, one_way *way)
{
    heat_status status = heat_alloc(ctx, 3 * n_groups, sizeof *way->sums, &way->sums);

    if (status != HEAT_OK)
        return status;
    way->counts = way->sums + n_groups;
    way->without = way->counts + n_groups;
    way->largest = -(double)INFINITY;
    for (int64_t k = 0; k < n; k++)
        way->largest = fmax(way->largest, log_weight[k]);
    for (int64_t k = 0; k < n; k++) {
        int64_t group = (ancestor == NULL ? k : ancestor[k]) * n_groups / n_members;
        double weight = isinf(way->largest) ? 0 : exp(log_weight[k] - way->largest);
        way->sums[group] += weight;
        way->counts[group]++;
        way->sum += weight;
    }
    way->count = (double)n;
    for (int64_t g = 0; g < n_groups; g++)
        way->without[g] = way->largest + log((way->sum - way->sums[g]) / (way->count - way->counts[g]));
    return HEAT_OK;
}

/* The jackknife's covariance of values that leave out one group each. */
static double covariance(int64_t n, const double *x, const double *y)
{
    double mean_x = heat_mean(n, x), mean_y = heat_mean(n, y), sum = 0;

    for (int64_t k = 0; k < n; k++)
        sum += (x[k] - mean_x) * (y[k] - mean_y);
    sum *= (double)(n - 1) / (double)n;
    return isnan(sum) ? (double)INFINITY : sum;
}

/* The chance that a member came by the other way: 1 / (1 + e^d). */
static double chance(double d)
{
    return d > 0 ? exp(-d) / (1 + exp(-d)) : 1 / (1 + exp(d));
}

/* The members of both ways, and the two sides of Bennett's equation at L. */
typedef struct bennett {
    int64_t n, m;
    const double *forward, *reverse;
    double ratio; /* log(n / m) */
} bennett;

static double difference(const bennett *b, double l)
{
    double there = 0, back = 0;

    for (int64_t k = 0; k < b->n; k++)
        there += chance(b->ratio + l - b->forward[k]);
    for (int64_t k = 0; k < b->m; k++)
        back += chance(-b->ratio - l - b->reverse[k]);
    return there - back;
}

/* The difference falls from n to -m: its root, between ends that move out until they hold it. */
static double solve(const bennett *b, double l)
{
    double low = l - 1, high = l + 1;

    for (double step = 1; difference(b, low) < 0 && step < 1e9; step *= 2)
        low -= step;
    for (double step = 1; difference(b, high) > 0 && step < 1e9; step *= 2)
        high += step;
    for (int k = 0; k < 60; k++) {
        double middle = 0.5 * (low + high);
        if (difference(b, middle) > 0)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* To first order a group moves L by its share of the difference over the slope, each way's mean taken out:
 * the numbers n and m are fixed. */
static double error_of(const bennett *b, double l, const int64_t *ancestor, int64_t n_groups, double *moves)
{
    double side = 0, slope = 0, sum = 0;

    for (int64_t g = 0; g < n_groups; g++)
        moves[g] = 0;
    for (int64_t k = 0; k < b->n; k++)
        side += chance(b->ratio + l - b->forward[k]);
    for (int64_t k = 0; k < b->n; k++) {
        double p = chance(b->ratio + l - b->forward[k]);
        moves[k * n_groups / b->n] += p - side / (double)b->n;
        slope += p * (1 - p);
    }
    for (int64_t k = 0; k < b->m; k++) {
        double p = chance(-b->ratio - l - b->reverse[k]);
        moves[ancestor[k] * n_groups / b->n] -= p - side / (double)b->m;
        slope += p * (1 - p);
    }
    for (int64_t g = 0; g < n_groups; g++)
        sum += moves[g] * moves[g];
    return slope > 0 ? sqrt(sum * (double)n_groups / (double)(n_groups - 1)) / slope : (double)INFINITY;
}

heat_status heat_two_ways_get(heat_context *ctx, int64_t n, const double *forward, int64_t m,
                              const double *reverse, const int64_t *ancestor, heat_two_ways *out)
{
    int64_t n_groups = n < MOST_GROUPS ? n : MOST_GROUPS;
    one_way there = {.sum = 0}, back = {.sum = 0};
    heat_status status = sum_groups(ctx, n_groups, n, n, forward, NULL, &there);

    if (status == HEAT_OK)
        status = sum_groups(ctx, n_groups, n, m, reverse, ancestor, &back);
    if (status == HEAT_OK) {
        bennett b = {n, m, forward, reverse, log((double)n / (double)m)};
        double f = covariance(n_groups, there.without, there.without);
        double r = covariance(n_groups, back.without, back.without);
        double c = -covariance(n_groups, there.without, back.without);
        out->forward = there.largest + log(there.sum / there.count);
        out->reverse = -(back.largest + log(back.sum / back.count));
        out->forward_error = sqrt(f);
        out->reverse_error = sqrt(r);
        out->gap_error = isfinite(f + r - 2 * c) ? sqrt(fmax(f + r - 2 * c, 0)) : (double)INFINITY;
        out->log_z = solve(&b, out->forward);
        out->error = error_of(&b, out->log_z, ancestor, n_groups, there.sums);
    }
    heat_free(there.sums);
    heat_free(back.sums);
    return status;
}
