/* See compare.h. */
#include "compare.h"
#include "sample/engine.h"
#include "sample/lane_chains.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *room(int64_t count, size_t size)
{
    void *block = calloc((size_t)count, size);

    if (block == NULL)
        fail_msg("no memory for %lld items", (long long)count);
    return block;
}

static void share_streams(heat_chains *c, int64_t unit)
{
    const heat_lane_store *s = c->store;
    heat_lane_block *b = &s->blocks[unit];
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int lane = 1; lane < c->width; lane++)
        for (int k = 0; k < 4; k++)
            b->random[k][lane] = b->random[k][0];
    for (int64_t chain = first + 1; chain < last; chain++)
        c->flip[chain] = c->flip[first];
}

static void draw_from_chains(heat_context *ctx, const compare_sample *s, const heat_engine *engine,
                             int8_t *states)
{
    const double beta = 1 / s->temperature;
    const heat_chains_plan plan = {.n_chains = s->n_draws,
                                   .n_rungs = 1,
                                   .betas = &beta,
                                   .seed = s->seed,
                                   .isa = "auto",
                                   .layout = engine->layout,
                                   .burn_in = s->stop_early ? INT64_MAX : s->n_sweeps / 2,
                                   .is_steady = engine->sweep == NULL};
    heat_chains *c = NULL;

    assert_ok(ctx, heat_chains_create(ctx, s->model, &plan, &c));
    for (int64_t chain = 0; chain < s->n_draws; chain++)
        assert_ok(ctx, heat_chains_start(ctx, c, chain, NULL, 0));
    for (int64_t unit = 0; unit < c->n_units; unit++) {
        if (s->share_streams)
            share_streams(c, unit);
        for (int64_t t = 0; t < s->n_sweeps; t++)
            assert_ok(ctx, heat_engine_sweep(ctx, engine, c, unit));
    }
    for (int64_t chain = 0; chain < s->n_draws; chain++)
        heat_chains_get_state(c, chain, states + chain * c->n);
    heat_chains_free(c);
}

static void draw_at_once(heat_context *ctx, const compare_sample *s, int8_t *states)
{
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.engine = s->engine;
    opt.temperature = s->temperature;
    opt.seed = s->seed;
    opt.threads = 1;
    opt.replicas = 4;
    if (strcmp(s->engine, "population") == 0) {
        opt.population = s->n_draws / 4;
        opt.step_sweeps = s->n_sweeps; /* enough to part the members of a family */
    } else {
        opt.sweeps = s->n_draws / 4;
    }
    opt.keep_states = true;
    assert_int_equal(s->n_draws % 4, 0);
    assert_ok(ctx, heat_sample(ctx, s->model, &opt, &r));
    assert_int_equal(r.n_draws, s->n_draws / 4);
    memcpy(states, r.states, (size_t)(s->n_draws * r.n_variables));
    heat_sample_result_clear(&r);
}

/* Engines of a ladder: each draw is the last state of a ladder of its own, at its coldest temperature. */
static void draw_from_ladders(heat_context *ctx, const compare_sample *s, int8_t *states)
{
    char set[96];
    heat_sample_options opt;
    heat_sample_result r = {0};

    snprintf(set, sizeof set, "%.17g,%.17g,%.17g", s->temperature, 1.15 * s->temperature,
             1.4 * s->temperature);
    heat_sample_options_init(&opt);
    opt.engine = s->engine;
    opt.temperature_set = set;
    opt.seed = s->seed;
    opt.threads = 1;
    opt.replicas = s->n_draws;
    opt.burn_in = s->n_sweeps;
    opt.sweeps = opt.thin = 4;
    opt.keep_states = true;
    assert_ok(ctx, heat_sample(ctx, s->model, &opt, &r));
    assert_int_equal(r.n_draws, 1);
    memcpy(states, r.states, (size_t)(s->n_draws * r.n_variables));
    heat_sample_result_clear(&r);
}

int8_t *compare_draw(heat_context *ctx, const compare_sample *s)
{
    const heat_engine *engine = heat_engine_get(s->engine);
    heat_model_info info;
    int8_t *states;

    heat_model_describe(s->model, &info);
    states = room(s->n_draws * info.n_variables, 1);
    if (engine->is_ladder)
        draw_from_ladders(ctx, s, states);
    else if (heat_engine_moves_chains(engine))
        draw_from_chains(ctx, s, engine, states);
    else
        draw_at_once(ctx, s, states);
    return states;
}

double *compare_enumerate(heat_context *ctx, const heat_model *model, double temperature, int64_t *n_states)
{
    heat_model_info info;
    double *p, sum = 0, low = (double)INFINITY;
    int64_t count = 1;
    int8_t row[32];

    heat_model_describe(model, &info);
    for (int32_t i = 0; i < info.n_variables; i++)
        count *= info.n_states;
    p = room(count, sizeof *p);
    for (int64_t x = 0; x < count; x++) {
        int64_t rest = x;
        for (int32_t i = 0; i < info.n_variables; i++, rest /= info.n_states) {
            int8_t index = (int8_t)(rest % info.n_states);
            row[i] = info.coding == HEAT_CODING_SPIN ? (int8_t)(2 * index - 1) : index;
        }
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &p[x]));
        low = p[x] < low ? p[x] : low;
    }
    for (int64_t x = 0; x < count; x++)
        sum += p[x] = exp((low - p[x]) / temperature);
    for (int64_t x = 0; x < count; x++)
        p[x] /= sum;
    *n_states = count;
    return p;
}

