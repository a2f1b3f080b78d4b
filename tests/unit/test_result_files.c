/* Results as text files: what each line says, names as the input writes them, refusals. */
#include "base/text.h"
#include "support.h"

#include <ctype.h>
#include <heatbath/exact.h>
#include <heatbath/ground.h>
#include <heatbath/sample.h>
#include <heatbath/score.h>
#include <heatbath/version.h>
#include <stdlib.h>
#include <string.h>

/* E(s) = s1 + 2 s0 s1 - s1 s2: lowest at +1, -1, -1, without a tie. */
static const char *const named_model =
    "{\"type\": \"BinaryQuadraticModel\", \"version\": {\"bqm_schema\": \"3.0.0\"}, \"variable_type\": "
    "\"SPIN\", \"offset\": 0, \"variable_labels\": [\"a,b\", \"q\\\"t\", \"plain\"], \"linear_biases\": "
    "[0, 1, 0], \"quadratic_biases\": [2, -1], \"quadratic_head\": [0, 1], \"quadratic_tail\": [1, 2]}";

static heat_model *load_named(heat_context *ctx)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, test_file(".json", named_model, strlen(named_model)), &model));
    return model;
}

/* Fails unless the file at `path` holds `expected` and nothing else. */
static void assert_file(const char *path, const char *expected)
{
    char found[1024];
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(found, 1, sizeof found - 1, file);
    found[n] = '\0';
    fclose(file);
    assert_string_equal(found, expected);
}

