/* Integrals over potentials against closed forms: named ones, and shapes that are hard to sum up. */
#include "exact/quadrature.h"
#include "kernel/isa.h"
#include "model/views.h"
#include "support.h"

#include <math.h>

static const double cheap = 1e6; /* evaluations, for a test to make them twice */
static const double pi = 3.14159265358979323846;

/* Potentials by hand. */
typedef struct shape {
    const char *name;
    int32_t n;
    double (*energy)(const double *x);
    bool has_walls;
    double lower[3], upper[3];
    double log_z, mean_energy; /* at beta = 1 */
    bool has_no_gradient;
} shape;

static heat_status evaluate(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const shape *s = self;

    (void)ctx;
    for (int64_t c = 0; c < b->n_chains; c++) {
        double x[3];
        for (int32_t i = 0; i < s->n; i++)
            x[i] = b->x[i * b->stride + c];
        b->energies[c] = s->energy(x);
        for (int32_t i = 0; i < s->n && b->gradients != NULL; i++) {
            double h = 1e-6 * (fabs(x[i]) + (s->has_walls ? 1e-30 : 1e-2)), at = x[i], up, down;
            x[i] = at + h;
            up = s->energy(x);
            x[i] = at - h;
            down = s->energy(x);
            x[i] = at;
            b->gradients[i * b->stride + c] = (up - down) / (2 * h);
        }
    }
    return HEAT_OK;
}

static double far_parabola(const double *x)
{
    return (x[0] - 300) * (x[0] - 300) / 2;
}

/* Two wells of width 1e-3, which no coarse node meets, of depths that differ by log 3. */
static double narrow_wells(const double *x)
{
    double a = (x[0] + 1.2345) / 1e-3, b = (x[0] - 0.7654) / 1e-3;

    return fmin(a * a / 2, b * b / 2 - log(3));
}

static double heavy_tail(const double *x)
{
    return 2 * log(1 + x[0] * x[0]);
}

static double ray(const double *x)
{
    return 3 * x[0] - 2 * log(x[0]);
}

static double half_parabola(const double *x)
{
    return (x[0] - 1) * (x[0] - 1) / 2;
}

static double banana(const double *x)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];

    return a * a + 100 * b * b;
}

static double flat(const double *x)
{
    (void)x;
    return 2;
}

