/* A run cut short again and again ends with the bits of one that never was; a checkpoint of another run, and
 * a damaged one, are refused. */
#include "sample/sampling_checkpoint.h"
#include "support.h"

#include <heatbath/sample.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "test_checkpoint.h5"

static heat_sample_options run_options(const char *engine)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.sweeps = 4000;
    opt.burn_in = 300;
    opt.temperature_set = "1.5,2,3";
    opt.replicas = 4;
    opt.keep_states = true;
    opt.thin = 50;
    opt.observables = "spins,overlap";
    opt.threads = 2;
    return opt;
}

static void assert_same(const heat_sample_result *a, const heat_sample_result *b)
{
    assert_int_equal(a->n_sweeps, b->n_sweeps);
    assert_int_equal(a->n_draws, b->n_draws);
    assert_int_equal(a->updates, b->updates);
    assert_int_equal(a->round_trips, b->round_trips);
    assert_memory_equal(a->states, b->states,
                        (size_t)(a->n_temperatures * a->n_chains * a->n_draws * a->n_variables));
    for (int32_t t = 0; t < a->n_temperatures; t++) {
        const heat_sample_temperature *x = &a->temperatures[t], *y = &b->temperatures[t];
        assert_int_equal(x->n_observables, y->n_observables);
        for (int32_t k = 0; k < x->n_observables; k++)
            assert_memory_equal(&x->observables[k].mean, &y->observables[k].mean,
                                sizeof(heat_observable) - offsetof(heat_observable, mean));
        assert_memory_equal(x->spin_mean, y->spin_mean, (size_t)a->n_variables * sizeof(double));
        assert_memory_equal(&x->acceptance, &y->acceptance, sizeof(double));
    }
}

static void check_resuming(heat_context *ctx, const heat_model *model, const char *engine)
{
    heat_sample_options opt = run_options(engine);
    heat_sample_result whole = {0}, cut = {0};
    int n_cuts = 0;

    assert_ok(ctx, heat_sample(ctx, model, &opt, &whole));
    opt.checkpoint = FILE_NAME;
    opt.time = 0.001;
    remove(FILE_NAME);
    do {
        heat_sample_result_clear(&cut);
        opt.threads = 1 + n_cuts % 3;
        opt.every = n_cuts % 2 ? 0 : 60;
        assert_ok(ctx, heat_sample(ctx, model, &opt, &cut));
        n_cuts++;
        opt.time *= 1.2;
    } while (cut.n_sweeps < opt.sweeps && n_cuts < 500);
    assert_true(n_cuts > 2);
    assert_same(&whole, &cut);
    heat_sample_result_clear(&cut);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &cut)); /* a finished run is told again */
    assert_same(&whole, &cut);
    heat_sample_result_clear(&whole);
    heat_sample_result_clear(&cut);
}

static heat_model *small_rbm(heat_context *ctx)
{
    double weights[12 * 7];
    heat_rbm rbm;
    heat_model *model;

    for (int k = 0; k < 12 * 7; k++)
        weights[k] = 0.1 * (k * 5 % 11) - 0.4;
    heat_rbm_init(&rbm);
    rbm.n_visible = 12;
    rbm.n_hidden = 7;
    rbm.weights = weights;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    return model;
}

static void a_run_cut_short_ends_with_the_same_bits(void **state)
{
    (void)state;
    static const char *const engines[] = {"heat-bath", "metropolis", "tempering",
                                          "houdayer",  "wolff",      "swendsen-wang"};
    heat_context *ctx = test_context();
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "ea:6x6,J=gauss,seed=3", &model));
    for (int e = 0; e < 6; e++)
        check_resuming(ctx, model, engines[e]);
    heat_model_free(model);
    model = small_rbm(ctx);
    check_resuming(ctx, model, "gibbs");
    check_resuming(ctx, model, "tempering");
    heat_model_free(model);
    assert_ok(ctx, heat_model_load(ctx, "sk:64,seed=3", &model)); /* dense: its fields are kept */
    check_resuming(ctx, model, "heat-bath");
    heat_model_free(model);
    heat_context_free(ctx);
}

