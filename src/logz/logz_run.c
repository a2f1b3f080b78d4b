/* heat_logz: log Z, free energy, mean energy and entropy at each temperature asked for, by the method of the
 * table that fits. F = -T log Z;  S = log Z + <E> / T;  C = Var(E) / T^2. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/quadrature.h"
#include "kernel/isa.h"
#include "logz/coupled_units.h"
#include "logz/logz_methods.h"
#include "model/marginal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void heat_logz_result_init(heat_logz_result *result)
{
    double nan = (double)NAN;

    *result = (heat_logz_result){.size = sizeof *result,
                                 .ess = nan,
                                 .overlap = nan,
                                 .families = nan,
                                 .bootstrap_error = nan,
                                 .integral = nan,
                                 .integral_error = nan,
                                 .bar = nan,
                                 .bar_error = nan,
                                 .forward = nan,
                                 .reverse = nan,
                                 .forward_error = nan,
                                 .reverse_error = nan,
                                 .ground_energy = nan,
                                 .log_degeneracy = nan,
                                 .log_degeneracy_error = nan};
}

void heat_logz_result_clear(heat_logz_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    heat_free(r->rows);
    heat_free(r->rungs);
    heat_free(r->levels);
    size = r->size;
    *r = (heat_logz_result){.size = size};
}

static void clear_row(heat_logz_row *row)
{
    double t = row->temperature, nan = (double)NAN;

    *row = (heat_logz_row){t, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
}

static heat_status alloc_rows(heat_context *ctx, const heat_logz_options *opt, heat_logz_result *r)
{
    int64_t n = 1;
    double *temperatures = NULL;
    heat_status status = HEAT_OK;

    if (opt->temperature_set != NULL)
        status = heat_temperature_set_get(ctx, opt->temperature_set, 0, NULL, &n);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *temperatures, &temperatures);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->rows, &r->rows);
    if (status != HEAT_OK)
        goto out;
    temperatures[0] = opt->temperature;
    if (opt->temperature_set != NULL)
        status = heat_temperature_set_get(ctx, opt->temperature_set, n, temperatures, &n);
    r->n_rows = (int32_t)n;
    for (int64_t k = 0; k < n; k++) {
        r->rows[k].temperature = temperatures[k];
        clear_row(&r->rows[k]);
    }
out:
    heat_free(temperatures);
    return status;
}

void heat_logz_fill_row(heat_logz_row *row, double log_z, double error, double energy, double variance)
{
    double t = row->temperature;

    row->log_z = log_z;
    row->error = error;
    row->free_energy = -t * log_z;
    row->mean_energy = energy;
    row->entropy = log_z + energy / t;
    row->heat_capacity = variance / t / t;
}

void heat_logz_doubt(heat_counting *c, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(c->result->diagnosis, sizeof c->result->diagnosis, format, arguments);
    va_end(arguments);
}

void heat_logz_conclude(const heat_context *ctx, heat_counting *c, heat_counting_end end)
{
    heat_logz_result *r = c->result;

    if (end == HEAT_COUNTING_DOUBTED) {
        for (int32_t k = 0; k < r->n_rows; k++)
            clear_row(&r->rows[k]);
        r->integral = r->bar = r->forward = r->reverse = (double)NAN;
        r->ground_energy = r->log_degeneracy = r->log_degeneracy_error = (double)NAN;
        r->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_TIME) == HEAT_OUTCOME_INTERRUPTED
                         ? HEAT_OUTCOME_INTERRUPTED
                         : HEAT_OUTCOME_NOT_CONVERGED;
        r->reason = "a diagnostic failed: the numbers are refused";
    } else if (end == HEAT_COUNTING_HALTED) {
        r->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_TIME);
        r->reason = "stopped before the error wanted was reached";
    } else if (end == HEAT_COUNTING_EXHAUSTED) {
        r->outcome = HEAT_OUTCOME_NOT_CONVERGED;
        r->reason = "the sweeps allowed were made before the error wanted was reached";
    } else {
        r->outcome = HEAT_OUTCOME_CONVERGED;
        r->reason = "the error wanted was reached, and no diagnostic failed";
    }
}

#define ROW(tag, name, help) &heat_logz_method_##tag,
static const heat_logz_method *const methods[] = {HEAT_LOGZ_METHODS(ROW)};

static const double auto_seconds = 60;
static const char takes_longer[] =
    "an exact sum would take longer than a minute, or than the time allowed: ask for method exact";

/* What `auto` grants an exact road. */
static double patience(const heat_logz_options *opt)
{
    return fmin(auto_seconds, opt->time);
}

