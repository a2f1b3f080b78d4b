/* Bounds of an energy's own are walked in free coordinates. Custom energies whose density piles up at a
 * bound, or falls off to it, with closed forms at every temperature: every tested move leaves exact draws
 * where they are, between walls too; runs give means, variances and log Z. */
#include "kernel/isa.h"
#include "sample/walk_free.h"
#include "support.h"

#include <heatbath/custom.h>
#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

/* U = b x - a log x over x > 0, or the same of 1 - x over x < 1; or -a (log x + log(1 - x)) between. */
typedef struct bounded {
    const char *name;
    heat_walk_side side;
    double a, b;
} bounded;

static const bounded energies[] = {
    {"Gamma(1/2)", HEAT_WALK_ABOVE, -0.5, 1},
    {"Gamma(3)", HEAT_WALK_ABOVE, 2, 1},
    {"Gamma(1/2), mirrored", HEAT_WALK_BELOW, -0.5, 1},
    {"Beta(1/2, 1/2)", HEAT_WALK_BETWEEN, -0.5, 0},
    {"Beta(3, 3)", HEAT_WALK_BETWEEN, 2, 0},
};
enum {
    N_ENERGIES = sizeof energies / sizeof *energies,
    GRID = 20000,
    MANY = 1 << 12,
    N_TESTED = 5,
    WALKERS = 8
};

static const heat_walk_move *const tested[] = {&heat_walk_mala, &heat_walk_hmc, &heat_walk_nuts,
                                               &heat_walk_metropolis, &heat_walk_ensemble};
static const char *const names[] = {"mala", "hmc", "nuts", "random-walk", "ensemble"};

static double from_bound(const bounded *w, double x)
{
    return w->side == HEAT_WALK_BELOW ? 1 - x : x;
}

static double energy_at(const bounded *w, double x)
{
    double s = from_bound(w, x);

    return w->b * s - w->a * (log(s) + (w->side == HEAT_WALK_BETWEEN ? log1p(-s) : 0));
}

static int energy_of(void *user, int64_t n_rows, const double *x, double *e)
{
    for (int64_t r = 0; r < n_rows; r++)
        e[r] = energy_at(user, x[r]);
    return 0;
}

static int gradient_of(void *user, int64_t n_rows, const double *x, double *e, double *g)
{
    const bounded *w = user;

    for (int64_t r = 0; r < n_rows; r++) {
        double s = from_bound(w, x[r]);
        g[r] = w->b - w->a * (1 / s - (w->side == HEAT_WALK_BETWEEN ? 1 / (1 - s) : 0));
        g[r] *= w->side == HEAT_WALK_BELOW ? -1 : 1;
    }
    return energy_of(user, n_rows, x, e);
}

static heat_model *model_of(heat_context *ctx, const bounded *w)
{
    static const double lower = 0, upper = 1;
    heat_custom c;
    heat_model *model;

    heat_custom_init(&c);
    c.size = sizeof c;
    c.user = (void *)(uintptr_t)w;
    c.name = w->name;
    c.n_variables = 1;
    c.n_states = 0;
    c.real_energy = energy_of;
    c.real_gradient = gradient_of;
    c.lower = w->side == HEAT_WALK_BELOW ? NULL : &lower; /* one side alone may be given */
    c.upper = w->side == HEAT_WALK_ABOVE ? NULL : &upper;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    return model;
}

/* --- closed forms: s is Gamma(k) of scale T / b, k = 1 + a / T, or Beta(k, k) --- */

static double shape_of(const bounded *w, double temperature)
{
    return 1 + w->a / temperature;
}

static double mean_of(const bounded *w, double temperature)
{
    double k = shape_of(w, temperature);

    return w->side == HEAT_WALK_BETWEEN ? 0.5 : from_bound(w, k * temperature / w->b);
}

static double variance_of(const bounded *w, double temperature)
{
    double k = shape_of(w, temperature), scale = temperature / w->b;

    return w->side == HEAT_WALK_BETWEEN ? 1 / (4 * (2 * k + 1)) : k * scale * scale;
}