static void a_ground_state_is_written_with_names_or_without(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load_named(ctx);
    heat_ground_result r;
    const char *path = test_file(".csv", "", 0);

    heat_ground_result_init(&r);
    assert_int_equal(heat_ground_result_save(ctx, model, &r, path), HEAT_ERROR_ARGUMENT);
    assert_ok(ctx, heat_ground(ctx, model, NULL, &r));
    assert_ok(ctx, heat_ground_result_save(ctx, model, &r, path));
    assert_file(path, "index,value\n\"a,b\",1\n\"q\"\"t\",-1\nplain,-1\n");
    assert_ok(ctx, heat_ground_result_save(ctx, NULL, &r, path));
    assert_file(path, "index,value\n0,1\n1,-1\n2,-1\n");
    path = test_file(".txt", "", 0);
    assert_ok(ctx, heat_ground_result_save(ctx, model, &r, path));
    assert_file(path, "1\n-1\n-1\n");
    assert_int_equal(heat_ground_result_save(ctx, model, &r, "/dev/null/none.csv"), HEAT_ERROR_OUTPUT);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

#define LINE(chain, draw) #chain "," #draw ",0.015625,-4,1,-1,-1\n"
static void samples_are_lines_of_chain_draw_temperature_energy(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load_named(ctx);
    heat_sample_options options;
    heat_sample_result r = {.size = sizeof r};
    const char *path = test_file(".csv", "", 0);

    heat_sample_options_init(&options);
    options.engine = "exact";
    options.temperature = 0.015625; /* the lowest state alone */
    options.sweeps = 4;
    options.replicas = 2;
    options.keep_states = true;
    assert_ok(ctx, heat_sample(ctx, model, &options, &r));
    assert_ok(ctx, heat_sample_result_save(ctx, model, &r, path));
    assert_file(path, "chain,draw,temperature,energy,\"a,b\",\"q\"\"t\",plain\n" LINE(0, 0) LINE(0, 1)
                          LINE(0, 2) LINE(0, 3) LINE(1, 0) LINE(1, 1) LINE(1, 2) LINE(1, 3));
    assert_int_equal(heat_sample_result_save(ctx, model, &r, "states.txt"), HEAT_ERROR_OPTION);
    assert_int_equal(heat_sample_result_save(ctx, model, &r, "states.h5.gz"), HEAT_ERROR_OPTION);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Names that would part columns or options are written with underscores. */
static void draws_are_written_as_cmdstan_does(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load_named(ctx);
    heat_sample_options options;
    heat_sample_result r = {.size = sizeof r};
    const char *path = test_file(".csv", "", 0), *slash;
    heat_sample_temperature rows[2] = {{.temperature = 0.5}, {.temperature = 1}};
    heat_sample_result scan = {.n_temperatures = 2, .temperatures = rows};
    heat_model_info info;
    char base[256], name[300], plain[256], expected[1024];

    heat_sample_options_init(&options);
    options.engine = "exact";
    options.temperature = 0.015625; /* the lowest state alone, of energy -4 */
    options.sweeps = 5;
    options.thin = 3;
    options.replicas = 2;
    options.seed = UINT64_MAX;
    options.output_format = "stan";
    assert_ok(ctx, heat_sample(ctx, model, &options, &r));
    assert_int_equal(heat_sample_result_save_stan(ctx, model, &options, &r, path), HEAT_ERROR_ARGUMENT);
    heat_sample_result_clear(&r);
    options.keep_states = true;
    assert_ok(ctx, heat_sample(ctx, model, &options, &r));
    assert_null(r.moves);
    assert_ok(ctx, heat_sample_result_save_stan(ctx, model, &options, &r, path));
    snprintf(base, sizeof base, "%.*s", (int)(strlen(path) - 4), path);
    snprintf(name, sizeof name, "%s_2.csv", base);
    slash = strrchr(name, '/');
    assert_int_equal(heat_sample_stan_path(&r, 0, 1, path, expected, sizeof expected), strlen(name));
    assert_string_equal(expected, name);
    heat_model_describe(model, &info);
    snprintf(plain, sizeof plain, "%s", info.name);
    for (char *c = plain; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) || *c == '.' ? *c : '_';
    snprintf(expected, sizeof expected,
             "# stan_version_major = 2\n# stan_version_minor = 33\n# stan_version_patch = 0\n# model = %s\n"
             "# method = sample\n#   sample\n#     num_samples = 5\n#     num_warmup = 2000\n"
             "#     save_warmup = 0\n#     thin = 3\n#     algorithm = fixed_param\n#       fixed_param\n"
             "#     num_chains = 1\n# id = 2\n# data\n#   file =\n# random\n"
             "#   seed = 18446744073709551615\n# output\n#   file = %s\n"
             "# heatbath %s, engine exact, chain 2 of 2 at temperature 0.015625\n"
             "lp__,accept_stat__,a_b,q_t,plain\n256,0,1,-1,-1\n256,0,1,-1,-1\n",
             plain, slash == NULL ? name : slash + 1, heat_version());
    assert_file(name, expected);
    remove(name);
    snprintf(name, sizeof name, "%s_1.csv", base);
    remove(name);
    heat_sample_stan_path(&scan, 0, 0, "a.b/c.csv.gz", name, sizeof name);
    assert_string_equal(name, "a.b/c_T0.5_1.csv.gz");
    assert_int_equal(heat_sample_result_save_stan(ctx, model, &options, &r, "states.npy"), HEAT_ERROR_OPTION);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Two temperatures of two chains with momenta, two draws each: every file has its own chain's. Values,
 * energies and moves are numbered as they lie. */
static void moves_are_written_with_the_draws_of_their_chain(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_options options;
    heat_sample_temperature rows[2] = {{.temperature = 0.5, .acceptance = 0.75},
                                       {.temperature = 2, .acceptance = 0.75}};
    double values[16], energies[8];
    heat_sample_move moves[8];
    heat_sample_result r = {.size = sizeof r,
                            .engine = "nuts",
                            .n_temperatures = 2,
                            .temperatures = rows,
                            .n_variables = 2,
                            .n_chains = 2,
                            .n_sweeps = 2,
                            .n_draws = 2,
                            .values = values,
                            .energies = energies,
                            .moves = moves};
    const char *path = test_file(".csv", "", 0);

    for (int k = 0; k < 8; k++) {
        energies[k] = k;
        values[2 * k] = 100 + k;
        values[2 * k + 1] = 200 + k;
        moves[k] = (heat_sample_move){.acceptance = 0.125 * k,
                                      .step = 0.5,
                                      .depth = 10 + k,
                                      .n_leaps = 20 + k,
                                      .is_lost = k == 5,
                                      .total_energy = 30 + k};
    }
    assert_ok(ctx, heat_model_load(ctx, "potential:x^2+y^2", &model));
    heat_sample_options_init(&options);
    assert_ok(ctx, heat_sample_result_save_stan(ctx, model, &options, &r, path));
    for (int file = 0; file < 4; file++) {
        char name[300], content[4096], lines[256];
        const int t = file / 2, k = 2 * file;
        const double beta = t == 0 ? 2 : 0.5;
        FILE *stream;
        size_t n;
        heat_sample_stan_path(&r, t, file % 2, path, name, sizeof name);
        stream = fopen(name, "r");
        assert_non_null(stream);
        n = fread(content, 1, sizeof content - 1, stream);
        content[n] = '\0';
        fclose(stream);
        remove(name);
        snprintf(lines, sizeof lines,
                 "energy__,x,y\n# Adaptation terminated\n# Step size = 0.5\n"
                 "%g,%g,0.5,%d,%d,0,%d,%d,%d\n%g,%g,0.5,%d,%d,%d,%d,%d,%d\n",
                 0 - beta * k, 0.125 * k, 10 + k, 20 + k, 30 + k, 100 + k, 200 + k, 0 - beta * (k + 1),
                 0.125 * (k + 1), 11 + k, 21 + k, k == 4, 31 + k, 101 + k, 201 + k);
        assert_contains(content, lines);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* At T = 1/64 the lowest state has all the weight that a double can tell. */
static void marginals_are_lines_of_variables_and_pairs(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load_named(ctx);
    heat_marginals m = {.size = sizeof m};
    const char *path = test_file(".csv", "", 0);

    assert_ok(ctx, heat_exact_marginals(ctx, model, 0.015625, 1 << 20, 1, &m));
    for (int64_t k = 0; k < m.n_variables * m.n_states; k++)
        m.single[k] = m.single[k] > 0.5;
    for (int64_t k = 0; k < m.n_pairs * 4; k++)
        m.pair[k] = m.pair[k] > 0.5;
    assert_ok(ctx, heat_marginals_save(ctx, model, &m, path));
    assert_file(path, "i,value_i,j,value_j,p\n"
                      "\"a,b\",-1,,,0\n\"a,b\",1,,,1\n\"q\"\"t\",-1,,,1\n\"q\"\"t\",1,,,0\n"
                      "plain,-1,,,1\nplain,1,,,0\n"
                      "\"a,b\",-1,\"q\"\"t\",-1,0\n\"a,b\",-1,\"q\"\"t\",1,0\n"
                      "\"a,b\",1,\"q\"\"t\",-1,1\n\"a,b\",1,\"q\"\"t\",1,0\n"
                      "\"q\"\"t\",-1,plain,-1,1\n\"q\"\"t\",-1,plain,1,0\n"
                      "\"q\"\"t\",1,plain,-1,0\n\"q\"\"t\",1,plain,1,0\n");
    heat_marginals_clear(&m);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void likelihoods_are_written_a_row_a_line(void **state)
{
    (void)state;
    const int8_t rows[] = {1, -1, -1, -1, 1, 1};
    heat_context *ctx = test_context();
    heat_model *model = load_named(ctx);
    heat_data *data;
    heat_score_result r;
    char a[32], b[32], expected[128];
    const char *path = test_file(".csv", "", 0);

    heat_score_result_init(&r);
    assert_int_equal(heat_score_result_save(ctx, &r, path), HEAT_ERROR_ARGUMENT);
    assert_ok(ctx, heat_data_create_states(ctx, 2, 3, rows, &data));
    assert_ok(ctx, heat_score(ctx, model, data, NULL, &r));
    heat_text_real(r.log_likelihood[0], a, sizeof a);
    heat_text_real(r.log_likelihood[1], b, sizeof b);
    assert_ok(ctx, heat_score_result_save(ctx, &r, path));
    snprintf(expected, sizeof expected, "row,log_likelihood\n0,%s\n1,%s\n", a, b);
    assert_file(path, expected);
    path = test_file(".txt", "", 0);
    assert_ok(ctx, heat_score_result_save(ctx, &r, path));
    snprintf(expected, sizeof expected, "%s\n%s\n", a, b);
    assert_file(path, expected);
    heat_score_result_clear(&r);
    heat_data_free(data);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ground_state_is_written_with_names_or_without),
        cmocka_unit_test(samples_are_lines_of_chain_draw_temperature_energy),
        cmocka_unit_test(draws_are_written_as_cmdstan_does),
        cmocka_unit_test(moves_are_written_with_the_draws_of_their_chain),
        cmocka_unit_test(marginals_are_lines_of_variables_and_pairs),
        cmocka_unit_test(likelihoods_are_written_a_row_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