/* A method on the model, or, where that will do, on its smaller layer alone. */
static heat_status run_method(heat_context *ctx, heat_counting *c, const heat_logz_method *method)
{
    heat_counting whole = *c;
    heat_model *summed = NULL;
    heat_model_info info;
    heat_status status = HEAT_OK;

    if (method->most_summed > 0 && c->result->n_rows == 1)
        status = heat_model_create_summed(ctx, c->model, 1 / c->beta_max, &summed);
    if (summed != NULL)
        heat_model_describe(summed, &info);
    if (summed != NULL && info.n_variables <= method->most_summed) {
        c->model = summed;
        c->is_summed = true;
        c->rows = (heat_typical_rows){.n = 0};
        c->info = info;
        c->log_states = heat_model_log_states(summed);
    }
    if (status == HEAT_OK)
        status = method->run(ctx, c);
    *c = whole;
    heat_model_free(summed);
    return status;
}

static const char both_large[] = "both layers are large: a ladder would draw the smaller one unit by unit";

/* Of an RBM at one temperature, where sweeps that draw whole layers outdo those of one layer's units. */
static bool has_large_layers(const heat_model *model, int64_t n_temperatures)
{
    enum { LARGE = 128 };
    heat_layered l;

    return n_temperatures == 1 && heat_model_get_layered(model, &l) && l.n_visible > LARGE &&
           l.n_hidden > LARGE;
}

/* `auto`: exact where it is affordable; else MBAR, whose error for the same time is the least on every model
 * that was measured (docs/logz.md) but RBMs of two large layers. */
static heat_status run_auto(heat_context *ctx, heat_counting *c)
{
    heat_error_text before = ctx->error;
    heat_status status;

    if (!heat_model_is_real(&c->info)) /* an integral has no other road */
        c->most_seconds = patience(c->opt);
    status = heat_logz_method_exact.run(ctx, c);
    c->result->method_reason = "the cheapest exact method";
    if (status != HEAT_ERROR_UNABLE ||
        heat_model_is_real(&c->info)) /* too wide, or too cold for the digits of a Pfaffian */
        return status;
    c->result->method_reason = c->is_slow ? takes_longer : "no exact method is affordable";
    ctx->error = before;
    c->result->exact = false;
    for (int32_t k = 0; k < c->result->n_rows; k++)
        clear_row(&c->result->rows[k]);
    if (has_large_layers(c->model, c->result->n_rows)) {
        c->result->method_reason = both_large;
        return run_method(ctx, c, &heat_logz_method_ais);
    }
    return run_method(ctx, c, &heat_logz_method_mbar);
}

/* The error that `auto` runs on to. */
static void settle_error(const heat_model *model, int64_t n_temperatures, heat_logz_options *opt)
{
    static const double usual = 0.01, of_large_layers = 0.07; /* nats */

    if (opt->target_error == HEAT_AUTO)
        opt->target_error = has_large_layers(model, n_temperatures) ? of_large_layers : usual;
}

static heat_status count_states(heat_context *ctx, heat_counting *c);

/* What was counted of a marginal becomes that of the whole. Summed at one temperature it says nothing of
 * energies. */
static void take_volume(heat_counting *c, const heat_marginal *m)
{
    heat_logz_result *r = c->result;
    double coldest = m->log_volume - m->n_real * log(c->beta_max) / 2;
    double *const estimates[] = {&r->integral, &r->bar, &r->forward, &r->reverse};

    for (size_t k = 0; k < sizeof estimates / sizeof *estimates; k++)
        *estimates[k] += coldest;
    r->ground_energy = r->log_degeneracy = r->log_degeneracy_error = (double)NAN;
    for (int32_t k = 0; k < r->n_rows; k++) {
        heat_logz_row *row = &r->rows[k];
        double t = row->temperature, volume = m->log_volume + m->n_real * log(t) / 2;
        row->log_z_lower += volume;
        row->log_z_upper += volume;
        heat_logz_fill_row(row, row->log_z + volume, row->error, row->mean_energy + m->n_real * t / 2,
                           (row->heat_capacity + m->n_real / 2.0) * t * t);
        if (!m->is_graph)
            row->mean_energy = row->mean_energy_error = row->entropy = row->entropy_error =
                row->heat_capacity = row->heat_capacity_error = (double)NAN;
    }
}

