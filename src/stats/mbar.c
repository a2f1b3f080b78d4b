/* From samples to an estimate and its covariance. With O_jk = E_j[p_k] and H_jk = N_j (delta_jk - O_jk) the
 * Hessian, the covariance of log Z is H^-1 M H^-1 where M is that of sum_n w_n p_k(x_n) over draws whose
 * numbers are fixed state by state:
 *
 *     independent rows:  M = H - sum_i N_i (O_i - e_i)(O_i - e_i)^T
 *     blocks:            M = sum_b S_b S_b^T,  S_b = sum_(n in b) w_n (p(x_n) - mean of p over state n's
 * draws)
 *
 * Shirts and Chodera, J. Chem. Phys. 129 (2008) 124105, equation 8; Liang and Zeger, Biometrika 73 (1986) 13.
 */
#include "stats/mbar.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/cholesky.h"
#include "stats/mbar_rows.h"

#include <math.h>

static heat_status check_row(heat_context *ctx, const heat_mbar *m, int64_t row)
{
    const heat_mbar_samples *x = &m->samples;
    double w = heat_mbar_weight(m, row);

    if (x->state[row] < 0 || x->state[row] >= m->states.n_states)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: row %lld is of state %d of %d", (long long)row,
                         x->state[row], m->states.n_states);
    for (int32_t b = 0; x->block_weight != NULL && b < x->n_blocks; b++)
        if (!(x->block_weight[row * x->n_blocks + b] >= 0 && x->block_weight[row * x->n_blocks + b] <= w))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: row %lld has weight %g in block %d",
                             (long long)row, x->block_weight[row * x->n_blocks + b], b);
    if (x->block != NULL && (x->block[row] < 0 || x->block[row] >= x->n_blocks))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: row %lld is of block %d of %d", (long long)row,
                         x->block[row], x->n_blocks);
    if (!(w > 0 && w < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: row %lld has weight %g", (long long)row, w);
    for (int32_t f = 0; f < m->states.n_features; f++)
        if (!isfinite(x->features[row * m->states.n_features + f]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: feature %d of row %lld is %f", f,
                             (long long)row, x->features[row * m->states.n_features + f]);
    return HEAT_OK;
}

static heat_status check_states(heat_context *ctx, const heat_mbar_states *s)
{
    if (s->n_states < 1 || s->n_features < 1 || (s->slope == NULL && s->n_features != s->n_states))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: %d states of %d features", s->n_states,
                         s->n_features);
    for (int64_t k = 0; s->slope != NULL && k < (int64_t)s->n_states * s->n_features; k++)
        if (!isfinite(s->slope[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: slope %lld is %f", (long long)k, s->slope[k]);
    for (int32_t k = 0; s->offset != NULL && k < s->n_states; k++)
        if (!isfinite(s->offset[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: offset %d is %f", k, s->offset[k]);
    return HEAT_OK;
}

/* The draws of each state, the centre of the features, and what u is there. */
static heat_status summarise(heat_context *ctx, heat_mbar *m)
{
    const heat_mbar_states *s = &m->states;
    const heat_mbar_samples *x = &m->samples;
    double total = 0;

    for (int64_t row = 0; row < x->n; row++) {
        double w = heat_mbar_weight(m, row);
        heat_status status = check_row(ctx, m, row);
        if (status != HEAT_OK)
            return status;
        m->drawn[x->state[row]] += w;
        total += w;
        for (int32_t f = 0; f < s->n_features; f++) /* a running mean: no sum overflows */
            m->centre[f] += w / total * (x->features[row * s->n_features + f] - m->centre[f]);
    }
    for (int32_t k = 0; k < s->n_states; k++) {
        if (!(m->drawn[k] > 0))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: no row is of state %d", k);
        m->constant[k] = s->offset == NULL ? 0 : s->offset[k];
        for (int32_t f = 0; f < s->n_features; f++)
            m->constant[k] +=
                m->centre[f] * (s->slope != NULL ? s->slope[(int64_t)k * s->n_features + f] : f == k);
    }
    return HEAT_OK;
}

/* sqrt(B / (B - 1)) of every state's number of blocks. */
static heat_status count_blocks(heat_context *ctx, heat_mbar *m)
{
    const heat_mbar_samples *x = &m->samples;
    int32_t *count = NULL;
    int8_t *seen = NULL;
    heat_status status = heat_alloc(ctx, m->states.n_states, sizeof *count, &count);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)m->states.n_states * x->n_blocks, sizeof *seen, &seen);
    for (int64_t row = 0; row < x->n && status == HEAT_OK && heat_mbar_has_blocks(m); row++)
        for (int32_t b = 0; b < x->n_blocks; b++) {
            int8_t *at = &seen[(int64_t)x->state[row] * x->n_blocks + b];
            if (x->block_weight == NULL ? x->block[row] == b : x->block_weight[row * x->n_blocks + b] > 0) {
                count[x->state[row]] += *at == 0;
                *at = 1;
            }
        }
    for (int32_t k = 0; k < m->states.n_states && status == HEAT_OK; k++) {
        m->spread[k] = !heat_mbar_has_blocks(m) ? 1 : sqrt(count[k] / (count[k] - 1.0));
        if (heat_mbar_has_blocks(m) && count[k] < 2)
            status = heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: the rows of state %d make one block", k);
    }
    heat_free(count);
    heat_free(seen);
    return status;
}

/* w p by state of origin, [state][n_states]. */
static void add_by_state(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                         double *sums)
{
    int64_t n = walk->m->states.n_states;
    double *line = sums + walk->m->samples.state[row] * n;
    double w = heat_mbar_weight(walk->m, row);

    for (int64_t k = 0; k < n; k++)
        line[k] += w * p[k];
    walk->m->log_mixture[row] = log_mixture;
}

/* The scatter of a row's p about the mean of its state, [block][n_states]. */
static void add_by_block(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                         double *sums)
{
    const heat_mbar *m = walk->m;
    int64_t n = m->states.n_states, state = m->samples.state[row];
    const double *mean = (const double *)walk->arg + state * n;
    const double *shares = m->samples.block_weight;
    int64_t n_blocks = m->samples.n_blocks;

    (void)log_mixture;
    for (int64_t b = shares == NULL ? m->samples.block[row] : 0; b < n_blocks; b++) {
        double w =
            (shares == NULL ? heat_mbar_weight(m, row) : shares[row * n_blocks + b]) * m->spread[state];
        for (int64_t k = 0; k < n && w > 0; k++)
            sums[b * n + k] += w * (p[k] - mean[k] / m->drawn[state]);
        if (shares == NULL)
            return;
    }
}

/* M by blocks, without state 0. */
static heat_status scatter_of_blocks(heat_context *ctx, const heat_mbar *m, const double *by_state,
                                     double *out)
{
    int64_t n = m->states.n_states;
    heat_mbar_walk walk = {m, m->f, add_by_block, by_state, n * m->samples.n_blocks};
    double *sums;
    heat_status status = heat_alloc(ctx, walk.n_sums, sizeof *sums, &sums);

    if (status == HEAT_OK)
        status = heat_mbar_walk_run(ctx, &walk, sums);
    for (int64_t b = 0; b < m->samples.n_blocks && status == HEAT_OK; b++)
        for (int64_t j = 1; j < n; j++)
            for (int64_t k = 1; k < n; k++)
                out[(j - 1) * (n - 1) + k - 1] += sums[b * n + j] * sums[b * n + k];
    heat_free(sums);
    return status;
}

/* M of independent rows, without state 0. */
static void scatter_of_rows(const heat_mbar *m, double *out)
{
    int64_t n = m->states.n_states;

    for (int64_t j = 1; j < n; j++)
        for (int64_t k = 1; k < n; k++) {
            double sum = m->drawn[j] * ((double)(j == k) - m->overlap[j * n + k]);
            for (int64_t i = 0; i < n; i++)
                sum -= m->drawn[i] * (m->overlap[i * n + j] - (double)(i == j)) *
                       (m->overlap[i * n + k] - (double)(i == k));
            out[(j - 1) * (n - 1) + k - 1] = sum;
        }
}

/* H^-1 M H^-1 in place: columns, then rows, of a symmetric matrix. */
static void sandwich(const heat_mbar *m, double *matrix)
{
    int32_t n = m->states.n_states - 1;

    for (int pass = 0; pass < 2; pass++) {
        for (int32_t k = 0; k < n; k++)
            heat_cholesky_solve(n, m->factor, matrix + (int64_t)k * n);
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < j; k++) {
                double above = matrix[k * n + j];
                matrix[k * n + j] = matrix[j * n + k];
                matrix[j * n + k] = above;
            }
    }
}

static heat_status fill_covariance(heat_context *ctx, heat_mbar *m)
{
    int64_t n = m->states.n_states;
    heat_mbar_walk walk = {m, m->f, add_by_state, NULL, n * n};
    double *by_state = NULL, *matrix = NULL;
    heat_status status;

    if ((status = heat_alloc(ctx, n * n, sizeof *by_state, &by_state)) != HEAT_OK ||
        (status = heat_alloc(ctx, (n - 1) * (n - 1), sizeof *matrix, &matrix)) != HEAT_OK ||
        (status = heat_mbar_walk_run(ctx, &walk, by_state)) != HEAT_OK)
        goto out;
    if (!heat_mbar_has_blocks(m))
        scatter_of_rows(m, matrix);
    else if ((status = scatter_of_blocks(ctx, m, by_state, matrix)) != HEAT_OK)
        goto out;
    sandwich(m, matrix);
    for (int64_t j = 1; j < n; j++)
        for (int64_t k = 1; k < n; k++)
            m->covariance[j * n + k] = matrix[(j - 1) * (n - 1) + k - 1];
    for (int64_t k = 0; k < n; k++)
        m->log_z[k] = -m->f[k] - (m->constant[k] - m->constant[0]);
out:
    heat_free(by_state);
    heat_free(matrix);
    return status;
}

heat_status heat_mbar_create(heat_context *ctx, int64_t threads, const heat_mbar_states *states,
                             const heat_mbar_samples *samples, heat_mbar **out)
{
    int64_t n = states->n_states;
    heat_mbar *m;
    heat_status status = check_states(ctx, states);

    *out = NULL;
    if (status != HEAT_OK || (status = heat_alloc(ctx, 1, sizeof *m, &m)) != HEAT_OK)
        return status;
    m->states = *states;
    m->samples = *samples;
    m->threads = threads;
    if ((status = heat_alloc(ctx, states->n_features, sizeof(double), &m->centre)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof(double), &m->constant)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof(double), &m->drawn)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof(double), &m->spread)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof(double), &m->f)) != HEAT_OK ||
        (status = heat_alloc(ctx, samples->n, sizeof(double), &m->log_mixture)) != HEAT_OK ||
        (status = heat_alloc(ctx, (n - 1) * (n - 1), sizeof(double), &m->factor)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof(double), &m->log_z)) != HEAT_OK ||
        (status = heat_alloc(ctx, n * n, sizeof(double), &m->covariance)) != HEAT_OK ||
        (status = heat_alloc(ctx, n * n, sizeof(double), &m->overlap)) != HEAT_OK ||
        (status = summarise(ctx, m)) != HEAT_OK || (status = count_blocks(ctx, m)) != HEAT_OK ||
        (status = heat_mbar_solve(ctx, m)) != HEAT_OK || (status = fill_covariance(ctx, m)) != HEAT_OK) {
        heat_mbar_free(m);
        return status;
    }
    *out = m;
    return HEAT_OK;
}

