/* What an engine of real-valued states learns in its burn-in: the step, by dual averaging of the acceptance
 * (Nesterov's, as in Hoffman and Gelman, J. Mach. Learn. Res. 15 (2014) 1593, section 3.2), and the scale of
 * each variable, from the variances or the covariance of the draws in windows that double (the Stan reference
 * manual's). Where there are gradients a scale s of one variable is
 *
 *     s^4 = Var x / Var dU/dx,
 *
 * and of all together S S' the geometric mean of the covariance of x and the inverse of that of the gradient:
 * the density is then most like a normal one in Fisher divergence (Seyboldt, Carlson, Carpenter,
 * arXiv:2603.18845). That is the variance of what is normal, and less where x ranges far beyond the width of
 * the places that it is in at any time, as in a funnel. Nothing changes after the burn-in, so that what is
 * measured then is a Markov chain. */
#ifndef HEATBATH_WALK_TUNING_H
#define HEATBATH_WALK_TUNING_H

#include <heatbath/context.h>

typedef enum heat_walk_mass { HEAT_MASS_UNIT = 0, HEAT_MASS_DIAGONAL, HEAT_MASS_DENSE } heat_walk_mass;

/* Of all chains of a unit that are on one rung. */
typedef struct heat_walk_tuning {
    double step;
    double first;     /* the step around which dual averaging searches */
    double error_sum; /* H, the weighted mean of target - acceptance */
    double log_mean;  /* of step / first */
    int64_t n_updates;
    int64_t n_draws; /* in the variances */
    bool is_found;   /* `first` has been looked for */
    bool is_settled; /* nothing changes the step any more */
} heat_walk_tuning;

/* Numbers that a rung's draws and scales take: [n] mean, then [n] or [n][n] sums of squares and the same of
 * scales; mean and squares of the gradient, and room to work. */
int64_t heat_walk_tuning_size(int32_t n, heat_walk_mass mass);

/* Begins again around a step. */
void heat_walk_tuning_begin(heat_walk_tuning *tuning, double first);

/* One update: `accepted` is the mean acceptance of a sweep; no step beyond `longest` is tried. */
void heat_walk_tuning_update(heat_walk_tuning *tuning, double accepted, double target, double longest);

/* The burn-in is over: the averaged step. */
void heat_walk_tuning_settle(heat_walk_tuning *tuning);

/* What sweep number `sweep` of a burn-in is for. */
typedef enum heat_walk_phase {
    HEAT_WALK_SETTLES = 0, /* the step alone */
    HEAT_WALK_COLLECTS,    /* a draw counts in the variances */
    HEAT_WALK_CLOSES       /* it is the last of a window */
} heat_walk_phase;
heat_walk_phase heat_walk_phase_of(int64_t sweep, int64_t burn_in);

/* Takes in a draw: x[i * stride], and its gradient (NULL: there is none). `numbers` is as above. */
void heat_walk_tuning_add(heat_walk_tuning *tuning, int32_t n, heat_walk_mass mass, const double *x,
                          const double *gradient, int64_t stride, double *numbers);

/* How scales are found. */
typedef struct heat_walk_scaling {
    int32_t n;
    heat_walk_mass mass;
    bool has_gradient;      /* draws came with theirs */
    double least_condition; /* of dense ones: the correlations are dropped where their matrix has no more */
} heat_walk_scaling;

/* Scales from the draws, as above, and forgets them; of dense ones the lower triangle L of S S' = L L'. Where
 * that is not positive definite they stay as they are. */
void heat_walk_tuning_rescale(heat_walk_tuning *tuning, const heat_walk_scaling *how, double temperature,
                              double *numbers);

/* The scales within the numbers, and those to begin with: 1. */
double *heat_walk_tuning_scales(int32_t n, heat_walk_mass mass, double *numbers);
void heat_walk_tuning_reset_scales(int32_t n, heat_walk_mass mass, double *numbers);

#endif
