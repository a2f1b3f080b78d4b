/* Chains of real numbers. Every tested move leaves exp(-U / T) where it is, with walls and without: chains
 * that begin as independent exact draws stay so, to the scatter of their number. Without a test the
 * distribution is the known one of the step. Leapfrog goes back the way it came and keeps volumes; threads,
 * instruction sets and restarts change no bit. */
#include "base/memory.h"
#include "model/views.h"
#include "sample/walk_motion.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 1 << 15, GRID = 20000, WELLS = 1024, DRAWS = 64, N_TESTED = 5, WALKERS = 8 };

static const heat_walk_move *const tested[] = {&heat_walk_mala, &heat_walk_hmc, &heat_walk_nuts,
                                               &heat_walk_metropolis, &heat_walk_ensemble};
static const char *const names[] = {"mala", "hmc", "nuts", "random-walk", "ensemble"};
static const heat_walk_move *const untested[] = {&heat_walk_ula, &heat_walk_underdamped};

static heat_model *load(heat_context *ctx, const char *covariance)
{
    heat_model *model = NULL;
    char text[1024] = "double-well";

    if (covariance != NULL)
        snprintf(text, sizeof text, "gaussian:%s", test_file(".csv", covariance, strlen(covariance)));
    assert_ok(ctx, heat_model_load(ctx, text, &model));
    return model;
}

static heat_chains *open_chains(heat_context *ctx, const heat_model *model, heat_walk_plan walk, int64_t n,
                                double temperature, const char *isa)
{
    double beta = 1 / temperature;
    heat_chains_plan plan = {.n_chains = n,
                             .n_rungs = 1,
                             .betas = &beta,
                             .seed = test_seed(),
                             .isa = isa,
                             .layout = &heat_layout_walks,
                             .walk = &walk};
    heat_chains *chains;

    walk.refined_from = INT32_MAX;
    if (walk.move->is_ensemble) {
        walk.step = 2;
        walk.mass = HEAT_MASS_UNIT;
        walk.n_walkers = plan.group = WALKERS;
    }
    walk.friction = walk.friction > 0 ? walk.friction : 1;
    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t unit = 0; unit < chains->n_units; unit++)
        assert_ok(ctx, heat_chains_start_whole_unit(ctx, chains, unit, NULL));
    return chains;
}

static void sweep(heat_context *ctx, heat_chains *c, int count)
{
    for (int k = 0; k < count; k++)
        for (int64_t unit = 0; unit < c->n_units; unit++)
            assert_ok(ctx, heat_chains_sweep(ctx, c, unit, NULL));
}

static double double_well(double x)
{
    return (x * x - 1) * (x * x - 1);
}

/* Points at equal steps of the distribution function between the walls, and means of x, |x|, x^2, U over it.
 */
typedef struct exact_draws {
    double cumulative[GRID + 1], lower, upper;
    double mean[4], variance[4];
} exact_draws;

static double value_of(int what, double x)
{
    return what == 0 ? x : what == 1 ? fabs(x) : what == 2 ? x * x : double_well(x);
}

static void integrate(exact_draws *d, double temperature, double lower, double upper)
{
    double z = 0, squares[4] = {0}, width = (upper - lower) / GRID;

    *d = (exact_draws){.lower = lower, .upper = upper};
    for (int k = 0; k < GRID; k++) {
        double x = lower + width * (k + 0.5), p = exp(-double_well(x) / temperature);
        d->cumulative[k + 1] = z += p;
        for (int what = 0; what < 4; what++) {
            d->mean[what] += p * value_of(what, x);
            squares[what] += p * value_of(what, x) * value_of(what, x);
        }
    }
    for (int k = 0; k <= GRID; k++)
        d->cumulative[k] /= z;
    for (int what = 0; what < 4; what++) {
        d->mean[what] /= z;
        d->variance[what] = squares[what] / z - d->mean[what] * d->mean[what];
    }
}