double compare_counts(int64_t n_cells, const double *probability, const int64_t *count)
{
    const double least = 25;
    double n = 0, square = 0, rare_expected = 0, rare_count = 0, dof = -1;

    for (int64_t k = 0; k < n_cells; k++)
        n += (double)count[k];
    for (int64_t k = 0; k < n_cells; k++) {
        double expected = n * probability[k], x = (double)count[k];
        if (x > 0 && !(probability[k] > 0))
            return 0;
        if (expected < least) {
            rare_expected += expected;
            rare_count += x;
            continue;
        }
        square += (x - expected) * (x - expected) / expected;
        dof++;
    }
    if (rare_expected >= least) {
        square += (rare_count - rare_expected) * (rare_count - rare_expected) / rare_expected;
        dof++;
    }
    return survival_chi_square(square, dof);
}

/* The p-value of the mean of a function of the cell. */
static double compare_mean(int64_t n_cells, const double *probability, const int64_t *count,
                           const double *value)
{
    double n = 0, sum = 0, mean = 0, square = 0;

    for (int64_t k = 0; k < n_cells; k++) {
        n += (double)count[k];
        sum += (double)count[k] * value[k];
        mean += probability[k] * value[k];
        square += probability[k] * value[k] * value[k];
    }
    return survival_normal((sum / n - mean) / sqrt((square - mean * mean) / n));
}

double compare_states(heat_context *ctx, const compare_sample *s, const double *probability, int64_t n_states)
{
    heat_model_info info;
    int64_t *count = room(n_states, sizeof *count);
    int8_t *states = compare_draw(ctx, s);
    double p;

    heat_model_describe(s->model, &info);
    for (int64_t d = 0; d < s->n_draws; d++) {
        int64_t x = 0;
        for (int32_t i = info.n_variables - 1; i >= 0; i--) {
            int8_t value = states[d * info.n_variables + i];
            x = x * info.n_states + (info.coding == HEAT_CODING_SPIN ? (value + 1) / 2 : value);
        }
        count[x]++;
    }
    p = compare_counts(n_states, probability, count);
    free(states);
    free(count);
    return p;
}

double compare_energies(heat_context *ctx, const compare_sample *s, double temperature, int64_t n_levels,
                        const double *energy, const double *weight)
{
    int64_t *count = room(n_levels, sizeof *count);
    double *probability = room(n_levels, sizeof *probability), *energies, sum = 0, p[2];
    int8_t *states = compare_draw(ctx, s);

    for (int64_t k = 0; k < n_levels; k++)
        sum += probability[k] = weight[k] * exp((energy[0] - energy[k]) / temperature);
    for (int64_t k = 0; k < n_levels; k++)
        probability[k] /= sum;
    energies = room(s->n_draws, sizeof *energies);
    assert_ok(ctx, heat_model_get_energy(ctx, s->model, s->n_draws, states, energies));
    for (int64_t d = 0; d < s->n_draws; d++) {
        int64_t k = 0;
        while (k < n_levels && energy[k] != energies[d])
            k++;
        if (k == n_levels)
            fail_msg("energy %g is not in the density of states", energies[d]);
        count[k]++;
    }
    p[0] = compare_counts(n_levels, probability, count);
    p[1] = compare_mean(n_levels, probability, count, energy);
    free(states);
    free(energies);
    free(probability);
    free(count);
    return survival_least(2, p);
}

int64_t compare_load_levels(const char *table, int64_t most, double *energy, double *weight)
{
    FILE *f = fopen(test_data(table), "r");
    char line[512];
    int64_t n = 0;

    if (f == NULL)
        fail_msg("cannot open %s", test_data(table));
    while (n < most && fgets(line, sizeof line, f) != NULL)
        n += sscanf(line, "%lf %lf", &energy[n], &weight[n]) == 2;
    fclose(f);
    return n;
}

void compare_add(compare_table *table, const char *quantity, double mean, double error, double truth)
{
    double z = mean == truth && error == 0 ? 0 : (mean - truth) / error;
    int k = 0;

    while (k < table->n_quantities && strcmp(table->name[k], quantity) != 0)
        k++;
    if (k == table->n_quantities) {
        assert_true(k < COMPARE_MOST_QUANTITIES);
        snprintf(table->name[k], sizeof table->name[k], "%s", quantity);
        table->n_quantities++;
    }
    table->square[k] += z * z;
    table->cells[k]++;
    if (isnan(z) || fabs(z) > table->largest)
        table->largest = fabs(z);
}

double compare_judge(const compare_table *table)
{
    double p[COMPARE_MOST_QUANTITIES + 1];
    double all = 0;

    for (int k = 0; k < table->n_quantities; k++) {
        p[k] = survival_chi_square(table->square[k], (double)table->cells[k]);
        all += (double)table->cells[k];
        print_message("  %s: chi-square %.1f in %lld cells, p = %.3g\n", table->name[k], table->square[k],
                      (long long)table->cells[k], p[k]);
    }
    print_message("  largest of %.0f deviates: %.2f\n", all, table->largest);
    p[table->n_quantities] = fmin(1, all * survival_normal(table->largest));
    return all > 0 ? survival_least(table->n_quantities + 1, p) : (double)NAN;
}

const heat_observable *compare_find(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_observables; k++)
        if (strcmp(t->observables[k].name, name) == 0)
            return &t->observables[k];
    fail_msg("no observable %s", name);
    return NULL;
}
