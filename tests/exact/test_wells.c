/* Wells that are narrow and far apart: found on a grid, and none of them missed by the integral that is told
 * of them. */
#include "exact/quadrature.h"
#include "kernel/isa.h"
#include "landscape/wells.h"
#include "model/views.h"
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>
#include <stdio.h>

/* A normal density about x and y, of these widths along axes that are turned by an angle, and of a depth. */
typedef struct well {
    double x, y, wide, narrow, angle, depth;
} well;

static const double two_pi = 6.28318530717958648;

static int write_well(const well *w, char *text, size_t size)
{
    const double c = cos(w->angle), s = sin(w->angle);

    return snprintf(text, size,
                    "((%.17g*(x-(%.17g))+%.17g*(y-(%.17g)))^2/(2*%.17g^2)+"
                    "(%.17g*(y-(%.17g))-(%.17g)*(x-(%.17g)))^2/(2*%.17g^2)-%.17g)",
                    c, w->x, s, w->y, w->wide, c, w->y, s, w->x, w->narrow, w->depth);
}

/* -log(exp(-a) + exp(-b)) of two wells. */
static void write_both(const well *w, char *text, size_t size)
{
    char a[512], b[512];

    write_well(&w[0], a, sizeof a);
    write_well(&w[1], b, sizeof b);
    snprintf(text, size, "potential:min(%s,%s)-log(1+exp(-abs(%s-%s)))", a, b, a, b);
}

static double log_z_of(const well *w)
{
    double z = 0;

    for (int k = 0; k < 2; k++)
        z += two_pi * w[k].wide * w[k].narrow * exp(w[k].depth);
    return log(z);
}

static const well pairs[][2] = {
    {{-2.9369, -0.0204, 0.2735, 1.1248, -1.6347, 0.737}, {77.6312, -5.8714, 0.0109, 0.0152, 1.5956, 3.379}},
    {{-3.5097, 73.2183, 0.0621, 2.0174, 1.7480, 2.265}, {0.1146, 2.0391, 0.4047, 3.7136, -3.0068, 1.801}},
    {{-12.9933, -12.7015, 0.0106, 2.3993, 1.7179, 3.650}, {-1.7496, 0.0856, 1.4209, 0.4954, -1.6401, 1.895}},
    {{-0.4984, -35.7297, 0.8819, 0.0426, -0.6109, 0.777}, {0.0267, -0.0120, 0.7318, 7.7819, 2.8809, 3.205}},
};
enum { N_PAIRS = sizeof pairs / sizeof *pairs };

static void no_well_is_missed(void **state)
{
    heat_context *ctx = test_context();

    (void)state;
    for (int k = 0; k < N_PAIRS; k++) {
        char text[4096];
        heat_model *model;
        heat_logz_options o;
        heat_logz_result r;
        write_both(pairs[k], text, sizeof text);
        assert_ok(ctx, heat_model_load(ctx, text, &model));
        heat_logz_options_init(&o);
        o.method = "exact";
        o.threads = 1;
        heat_logz_result_init(&r);
        assert_ok(ctx, heat_logz(ctx, model, &o, &r));
        print_message("pair %d: %.12f, exact %.12f\n", k, r.log_z, log_z_of(pairs[k]));
        assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
        assert_close(r.log_z, log_z_of(pairs[k]), 2e-10 * (1 + fabs(r.log_z)));
        heat_logz_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void wells_are_found_with_their_curvature(void **state)
{
    heat_context *ctx = test_context();

    (void)state;
    for (int k = 0; k < N_PAIRS; k++) {
        char text[4096];
        heat_model *model;
        heat_smooth view;
        heat_wells wells = {.count = 0}, again = {.count = 0};
        int met = 0;
        write_both(pairs[k], text, sizeof text);
        assert_ok(ctx, heat_model_load(ctx, text, &model));
        assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
        assert_ok(ctx, heat_wells_find(ctx, &view, 1, &wells));
        assert_ok(ctx, heat_wells_find(ctx, &view, 2, &again));
        assert_int_equal(wells.count, again.count);
        assert_memory_equal(wells.x, again.x, (size_t)wells.count * 2 * sizeof(double));
        for (int64_t at = 0; at < wells.count; at++)
            for (int c = 0; c < 2; c++) {
                const well *w = &pairs[k][c];
                const double *h = wells.hessian + 4 * at;
                if (hypot(wells.x[2 * at] - w->x, wells.x[2 * at + 1] - w->y) > 1e-6)
                    continue;
                met++;
                assert_close(wells.energy[at], -w->depth, 1e-6);
                assert_close((h[0] * h[3] - h[1] * h[2]) * pow(w->wide * w->narrow, 2), 1, 1e-6);
            }
        assert_int_equal(met, 2);
        heat_wells_close(&wells);
        heat_wells_close(&again);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void find_in(heat_context *ctx, const char *spec, heat_wells *wells)
{
    heat_model *model;
    heat_smooth view;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_ok(ctx, heat_wells_find(ctx, &view, 1, wells));
    heat_model_free(model);
}

static void no_energy_is_no_well(void **state)
{
    const struct {
        const char *spec;
        int64_t count;
    } rows[] = {{"potential:x^2+y^2+z^2", 1}, {"potential:(x^2-1)^2+(y^2-1)^2+(z^2-4)^2", 8},
                {"potential:x+y", 0},         {"potential:log(x)+x^2+y^2-3*log(x)", 1},
                {"muller-brown", 3},          {"double-well", 0}}; /* of one variable nodes are near enough */
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        heat_wells wells = {.count = 0};
        find_in(ctx, rows[k].spec, &wells);
        print_message("%s: %d\n", rows[k].spec, (int)wells.count);
        assert_int_equal(wells.count, rows[k].count);
        heat_wells_close(&wells);
    }
    heat_context_free(ctx);
}

static heat_status find(heat_context *ctx, void *arg)
{
    heat_wells wells = {.count = 0};
    heat_status status = heat_wells_find(ctx, arg, 1, &wells);

    heat_wells_close(&wells);
    return status;
}

static void lost_memory_is_told(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model;
    heat_smooth view;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "potential:x^2+y^2", &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    test_failing_allocations(find, &view);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_well_is_missed),
        cmocka_unit_test(wells_are_found_with_their_curvature),
        cmocka_unit_test(no_energy_is_no_well),
        cmocka_unit_test(lost_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