static double correlated(const double *x)
{
    return (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / 2 + 0.45 * (x[0] * x[1] + x[1] * x[2]);
}

/* Condition 10^4. */
static double needle(const double *x)
{
    double a = x[0] + x[1] + x[2], b = x[0] - x[1], c = x[0] + x[1] - 2 * x[2];

    return (a * a / 3 + 1e4 * b * b / 2 + 100 * c * c / 6) / 2;
}

static double funnel(const double *x)
{
    double aside = x[1] * x[1] + x[2] * x[2];

    return x[0] * x[0] / 18 + (aside > 0 ? exp(-x[0]) * aside / 2 : 0) + x[0];
}

static double roof(const double *x)
{
    return fabs(x[0]);
}

static double plateau(const double *x)
{
    return x[0] * x[0];
}

/* Whose far end lies beyond what nodes are first laid over. */
static double hot_banana(const double *x)
{
    return banana(x) / 20;
}

static double slow(const double *x)
{
    return 0.55 * log(1 + x[0] * x[0]);
}

/* At which pi becomes as large as it takes to be near to no integral. */
static double slower(const double *x)
{
    return 0.505 * log(1 + x[0] * x[0]);
}

static double cauchy(const double *x)
{
    return log(1 + (x[0] - 40) * (x[0] - 40));
}

static double two_cauchys(const double *x)
{
    return log(1 + x[0] * x[0]) + 1.5 * log(1 + x[1] * x[1]);
}

static double round_tail(const double *x)
{
    return 1.25 * log(1 + x[0] * x[0] + x[1] * x[1]);
}

/* That opens with x: the scale of y grows as x does. */
static double bow_tie(const double *x)
{
    return 2 * log(1 + x[0] * x[0]) + x[1] * x[1] / (1 + x[0] * x[0]) / 2;
}

/* Of two shapes of tail. */
static double beta_prime(const double *x)
{
    return 2.5 * log(1 + x[0]) - 0.7 * log(x[0]);
}

static double kink(const double *x)
{
    return 3 * fabs(x[0] - 0.3);
}

static double cusp(const double *x)
{
    return sqrt(fabs(x[0] - 0.3));
}

static double step(const double *x)
{
    return x[0] * x[0] / 2 + (x[0] > 0.3 ? 1 : 0);
}

static double oblique_kink(const double *x)
{
    return 2 * fabs(x[0] - x[1]) + x[0] * x[0];
}

static double pole(const double *x)
{
    return x[0] * x[0] + 0.7 * log(fabs(x[0]));
}

static double pole_aside(const double *x)
{
    return (x[0] - 0.3) * (x[0] - 0.3) + 0.3 * log(fabs(x[0] - 0.3));
}

/* Of width 3e-3, 87 away from a wide one. */
static double narrow_beside_wide(const double *x)
{
    double a = (x[0] + 0.2) / 0.1, b = (x[0] - 87) / 3e-3, apart;

    a = a * a / 2;
    b = b * b / 2 - 2;
    apart = exp(-fabs(a - b));
    return fmin(a, b) - log(1 + apart);
}

/* Two needles, each of condition 10^6, 60 apart. */
static double two_needles(const double *x)
{
    double a = x[0] - x[1], b = x[0] + x[1], c = x[0] - 50, d = x[1] + 30, apart;

    a = 2500 * a * a + b * b / 400;
    b = 5000 * c * c + d * d / 200;
    apart = exp(-fabs(a - b));
    return fmin(a, b) - log(1 + apart);
}

static double cauchy_like(const double *x)
{
    return 0.5 * log(1 + x[0] * x[0]);
}

/* Weights that are powers of the distance to a wall, of which a tenth and nine tenths, or more, are nearer
 * than the smallest double or the last bit of the wall. */
static double tenth_power(const double *x)
{
    return x[0] + 0.9 * log(x[0]);
}

static double hundredth_power(const double *x)
{
    return 0.99 * log(3 - x[0]) - 2 * log(x[0] - 2);
}

static double arcsine(const double *x)
{
    return 0.5 * log(1 - x[0] * x[0]);
}

static double two_powers(const double *x)
{
    return 0.5 * log(x[0]) + 0.7 * log(1 - x[0]) + 0.9 * log(x[1]) + 0.5 * log(1 - x[1]);
}

/* Of which the law at x = 0 is that of an integral over the other. */
static double opening(const double *x)
{
    return x[0] * x[1] * x[1] / 2 + x[0];
}

static double root_law(const double *x)
{
    return x[0] + 0.5 * log(x[0]) + 2 * sqrt(x[0]);
}

/* As narrow as what doubles leave of places at its wall lets the integral be. */
static double drop(const double *x)
{
    return 1e8 * (x[0] - 1);
}

static double log_beta(double a, double b)
{
    return lgamma(a) + lgamma(b) - lgamma(a + b);
}

/* Of 1 / (1 + x^2)^a. */
static double log_student(double a)
{
    return log_beta(a - 0.5, 0.5);
}

static heat_smooth view_of(const shape *s, const heat_model *model)
{
    return (heat_smooth){.n = s->n,
                         .model = model,
                         .self = s,
                         .evaluate = evaluate,
                         .has_gradient = !s->has_no_gradient,
                         .lower = s->has_walls ? s->lower : NULL,
                         .upper = s->has_walls ? s->upper : NULL};
}

static void shapes_have_their_volume(void **state)
{
    const double inf = (double)INFINITY, z_walled = sqrt(pi / 2) * (erf(sqrt(0.5)) + erf(sqrt(2))),
                 z_stepped = sqrt(pi / 2) * (2 - (1 - exp(-1)) * erfc(0.3 / sqrt(2)));
    const shape shapes[] = {
        {"far parabola", 1, far_parabola, .log_z = log(2 * pi) / 2, .mean_energy = 0.5},
        {"narrow wells", 1, narrow_wells, .log_z = log(4e-3 * sqrt(2 * pi)),
         .mean_energy = 0.5 - 0.75 * log(3)},
        {"heavy tail", 1, heavy_tail, .log_z = log(pi / 2), .mean_energy = (double)NAN},
        {"ray", 1, ray, true, {0}, {inf}, log(2.0 / 27), (double)NAN, false},
        {"half a parabola", 1, half_parabola, true, {0}, {3}, log(z_walled), (double)NAN, false},
        {"banana", 2, banana, .log_z = log(pi / 10), .mean_energy = 1},
        {"hot banana", 2, hot_banana, .log_z = log(2 * pi), .mean_energy = 1},
        {"flat", 2, flat, true, {-1, 2}, {1, 5}, log(6) - 2, 2, false},
        {"needle", 3, needle, .log_z = 1.5 * log(2 * pi) - log(1e3), .mean_energy = 1.5},
        {"funnel", 3, funnel, .log_z = 1.5 * log(2 * pi) + log(3), .mean_energy = (double)NAN},
        {"roof", 1, roof, .log_z = log(2), .mean_energy = 1},
        {"correlated", 3, correlated, .log_z = 1.5 * log(2 * pi) - 0.5 * log(1 - 2 * 0.45 * 0.45),
         .mean_energy = 1.5},
        {"1/x^0.9", 1, tenth_power, true, {0}, {inf}, lgamma(0.1), (double)NAN, true},
        {"1/(3 - x)^0.99", 1, hundredth_power, true, {2}, {3}, log_beta(3, 0.01), (double)NAN, true},
        {"arcsine", 1, arcsine, true, {-1}, {1}, log(pi), -log(2), true},
        {"two powers",
         2,
         two_powers,
         true,
         {0, 0},
         {1, 1},
         log_beta(0.5, 0.3) + log_beta(0.1, 0.5),
         (double)NAN,
         true},
        {"opening", 2, opening, true, {0, -inf}, {inf, inf}, log(2 * pi) / 2 + lgamma(0.5), 1, true},
        {"law of a root", 1, root_law, true, {0}, {inf}, log(sqrt(pi) * exp(1) * erfc(1)), (double)NAN, true},
        {"1/x^1.1", 1, slow, .log_z = log_student(0.55), .mean_energy = (double)NAN},
        {"1/x^1.01", 1, slower, .log_z = log_student(0.505), .mean_energy = (double)NAN},
        {"cauchy", 1, cauchy, .log_z = log(pi), .mean_energy = 2 * log(2)},
        {"two cauchys", 2, two_cauchys, .log_z = log(2 * pi), .mean_energy = (double)NAN},
        {"round tail", 2, round_tail, .log_z = log(4 * pi), .mean_energy = 5},
        {"bow tie", 2, bow_tie, .log_z = log(8 * pi) / 2, .mean_energy = (double)NAN},
        {"beta prime", 1, beta_prime, true, {0}, {inf}, log_beta(1.7, 0.8), (double)NAN, false},
        {"kink", 1, kink, .log_z = log(2.0 / 3), .mean_energy = 1},
        {"cusp", 1, cusp, .log_z = log(4), .mean_energy = 2},
        {"step", 1, step, .log_z = log(z_stepped), .mean_energy = (double)NAN},
        {"oblique kink", 2, oblique_kink, .log_z = log(pi) / 2, .mean_energy = 1.5},
        {"pole", 1, pole, .log_z = lgamma(0.15), .mean_energy = (double)NAN},
        {"pole aside", 1, pole_aside, .log_z = lgamma(0.35), .mean_energy = (double)NAN},
        {"narrow beside wide", 1, narrow_beside_wide, .log_z = log(2 * pi) / 2 + log(0.1 + 3e-3 * exp(2)),
         .mean_energy = (double)NAN},
        {"two needles", 2, two_needles, .log_z = log(pi) + log(0.2 + 0.2), .mean_energy = (double)NAN},
        {"drop", 1, drop, true, {1}, {2}, -log(1e8), 1, true},
    };
    heat_context *ctx = test_context();
    heat_model *model = NULL;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "double-well", &model));
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        heat_smooth view = view_of(&shapes[k], model);
        heat_quadrature q, other;
        print_message("%s\n", shapes[k].name);
        assert_ok(ctx, heat_quadrature_run(ctx, &view, 1, NULL, 1, &q));
        assert_close(q.log_z, shapes[k].log_z, 1e-10);
        if (!isnan(shapes[k].mean_energy))
            assert_close(q.mean_energy, shapes[k].mean_energy, 1e-8);
        if (q.n_points > cheap)
            continue;
        assert_ok(ctx, heat_quadrature_run(ctx, &view, 1, NULL, 2, &other));
        assert_memory_equal(&q, &other, sizeof q);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static double hill(const double *x)
{
    return -x[0] * x[0];
}

