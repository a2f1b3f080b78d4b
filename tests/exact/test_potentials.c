/* Potentials: energies at known points, gradients and curvatures against differences, every instruction set
 * against the reference bit for bit, partition functions by quadrature against tables made without heatbath.
 */
#include "kernel/isa.h"
#include "model/smooth_rows.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16, CHAINS = 21, STRIDE = 24, WORK = 8192 };

static const char *covariance_file(void)
{
    static const char text[] = "0.5,-1,2\n2,0.6,0\n0.6,1,-0.25\n0,-0.25,0.5\n";

    return test_file(".csv", text, sizeof text - 1);
}

/* A model by its text, where "gaussian:" stands for one of three variables. */
static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model = NULL;
    char text[1024] = "";

    snprintf(text, sizeof text, "%s%s", spec, strcmp(spec, "gaussian:") == 0 ? covariance_file() : "");
    assert_ok(ctx, heat_model_load(ctx, text, &model));
    return model;
}

static heat_smooth view_of(const heat_model *model, const char *isa)
{
    heat_smooth view;

    assert_true(heat_model_get_smooth(model, heat_isa_get(isa), &view));
    assert_true(view.n <= MOST && view.n_work <= WORK);
    return view;
}

static double energy_at(heat_context *ctx, const heat_model *model, const double *x, double *gradient)
{
    heat_smooth view = view_of(model, "auto");
    double energy;

    assert_ok(ctx, heat_smooth_evaluate_rows(ctx, &view, 1, x, &energy, gradient));
    return energy;
}

/* Points about where the potential lives: normal ones, within its bounds. */
static void draw_points(const heat_smooth *view, double x[MOST * STRIDE])
{
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_GENERATE, 7);
    for (int i = 0; i < view->n; i++)
        for (int c = 0; c < STRIDE; c++) {
            double at = (view->start == NULL ? 0 : view->start[i]) + heat_stream_normal(&stream);
            if (view->lower != NULL && at < view->lower[i])
                at = 2 * view->lower[i] - at;
            x[i * STRIDE + c] = at;
        }
}

static const char *const specs[] = {
    "double-well",
    "gaussian:",
    "muller-brown",
    "rosenbrock:2",
    "rosenbrock:5",
    "funnel:10",
    "basins:1,1.3862943611198906",
    "basins:10,0.2",
    "eight-schools",
    "potential:(x^2-1)^2 + 0.5*exp(-x)*y^2 + sin(x*y)",
};
enum { N_SPECS = sizeof specs / sizeof *specs };

