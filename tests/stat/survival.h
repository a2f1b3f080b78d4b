/* Tails of the distributions that test statistics follow, accurate where it matters: far out. */
#ifndef HEATBATH_TEST_SURVIVAL_H
#define HEATBATH_TEST_SURVIVAL_H

#include <stdint.h>

/* P(|Z| >= |z|) of a standard normal Z. */
double survival_normal(double z);

/* P(X >= x) of a chi-square variable X with `dof` > 0 degrees of freedom: the regularised upper incomplete
 * gamma function Q(dof / 2, x / 2), by its series and by Lentz's continued fraction. */
double survival_chi_square(double x, double dof);

/* The normal deviate as far out as t is for Student's distribution with `dof` degrees of freedom, to about
 * 1e-3 (Wallace, Ann. Math. Stat. 30 (1959) 1124). */
double survival_student_to_normal(double t, double dof);

/* P(X >= k) and P(X <= k) of a binomial variable X: n trials of probability p, 0 < p < 1. */
double survival_binomial_above(int64_t k, int64_t n, double p);
double survival_binomial_below(int64_t k, int64_t n, double p);

/* The p-value of two independent p-values together: P(U V <= p q) of uniform U, V (Fisher, Statistical
 * Methods for Research Workers (1932), section 21.1). */
double survival_fisher(double p, double q);

/* The p-value of n p-values of any dependence: n times the least (Bonferroni), at most 1; NaN if one is NaN.
 */
double survival_least(int n, const double *p);

#endif
