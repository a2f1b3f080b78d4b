/* Averages under weights w_i of mean 1: A = mean(w a), and to first order its error is the scatter of
 * w (a - A) over sqrt(n); log Z moves by w - 1, the entropy by w - 1 + beta w (E - <E>). */
#include "logz/annealed_rows.h"
#include "base/memory.h"
#include "stats/moments.h"
#include "stats/resampling.h"

#include <math.h>

void heat_annealed_rows_clear(heat_annealed_rows *r)
{
    heat_free(r->log_weight);
    heat_free(r->mean);
    heat_free(r->square);
    *r = (heat_annealed_rows){.n = 0};
}

heat_status heat_annealed_rows_add(heat_context *ctx, heat_annealed_rows *r, double log_weight, int64_t n,
                                   const double *shares, const double *energies, const double *variances)
{
    double mean = 0, square = 0, worst = n > 0 ? energies[0] : 0;
    heat_status status = heat_grow(ctx, r->n + 1, sizeof *r->log_weight, &r->capacity_weight, &r->log_weight);

    if (status == HEAT_OK)
        status = heat_grow(ctx, r->n + 1, sizeof *r->mean, &r->capacity_mean, &r->mean);
    if (status == HEAT_OK)
        status = heat_grow(ctx, r->n + 1, sizeof *r->square, &r->capacity_square, &r->square);
    if (status != HEAT_OK)
        return status;
    if (r->n == 0 && n > 0)
        r->origin = energies[0];
    for (int64_t k = 0; k < n; k++) {
        double e = energies[k] - r->origin;
        double share = shares == NULL ? 1 / (double)n : shares[k];
        mean += e * share;
        square += (e * e + variances[k]) * share;
        worst = fabs(energies[k]) > fabs(worst) ? energies[k] : worst;
    }
    if ((n > 0 && !isfinite(log_weight)) || !isfinite(square))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         isfinite(log_weight) || !isfinite(worst)
                             ? "a state has energy %g: log Z is estimated where every state is allowed"
                             : "a state met on the way has energy inf (the last one %g): log Z is estimated "
                               "where every state is allowed",
                         worst);
    r->log_weight[r->n] = log_weight;
    r->mean[r->n] = mean;
    r->square[r->n++] = square;
    return HEAT_OK;
}

/* Errors of the averages; w holds weights of mean 1, x is scratch. */
static void fill_errors(const heat_annealed_rows *r, double mean, double variance, const double *w, double *x,
                        heat_logz_row *row)
{
    double beta = 1 / row->temperature, wide = heat_student_widening(r->n), n = (double)r->n / wide / wide;

    for (int64_t i = 0; i < r->n; i++)
        x[i] = w[i] * (r->mean[i] - mean);
    row->mean_energy_error = sqrt(heat_variance(r->n, x) / n);
    for (int64_t i = 0; i < r->n; i++)
        x[i] = w[i] - 1 + beta * w[i] * (r->mean[i] - mean);
    row->entropy_error = sqrt(heat_variance(r->n, x) / n);
    for (int64_t i = 0; i < r->n; i++)
        x[i] = w[i] * (r->square[i] - 2 * mean * r->mean[i] + mean * mean - variance);
    row->heat_capacity_error = beta * beta * sqrt(heat_variance(r->n, x) / n);
}

heat_status heat_annealed_rows_fill(heat_context *ctx, uint64_t seed, const heat_annealed_rows *r,
                                    heat_logz_row *row, heat_log_weights *weights)
{
    double *w = NULL, *x = NULL, mean = 0, square = 0;
    heat_status status = heat_log_weights_get(ctx, seed, 1, r->n, r->log_weight, weights);

    if (status != HEAT_OK || (status = heat_alloc(ctx, r->n, sizeof *w, &w)) != HEAT_OK ||
        (status = heat_alloc(ctx, r->n, sizeof *x, &x)) != HEAT_OK)
        goto out;
    weights->error *= heat_student_widening(r->n);
    for (int64_t i = 0; i < r->n; i++) {
        w[i] = exp(r->log_weight[i] - weights->log_mean);
        mean += w[i] * r->mean[i] / (double)r->n;
        square += w[i] * r->square[i] / (double)r->n;
    }
    heat_logz_fill_row(row, weights->log_mean, weights->error, r->origin + mean, square - mean * mean);
    fill_errors(r, mean, square - mean * mean, w, x, row);
out:
    heat_free(w);
    heat_free(x);
    return status;
}