static double log_z_of(const bounded *w, double temperature)
{
    double k = shape_of(w, temperature);

    return w->side == HEAT_WALK_BETWEEN ? 2 * lgamma(k) - lgamma(2 * k)
                                        : lgamma(k) + k * log(temperature / w->b);
}

/* --- exact draws --- */

/* Of t, s = exp(t), or 1 / (1 + exp(-t)), on a grid. */
typedef struct exact_draws {
    const bounded *w;
    double cumulative[GRID + 1], lower, upper;
    double mean[4], variance[4];
} exact_draws;

static double place_of(const bounded *w, double t)
{
    return from_bound(w, w->side == HEAT_WALK_BETWEEN ? 1 / (1 + exp(-t)) : exp(t));
}

static double value_of(const bounded *w, int what, double x)
{
    double s = log(fmax(from_bound(w, x), 1e-300));

    return what == 0 ? x : what == 1 ? x * x : what == 2 ? s : s * s;
}

static void integrate(const bounded *w, double temperature, double upper, exact_draws *d)
{
    double z = 0, squares[4] = {0}, width;

    *d = (exact_draws){.w = w, .lower = -70, .upper = upper};
    width = (d->upper - d->lower) / GRID;
    for (int k = 0; k < GRID; k++) {
        double t = d->lower + width * (k + 0.5),
               s = w->side == HEAT_WALK_BETWEEN ? 1 / (1 + exp(-t)) : exp(t);
        double rest = w->side == HEAT_WALK_BETWEEN ? 1 / (1 + exp(t)) : 1;
        double log_rest = w->side == HEAT_WALK_BETWEEN ? log(rest) : 0;
        double u = w->b * s - w->a * (log(s) + log_rest), p = exp(-u / temperature) * s * rest;
        d->cumulative[k] = z;
        z += p;
        for (int what = 0; what < 4; what++) {
            double v = value_of(w, what, place_of(w, t));
            d->mean[what] += p * v;
            squares[what] += p * v * v;
        }
    }
    d->cumulative[GRID] = z;
    for (int k = 0; k <= GRID; k++)
        d->cumulative[k] /= z;
    for (int what = 0; what < 4; what++) {
        d->mean[what] /= z;
        d->variance[what] = squares[what] / z - d->mean[what] * d->mean[what];
    }
}

static double invert(const exact_draws *d, double u)
{
    return place_of(d->w, d->lower + (d->upper - d->lower) / GRID * test_invert(GRID, d->cumulative, u));
}

static void sweep(heat_context *ctx, heat_chains *c, int count)
{
    for (int k = 0; k < count; k++)
        for (int64_t unit = 0; unit < c->n_units; unit++)
            assert_ok(ctx, heat_chains_sweep(ctx, c, unit, NULL));
}

static double worst_deviation(const heat_chains *c, const exact_draws *d)
{
    double sums[4] = {0}, worst = 0;

    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        double x;
        heat_chains_get_state(c, chain, &x);
        assert_close(heat_chains_get_energy(c, chain), energy_at(d->w, x),
                     1e-12 * (1 + fabs(energy_at(d->w, x))));
        for (int what = 0; what < 4; what++)
            sums[what] += value_of(d->w, what, x);
    }
    for (int what = 0; what < 4; what++)
        worst = fmax(worst, fabs(sums[what] / (double)c->n_chains - d->mean[what]) /
                                sqrt(d->variance[what] / (double)c->n_chains));
    return worst;
}