/* By the states of the layer that has some, the real one summed out. */
static heat_status count_marginal(heat_context *ctx, heat_counting *c)
{
    const heat_model *whole = c->model;
    const heat_typical_rows rows = c->rows;
    const char *name = c->info.name;
    heat_marginal m;
    heat_status status = heat_marginal_create(ctx, whole, c->result->rows[0].temperature, &m);

    if (status == HEAT_OK && !m.is_graph && c->result->n_rows > 1)
        status =
            heat_fail(ctx, HEAT_ERROR_UNABLE,
                      "%s: log Z of large layers of relu units is estimated at one temperature at a time",
                      c->info.name);
    if (status == HEAT_OK) {
        c->model = m.model;
        c->rows = (heat_typical_rows){.n = 0};
        heat_model_describe(m.model, &c->info);
        c->info.name = name;
        status = count_states(ctx, c);
        c->model = whole;
        c->rows = rows;
        heat_model_describe(whole, &c->info);
    }
    if (status == HEAT_OK)
        take_volume(c, &m);
    heat_marginal_clear(&m);
    return status;
}

static const char couplings_come_in[] =
    "two layers of real units: their couplings are brought in step by step";

/* No layer of states: two Gaussian layers are closed, others are annealed in their couplings. */
static heat_status count_real(heat_context *ctx, heat_counting *c)
{
    heat_error_text before = ctx->error;
    heat_status status;

    if (strcmp(c->opt->method, "ais") == 0)
        return heat_logz_run_coupled(ctx, c);
    if (strcmp(c->opt->method, "auto") != 0 && strcmp(c->opt->method, "exact") != 0)
        return heat_fail_option(ctx, "method", c->opt->method,
                                "both layers of %s are real numbers: exact and ais work on them",
                                c->info.name);
    status = run_auto(ctx, c);
    if (status != HEAT_ERROR_UNABLE || strcmp(c->opt->method, "exact") == 0)
        return status;
    ctx->error = before;
    c->result->exact = false;
    c->result->method_reason = couplings_come_in;
    return heat_logz_run_coupled(ctx, c);
}

static const char many_variables[] = "an integral over more variables than are summed up",
                  unsettled[] = "the integral did not settle to ten digits";

/* A potential: by quadrature where that is affordable, else from a distribution whose integral is known. */
static heat_status count_potential(heat_context *ctx, heat_counting *c)
{
    heat_error_text before = ctx->error;
    heat_model_info info;
    heat_status status;

    heat_model_describe(c->model, &info);
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        if (strcmp(methods[k]->name, c->opt->method) == 0)
            return methods[k] == &heat_logz_method_exact ? heat_logz_method_exact.run(ctx, c)
                                                         : heat_logz_run_potential(ctx, c, methods[k]);
    c->result->method_reason = "the integral has at most three dimensions";
    status = heat_logz_method_exact.run(ctx, c);
    if (status != HEAT_ERROR_UNABLE)
        return status;
    c->result->method_reason = info.n_variables > HEAT_QUADRATURE_DIMENSIONS ? many_variables : unsettled;
    ctx->error = before;
    c->result->exact = false;
    for (int32_t k = 0; k < c->result->n_rows; k++)
        clear_row(&c->result->rows[k]);
    return heat_logz_run_potential(ctx, c, &heat_logz_method_mbar);
}

/* Models of real numbers: exact where the sum or integral is closed, else by the marginal. */
static heat_status count_units(heat_context *ctx, heat_counting *c)
{
    heat_error_text before = ctx->error;
    heat_smooth smooth;
    heat_status status;

    if (heat_model_get_smooth(c->model, heat_isa_get("auto"), &smooth))
        return count_potential(ctx, c);

    if (!heat_marginal_fits(c->model))
        return count_real(ctx, c);
    if (strcmp(c->opt->method, "auto") != 0 && strcmp(c->opt->method, "exact") != 0)
        return count_marginal(ctx, c);
    if (strcmp(c->opt->method, "auto") == 0) {
        c->most_seconds = patience(c->opt);
        c->result->method_reason = "the cheapest exact method";
    }
    status = heat_logz_method_exact.run(ctx, c);
    if (status != HEAT_ERROR_UNABLE)
        return status;
    ctx->error = before;
    c->result->exact = false;
    return count_marginal(ctx, c);
}

static heat_status count_states(heat_context *ctx, heat_counting *c)
{
    for (int32_t k = 0; k < c->result->n_rows; k++)
        c->beta_max = fmax(c->beta_max, 1 / c->result->rows[k].temperature);
    if (c->beta_max != 1) /* rows are of the model as it stands */
        c->rows = (heat_typical_rows){.n = 0};
    if (heat_model_is_real(&c->info))
        return count_units(ctx, c);
    c->log_states = heat_model_log_states(c->model);
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        if (strcmp(methods[k]->name, c->opt->method) == 0)
            return run_method(ctx, c, methods[k]);
    return run_auto(ctx, c);
}