void heat_mbar_free(heat_mbar *m)
{
    if (m == NULL)
        return;
    heat_free(m->centre);
    heat_free(m->constant);
    heat_free(m->drawn);
    heat_free(m->spread);
    heat_free(m->f);
    heat_free(m->log_mixture);
    heat_free(m->factor);
    heat_free(m->log_z);
    heat_free(m->covariance);
    heat_free(m->overlap);
    heat_free(m);
}

const double *heat_mbar_get_log_z(const heat_mbar *m)
{
    return m->log_z;
}

const double *heat_mbar_get_covariance(const heat_mbar *m)
{
    return m->covariance;
}

const double *heat_mbar_get_overlap(const heat_mbar *m)
{
    return m->overlap;
}

double heat_mbar_get_connection(const heat_mbar *m, int32_t *gap)
{
    int64_t n = m->states.n_states;
    double least = 1;

    if (gap != NULL)
        *gap = 0;
    for (int64_t k = 0; k + 1 < n; k++) {
        const double *row = m->overlap + k * n, *next = row + n;
        double alike = sqrt(row[k + 1] / row[k] * (next[k] / next[k + 1]));
        if (alike < least) {
            least = alike;
            if (gap != NULL)
                *gap = (int32_t)k;
        }
    }
    return least;
}

void heat_mbar_get_difference(const heat_mbar *m, int32_t j, int32_t k, double *value, double *error)
{
    int64_t n = m->states.n_states;
    const double *c = m->covariance;
    double variance = c[j * n + j] + c[k * n + k] - 2 * c[j * n + k];

    *value = m->log_z[k] - m->log_z[j];
    *error = sqrt(fmax(variance, 0)); /* rounding may leave less than nothing of none */
}