static void another_run_and_damage_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model, *other;
    heat_sample_options opt = run_options("heat-bath");
    heat_sample_result r = {0};
    FILE *file;

    remove(FILE_NAME);
    assert_ok(ctx, heat_model_load(ctx, "ea:6x6,J=gauss,seed=3", &model));
    assert_ok(ctx, heat_model_load(ctx, "ea:6x6,J=gauss,seed=4", &other));
    opt.checkpoint = FILE_NAME;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    heat_sample_result_clear(&r);
    assert_int_equal(heat_sample(ctx, other, &opt, &r), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "another run: it has 'model = ");
    opt.sweeps = 4001;
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "it has 'sweeps = 4000', this run has 'sweeps = 4001'");
    opt.sweeps = 4000;
    file = fopen(FILE_NAME, "r+b");
    assert_non_null(file);
    fseek(file, 5000, SEEK_SET);
    fputc(0x5a, file);
    fputc(0xa5, file);
    fclose(file);
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_INPUT);
    remove(FILE_NAME);
    heat_model_free(model);
    heat_model_free(other);
    heat_context_free(ctx);
}

/* What is forged in a run's state, each of it with a sound seal. */
typedef void (*forgery)(heat_sampling *s);

static void forge_nothing(heat_sampling *s)
{
    (void)s;
}

static void forge_sweeps(heat_sampling *s)
{
    s->chains->n_sweeps[0] = s->opt.burn_in + s->opt.sweeps + 1;
}

static void forge_rung(heat_sampling *s)
{
    s->chains->rung[1] = s->chains->n_rungs;
}

static void forge_beta(heat_sampling *s)
{
    s->chains->beta[2] *= 1.01;
}

static void forge_ladder(heat_sampling *s)
{
    int64_t chain = s->exchange.chain_at[0];

    s->exchange.chain_at[0] = s->exchange.chain_at[1];
    s->exchange.chain_at[1] = chain;
}

/* A finished run's checkpoint, with the forgery in it. */
static void write_forged(heat_context *ctx, const heat_model *model, const heat_sample_options *opt,
                         forgery forge)
{
    heat_sampling s = {.opt = *opt, .model = model, .whole = model};
    heat_sampling_checkpoint c = {.sampling = &s};

    s.opt.checkpoint = NULL;
    assert_ok(ctx, heat_sampling_prepare(ctx, &s));
    assert_ok(ctx, s.engine->run(ctx, &s));
    s.opt.checkpoint = FILE_NAME;
    remove(FILE_NAME);
    assert_ok(ctx, heat_sampling_checkpoint_open(ctx, &c));
    forge(&s);
    assert_ok(ctx, heat_sampling_checkpoint_save(ctx, &c, true));
    heat_sampling_checkpoint_close(&c);
    heat_sampling_clear(&s);
}

static void forged_states_are_refused(void **state)
{
    (void)state;
    static const forgery forgeries[] = {forge_nothing, forge_sweeps, forge_rung, forge_beta, forge_ladder};
    heat_context *ctx = test_context();
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "ea:4x4,J=gauss,seed=3", &model));
    for (int k = 0; k < 5; k++) {
        heat_sample_options opt = run_options("tempering");
        heat_sample_result r = {0};
        opt.sweeps = 200;
        write_forged(ctx, model, &opt, forgeries[k]);
        opt.checkpoint = FILE_NAME;
        if (k == 0) {
            assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
        } else {
            assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_INPUT);
            assert_contains(heat_context_error(ctx),
                            "not the state of a run like this: the file was changed");
        }
        heat_sample_result_clear(&r);
    }
    remove(FILE_NAME);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The clamp is part of what a run is: its values, not the name of its file. */
static void another_clamp_is_another_run(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_options opt = run_options("heat-bath");
    heat_sample_result r = {0};
    const char *clamp = test_file(".csv", "3,1\n", 4);
    FILE *file;

    remove(FILE_NAME);
    opt.sweeps = 200;
    opt.checkpoint = FILE_NAME;
    opt.clamp = clamp;
    assert_ok(ctx, heat_model_load(ctx, "ea:4x4,seed=3", &model));
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    heat_sample_result_clear(&r);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    heat_sample_result_clear(&r);
    file = fopen(clamp, "w");
    assert_non_null(file);
    fputs("3,-1\n", file);
    fclose(file);
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "another run: it has 'model = ");
    remove(FILE_NAME);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_cut_short_ends_with_the_same_bits),
        cmocka_unit_test(another_run_and_damage_are_refused),
        cmocka_unit_test(forged_states_are_refused),
        cmocka_unit_test(another_clamp_is_another_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