static double invert(const exact_draws *d, double u)
{
    return d->lower + (d->upper - d->lower) / GRID * test_invert(GRID, d->cumulative, u);
}

static void set_states(heat_context *ctx, heat_chains *c, const exact_draws *d)
{
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 2);
    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        double x = invert(d, heat_stream_uniform(&stream));
        assert_ok(ctx, heat_chains_set_state(ctx, c, chain, &x));
    }
}

/* How far the chains' means are from the exact ones, in standard errors, at worst. */
static double worst_deviation(const heat_chains *c, const exact_draws *d)
{
    double sums[4] = {0}, worst = 0;

    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        double x;
        heat_chains_get_state(c, chain, &x);
        assert_true(x >= d->lower && x <= d->upper);
        for (int what = 0; what < 4; what++)
            sums[what] += value_of(what, x);
    }
    for (int what = 0; what < 4; what++)
        worst = fmax(worst, fabs(sums[what] / (double)c->n_chains - d->mean[what]) /
                                sqrt(d->variance[what] / (double)c->n_chains));
    return worst;
}

/* After some sweeps at `temperature` from exact draws at that of `d`. */
static double drift_of(heat_context *ctx, const heat_walk_move *move, double temperature,
                       const exact_draws *d, bool has_walls, double step)
{
    heat_model *model = load(ctx, NULL);
    heat_walk_plan walk = {.move = move,
                           .step = step,
                           .mass = HEAT_MASS_UNIT,
                           .n_steps = 3,
                           .varies = move == &heat_walk_mala || move == &heat_walk_hmc};
    heat_chains *c = open_chains(ctx, model, walk, MANY, temperature, "auto");
    double worst;

    if (has_walls) {
        heat_walk_store *s = c->store;
        s->view.lower = &d->lower;
        s->view.upper = &d->upper;
    }
    set_states(ctx, c, d);
    sweep(ctx, c, 6);
    worst = worst_deviation(c, d);
    heat_chains_free(c);
    heat_model_free(model);
    return worst;
}

static void tested_moves_leave_boltzmann_where_it_is(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static exact_draws open, boxed;

    integrate(&open, 0.5, -4, 4);
    integrate(&boxed, 0.5, -0.6, 1.1);
    for (int k = 0; k < N_TESTED; k++) {
        double step = tested[k]->is_squared ? 0.03 : tested[k]->is_ensemble ? 2 : 0.3;
        double deviation = drift_of(ctx, tested[k], 0.5, &open, false, step);
        double between = drift_of(ctx, tested[k], 0.5, &boxed, true, step);
        double wrong = drift_of(ctx, tested[k], 0.55, &open, false, step);
        print_message("%s: %.2f standard errors, between walls %.2f, at a wrong temperature %.1f\n", names[k],
                      deviation, between, wrong);
        assert_true(deviation < 4.5);
        assert_true(between < 4.5);
        assert_true(wrong > 4.5);
    }
    heat_context_free(ctx);
}

/* A step that is far too long nearly everywhere: strides of many lengths meet. */
static void strides_of_all_lengths_leave_it_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static exact_draws open;

    integrate(&open, 2, -4, 4);
    for (int k = 0; k < 3; k++) {
        const double step = k == 0 ? 0.5 : k == 1 ? 0.9 : 2;
        double deviation = drift_of(ctx, &heat_walk_nuts, 2, &open, false, step);
        print_message("step %g: %.2f standard errors\n", step, deviation);
        assert_true(deviation < 4.5);
    }
    heat_context_free(ctx);
}

/* Variances over four decades, turned out of the axes: whatever the scales are, the walkers know them. The
 * weight z^(n-1) is of n = 10 here. */
