/* Directions of ascent from the last steps and what they did to the gradient. */
#ifndef HEATBATH_QUASI_NEWTON_H
#define HEATBATH_QUASI_NEWTON_H

#include <heatbath/context.h>

typedef struct heat_quasi_newton {
    int64_t n;
    const double *scale;     /* [n] the first guess of the inverse curvature, up to a factor; borrowed */
    int64_t count, next;     /* steps kept, and where the next one goes */
    double *steps, *changes; /* [HEAT_QUASI_NEWTON_STEPS][n] */
    double *along;           /* [HEAT_QUASI_NEWTON_STEPS] step times change, negative */
} heat_quasi_newton;

enum { HEAT_QUASI_NEWTON_STEPS = 20 };

HEAT_MUST_USE heat_status heat_quasi_newton_init(heat_context *ctx, int64_t n, const double *scale,
                                                 heat_quasi_newton *q);
void heat_quasi_newton_clear(heat_quasi_newton *q);

/* Forgets all steps: the next direction is scale times gradient. */
void heat_quasi_newton_forget(heat_quasi_newton *q);

/* Keeps the step from one point to another, with the gradients there, unless the function curves upwards
 * along it. */
void heat_quasi_newton_add(heat_quasi_newton *q, const double *from, const double *to,
                           const double *gradient_from, const double *gradient_to);

/* The direction of Newton's step to a maximum, as far as the steps tell. */
void heat_quasi_newton_direct(const heat_quasi_newton *q, const double *gradient, double *direction);

#endif