static heat_chains *open_chains(heat_context *ctx, const heat_model *model, const heat_walk_move *move,
                                int64_t n, double temperature)
{
    double beta = 1 / temperature;
    heat_walk_plan walk = {.move = move,
                           .step = move->is_ensemble  ? 2
                                   : move->is_squared ? 0.5
                                                      : 1,
                           .mass = HEAT_MASS_UNIT,
                           .n_steps = 3,
                           .n_walkers = move->is_ensemble ? WALKERS : 0,
                           .refined_from = INT32_MAX};
    heat_chains_plan plan = {.n_chains = n,
                             .n_rungs = 1,
                             .betas = &beta,
                             .seed = test_seed(),
                             .group = move->is_ensemble ? WALKERS : 0,
                             .isa = "auto",
                             .layout = &heat_layout_walks,
                             .walk = &walk};
    heat_chains *chains;

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t unit = 0; unit < chains->n_units; unit++)
        assert_ok(ctx, heat_chains_start_whole_unit(ctx, chains, unit, NULL));
    return chains;
}

/* After some sweeps at `temperature` from exact draws; wall: in the coordinate that is walked in. */
static double drift_of(heat_context *ctx, const heat_walk_move *move, double temperature,
                       const exact_draws *d, const double wall[2])
{
    heat_model *model = model_of(ctx, d->w);
    heat_chains *c = open_chains(ctx, model, move, MANY, temperature);
    heat_walk_store *s = c->store;
    heat_stream stream;
    double worst;

    assert_non_null(s->bounds);
    assert_null(s->view.lower);
    if (wall != NULL) {
        s->view.lower = &wall[0];
        s->view.upper = &wall[1];
    }
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 2);
    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        double x = invert(d, heat_stream_uniform(&stream));
        assert_ok(ctx, heat_chains_set_state(ctx, c, chain, &x));
    }
    sweep(ctx, c, 3);
    worst = worst_deviation(c, d);
    heat_chains_free(c);
    heat_model_free(model);
    return worst;
}

static void tested_moves_leave_boltzmann_where_it_is(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static exact_draws d;

    for (int k = 0; k < N_ENERGIES; k++)
        for (int t = 1; t <= 2; t++) {
            const bounded *w = &energies[k];
            integrate(w, t, w->side == HEAT_WALK_BETWEEN ? 70 : 5, &d);
            if (w->side != HEAT_WALK_BETWEEN || t == 1)
                assert_close(d.mean[0], mean_of(w, t), 1e-6);
            for (int m = 0; m < N_TESTED; m++) {
                double deviation = drift_of(ctx, tested[m], t, &d, NULL);
                print_message("%s, T = %d, %s: %.2f standard errors\n", w->name, t, names[m], deviation);
                assert_true(deviation < 4.5);
                if (t == 1)
                    assert_true(drift_of(ctx, tested[m], 3, &d, NULL) > 4.5);
            }
        }
    heat_context_free(ctx);
}

/* A wall in the middle of what is free. */
static void walls_reflect_between_own_bounds(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static exact_draws d;

    for (int k = 0; k < 4; k++) {
        bool is_mirrored = energies[k].side == HEAT_WALK_BELOW;
        const double wall[2] = {is_mirrored ? -0.3 : -(double)INFINITY, is_mirrored ? (double)INFINITY : 0.3};
        integrate(&energies[k], 2, 0.3, &d);
        for (int m = 0; m < N_TESTED; m++) {
            double deviation = drift_of(ctx, tested[m], 2, &d, wall);
            print_message("%s, %s: %.2f standard errors\n", energies[k].name, names[m], deviation);
            assert_true(deviation < 4.5);
        }
    }
    heat_context_free(ctx);
}

/* --- runs --- */