static void an_ensemble_leaves_any_normal_distribution(void **state)
{
    (void)state;
    enum { N = 10 };
    heat_context *ctx = test_context();
    static double root[N][N], covariance_[N][N];
    char text[8192];
    size_t used = 0;

    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            root[i][j] = ((i == j) - 2.0 * (i + 1) * (j + 1) / 385) * pow(10, -2.0 * j / (N - 1));
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            for (int k = 0; k < N; k++)
                covariance_[i][j] += root[i][k] * root[j][k];
            used += (size_t)snprintf(text + used, sizeof text - used, "%.17g%c", covariance_[i][j],
                                     j < N - 1 ? ',' : '\n');
        }
    for (int way = 0; way < 2; way++) {
        heat_model *model = load(ctx, text);
        heat_walk_plan walk = {.move = &heat_walk_ensemble};
        heat_chains *c = open_chains(ctx, model, walk, MANY / 4, way == 0 ? 1 : 1.1, "auto");
        double worst = 0, sums[N] = {0}, energy = 0;
        heat_stream stream;
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 3);
        for (int64_t chain = 0; chain < c->n_chains; chain++) {
            double x[N] = {0};
            for (int j = 0; j < N; j++) {
                double normal = heat_stream_normal(&stream);
                for (int i = 0; i < N; i++)
                    x[i] += root[i][j] * normal;
            }
            assert_ok(ctx, heat_chains_set_state(ctx, c, chain, x));
        }
        sweep(ctx, c, 12);
        for (int64_t chain = 0; chain < c->n_chains; chain++) {
            double x[N];
            heat_chains_get_state(c, chain, x);
            energy += heat_chains_get_energy(c, chain) / (double)c->n_chains;
            for (int i = 0; i < N; i++)
                sums[i] += x[i] * x[i] / (double)c->n_chains;
        }
        for (int i = 0; i < N; i++)
            worst = fmax(worst, fabs(sums[i] / covariance_[i][i] - 1) * sqrt((double)c->n_chains / 2));
        worst = fmax(worst, fabs(energy - N / 2.0) / sqrt(N / 2.0 / (double)c->n_chains));
        print_message("ensemble of ten variables, T = %g: %.2f standard errors\n", way == 0 ? 1 : 1.1, worst);
        assert_true(way == 0 ? worst < 4.5 : worst > 4.5);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Variance of x over chains and sweeps of a harmonic well, with `forget` sweeps between draws. */
static double harmonic_variance(heat_context *ctx, const heat_walk_move *move, const char *variance,
                                double temperature, double step, int forget)
{
    heat_model *model = load(ctx, variance);
    heat_walk_plan walk = {.move = move, .step = step};
    heat_chains *c = open_chains(ctx, model, walk, WELLS, temperature, "auto");
    double sum = 0, count = 0;

    sweep(ctx, c, 100);
    for (int k = 0; k < DRAWS; k++) {
        sweep(ctx, c, forget);
        for (int64_t chain = 0; chain < c->n_chains; chain++, count++) {
            double x;
            heat_chains_get_state(c, chain, &x);
            sum += x * x;
        }
    }
    heat_chains_free(c);
    heat_model_free(model);
    return sum / count;
}

/* Unadjusted Langevin dynamics: T / (k (1 - h k / 2)); BAOAB: T / k whatever the step (Leimkuhler, Matthews,
 * J. Chem. Phys. 138 (2013) 174102). k = 2. */
static void untested_moves_have_the_variance_of_their_step(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const double steps[] = {0.05, 0.2, 0.5}, error = 4.5 * sqrt(2.0 / (DRAWS * WELLS)), temperature = 0.7;

    for (int k = 0; k < 3; k++) {
        double expected = temperature / (2 * (1 - steps[k]));
        double overdamped = harmonic_variance(ctx, &heat_walk_ula, "0.5\n", temperature, steps[k], 20);
        double underdamped =
            harmonic_variance(ctx, &heat_walk_underdamped, "0.5\n", temperature, 2 * steps[k], 20);
        assert_close(overdamped / expected, 1, error);
        assert_close(underdamped / (temperature / 2), 1, error);
    }
    heat_context_free(ctx);
}

/* <U> of the double well at T = 1/4: exact, and of unadjusted Langevin dynamics in its steady state, by a
 * transfer operator. */
