/* Limited-memory BFGS: the inverse of the curvature is a diagonal, corrected by the last steps s and the
 * changes y of the gradient along them, y = -B s near a maximum. Nocedal, Math. Comp. 35 (1980) 773; Liu and
 * Nocedal, Math. Program. 45 (1989) 503. */
#include "stats/quasi_newton.h"
#include "base/memory.h"

enum { STEPS = HEAT_QUASI_NEWTON_STEPS };

heat_status heat_quasi_newton_init(heat_context *ctx, int64_t n, const double *scale, heat_quasi_newton *q)
{
    heat_status status;

    *q = (heat_quasi_newton){.n = n, .scale = scale};
    status = heat_alloc(ctx, STEPS * n, sizeof *q->steps, &q->steps);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, STEPS * n, sizeof *q->changes, &q->changes);
    return status == HEAT_OK ? heat_alloc(ctx, STEPS, sizeof *q->along, &q->along) : status;
}

void heat_quasi_newton_clear(heat_quasi_newton *q)
{
    heat_free(q->steps);
    heat_free(q->changes);
    heat_free(q->along);
    *q = (heat_quasi_newton){0};
}

void heat_quasi_newton_forget(heat_quasi_newton *q)
{
    q->count = q->next = 0;
}

void heat_quasi_newton_add(heat_quasi_newton *q, const double *from, const double *to,
                           const double *gradient_from, const double *gradient_to)
{
    double *s = q->steps + q->next * q->n, *y = q->changes + q->next * q->n, along = 0;

    for (int64_t a = 0; a < q->n; a++)
        along += (to[a] - from[a]) * (gradient_to[a] - gradient_from[a]);
    if (!(along < 0))
        return;
    for (int64_t a = 0; a < q->n; a++) {
        s[a] = to[a] - from[a];
        y[a] = gradient_to[a] - gradient_from[a];
    }
    q->along[q->next] = along;
    q->next = (q->next + 1) % STEPS;
    q->count += q->count < STEPS;
}

static double product(int64_t n, const double *a, const double *b)
{
    double sum = 0;

    for (int64_t k = 0; k < n; k++)
        sum += a[k] * b[k];
    return sum;
}

void heat_quasi_newton_direct(const heat_quasi_newton *q, const double *gradient, double *d)
{
    double weight[STEPS], factor = 1;

    for (int64_t a = 0; a < q->n; a++)
        d[a] = gradient[a];
    for (int64_t age = 1; age <= q->count; age++) {
        int64_t k = (q->next - age + STEPS) % STEPS;
        const double *y = q->changes + k * q->n;
        weight[k] = product(q->n, q->steps + k * q->n, d) / q->along[k];
        for (int64_t a = 0; a < q->n; a++)
            d[a] -= weight[k] * y[a];
        if (age > 1)
            continue;
        factor = 0;
        for (int64_t a = 0; a < q->n; a++)
            factor -= q->scale[a] * y[a] * y[a];
        factor = q->along[k] / factor;
    }
    for (int64_t a = 0; a < q->n; a++)
        d[a] *= factor * q->scale[a];
    for (int64_t age = q->count; age >= 1; age--) {
        int64_t k = (q->next - age + STEPS) % STEPS;
        const double *s = q->steps + k * q->n;
        double correction = -weight[k] - product(q->n, q->changes + k * q->n, d) / q->along[k];
        for (int64_t a = 0; a < q->n; a++)
            d[a] += correction * s[a];
    }
}