static void check_run(heat_context *ctx, const bounded *w, const char *engine)
{
    heat_model *model = model_of(ctx, w);
    heat_sample_options o;
    heat_sample_result r;

    heat_sample_options_init(&o);
    heat_sample_result_init(&r);
    o.engine = engine;
    o.temperature_set = "1,2";
    o.sweeps = 4000;
    o.threads = 1;
    assert_ok(ctx, heat_sample(ctx, model, &o, &r));
    for (int32_t t = 0; t < r.n_temperatures; t++) {
        const heat_sample_temperature *row = &r.temperatures[t];
        const heat_observable *x = test_observable(row, "x"), *virial = test_observable(row, "virial");
        double variance = variance_of(w, row->temperature);
        print_message(
            "%s, T = %g by %s: x %.4f +- %.4f (exact %.4f), variance %.4f (%.4f), virial %.4f +- %.4f\n",
            w->name, row->temperature, engine, x->mean, x->error, mean_of(w, row->temperature), x->sd * x->sd,
            variance, virial->mean, virial->error);
        assert_close(x->mean, mean_of(w, row->temperature), 4 * x->error);
        assert_close(x->sd * x->sd / variance, 1, 4 * sqrt(10 / x->ess));
        assert_close(virial->mean, row->temperature, 4 * virial->error);
    }
    heat_sample_result_clear(&r);
    heat_model_free(model);
}

static void runs_give_the_known_means(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_ENERGIES; k++)
        for (int m = 0; m < 2; m++)
            check_run(ctx, &energies[k], m == 0 ? "nuts" : "tempering");
    heat_context_free(ctx);
}