static void the_double_well_has_the_known_step_bias(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, NULL);
    const double steps[] = {0.01, 0.05, 0.05}, known[] = {0.150131, 0.177539, 0.177539};
    const int forget[] = {60, 20, 20};

    for (int k = 0; k < 3; k++) { /* the last in single precision */
        heat_chains *c = open_chains(
            ctx, model, (heat_walk_plan){.move = &heat_walk_ula, .step = steps[k], .is_single = k == 2},
            WELLS, 0.25, "auto");
        double sum = 0, squares = 0, n = DRAWS * WELLS;
        sweep(ctx, c, 10 * forget[k]);
        for (int t = 0; t < DRAWS; t++) {
            sweep(ctx, c, forget[k]);
            for (int64_t chain = 0; chain < c->n_chains; chain++) {
                double energy = heat_chains_get_energy(c, chain);
                sum += energy;
                squares += energy * energy;
            }
        }
        assert_close(sum / n, known[k], 4 * sqrt((squares / n - sum / n * (sum / n)) / n));
        heat_chains_free(c);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* A step in single precision, with the noise that the double walk does not see, comes from where the chain
 * is and leads to what a float holds. */
static void single_steps_land_on_floats(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, NULL);
    heat_chains *c =
        open_chains(ctx, model, (heat_walk_plan){.move = &heat_walk_ula, .step = 1e-12, .is_single = true},
                    21, 1, "auto");

    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        double x = 0.1 + (double)chain / 20;
        assert_ok(ctx, heat_chains_set_state(ctx, c, chain, &x));
    }
    sweep(ctx, c, 1);
    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        double x;
        heat_chains_get_state(c, chain, &x);
        assert_true(x == (double)(float)x);
        assert_close(x, 0.1 + (double)chain / 20, 1e-4);
        assert_close(heat_chains_get_energy(c, chain), double_well(x), 1e-6);
    }
    heat_chains_free(c);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- as a user samples --- */

static void run(heat_context *ctx, const heat_sample_options *options, heat_sample_result *r)
{
    heat_model *model = load(ctx, NULL);

    heat_sample_result_init(r);
    assert_ok(ctx, heat_sample(ctx, model, options, r));
    heat_model_free(model);
}

