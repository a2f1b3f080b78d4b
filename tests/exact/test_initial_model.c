/* Training that goes on from a model: it begins where the model stands, in every kind and pairing of layers,
 * and where its chains stood, from memory or from a file. */
#include "learn/learner.h"
#include "support.h"

#include <math.h>
#include <string.h>

typedef struct training {
    const char *kind, *data, *negative, *visible, *hidden_layer, *layers;
    double scale; /* rows are these times the data, with a little more in each: real numbers; 0: states */
} training;

static const training trainings[] = {
    {"ising", "ising-teacher:sk:5,seed=1,n=200", "pcd:2", "auto", "auto", NULL, 0},
    {"ising", "shifter:2", "tempering", "auto", "auto", NULL, 0},
    {"rbm", "shifter:2", "pcd", "auto", "auto", NULL, 0},
    {"rbm", "shifter:2", "pcd", "auto", "spin", NULL, 0},
    {"rbm", "ising-teacher:sk:5,seed=1,n=200", "pcd", "auto", "binary", NULL, 0},
    {"rbm", "ising-teacher:sk:5,seed=1,n=200", "tempering", "auto", "auto", NULL, 0},
    {"rbm", "shifter:2", "pcd", "potts", "relu", NULL, 0},
    {"rbm", "shifter:2", "tempering", "potts", "potts", NULL, 0},
    {"rbm", "ising-teacher:sk:5,seed=1,n=200", "pcd", "auto", "gaussian", NULL, 0},
    {"rbm", "shifter:2", "pcd", "gaussian", "spin", NULL, 0.7},
    {"rbm", "shifter:2", "pcd", "gaussian", "gaussian", NULL, 0.7},
    {"boltzmann", "shifter:2", "pcd", "auto", "auto", NULL, 0},
    {"boltzmann", "shifter:2", "tempering", "auto", "auto", "2-2", 0},
};
enum { N_TRAININGS = sizeof trainings / sizeof *trainings };

static heat_data *load(heat_context *ctx, const training *t)
{
    float values[200 * 8];
    double numbers[200 * 8];
    heat_data_info info;
    heat_data *data;

    assert_ok(ctx, heat_data_load(ctx, t->data, NULL, &data));
    if (t->scale == 0)
        return data;
    heat_data_describe(data, &info);
    assert_true(info.n_rows * info.n_variables <= 200 * 8);
    heat_data_get_values(data, 0, info.n_rows, values);
    for (int64_t k = 0; k < info.n_rows * info.n_variables; k++)
        numbers[k] = t->scale * (double)values[k] + 0.01 * (double)(k * k % 17);
    heat_data_free(data);
    assert_ok(ctx, heat_data_create(ctx, info.n_rows, info.n_variables, numbers, &data));
    return data;
}

static heat_learn_options options_of(const training *t)
{
    heat_learn_options options;

    heat_learn_options_init(&options);
    options.negative = t->negative;
    options.epochs = 5;
    options.chains = 7;
    options.threads = 1;
    options.learning_rate = 0.5;
    options.visible_layer = t->visible;
    options.hidden_layer = t->hidden_layer;
    options.layers = t->layers;
    options.hidden = t->layers != NULL || strcmp(t->kind, "ising") == 0 ? HEAT_AUTO : 3;
    return options;
}

/* Kept beside the model, whole and in the file. */
static void check_chains(const heat_model *model, const heat_model *loaded, const heat_data_info *info)
{
    const float *kept, *read;
    bool moved = false;

    assert_int_equal(heat_model_get_chains(model, &kept), 7);
    assert_int_equal(heat_model_get_chains(loaded, &read), 7);
    for (int64_t k = 0; k < (int64_t)7 * info->n_variables; k++) {
        assert_true(kept[k] == read[k]);
        moved = moved || kept[k] != kept[0];
    }
    assert_true(moved);
}

static heat_model *save_and_load(heat_context *ctx, const heat_model *model)
{
    const char *path = test_file(".h5", "", 0);
    heat_model *loaded;

    assert_ok(ctx, heat_model_save(ctx, model, path));
    assert_ok(ctx, heat_model_load(ctx, path, &loaded));
    return loaded;
}

