/* What an engine of real-valued states learns in its burn-in: the step, by dual averaging of the acceptance
 * (Nesterov's, as in Hoffman and Gelman, J. Mach. Learn. Res. 15 (2014) 1593, section 3.2), and the scale of
 * each variable, from the variances or the covariance of the draws in windows that double (the Stan reference
 * manual's). Nothing changes after the burn-in, so that what is measured then is a Markov chain. */
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
 * scales. */
int64_t heat_walk_tuning_size(int32_t n, heat_walk_mass mass);

/* Begins again around a step. */
void heat_walk_tuning_begin(heat_walk_tuning *tuning, double first);

/* One update: `accepted` is the mean acceptance of a sweep. */
void heat_walk_tuning_update(heat_walk_tuning *tuning, double accepted, double target);

/* The burn-in is over: the averaged step. */
void heat_walk_tuning_settle(heat_walk_tuning *tuning);

/* What sweep number `sweep` of a burn-in is for. */
typedef enum heat_walk_phase {
    HEAT_WALK_SETTLES = 0, /* the step alone */
    HEAT_WALK_COLLECTS,    /* a draw counts in the variances */
    HEAT_WALK_CLOSES       /* it is the last of a window */
} heat_walk_phase;
heat_walk_phase heat_walk_phase_of(int64_t sweep, int64_t burn_in);

/* Takes in a draw: x[i * stride]. `numbers` is as above. */
void heat_walk_tuning_add(heat_walk_tuning *tuning, int32_t n, heat_walk_mass mass, const double *x,
                          int64_t stride, double *numbers);

/* Scales from the draws, sqrt(variance / T), and forgets them; of dense ones the lower triangle L of
 * covariance / T = L L'. Where that is not positive definite they stay as they are. */
void heat_walk_tuning_rescale(heat_walk_tuning *tuning, int32_t n, heat_walk_mass mass, double temperature,
                              double *numbers);

/* The scales within the numbers, and those to begin with: 1. */
double *heat_walk_tuning_scales(int32_t n, heat_walk_mass mass, double *numbers);
void heat_walk_tuning_reset_scales(int32_t n, heat_walk_mass mass, double *numbers);

#endif