static void tell_bias(double step, double known)
{
    heat_context *ctx = test_context();
    heat_sample_options options;
    heat_sample_result r;
    const heat_observable *energy, *virial;

    heat_sample_options_init(&options);
    options.engine = "ula";
    options.temperature = 0.25;
    options.step = step;
    options.steps = (int64_t)(0.2 / step);
    options.replicas = 64;
    options.burn_in = 200;
    options.sweeps = 4000;
    options.seed = test_seed();
    run(ctx, &options, &r);
    assert_int_equal(r.n_temperatures, 1);
    assert_true(r.temperatures[0].step == step);
    energy = test_observable(&r.temperatures[0], "energy");
    print_message("h = %g: %.5f +- %.5f, %.5f is known; without its bias %.5f +- %.5f\n", step, energy->mean,
                  energy->error, known, energy->mean - energy->step_bias, energy->step_bias_error);
    assert_close(energy->mean, known, 4 * energy->error);
    assert_true(energy->step_bias > 2 * energy->step_bias_error);
    assert_close(energy->mean - energy->step_bias, 0.14482914,
                 3 * hypot(energy->error, energy->step_bias_error));
    virial = test_observable(&r.temperatures[0], "virial");
    assert_close(virial->mean - virial->step_bias, 0.25, 4.5 * hypot(virial->error, virial->step_bias_error));
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* <U> of the double well at T = 1/4, as above; at the longer step what the two steps do not see is 3 % of it.
 */
static void an_unadjusted_run_tells_its_bias(void **state)
{
    (void)state;
    tell_bias(0.02, 0.155928);
    tell_bias(0.05, 0.177539);
}

/* Hot, the step that suits most places leaves none for the steep ends, which hold much of the heat capacity.
 */
static void shorter_steps_reach_the_ends(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options options;
    heat_sample_result r;
    const heat_observable *energy, *capacity;

    heat_sample_options_init(&options);
    options.engine = "mala";
    options.temperature = 5;
    options.sweeps = 40000;
    options.seed = test_seed();
    run(ctx, &options, &r);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    energy = test_observable(&r.temperatures[0], "energy");
    capacity = test_observable(&r.temperatures[0], "heat_capacity");
    print_message("heat capacity %.4f +- %.4f\n", capacity->mean, capacity->error);
    assert_close(energy->mean, 1.140075, 4.5 * energy->error);
    assert_close(capacity->mean, 0.184127, 4.5 * capacity->error);
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

static void a_walk_begins_where_it_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, NULL);
    heat_sample_options options;
    heat_sample_result r;
    const heat_observable *x;

    heat_sample_options_init(&options);
    options.engine = "mala";
    options.temperature = 0.02;
    options.seed = test_seed();
    options.initial = test_file(".txt", "-1\n", 3);
    run(ctx, &options, &r);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED); /* the other well holds as much */
    x = test_observable(&r.temperatures[0], "x");
    assert_true(isnan(x->mean) && x->rhat < 1.01); /* but all are in one */
    heat_sample_result_clear(&r);
    heat_sample_result_init(&r);
    options.initial = test_file(".txt", "west\n", 5);
    assert_int_equal(heat_sample(ctx, model, &options, &r), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "a number");
    options.initial = test_file(".txt", "-1\n", 3);
    options.engine = "ensemble";
    assert_int_equal(heat_sample(ctx, model, &options, &r), HEAT_ERROR_OPTION);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Cold, a walk stays in the well where it begins, and says that it has not converged; a ladder knows both. */
static void a_ladder_finds_both_wells(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options options;
    heat_sample_result r;
    const heat_observable *x, *energy;

    heat_sample_options_init(&options);
    options.engine = "ula";
    options.step = 0.01;
    options.temperature = 0.1;
    options.sweeps = 25000;
    options.seed = test_seed();
    run(ctx, &options, &r);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    x = test_observable(&r.temperatures[0], "x");
    assert_true(isnan(x->mean));
    heat_sample_result_clear(&r);
    options.engine = "tempering";
    options.step = HEAT_AUTO;
    options.temperature_set = "0.1,0.2,0.5";
    run(ctx, &options, &r);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    x = test_observable(&r.temperatures[0], "x");
    energy = test_observable(&r.temperatures[0], "energy");
    assert_close(x->mean, 0, 4.5 * x->error);
    assert_true(x->error < 0.05);
    assert_close(energy->mean, 0.05247724, 4.5 * energy->error);
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

static void threads_and_checkpoints_change_no_bit(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options options;
    heat_sample_result whole, parts;
    const char *path = test_file(".ck", "", 0);

    for (int k = 0; k < 2; k++) { /* the second in single precision */
        heat_sample_options_init(&options);
        options.engine = k == 0 ? "nuts" : "ula";
        options.precision = k == 0 ? "double" : "single";
        options.replicas = 21;
        options.sweeps = 400;
        options.burn_in = 200;
        options.keep_states = true;
        options.threads = 1;
        run(ctx, &options, &whole);
        options.threads = 3;
        options.checkpoint = path;
        remove(path);
        run(ctx, &options, &parts);
        assert_memory_equal(whole.values, parts.values, 21 * 400 * sizeof(double));
        heat_sample_result_clear(&parts);
        run(ctx, &options, &parts); /* from the end of the last */
        assert_memory_equal(whole.values, parts.values, 21 * 400 * sizeof(double));
        heat_sample_result_clear(&parts);
        heat_sample_result_clear(&whole);
        remove(path);
    }
    heat_context_free(ctx);
}

/* --- leapfrog --- */

static const char covariance[] = "2,0.6,0\n0.6,1,-0.25\n0,-0.25,0.5\n";

/* Leaps of one chain from x and momentum, in place. */
static void leap(heat_context *ctx, heat_chains *c, int count, double *x, double *momentum)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[0];

    assert_ok(ctx, heat_chains_set_state(ctx, c, 0, x));
    heat_walk_set_off(c, 0);
    for (int32_t i = 0; i < c->n; i++)
        u->momentum[i * u->stride] = momentum[i];
    for (int k = 0; k < count; k++)
        assert_ok(ctx, heat_walk_leap(ctx, c, 0));
    for (int32_t i = 0; i < c->n; i++) {
        x[i] = u->new_x[i * u->stride];
        momentum[i] = u->momentum[i * u->stride];
    }
}

