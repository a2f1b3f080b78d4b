/* What `auto` stands for: clusters where nothing is frustrated and the graph is sparse, a ladder for lo:hi,
 * single variables elsewhere. */
#include "sample/engine.h"
#include "support.h"

#include <string.h>

static const char *chosen(heat_context *ctx, const char *spec, const char *name, const char *temperatures)
{
    heat_model *model;
    const heat_engine *engine;
    const char *reason = NULL;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    engine = heat_engine_choose(model, name, temperatures, false, &reason);
    heat_model_free(model);
    assert_non_null(engine);
    assert_true(reason != NULL && reason[0] != '\0');
    return engine->name;
}

static void the_model_and_the_temperatures_decide(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *temperatures, *engine;
    } cases[] = {
        {"lattice:8x8", NULL, "swendsen-wang"},
        {"lattice:8x8", "2,3", "swendsen-wang"},
        {"lattice:4x4x4,h=-0.5", NULL, "swendsen-wang"},
        {"potts:8x8,q=3", NULL, "swendsen-wang"},
        {"regular:50,k=3,seed=1,J=1", NULL, "swendsen-wang"},
        {"lattice:8x8", "1:3", "tempering"},
        {"ea:8x8,seed=1", "0.5:2", "tempering"},
        {"ea:8x8,seed=1", "1:3:0.5", "heat-bath"},
        {"lattice:8x8,J=-1", NULL, "heat-bath"},
        {"potts:8x8,q=3,J=-1", NULL, "heat-bath"},
        {"lattice:8x8,h=pm,seed=1", NULL, "heat-bath"},
        {"sk:40,J=1,seed=1", NULL, "heat-bath"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *engine = chosen(ctx, cases[k].spec, "auto", cases[k].temperatures);
        if (strcmp(engine, cases[k].engine) != 0)
            fail_msg("%s: %s, expected %s", cases[k].spec, engine, cases[k].engine);
    }
    heat_context_free(ctx);
}

static void an_rbm_is_drawn_layer_by_layer(void **state)
{
    (void)state;
    static const double weights[20 * 20] = {1, -1, 0.5};
    heat_context *ctx = test_context();
    const char *reason;
    heat_rbm rbm;
    heat_model *model;

    heat_rbm_init(&rbm);
    rbm.n_visible = rbm.n_hidden = 20;
    rbm.weights = weights;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    assert_string_equal(heat_engine_choose(model, "auto", NULL, false, &reason)->name, "gibbs");
    assert_string_equal(heat_engine_choose(model, "auto", "1:2", false, &reason)->name, "tempering");
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_name_is_taken_at_its_word(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < heat_engine_count(); k++)
        assert_string_equal(chosen(ctx, "lattice:8x8", heat_engine_at(k)->name, "1:2"),
                            heat_engine_at(k)->name);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_and_the_temperatures_decide),
        cmocka_unit_test(an_rbm_is_drawn_layer_by_layer),
        cmocka_unit_test(a_name_is_taken_at_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