static double flat_ring(const double *x)
{
    return log(1 + x[0] * x[0] + x[1] * x[1]);
}

static double barely(const double *x)
{
    double s = log(3 + x[0] * x[0]);

    return s / 2 + 2 * log(s);
}

static double log_well(const double *x)
{
    return x[0] * x[0] + log(fabs(x[0]));
}

static double last_law(const double *x)
{
    return log(3 - x[0]);
}

/* Nearer to 1 than sqrt(eps) it has few digits, and half of its weight. */
static double blurred(const double *x)
{
    return 0.97 * log(1 - x[0] * x[0]);
}

static void what_has_no_volume_is_refused(void **state)
{
    const struct {
        shape shape;
        heat_status status;
    } rows[] = {
        {{.name = "flat line", .n = 1, .energy = flat}, HEAT_ERROR_UNDEFINED},
        {{.name = "hill", .n = 1, .energy = hill}, HEAT_ERROR_UNDEFINED},
        {{.name = "valley without end", .n = 2, .energy = plateau}, HEAT_ERROR_UNDEFINED},
        {{.name = "1/x", .n = 1, .energy = cauchy_like}, HEAT_ERROR_UNDEFINED},
        {{.name = "1/r^2", .n = 2, .energy = flat_ring}, HEAT_ERROR_UNDEFINED},
        {{.name = "1/(x log(x)^2)", .n = 1, .energy = barely}, HEAT_ERROR_UNABLE},
        {{.name = "1/abs(x)", .n = 1, .energy = log_well}, HEAT_ERROR_UNDEFINED},
        {{"1/x at a wall", 1, last_law, true, {2}, {3}, .has_no_gradient = true}, HEAT_ERROR_UNDEFINED},
        {{"blurred", 1, blurred, true, {0}, {1}, .has_no_gradient = true}, HEAT_ERROR_UNDEFINED}};
    heat_context *ctx = test_context();
    heat_model *model = NULL;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "double-well", &model));
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        heat_smooth view = view_of(&rows[k].shape, model);
        heat_quadrature q;
        print_message("%s\n", rows[k].shape.name);
        assert_int_equal(heat_quadrature_run(ctx, &view, 1, NULL, 1, &q), rows[k].status);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_have_their_volume),
        cmocka_unit_test(what_has_no_volume_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