static double determinant(int n, double a[6][6])
{
    double product = 1;

    for (int k = 0; k < n; k++) { /* the maps are near the identity: no pivot is small */
        product *= a[k][k];
        for (int i = k + 1; i < n; i++)
            for (int j = n - 1; j >= k; j--)
                a[i][j] -= a[i][k] / a[k][k] * a[k][j];
    }
    return product;
}

static void leapfrog_goes_back_and_keeps_volumes(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int mass = HEAT_MASS_UNIT; mass <= HEAT_MASS_DENSE; mass++) {
        heat_model *model = load(ctx, covariance);
        heat_walk_plan walk = {.move = &heat_walk_hmc, .step = 0.3, .mass = (heat_walk_mass)mass};
        heat_chains *c = open_chains(ctx, model, walk, 1, 1, "auto");
        heat_walk_store *s = c->store;
        const double factor[9] = {1.3, 0, 0, 0.4, 0.8, 0, -0.2, 0.1, 0.7},
                     start[6] = {0.3, -0.5, 0.2, 1, 0.4, -0.6};
        double *scales = heat_walk_tuning_scales(3, walk.mass, s->numbers), there[6], image[6][6];
        for (int i = 0; i < (mass == HEAT_MASS_DENSE ? 9 : 3) && mass != HEAT_MASS_UNIT; i++)
            scales[i] = mass == HEAT_MASS_DENSE ? factor[i] : factor[4 * i];
        heat_walk_load_tuning(c, 0);
        memcpy(there, start, sizeof there);
        leap(ctx, c, 7, there, there + 3);
        assert_true(fabs(there[0] - start[0]) > 0.01);
        for (int i = 3; i < 6; i++)
            there[i] = -there[i];
        leap(ctx, c, 7, there, there + 3);
        for (int i = 0; i < 6; i++)
            assert_close(there[i], i < 3 ? start[i] : -start[i], 1e-13);
        for (int k = 0; k < 6; k++) {
            double up[6], down[6];
            memcpy(up, start, sizeof up);
            memcpy(down, start, sizeof down);
            up[k] += 0.5;
            down[k] -= 0.5; /* the map is linear */
            leap(ctx, c, 1, up, up + 3);
            leap(ctx, c, 1, down, down + 3);
            for (int i = 0; i < 6; i++)
                image[i][k] = up[i] - down[i];
        }
        assert_close(determinant(6, image), 1, 1e-12);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* --- bits --- */

static void get_all(const heat_chains *c, double *x)
{
    for (int64_t chain = 0; chain < c->n_chains; chain++)
        heat_chains_get_state(c, chain, x + chain * c->n);
}

static void instruction_sets_give_the_same_bits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, covariance);

    for (int k = 0; k < N_TESTED + 3; k++) { /* ula twice */
        const heat_walk_move *move = k < N_TESTED ? tested[k] : untested[(k - N_TESTED) % 2];
        heat_walk_plan walk = {.move = move,
                               .mass = move->order > 0 ? HEAT_MASS_UNIT : HEAT_MASS_DIAGONAL,
                               .is_single = k == N_TESTED + 2};
        double x[2][40 * 3];
        for (int way = 0; way < 2; way++) {
            heat_chains *c = open_chains(ctx, model, walk, 40, 0.8, way == 0 ? "ref" : "auto");
            c->burn_in = 30;
            sweep(ctx, c, 60);
            get_all(c, x[way]);
            heat_chains_free(c);
        }
        assert_memory_equal(x[0], x[1], sizeof x[0]);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* A copy of all parts put into a set that has only been started goes on as the first does. */
static void parts_are_the_whole_life(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, covariance);

    for (int k = 0; k < N_TESTED + 2; k++) {
        const heat_walk_move *move = k < N_TESTED ? tested[k] : untested[k - N_TESTED];
        heat_walk_plan walk = {.move = move, .mass = move->order > 0 ? HEAT_MASS_UNIT : HEAT_MASS_DENSE};
        heat_chains *a = open_chains(ctx, model, walk, 16, 0.8, "auto");
        heat_chains *b = open_chains(ctx, model, walk, 16, 0.8, "auto");
        heat_parts from = {0}, to = {0};
        double x[2][16 * 3];
        a->burn_in = b->burn_in = 150;
        sweep(ctx, a, 77);
        assert_ok(ctx, heat_chains_add_parts(ctx, a, &from));
        assert_ok(ctx, heat_chains_add_parts(ctx, b, &to));
        assert_int_equal(from.count, to.count);
        for (int64_t p = 0; p < from.count; p++)
            memcpy(to.parts[p].data, from.parts[p].data, (size_t)from.parts[p].size);
        sweep(ctx, a, 100);
        sweep(ctx, b, 100);
        get_all(a, x[0]);
        get_all(b, x[1]);
        assert_memory_equal(x[0], x[1], sizeof x[0]);
        heat_parts_clear(&from);
        heat_parts_clear(&to);
        heat_chains_free(a);
        heat_chains_free(b);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- what the burn-in learns --- */

static void a_step_finds_its_acceptance(void **state)
{
    (void)state;
    heat_walk_tuning t = {0};

    heat_walk_tuning_begin(&t, 40);
    for (int k = 0; k < 2000; k++)
        heat_walk_tuning_update(&t, exp(-t.step), 0.8, (double)INFINITY);
    heat_walk_tuning_settle(&t);
    assert_close(t.step, -log(0.8), 0.02);
}

static void windows_double_up_to_the_last(void **state)
{
    (void)state;
    int closes[16], n = 0;

    for (int64_t k = 0; k < 1000; k++)
        if (heat_walk_phase_of(k, 1000) == HEAT_WALK_CLOSES)
            closes[n++] = (int)k + 1;
    assert_int_equal(n, 4);
    assert_int_equal(closes[0], 175);
    assert_int_equal(closes[1], 225);
    assert_int_equal(closes[2], 325);
    assert_int_equal(closes[3], 900);
    assert_int_equal(heat_walk_phase_of(149, 1000), HEAT_WALK_SETTLES);
    assert_int_equal(heat_walk_phase_of(150, 1000), HEAT_WALK_COLLECTS);
    assert_int_equal(heat_walk_phase_of(900, 1000), HEAT_WALK_SETTLES);
    assert_int_equal(heat_walk_phase_of(50, 99), HEAT_WALK_SETTLES);
}

/* The scales that a burn-in ends with, of a normal distribution of covariance C: of one variable
 * s^4 = C_ii / (C^-1)_ii; together Cholesky's factor of C. */
static void scales_are_those_of_the_distribution(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, covariance);
    const double single[3] = {1.3351, 0.9131, 0.6785}, deviation[3] = {sqrt(2), 1, sqrt(0.5)};

    for (int mass = HEAT_MASS_DIAGONAL; mass <= HEAT_MASS_DENSE; mass++) {
        heat_walk_plan walk = {.move = &heat_walk_nuts, .mass = (heat_walk_mass)mass};
        heat_chains *c = open_chains(ctx, model, walk, 8, 2.5, "auto");
        const heat_walk_store *s = c->store;
        const double *scales = heat_walk_tuning_scales(3, walk.mass, s->numbers);
        c->burn_in = 2000;
        sweep(ctx, c, 2000);
        for (int i = 0; i < 3 && mass == HEAT_MASS_DIAGONAL; i++)
            assert_close(scales[i] / single[i], 1, 0.05);
        for (int i = 0; i < 3 && mass == HEAT_MASS_DENSE; i++) {
            double square = 0;
            for (int j = 0; j <= i; j++)
                square += scales[3 * i + j] * scales[3 * i + j];
            assert_close(sqrt(square) / deviation[i], 1, 0.05);
        }
        if (mass == HEAT_MASS_DENSE)
            assert_close(scales[0] * scales[3], 0.6, 0.06);
        assert_true(s->tunings[0].is_settled);
        heat_chains_free(c);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Draws of x and y whose scales are 1 and 100 and whose correlation is r, with the gradients of that. */
static void learn_pair(double r, double least_condition, double *scales)
{
    const heat_walk_scaling how = {2, HEAT_MASS_DENSE, true, least_condition};
    double numbers[64];
    heat_walk_tuning t = {0};
    heat_stream stream;

    assert_true(heat_walk_tuning_size(2, HEAT_MASS_DENSE) <= 64);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 9);
    heat_walk_tuning_reset_scales(2, HEAT_MASS_DENSE, numbers);
    for (int k = 0; k < 4000; k++) {
        double x = heat_stream_normal(&stream), y = r * x + sqrt(1 - r * r) * heat_stream_normal(&stream);
        double place[2] = {x, 100 * y},
               gradient[2] = {(x - r * y) / (1 - r * r), (y - r * x) / (1 - r * r) / 100};
        heat_walk_tuning_add(&t, 2, HEAT_MASS_DENSE, place, gradient, 1, numbers);
    }
    heat_walk_tuning_rescale(&t, &how, 1, numbers);
    memcpy(scales, heat_walk_tuning_scales(2, HEAT_MASS_DENSE, numbers), 4 * sizeof *scales);
    assert_close(scales[0], 1, 0.05);
    assert_close(hypot(scales[2], scales[3]), 100, 5);
}

/* Of condition (1 + r) / (1 - r): 19, 3, or as dense as it is where that was asked for. */
static void correlations_are_kept_where_they_pay(void **state)
{
    (void)state;
    double scales[4];

    learn_pair(0.9, 9, scales);
    assert_close(scales[2], 90, 5);
    learn_pair(0.5, 9, scales);
    assert_true(scales[2] == 0);
    learn_pair(0.5, 0, scales);
    assert_close(scales[2], 50, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tested_moves_leave_boltzmann_where_it_is),
        cmocka_unit_test(strides_of_all_lengths_leave_it_too),
        cmocka_unit_test(an_ensemble_leaves_any_normal_distribution),
        cmocka_unit_test(untested_moves_have_the_variance_of_their_step),
        cmocka_unit_test(the_double_well_has_the_known_step_bias),
        cmocka_unit_test(single_steps_land_on_floats),
        cmocka_unit_test(an_unadjusted_run_tells_its_bias),
        cmocka_unit_test(shorter_steps_reach_the_ends),
        cmocka_unit_test(a_walk_begins_where_it_is_told),
        cmocka_unit_test(a_ladder_finds_both_wells),
        cmocka_unit_test(threads_and_checkpoints_change_no_bit),
        cmocka_unit_test(leapfrog_goes_back_and_keeps_volumes),
        cmocka_unit_test(instruction_sets_give_the_same_bits),
        cmocka_unit_test(parts_are_the_whole_life),
        cmocka_unit_test(a_step_finds_its_acceptance),
        cmocka_unit_test(windows_double_up_to_the_last),
        cmocka_unit_test(scales_are_those_of_the_distribution),
        cmocka_unit_test(correlations_are_kept_where_they_pay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