static void estimates_of_log_z_cover_the_known_one(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const char *const methods[] = {"mbar", "ais"};

    for (int k = 0; k < N_ENERGIES; k++)
        for (int m = 0; m < 2; m++) {
            heat_model *model = model_of(ctx, &energies[k]);
            heat_logz_options o;
            heat_logz_result r;
            heat_logz_options_init(&o);
            heat_logz_result_init(&r);
            o.method = methods[m];
            o.target_error = 0.03;
            o.temperature = 1 + k % 2;
            o.threads = 1;
            assert_ok(ctx, heat_logz(ctx, model, &o, &r));
            print_message("%s, T = %g by %s: log Z %.4f +- %.4f (exact %.4f)\n", energies[k].name,
                          o.temperature, o.method, r.log_z, r.error, log_z_of(&energies[k], o.temperature));
            assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
            assert_close(r.log_z, log_z_of(&energies[k], o.temperature), 4.5 * r.error);
            heat_logz_result_clear(&r);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* --- coordinates --- */

static void states_come_back(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_ENERGIES; k++) {
        const bounded *w = &energies[k];
        heat_model *model = model_of(ctx, w);
        heat_chains *c = open_chains(ctx, model, &heat_walk_nuts, 1, 1);
        for (double s = 1e-12; s < 1; s *= 10) {
            double x = from_bound(w, s), back, energy = energy_at(w, x);
            assert_ok(ctx, heat_chains_set_state(ctx, c, 0, &x));
            heat_chains_get_state(c, 0, &back);
            assert_close(from_bound(w, back) / from_bound(w, x), 1,
                         1e-14 / (w->side == HEAT_WALK_BELOW ? s : 0.1));
            assert_close(heat_chains_get_energy(c, 0), energy, w->side == HEAT_WALK_BELOW ? 1e-3 : 1e-12);
        }
        for (int side = 0; side < 2; side++) { /* on a bound: it is moved off */
            double x = side, back;
            assert_ok(ctx, heat_chains_set_state(ctx, c, 0, &x));
            heat_chains_get_state(c, 0, &back);
            assert_true(isfinite(energy_at(w, back)) && fabs(back - x) < 1e-7);
        }
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* x(y) and dx/dy by another way, the energy's slope by differences; and the same bits by every instruction
 * set. */
static void coordinates_and_their_jacobian_are_right(void **state)
{
    (void)state;
    enum { N = 3, STRIDE = 16 };
    static const heat_walk_bound bounds[N] = {{HEAT_WALK_ABOVE, 2, INFINITY, 2, INFINITY},
                                              {HEAT_WALK_BELOW, -INFINITY, -1, -INFINITY, -1},
                                              {HEAT_WALK_BETWEEN, -1, 3, -1, 3}};
    static _Alignas(64) double y[N * STRIDE], x[N * STRIDE], factor[N * STRIDE], weight[STRIDE],
        energy[STRIDE], gradient[N * STRIDE], first[3][N * STRIDE];
    const heat_walk_free rows = {N, STRIDE, bounds, y, x, factor, weight, energy, gradient};

    for (int k = 0; k < N * STRIDE; k++)
        y[k] = (k % STRIDE - 7.5) * 1.3;
    for (int c = 0; c < STRIDE; c++)
        weight[c] = c % 3;
    for (int isa = 0; isa < heat_isa_count(); isa++) {
        memset(energy, 0, sizeof energy);
        memset(gradient, 0, sizeof gradient);
        heat_isa_at(isa)->walks->place(&rows);
        heat_isa_at(isa)->walks->weigh(&rows);
        for (int c = 0; c < STRIDE; c++) {
            double t = y[c], e = exp(t), sum = t - t + log(e / ((1 + e) * (1 + e)));
            assert_close(x[c], 2 + e, 1e-14 * (2 + e));
            assert_close(x[STRIDE + c], -1 - 1 / e, 1e-14 * (1 + 1 / e));
            assert_close(x[2 * STRIDE + c], -1 + 4 / (1 + 1 / e), 1e-14);
            assert_close(factor[c] / e, 1, 1e-14);
            assert_close(factor[STRIDE + c] * e, 1, 1e-14);
            assert_close(factor[2 * STRIDE + c] / (4 * e / ((1 + e) * (1 + e))), 1, 1e-13);
            assert_close(energy[c], -weight[c] * sum, 1e-13);
            assert_close(gradient[c], -weight[c], 0);
            assert_close(gradient[STRIDE + c], weight[c], 0);
            assert_close(gradient[2 * STRIDE + c], weight[c] * tanh(t / 2), 1e-14);
        }
        if (isa == 0) {
            memcpy(first[0], x, sizeof x);
            memcpy(first[1], factor, sizeof factor);
            memcpy(first[2], gradient, sizeof gradient);
        }
        assert_memory_equal(x, first[0], sizeof x);
        assert_memory_equal(factor, first[1], sizeof factor);
        assert_memory_equal(gradient, first[2], sizeof gradient);
    }
}

/* Which sides a box leaves free: tau of eight-schools has a bound of its own. */
static void a_box_puts_up_walls(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const struct {
        const char *box;
        bool is_free, has_walls;
    } cases[] = {{NULL, true, false},
                 {":,0:,:,:,:,:,:,:,:,:", true, false},
                 {":,:5,:,:,:,:,:,:,:,:", true, true},
                 {":,0.5:,:,:,:,:,:,:,:,:", false, true},
                 {"-5:5,:,:,:,:,:,:,:,:,:", true, true}};

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_walk_plan walk = {.move = &heat_walk_nuts};
        heat_load_options options;
        heat_model *model;
        heat_smooth view;
        heat_load_options_init(&options);
        options.box = cases[k].box;
        assert_ok(ctx, heat_model_load_with(ctx, "eight-schools", &options, &model));
        assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
        assert_int_equal(heat_walk_is_free(&view, &walk), cases[k].is_free);
        assert_int_equal(heat_walk_has_walls(&view, &walk), cases[k].has_walls);
        if (k == 2) {
            heat_chains *c = open_chains(ctx, model, &heat_walk_nuts, 8, 1);
            const heat_walk_store *s = c->store;
            assert_close(s->view.upper[1], log(5), 0);
            assert_true(isinf(s->view.lower[1]) && isinf(s->view.upper[0]));
            heat_chains_free(c);
        }
        walk.move = &heat_walk_ula;
        assert_false(heat_walk_is_free(&view, &walk));
        assert_true(heat_walk_has_walls(&view, &walk));
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates_and_their_jacobian_are_right),
        cmocka_unit_test(a_box_puts_up_walls),
        cmocka_unit_test(states_come_back),
        cmocka_unit_test(tested_moves_leave_boltzmann_where_it_is),
        cmocka_unit_test(walls_reflect_between_own_bounds),
        cmocka_unit_test(runs_give_the_known_means),
        cmocka_unit_test(estimates_of_log_z_cover_the_known_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