heat_status heat_logz_estimate(heat_context *ctx, const heat_model *model, const heat_logz_options *options,
                               const heat_exact_cost *exact, heat_cost *cost)
{
    heat_logz_options opt;
    heat_model_info info;
    heat_smooth smooth;
    int64_t n = 1;
    double seconds;
    bool is_slow;
    heat_status status = HEAT_OK;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || exact == NULL || cost == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_logz_estimate: a model and two costs are needed");
    heat_logz_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    if (opt.temperature_set != NULL)
        status = heat_temperature_set_get(ctx, opt.temperature_set, 0, NULL, &n);
    heat_model_describe(model, &info);
    seconds = heat_logz_exact_seconds(exact) * (double)n;
    is_slow = !heat_model_is_real(&info) && (exact->sum_method != NULL || exact->affordable) &&
              seconds > patience(&opt);
    if (exact->sum_method != NULL && !is_slow) {
        *cost =
            (heat_cost){sizeof *cost,     exact->sum_method, "the cheapest exact method of a sum over states",
                        exact->sum_bytes, seconds,           true};
        return status;
    }
    if (heat_model_get_smooth(model, heat_isa_get("auto"), &smooth)) {
        heat_logz_price_mbar(model, &opt, cost);
        cost->seconds *= (double)n; /* a ladder each */
        cost->reason = many_variables;
        return status;
    }
    if (heat_model_is_real(&info) && !exact->affordable) {
        *cost = heat_cost_of_none();
        cost->affordable = true;
        cost->method = heat_marginal_fits(model) ? "mbar" : "ais";
        cost->reason = heat_marginal_fits(model)
                           ? "the states of the layer of few values are sampled, the real one is integrated"
                           : couplings_come_in;
        return HEAT_OK;
    }
    if (!exact->affordable || is_slow) {
        heat_logz_price_mbar(model, &opt, cost);
        cost->reason = is_slow ? takes_longer : "no exact method is affordable";
        if (has_large_layers(model, n)) {
            cost->method = "ais";
            cost->reason = both_large;
        }
        return status;
    }
    *cost = (heat_cost){sizeof *cost, exact->method, "the cheaper exact method",
                        exact->bytes, seconds,       exact->affordable};
    return status;
}

/* The seed of run number `index`: of each method's streams, whichever they are. */
static uint64_t seed_of(uint64_t seed, int64_t index)
{
    heat_stream stream;

    if (index == 0)
        return seed;
    heat_stream_init(&stream, seed, HEAT_PURPOSE_INDEX, (uint64_t)index);
    return heat_stream_bits(&stream);
}

heat_status heat_logz(heat_context *ctx, const heat_model *model, const heat_logz_options *options,
                      heat_logz_result *result)
{
    return heat_logz_by_rows(ctx, model, NULL, options, result);
}

heat_status heat_logz_by_rows(heat_context *ctx, const heat_model *model, const heat_typical_rows *rows,
                              const heat_logz_options *options, heat_logz_result *result)
{
    heat_logz_options opt;
    heat_logz_result r;
    heat_counting counting = {.opt = &opt, .result = &r, .most_seconds = HEAT_FOREVER};
    heat_budget budget;
    heat_typical_rows kept = {.n = 0};
    int8_t *own = NULL;
    heat_model *clamped = NULL;
    heat_model_info info;
    double begin = heat_clock();
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_logz: no model or no place for the result");
    heat_logz_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    status = heat_option_check(ctx, heat_option_table_get("logz"), &opt, opt.method);
    if (status == HEAT_OK)
        status = heat_isa_check(ctx, opt.isa);
    if (status != HEAT_OK)
        return status;
    heat_model_describe(model, &info);
    opt.seed = seed_of(opt.seed, opt.index);
    heat_logz_result_init(&r);
    budget = heat_budget_enter(ctx, "logz", opt.time, opt.memory);
    status = alloc_rows(ctx, &opt, &r);
    if (status == HEAT_OK && opt.clamp != NULL)
        status = heat_model_create_clamped_by(ctx, model, opt.clamp, &clamped);
    if (status == HEAT_OK && rows == NULL && clamped == NULL)
        status = heat_typical_rows_take_chains(ctx, model, &own, &kept);
    if (status == HEAT_OK) {
        counting.rows = rows == NULL || clamped != NULL ? kept : *rows;
        counting.model = clamped == NULL ? model : clamped;
        heat_model_describe(counting.model, &counting.info);
        settle_error(counting.model, r.n_rows, &opt);
        status = count_states(ctx, &counting);
    }
    heat_free(own);
    heat_model_free(clamped);
    heat_budget_leave(ctx, &budget);
    if (status != HEAT_OK) {
        heat_logz_result_clear(&r);
        return status;
    }
    r.n_variables = info.n_variables;
    r.log_z = r.rows[0].log_z;
    r.error = r.rows[0].error;
    r.seconds = heat_clock() - begin;
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
