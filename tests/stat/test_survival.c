/* The tails that p-values come from, against values computed with 50 digits. */
#include "support.h"
#include "survival.h"

#include <math.h>

static void close_relative(double value, double expected, double tolerance)
{
    assert_close(value / expected, 1, tolerance);
}

static void normal_tails(void **state)
{
    (void)state;
    static const double rows[][2] = {{0, 1},
                                     {0.5, 0.61707507745197379272},
                                     {-2, 0.045500263896358414401},
                                     {4, 0.000063342483666239842508},
                                     {5.5, 3.7979124931775438768e-8},
                                     {7.2, 6.0212559622348749745e-13}};

    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        close_relative(survival_normal(rows[k][0]), rows[k][1], 1e-12);
}

static void chi_square_tails(void **state)
{
    (void)state;
    static const double rows[][3] = {
        {0.1, 1, 0.75182963404584927583},        {1, 1, 0.31731050786291410283},
        {50, 1, 1.5374597944280348502e-12},      {3, 2, 0.22313016014842982893},
        {60, 2, 9.3576229688401746049e-14},      {10, 5, 0.075235246146512178722},
        {80, 5, 8.3918251148316100895e-16},      {100, 100, 0.48119168452795671811},
        {60, 100, 0.99948110853745196571},       {250, 100, 7.7669364035391770701e-15},
        {400, 255, 1.660002524412451766e-8},     {255, 255, 0.48822252177040634337},
        {1400, 1000, 7.0321456418285894787e-16}, {5, 10, 0.89117801891415124235},
        {1e-3, 3, 0.99999159208094195384}};

    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        close_relative(survival_chi_square(rows[k][0], rows[k][1]), rows[k][2], 1e-11);
    assert_close(survival_chi_square((double)INFINITY, 3), 0, 0);
    assert_close(survival_chi_square(-1, 3), 1, 0);
    assert_true(isnan(survival_chi_square((double)NAN, 3)));
}

static void binomial_tails(void **state)
{
    (void)state;

    close_relative(survival_binomial_above(700, 900, 0.683), 1.8293305589772384099e-10, 1e-10);
    close_relative(survival_binomial_above(250, 300, 0.683), 2.4508783406465393712e-9, 1e-10);
    close_relative(survival_binomial_above(10, 10, 0.3), 5.9048999999999978147e-6, 1e-10);
    close_relative(survival_binomial_below(5, 300, 0.05), 0.0023321386501008549778, 1e-10);
    close_relative(survival_binomial_below(0, 10, 0.3), 0.02824752490000000448, 1e-10);
    assert_close(survival_binomial_above(0, 10, 0.3), 1, 1e-12);
}

/* P(|t| >= 3.25) with 9 degrees of freedom is 0.01, and with 15 P(|t| >= 4.073) is 0.001. */
static void student_deviates(void **state)
{
    (void)state;

    close_relative(survival_normal(survival_student_to_normal(3.2498, 9)), 0.01, 0.01);
    close_relative(survival_normal(survival_student_to_normal(-4.0728, 15)), 0.001, 0.01);
    assert_close(survival_student_to_normal(2, 1e12), 2, 1e-9);
}

static void p_values_together(void **state)
{
    (void)state;
    const double three[] = {0.2, 0.01, 0.9}, bad[] = {0.2, (double)NAN, 0.5};

    assert_close(survival_fisher(1, 1), 1, 0);
    close_relative(survival_fisher(1e-3, 1e-2), survival_chi_square(-2 * log(1e-5), 4), 1e-12);
    assert_close(survival_fisher(0, 0.5), 0, 0);
    assert_close(survival_least(3, three), 0.03, 1e-15);
    assert_close(survival_least(1, three + 2), 0.9, 1e-15);
    assert_true(isnan(survival_least(3, bad)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_tails),      cmocka_unit_test(chi_square_tails),
        cmocka_unit_test(binomial_tails),    cmocka_unit_test(student_deviates),
        cmocka_unit_test(p_values_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
