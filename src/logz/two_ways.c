/* A mean of exponentials stands on its rare largest terms; Bennett's ratio leans on the weights that both
 * ways have. With x the log weight of a way there and y that of a way back, P_there(x) / P_back(-x) = Z e^-x,
 * so that L = log Z makes as many of the n there look as if they came back as of the m back look as if they
 * went:
 *
 *     sum_i 1 / (1 + n/m e^(L - x_i)) = sum_k 1 / (1 + m/n e^(-L - y_k))
 *
 * Crooks, Phys. Rev. E 61 (2000) 2361; Shirts, Bair, Hooker, Pande, Phys. Rev. Lett. 91 (2003) 140601.
 *
 * A member of large weight is the ancestor of many on the way back, and, of a way in stages, of many in the
 * next. Errors therefore come from groups of members with all their descendants: so what both ways share
 * comes out, and copies do not count as new (Chan and Lai, Ann. Stat. 41 (2013) 2877). Stages add up, group
 * by group.
 */
#include "logz/two_ways.h"
#include "base/memory.h"
#include "stats/moments.h"

#include <math.h>

enum { MOST_GROUPS = 256 };

heat_status heat_way_add(heat_context *ctx, heat_way *w, double log_weight, int64_t ancestor)
{
    heat_status status = heat_grow(ctx, w->n + 1, sizeof *w->log_weight, &w->capacity_weight, &w->log_weight);

    if (status == HEAT_OK)
        status = heat_grow(ctx, w->n + 1, sizeof *w->ancestor, &w->capacity_ancestor, &w->ancestor);
    if (status != HEAT_OK)
        return status;
    w->log_weight[w->n] = log_weight;
    w->ancestor[w->n++] = ancestor;
    return HEAT_OK;
}

void heat_way_clear(heat_way *w)
{
    heat_free(w->log_weight);
    heat_free(w->ancestor);
    *w = (heat_way){.n = 0};
}

/* Groups of the members that all stages began with. */
typedef struct groups {
    int64_t n, n_members;
} groups;

static groups group_members(int64_t n_members)
{
    return (groups){n_members < MOST_GROUPS ? n_members : MOST_GROUPS, n_members};
}

static int64_t group_of(groups g, const heat_way *w, int64_t k)
{
    return w->ancestor[k] * g.n / g.n_members;
}

/* Adds up over stages: log of the mean weight, and without[g], log of the mean without group g. */
static heat_status add_stage(heat_context *ctx, groups g, const heat_way *w, double *log_mean,
                             double *without)
{
    double largest = -(double)INFINITY, sum = 0, *sums = NULL, *counts;
    heat_status status = heat_alloc(ctx, 2 * g.n, sizeof *sums, &sums);

    if (status != HEAT_OK)
        return status;
    counts = sums + g.n;
    for (int64_t k = 0; k < w->n; k++)
        largest = fmax(largest, w->log_weight[k]);
    for (int64_t k = 0; k < w->n; k++) {
        int64_t group = group_of(g, w, k);
        double weight = isinf(largest) ? 0 : exp(w->log_weight[k] - largest);
        sums[group] += weight;
        counts[group]++;
        sum += weight;
    }
    *log_mean += largest + log(sum / (double)w->n);
    for (int64_t k = 0; k < g.n; k++)
        without[k] += largest + log((sum - sums[k]) / ((double)w->n - counts[k]));
    heat_free(sums);
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
    const heat_way *there, *back;
    double ratio; /* log(n / m) */
} bennett;

static double difference(const bennett *b, double l)
{
    double there = 0, back = 0;

    for (int64_t k = 0; k < b->there->n; k++)
        there += chance(b->ratio + l - b->there->log_weight[k]);
    for (int64_t k = 0; k < b->back->n; k++)
        back += chance(-b->ratio - l - b->back->log_weight[k]);
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
 * the numbers n and m are fixed. Adds what every group moves. */
static void add_moves(const bennett *b, double l, groups g, double *moves)
{
    double n = (double)b->there->n, m = (double)b->back->n, side = 0, slope = 0;

    for (int64_t k = 0; k < b->there->n; k++) {
        double p = chance(b->ratio + l - b->there->log_weight[k]);
        side += p;
        slope += p * (1 - p);
    }
    for (int64_t k = 0; k < b->back->n; k++) {
        double p = chance(-b->ratio - l - b->back->log_weight[k]);
        slope += p * (1 - p);
    }
    for (int64_t k = 0; k < b->there->n; k++)
        moves[group_of(g, b->there, k)] +=
            (chance(b->ratio + l - b->there->log_weight[k]) - side / n) / slope;
    for (int64_t k = 0; k < b->back->n; k++)
        moves[group_of(g, b->back, k)] -= (chance(-b->ratio - l - b->back->log_weight[k]) - side / m) / slope;
}

static double error_of(groups g, const double *moves)
{
    double sum = 0;

    for (int64_t k = 0; k < g.n; k++)
        sum += moves[k] * moves[k];
    return isfinite(sum) ? sqrt(sum * (double)g.n / (double)(g.n - 1)) : (double)INFINITY;
}

heat_status heat_two_ways_get(heat_context *ctx, int64_t n, int64_t n_stages, const heat_way *there,
                              const heat_way *back, heat_two_ways *out)
{
    groups g = group_members(n);
    double *without_there = NULL, *without_back, *moves, mean_there = 0, mean_back = 0, f, r, c;
    heat_status status = heat_alloc(ctx, 3 * g.n, sizeof *without_there, &without_there);

    if (status != HEAT_OK)
        return status;
    without_back = without_there + g.n;
    moves = without_back + g.n;
    out->log_z = 0;
    for (int64_t s = 0; s < n_stages && status == HEAT_OK; s++) {
        bennett b = {&there[s], &back[s], log((double)there[s].n / (double)back[s].n)};
        double before = mean_there, log_z;
        status = add_stage(ctx, g, &there[s], &mean_there, without_there);
        if (status == HEAT_OK)
            status = add_stage(ctx, g, &back[s], &mean_back, without_back);
        log_z = solve(&b, mean_there - before);
        out->log_z += log_z;
        add_moves(&b, log_z, g, moves);
    }
    f = covariance(g.n, without_there, without_there);
    r = covariance(g.n, without_back, without_back);
    c = -covariance(g.n, without_there, without_back);
    out->forward = mean_there;
    out->reverse = -mean_back;
    out->forward_error = sqrt(f);
    out->reverse_error = sqrt(r);
    out->gap_error = isfinite(f + r - 2 * c) ? sqrt(fmax(f + r - 2 * c, 0)) : (double)INFINITY;
    out->error = error_of(g, moves);
    heat_free(without_there);
    return status;
}

heat_status heat_one_way_get(heat_context *ctx, int64_t n, int64_t n_stages, const heat_way *way,
                             double *log_mean, double *error)
{
    groups g = group_members(n);
    double *without = NULL;
    heat_status status = heat_alloc(ctx, g.n, sizeof *without, &without);

    *log_mean = 0;
    for (int64_t s = 0; s < n_stages && status == HEAT_OK; s++)
        status = add_stage(ctx, g, &way[s], log_mean, without);
    if (status == HEAT_OK)
        *error = sqrt(covariance(g.n, without, without));
    heat_free(without);
    return status;
}