static void training_goes_on_where_the_model_stands(void **state)
{
    (void)state;
    for (int k = 0; k < N_TRAININGS; k++) {
        const training *t = &trainings[k];
        heat_context *ctx = test_context();
        heat_data *data = load(ctx, t);
        heat_learn_input input = {.size = sizeof input, .data = data};
        heat_learn_options options = options_of(t);
        heat_learn_result first, second;
        heat_model *loaded;
        heat_data_info info;

        heat_data_describe(data, &info);
        heat_learn_result_init(&first);
        heat_learn_result_init(&second);
        assert_ok(ctx, heat_learn(ctx, t->kind, &input, &options, &first));
        loaded = save_and_load(ctx, first.model);
        check_chains(first.model, loaded, &info);
        heat_learn_options_init(&options); /* layers and units are the model's */
        options.negative = "exact";
        options.epochs = 1;
        input.initial = loaded;
        assert_ok(ctx, heat_learn(ctx, t->kind, &input, &options, &second));
        assert_true(fabs(second.history[0].train - first.train.mean) < 1e-9 * fabs(first.train.mean));
        assert_true(second.train.mean > first.train.mean);
        heat_learn_result_clear(&first);
        heat_learn_result_clear(&second);
        heat_model_free(loaded);
        heat_data_free(data);
        heat_context_free(ctx);
    }
}

/* More of them than the model has: again from the first. */
static void chains_go_on_too(void **state)
{
    (void)state;
    static const heat_negative_kind *const phases[] = {&heat_negative_pcd, &heat_negative_tempering};
    static const training t = {"rbm", "shifter:2", "pcd", "auto", "auto", NULL, 0};
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, &t);
    heat_learn_input input = {.size = sizeof input, .data = data};
    heat_learn_options options = options_of(&t);
    heat_learn_result first;
    const float *kept;

    heat_learn_result_init(&first);
    assert_ok(ctx, heat_learn(ctx, t.kind, &input, &options, &first));
    assert_int_equal(heat_model_get_chains(first.model, &kept), 7);
    for (int k = 0; k < 2; k++) {
        heat_learner l = {.kind = &heat_learn_kind_rbm};
        heat_negative negative = {.kind = phases[k], .k = 1, .n_chains = 10, .threads = 1, .isa = "auto"};
        const int8_t *rows;

        assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
        assert_ok(ctx, negative.kind->open(ctx, &options, &l, &negative));
        assert_ok(ctx, heat_learn_go_on(ctx, first.model, &l, &negative));
        rows = negative.kind->get_chains(&negative);
        for (int c = 0; c < 10; c++)
            for (int32_t i = 0; i < l.n_visible; i++)
                assert_int_equal(rows[c * l.n_visible + i], (int)kept[c % 7 * l.n_visible + i]);
        heat_negative_close(&negative);
        heat_learner_clear(&l);
    }
    heat_learn_result_clear(&first);
    heat_data_free(data);
    heat_context_free(ctx);
}

static void another_shape_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *model, *says;
    } cases[] = {
        {"rbm", "lattice:7", "no RBM"},
        {"ising", "lattice:7", "no graph of units of 0 and 1"},
        {"boltzmann", "potts:7", "no graph"},
    };
    heat_context *ctx = test_context();
    heat_data *data;

    assert_ok(ctx, heat_data_load(ctx, "shifter:2", NULL, &data));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_learn_input input = {.size = sizeof input, .data = data};
        heat_learn_result r;
        heat_model *model;

        heat_learn_result_init(&r);
        assert_ok(ctx, heat_model_load(ctx, cases[k].model, &model));
        input.initial = model;
        assert_true(heat_learn(ctx, cases[k].kind, &input, NULL, &r) != HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].says);
        heat_model_free(model);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_goes_on_where_the_model_stands),
        cmocka_unit_test(chains_go_on_too),
        cmocka_unit_test(another_shape_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