/* Along every axis, by Richardson's step from two differences: what is left is of order h^4. */
static void gradients_are_slopes(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        heat_smooth view = view_of(model, "auto");
        double x[MOST * STRIDE], point[MOST], gradient[MOST], energy;
        draw_points(&view, x);
        for (int c = 0; c < CHAINS; c++) {
            for (int i = 0; i < view.n; i++)
                point[i] = x[i * STRIDE + c];
            energy = energy_at(ctx, model, point, gradient);
            for (int i = 0; i < view.n; i++) {
                double slope[2], here = point[i];
                for (int s = 0; s < 2; s++) {
                    double h = ldexp(1, -12 - s), above, below;
                    point[i] = here + h;
                    above = energy_at(ctx, model, point, NULL);
                    point[i] = here - h;
                    below = energy_at(ctx, model, point, NULL);
                    slope[s] = (above - below) / (2 * h);
                }
                point[i] = here;
                assert_close(gradient[i], (4 * slope[1] - slope[0]) / 3,
                             1e-8 * (1 + fabs(gradient[i]) + fabs(energy)));
            }
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void curvatures_are_slopes_of_gradients(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        heat_smooth view = view_of(model, "auto");
        _Alignas(64) double x[MOST * STRIDE], v[MOST * STRIDE], product[MOST * STRIDE], work[WORK];
        heat_smooth_block b = {
            .n_chains = CHAINS, .stride = STRIDE, .x = x, .directions = v, .products = product, .work = work};
        draw_points(&view, x);
        for (int j = 0; j < view.n * STRIDE; j++)
            v[j] = sin(1.0 + j);
        assert_non_null(view.multiply);
        assert_ok(ctx, view.multiply(ctx, view.self, &b));
        for (int c = 0; c < CHAINS; c++) {
            double at[2][MOST], g[2][MOST], slope[2][MOST];
            for (int s = 0; s < 2; s++) {
                double h = ldexp(1, -12 - s);
                for (int i = 0; i < view.n; i++) {
                    at[0][i] = x[i * STRIDE + c] - h * v[i * STRIDE + c];
                    at[1][i] = x[i * STRIDE + c] + h * v[i * STRIDE + c];
                }
                energy_at(ctx, model, at[0], g[0]);
                energy_at(ctx, model, at[1], g[1]);
                for (int i = 0; i < view.n; i++)
                    slope[s][i] = (g[1][i] - g[0][i]) / (2 * h);
            }
            for (int i = 0; i < view.n; i++)
                assert_close(product[i * STRIDE + c], (4 * slope[1][i] - slope[0][i]) / 3,
                             1e-6 * (1 + fabs(product[i * STRIDE + c])));
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void instruction_sets_agree_bit_for_bit(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        _Alignas(64) double x[MOST * STRIDE], e[4][STRIDE], g[4][MOST * STRIDE], h[4][MOST * STRIDE],
            work[WORK];
        for (int isa = 0; isa < heat_isa_count(); isa++) {
            heat_smooth view = view_of(model, heat_isa_at(isa)->name);
            heat_smooth_block b = {.n_chains = STRIDE,
                                   .stride = STRIDE,
                                   .x = x,
                                   .energies = e[isa],
                                   .gradients = g[isa],
                                   .directions = x,
                                   .products = h[isa],
                                   .work = work};
            size_t size = (size_t)view.n * STRIDE * sizeof **g;
            draw_points(&view, x);
            assert_ok(ctx, heat_smooth_evaluate(ctx, &view, &b));
            assert_ok(ctx, view.multiply(ctx, view.self, &b));
            assert_memory_equal(e[isa], e[0], sizeof e[0]);
            assert_memory_equal(g[isa], g[0], size);
            assert_memory_equal(h[isa], h[0], size);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* In single precision, at points that floats hold: within 2^-19 of the largest of the forces, the energy and
 * 1, the same bits in every instruction set. */
static void floats_are_near_and_agree_bit_for_bit(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    enum { WIDE = 32 };
    double worst = 0;

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        _Alignas(64) double x[MOST * STRIDE], e[STRIDE], g[MOST * STRIDE], h[MOST * STRIDE], work[WORK];
        _Alignas(64) float fx[MOST * WIDE], fe[4][WIDE], fg[4][MOST * WIDE], fh[4][MOST * WIDE];
        for (int isa = 0; isa < heat_isa_count(); isa++) {
            heat_smooth view = view_of(model, heat_isa_at(isa)->name);
            heat_smooth_block b = {.n_chains = STRIDE,
                                   .stride = STRIDE,
                                   .x = x,
                                   .energies = e,
                                   .gradients = g,
                                   .directions = x,
                                   .products = h,
                                   .work = work};
            heat_single_block single = {.n_chains = STRIDE,
                                        .stride = WIDE,
                                        .x = fx,
                                        .energies = fe[isa],
                                        .gradients = fg[isa],
                                        .directions = fx,
                                        .products = fh[isa],
                                        .work = (float *)(void *)work};
            draw_points(&view, x);
            for (int i = 0; i < view.n; i++)
                for (int c = 0; c < WIDE; c++)
                    fx[i * WIDE + c] = (float)x[i * STRIDE + (c < STRIDE ? c : 0)];
            assert_ok(ctx, view.evaluate_single(ctx, view.self, &single));
            assert_memory_equal(fe[isa], fe[0], STRIDE * sizeof **fe);
            for (int i = 0; i < view.n; i++)
                assert_memory_equal(fg[isa] + i * WIDE, fg[0] + i * WIDE, STRIDE * sizeof **fg);
            for (int i = 0; i < view.n; i++)
                for (int c = 0; c < STRIDE; c++)
                    x[i * STRIDE + c] = (double)fx[i * WIDE + c];
            assert_ok(ctx, heat_smooth_evaluate(ctx, &view, &b));
            for (int c = 0; c < STRIDE; c++) {
                double size = fmax(1, fabs(e[c]));
                for (int i = 0; i < view.n; i++)
                    size = fmax(size, fabs(g[i * STRIDE + c]));
                worst = fmax(worst, fabs((double)fe[isa][c] - e[c]) / size);
                for (int i = 0; i < view.n; i++)
                    worst = fmax(worst, fabs((double)fg[isa][i * WIDE + c] - g[i * STRIDE + c]) / size);
            }
        }
        heat_model_free(model);
        if (getenv("HEATBATH_TEST_SHOW") != NULL)
            printf("%s: 2^%.2f so far\n", specs[k], log2(worst));
    }
    assert_true(worst <= 0x1p-19);
    heat_context_free(ctx);
}

static void double_wells_are_known(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "double-well");
    double z = 0, step = 0x1p-6;

    assert_true(energy_at(ctx, model, (double[]){1}, NULL) == 0);
    assert_true(energy_at(ctx, model, (double[]){-1}, NULL) == 0);
    assert_true(energy_at(ctx, model, (double[]){0}, NULL) == 1);
    assert_true(energy_at(ctx, model, (double[]){2}, NULL) == 9);
    for (double x = -5; x <= 5; x += step) /* the trapezoid rule, of a function that ends in nothing */
        z += step * exp(-energy_at(ctx, model, &x, NULL) / 0.5);
    assert_close(z, 1.4109147032, 1e-10);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- partition functions by quadrature of what the kernels give --- */

enum { POINTS = 33 };

/* log of the integral of exp(-(U - U(centre)) / T) along axis i through `centre`, by the trapezoid rule over
 * eight widths of a bell around `at`. */
static double log_integral_along(heat_context *ctx, const heat_smooth *view, double temperature,
                                 const double *centre, int i, double at, double width)
{
    double rows[(POINTS + 1) * MOST], e[POINTS + 1], sum = 0, step = width / 2;

    for (int k = 0; k <= POINTS; k++) {
        memcpy(rows + k * view->n, centre, (size_t)view->n * sizeof *rows);
        if (k < POINTS)
            rows[k * view->n + i] = at + step * (k - POINTS / 2);
    }
    assert_ok(ctx, heat_smooth_evaluate_rows(ctx, view, POINTS + 1, rows, e, NULL));
    for (int k = 0; k < POINTS; k++)
        sum += step * exp(-(e[k] - e[POINTS]) / temperature);
    return log(sum);
}

/* log Z where the others are independent bells given x: of one of them, as often as there are. */
static double log_z_of_neck(heat_context *ctx, const heat_model *model, double temperature, double rate,
                            double from, double to, double step)
{
    heat_smooth view = view_of(model, "auto");
    double z = 0;

    for (double x = from; x <= to; x += step) {
        double centre[MOST] = {x}, width = sqrt(temperature * exp(rate * x));
        double along = log_integral_along(ctx, &view, temperature, centre, 1, 0, width);
        double e = energy_at(ctx, model, centre, NULL);
        z += step * exp((view.n - 1) * along - e / temperature);
    }
    return log(z);
}

static void funnels_and_basins_have_their_log_z(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        double temperature, rate, log_z;
    } cases[] = {
        {"basins:1,1.3862943611198906", 0.05, 1.3862943611198906, -1.27388929},
        {"basins:1,1.3862943611198906", 0.25, 1.3862943611198906, 0.37927895},
        {"basins:1,1.3862943611198906", 1, 1.3862943611198906, 1.79008710},
        {"basins:10,0.2", 0.1, 0.2, -2.45638586},
        {"basins:10,0.2", 1, 0.2, 10.25044027},
    };
    heat_context *ctx = test_context();
    heat_model *model;

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        model = load(ctx, cases[k].spec);
        assert_close(log_z_of_neck(ctx, model, cases[k].temperature, cases[k].rate, -4, 4, 0x1p-7),
                     cases[k].log_z, 1e-8);
        heat_model_free(model);
    }
    model = load(ctx, "funnel:10");
    assert_close(log_z_of_neck(ctx, model, 1, 1, -30, 30, 0.5), 10.287998, 1e-6);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void the_muller_brown_landscape_is_the_published_one(void **state)
{
    (void)state;
    static const struct {
        double x, y, energy, low, high; /* eigenvalues of the Hessian; 0: a saddle's, not published */
    } places[] = {
        {-0.55822363, 1.44172584, -146.69951721, 410.531, 4068.199},
        {0.62349940, 0.02803776, -108.16672412, 543.836, 3005.396},
        {-0.05001082, 0.46669410, -80.76781813, 221.037, 1479.197},
        {-0.82200156, 0.62431280, -40.66484351, 0, 0},
        {0.21248658, 0.29298833, -72.24894011, 0, 0},
    };
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "muller-brown");
    heat_smooth view = view_of(model, "auto");

    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        _Alignas(64) double x[16] = {0}, v[16] = {1, 0, [8] = 0, 1}, h[16];
        heat_smooth_block b = {.n_chains = 2, .stride = 8, .x = x, .directions = v, .products = h};
        double gradient[2], trace, determinant, root;
        assert_close(energy_at(ctx, model, &places[k].x, gradient), places[k].energy, 1e-8);
        assert_close(gradient[0], 0, 1e-4);
        assert_close(gradient[1], 0, 1e-4);
        for (int c = 0; c < 8; c++) {
            x[c] = places[k].x;
            x[8 + c] = places[k].y;
        }
        assert_ok(ctx, view.multiply(ctx, view.self, &b));
        trace = h[0] + h[9];
        determinant = h[0] * h[9] - h[1] * h[8];
        root = sqrt(trace * trace / 4 - determinant);
        if (places[k].low > 0) {
            assert_close(trace / 2 - root, places[k].low, 1e-3);
            assert_close(trace / 2 + root, places[k].high, 1e-3);
        } else {
            assert_true(determinant < 0);
        }
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void the_muller_brown_landscape_has_its_log_z(void **state)
{
    (void)state;
    enum { COLUMNS = 300, ROWS = 300 };
    static double rows[ROWS * 2], e[ROWS];
    const double dx = 4.3 / COLUMNS, dy = 4.2 / ROWS;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "muller-brown");
    double z = 0, mean = 0;

    for (int i = 0; i < COLUMNS; i++) { /* midpoints: nothing is left at the box's edge */
        for (int j = 0; j < ROWS; j++) {
            rows[2 * j] = -2.5 + (i + 0.5) * dx;
            rows[2 * j + 1] = -1.2 + (j + 0.5) * dy;
        }
        assert_ok(ctx, heat_model_get_energy_of(ctx, model, ROWS, rows, e, NULL));
        for (int j = 0; j < ROWS; j++) {
            z += dx * dy * exp(-e[j] / 10);
            mean += dx * dy * e[j] * exp(-e[j] / 10);
        }
    }
    assert_close(log(z), 11.729591, 1e-6);
    assert_close(mean / z, -134.93404, 1e-5);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void rosenbrock_has_its_log_z(void **state)
{
    (void)state;
    const double temperature = 0.7, width = sqrt(temperature / 200);
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "rosenbrock:2");
    heat_smooth view = view_of(model, "auto");
    double z = 0;

    for (double x = -8; x <= 10; x += 0.125) {
        double centre[MOST] = {x, x * x};
        double along = log_integral_along(ctx, &view, temperature, centre, 1, x * x, width);
        z += 0.125 * exp(along - energy_at(ctx, model, centre, NULL) / temperature);
    }
    assert_close(z, acos(-1) * temperature / 10, 1e-12);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Given mu and tau the eta_j are independent. */
static void eight_schools_have_their_evidence(void **state)
{
    (void)state;
    static const double y[8] = {28, 8, -3, 7, -1, 1, 18, 12}, sigma[8] = {15, 10, 16, 11, 9, 11, 10, 18};
    enum { TAUS = 100 };
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "eight-schools");
    heat_smooth view = view_of(model, "auto");
    double z = 0, mean_mu = 0, mean_tau = 0, lower, upper, e, outside[10] = {0, -1};

    for (int k = 0; k < TAUS; k++) { /* tau = 5 tan(pi u / 2): in u the prior is even */
        double u = (k + 0.5) / TAUS, tau = 5 * tan(acos(-1) * u / 2);
        double weight = acos(-1) / 2 * (5 + tau * tau / 5) / TAUS;
        for (double mu = -30; mu <= 38; mu += 1) {
            double centre[MOST] = {mu, tau}, log_p = log(weight) - energy_at(ctx, model, centre, NULL), p;
            for (int j = 0; j < 8; j++) {
                double odds = tau / sigma[j], width = 1 / sqrt(1 + odds * odds);
                double at = width * width * odds * (y[j] - mu) / sigma[j];
                log_p += log_integral_along(ctx, &view, 1, centre, 2 + j, at, width);
            }
            p = exp(log_p);
            z += p;
            mean_mu += p * mu;
            mean_tau += p * tau;
        }
    }
    assert_close(log(z), -31.311347, 1e-6);
    assert_close(mean_mu / z, 4.396821, 1e-6);
    assert_close(mean_tau / z, 3.597706, 1e-4); /* odd in tau: the midpoint rule is of second order */
    assert_string_equal(heat_model_get_label(model, 1), "tau");
    heat_model_get_bounds(model, 1, &lower, &upper);
    assert_true(lower == 0 && isinf(upper));
    assert_ok(ctx, heat_model_get_energy_of(ctx, model, 1, outside, &e, NULL));
    assert_true(e == (double)INFINITY);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void named_potentials_are_what_they_are_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *text;
    } cases[] = {
        {"double-well", "(x^2-1)^2"},
        {"rosenbrock:5", "sum(i=1..4, (1-x[i])^2 + 100*(x[i+1]-x[i]^2)^2)"},
        {"funnel:10", "x1^2/18 + 4.5*x1 + exp(-x1)*sum(i=2..10, x[i]^2)/2"},
        {"basins:10,0.2", "(x1^2-1)^2 + exp(-0.2*x1)*sum(i=2..11, x[i]^2)/2"},
        {"muller-brown", "-200*exp(-(x-1)^2-10*y^2) - 100*exp(-x^2-10*(y-0.5)^2)"
                         "- 170*exp(-6.5*(x+0.5)^2+11*(x+0.5)*(y-1.5)-6.5*(y-1.5)^2)"
                         "+ 15*exp(0.7*(x+1)^2+0.6*(x+1)*(y-1)+0.7*(y-1)^2)"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[1024];
        heat_model *named, *typed;
        heat_smooth view;
        double x[MOST * STRIDE], row[MOST];
        snprintf(text, sizeof text, "potential:%s", cases[k].text);
        named = load(ctx, cases[k].spec);
        typed = load(ctx, text);
        view = view_of(named, "auto");
        assert_int_equal(view_of(typed, "auto").n, view.n);
        draw_points(&view, x);
        for (int c = 0; c < CHAINS; c++) {
            double e;
            heat_smooth_to_rows(view.n, 1, STRIDE, x + c, row);
            e = energy_at(ctx, named, row, NULL);
            assert_close(energy_at(ctx, typed, row, NULL), e, 1e-13 * (1 + fabs(e)));
        }
        heat_model_free(named);
        heat_model_free(typed);
    }
    heat_context_free(ctx);
}

static void a_covariance_comes_back(void **state)
{
    (void)state;
    static const double c[3][3] = {{2, 0.6, 0}, {0.6, 1, -0.25}, {0, -0.25, 0.5}};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "gaussian:");
    heat_smooth view = view_of(model, "auto");
    double x[3] = {0.5, -1, 2}, gradient[3];

    assert_true(energy_at(ctx, model, x, NULL) == 0);
    for (int j = 0; j < 3; j++) { /* at m + C e_j the gradient is e_j, the energy C_jj / 2 */
        for (int i = 0; i < 3; i++)
            x[i] = (const double[]){0.5, -1, 2}[i] + c[i][j];
        assert_close(energy_at(ctx, model, x, gradient), c[j][j] / 2, 1e-15);
        for (int i = 0; i < 3; i++)
            assert_close(gradient[i], i == j, 1e-15);
        assert_close(view.scale[j], sqrt(c[j][j]), 1e-15);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(curvatures_are_slopes_of_gradients),
        cmocka_unit_test(instruction_sets_agree_bit_for_bit),
        cmocka_unit_test(floats_are_near_and_agree_bit_for_bit),
        cmocka_unit_test(double_wells_are_known),
        cmocka_unit_test(funnels_and_basins_have_their_log_z),
        cmocka_unit_test(the_muller_brown_landscape_is_the_published_one),
        cmocka_unit_test(the_muller_brown_landscape_has_its_log_z),
        cmocka_unit_test(rosenbrock_has_its_log_z),
        cmocka_unit_test(eight_schools_have_their_evidence),
        cmocka_unit_test(named_potentials_are_what_they_are_as_text),
        cmocka_unit_test(a_covariance_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
