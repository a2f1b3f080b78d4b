/* heat_sample: options -> chains on a ladder of rungs -> burn-in -> recorded sweeps -> observables a
 * temperature. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "sample/engine.h"
#include "sample/exact_draws.h"
#include "sample/observables.h"
#include "sample/recorder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A run under way. */
typedef struct sampling {
    heat_sample_options opt;
    const heat_model *model;
    heat_model_info info;
    const heat_engine *engine;
    int64_t n_temperatures;
    double *temperatures;
    heat_rung *rungs;
    int8_t *initial;
    heat_pairwise graph;
    heat_recorder_plan plan;
    heat_recorder recorder;
    heat_chains *chains;
    int64_t n_recorded; /* sweeps that every chain has recorded */
    int64_t updates;
    double *acceptance; /* [temperature] */
} sampling;

/* One stretch of sweeps, the same for all units. */
typedef struct stretch {
    sampling *s;
    int64_t first, count;
    bool record;
} stretch;

static bool lists_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *c = list; c != NULL && *c != '\0'; c += strcspn(c, ","), c += *c == ',')
        if (strcspn(c, ",") == length && strncmp(c, word, length) == 0)
            return true;
    return false;
}

static heat_status parse_observables(heat_context *ctx, sampling *s)
{
    const char *list = s->opt.observables;

    for (const char *c = list; c != NULL && *c != '\0'; c += strcspn(c, ","), c += *c == ',') {
        size_t length = strcspn(c, ",");
        if (!(length == 5 && (strncmp(c, "spins", 5) == 0 || strncmp(c, "edges", 5) == 0)))
            return heat_fail_option(ctx, "observables", list, "'%.*s' is none of spins, edges",
                                    (int)(length < 80 ? length : 80), c);
    }
    s->plan.spins = list != NULL && lists_word(list, "spins");
    s->plan.edges = list != NULL && lists_word(list, "edges");
    if (s->plan.edges && !heat_model_get_pairwise(s->model, &s->graph))
        return heat_fail_option(ctx, "observables", list, "edges needs a model with edges, %s has none",
                                s->info.kind);
    return HEAT_OK;
}

static heat_status parse_temperatures(heat_context *ctx, sampling *s)
{
    heat_status status;

    s->n_temperatures = 1;
    if (s->opt.temperature_set != NULL) {
        status = heat_temperature_set_get(ctx, s->opt.temperature_set, 0, NULL, &s->n_temperatures);
        if (status != HEAT_OK)
            return status;
    }
    status = heat_alloc(ctx, s->n_temperatures, sizeof *s->temperatures, &s->temperatures);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_temperatures, sizeof *s->rungs, &s->rungs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_temperatures, sizeof *s->acceptance, &s->acceptance);
    if (status != HEAT_OK)
        return status;
    s->temperatures[0] = s->opt.temperature;
    if (s->opt.temperature_set != NULL)
        status = heat_temperature_set_get(ctx, s->opt.temperature_set, s->n_temperatures, s->temperatures,
                                          &s->n_temperatures);
    for (int64_t t = 0; t < s->n_temperatures; t++) {
        s->rungs[t].beta = 1 / s->temperatures[t];
        s->acceptance[t] = (double)NAN;
    }
    return status;
}

/* What will be taken is compared with what is allowed before any of it is taken. */
static heat_status plan_memory(heat_context *ctx, sampling *s)
{
    char needed[32], allowed[32];
    double bytes;

    s->plan.n_chains = s->n_temperatures * s->opt.replicas;
    s->plan.n_sweeps = s->opt.sweeps;
    s->plan.thin = s->opt.thin;
    s->plan.keep_states = s->opt.keep_states;
    bytes = heat_recorder_bytes(s->model, &s->plan);
    if (s->engine->sweep != NULL)
        bytes += heat_chains_bytes(s->model, s->plan.n_chains);
    if (!(bytes <= (double)s->opt.memory))
        return heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "%lld chains of %lld sweeps would take %s, %s are allowed (options --sweeps, --replicas, --thin, "
            "--memory)",
            (long long)s->plan.n_chains, (long long)s->opt.sweeps,
            heat_text_bytes(bytes, needed, sizeof needed),
            heat_text_bytes((double)s->opt.memory, allowed, sizeof allowed));
    return HEAT_OK;
}

static heat_status prepare(heat_context *ctx, sampling *s)
{
    heat_status status;

    heat_model_describe(s->model, &s->info);
    s->engine = heat_engine_get(s->opt.engine);
    status = parse_observables(ctx, s);
    if (status == HEAT_OK)
        status = parse_temperatures(ctx, s);
    if (status == HEAT_OK)
        status = plan_memory(ctx, s);
    if (status == HEAT_OK && s->opt.initial != NULL) {
        status = heat_alloc(ctx, s->info.n_variables, 1, &s->initial);
        if (status == HEAT_OK)
            status = heat_model_load_state(ctx, s->model, s->opt.initial, s->initial);
    }
    if (status == HEAT_OK)
        status = heat_recorder_init(ctx, &s->recorder, s->model, &s->graph, &s->plan);
    return status;
}

static heat_status start_chains(heat_context *ctx, sampling *s)
{
    heat_chains_plan plan = {.n_chains = s->plan.n_chains,
                             .n_rungs = (int32_t)s->n_temperatures,
                             .rungs = s->rungs,
                             .seed = s->opt.seed,
                             .isa = s->opt.isa};
    heat_status status = heat_chains_create(ctx, s->model, &plan, &s->chains);

    for (int64_t chain = 0; chain < s->plan.n_chains && status == HEAT_OK; chain++) {
        heat_chains_set_rung(s->chains, chain, (int32_t)(chain / s->opt.replicas));
        status = heat_chains_start(ctx, s->chains, chain, s->initial, 0);
    }
    return status;
}

static void record_unit(sampling *s, int64_t unit, int64_t sweep)
{
    int64_t first, last;

    heat_chains_measure(s->chains, unit);
    heat_chains_get_unit(s->chains, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        int8_t *row = s->recorder.row + chain * s->recorder.n;
        if (heat_recorder_wants_state(&s->recorder, sweep))
            heat_chains_get_state(s->chains, chain, row);
        heat_recorder_add(&s->recorder, chain, sweep, row, heat_chains_get_energy(s->chains, chain),
                          (double)heat_chains_get_total(s->chains, chain));
    }
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    stretch *w = arg;

    for (int64_t t = w->first; t < w->first + w->count && !heat_halted(worker); t++) {
        heat_status status = w->s->engine->sweep(worker, w->s->chains, unit);
        if (status != HEAT_OK)
            return status;
        if (w->record)
            record_unit(w->s, unit, t);
    }
    return HEAT_OK;
}

/* Runs n sweeps of all chains, or as many as fit before a halt; *done counts those that every chain has made.
 */
static heat_status run_sweeps(heat_context *ctx, sampling *s, int64_t n, bool record, int64_t before,
                              int64_t *done)
{
    int64_t step = heat_chains_sweeps_per_look(s->chains);
    double all = (double)(s->opt.burn_in + s->opt.sweeps);

    *done = 0;
    while (*done < n && !heat_halted(ctx)) {
        stretch w = {s, *done, n - *done < step ? n - *done : step, record};
        heat_status status = heat_parallel_for(ctx, heat_chains_thread_limit(s->chains, s->opt.threads),
                                               s->chains->n_units, run_unit, &w);
        if (status != HEAT_OK)
            return status;
        if (heat_halted(ctx)) /* some units may have stopped within the stretch: it does not count */
            break;
        *done += w.count;
        s->updates += w.count * s->plan.n_chains * s->info.n_variables;
        heat_show_progress(ctx, (double)(before + *done) / all, (double)s->updates, (double)NAN);
    }
    return HEAT_OK;
}

static heat_status run_chains(heat_context *ctx, sampling *s)
{
    int64_t burnt;
    heat_status status = start_chains(ctx, s);

    if (status == HEAT_OK)
        status = run_sweeps(ctx, s, s->opt.burn_in, false, 0, &burnt);
    if (status != HEAT_OK || burnt < s->opt.burn_in)
        return status;
    heat_chains_reset_moves(s->chains);
    status = run_sweeps(ctx, s, s->opt.sweeps, true, s->opt.burn_in, &s->n_recorded);
    for (int64_t t = 0; t < s->n_temperatures; t++) {
        s->acceptance[t] = 0;
        for (int64_t chain = t * s->opt.replicas; chain < (t + 1) * s->opt.replicas; chain++)
            s->acceptance[t] += heat_chains_get_acceptance(s->chains, chain) / (double)s->opt.replicas;
    }
    return status;
}

static heat_status run_draws(heat_context *ctx, sampling *s)
{
    s->n_recorded = s->opt.sweeps;
    for (int64_t t = 0; t < s->n_temperatures; t++) {
        int64_t n_sweeps = 0; /* a temperature that a halt kept from its draws has none */
        if (!heat_halted(ctx)) {
            heat_status status =
                heat_exact_draws_run(ctx, s->model, s->rungs[t].beta, s->opt.seed, t * s->opt.replicas,
                                     s->opt.threads, &s->recorder, s->opt.replicas, &n_sweeps);
            if (status != HEAT_OK)
                return status;
        }
        s->n_recorded = n_sweeps < s->n_recorded ? n_sweeps : s->n_recorded;
        s->updates += n_sweeps * s->opt.replicas * s->info.n_variables;
        heat_show_progress(ctx, (double)(t + 1) / (double)s->n_temperatures, (double)s->updates, (double)NAN);
    }
    return HEAT_OK;
}

static heat_status report_sums(heat_context *ctx, const sampling *s, const heat_block_sums *sums, int64_t t,
                               double **means, double **errors)
{
    heat_status status;

    if (sums->length == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, sums->length, sizeof **means, means);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, sums->length, sizeof **errors, errors);
    for (int64_t k = 0; k < sums->length && status == HEAT_OK; k++)
        heat_block_sums_get(&s->recorder, sums, t * s->opt.replicas, (t + 1) * s->opt.replicas, k,
                            &(*means)[k], &(*errors)[k]);
    return status;
}

/* Appends "T = ...: energy: R-hat above 1.01 (1.25)" to the reasons. */
static heat_status add_reason(heat_context *ctx, heat_sample_result *r, double temperature,
                              const char *failing, const heat_observable *o)
{
    char line[256], number[40];
    size_t before = strlen(r->reasons);
    char *longer;
    heat_status status;

    snprintf(line, sizeof line, "%sT = %s: %s: %s (R-hat %.3f, ess %.0f, tail ess %.0f)",
             before > 0 ? "\n" : "", heat_text_real(temperature, number, sizeof number), o->name, failing,
             o->rhat, o->ess, o->ess_tail);
    status = heat_alloc(ctx, (int64_t)(before + strlen(line) + 1), 1, &longer);
    if (status != HEAT_OK)
        return status;
    snprintf(longer, before + strlen(line) + 1, "%s%s", r->reasons, line);
    heat_free(r->reasons);
    r->reasons = longer;
    return HEAT_OK;
}

static heat_status report_temperature(heat_context *ctx, const sampling *s, int64_t t, heat_sample_result *r)
{
    heat_sample_temperature *row = &r->temperatures[t];
    int64_t begin = t * s->opt.replicas * s->recorder.n_sweeps;
    heat_series series = {.n_chains = s->opt.replicas,
                          .n_sweeps = s->n_recorded,
                          .stride = s->recorder.n_sweeps,
                          .energy = s->recorder.energy + begin,
                          .total = s->recorder.total + begin,
                          .n_variables = s->info.n_variables,
                          .is_spin = s->info.coding == HEAT_CODING_SPIN,
                          .temperature = s->temperatures[t]};
    const char *failing;
    const heat_observable *culprit;
    heat_status status;

    row->temperature = s->temperatures[t];
    row->acceptance = s->acceptance[t];
    status = heat_observables_get(ctx, &series, &row->n_observables, &row->observables, &failing, &culprit);
    row->outcome = failing == NULL ? HEAT_OUTCOME_CONVERGED : HEAT_OUTCOME_NOT_CONVERGED;
    if (status == HEAT_OK && failing != NULL)
        status = add_reason(ctx, r, row->temperature, failing, culprit);
    if (status == HEAT_OK)
        status = report_sums(ctx, s, &s->recorder.spins, t, &row->spin_mean, &row->spin_error);
    if (status == HEAT_OK)
        status = report_sums(ctx, s, &s->recorder.edges, t, &row->edge_mean, &row->edge_error);
    return status;
}

static heat_status report_edges(heat_context *ctx, const sampling *s, heat_sample_result *r)
{
    heat_status status;
    int64_t e = 0;

    if (!s->plan.edges)
        return HEAT_OK;
    r->n_edges = s->info.n_edges;
    status = heat_alloc(ctx, r->n_edges, sizeof *r->edge_i, &r->edge_i);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_edges, sizeof *r->edge_j, &r->edge_j);
    for (int32_t i = 0; i < s->graph.n && status == HEAT_OK; i++)
        for (int64_t k = s->graph.row[i]; k < s->graph.row[i + 1]; k++)
            if (s->graph.col[k] > i) {
                r->edge_i[e] = i;
                r->edge_j[e++] = s->graph.col[k];
            }
    return status;
}

/* Hands the kept states over to the result; a run cut short has fewer draws a chain, moved together. */
static void report_states(sampling *s, heat_sample_result *r)
{
    heat_recorder *rec = &s->recorder;

    if (!s->plan.keep_states)
        return;
    r->n_draws = (s->n_recorded + rec->thin - 1) / rec->thin;
    for (int64_t chain = 1; chain < rec->n_chains && r->n_draws < rec->n_draws; chain++) {
        memmove(rec->states + chain * r->n_draws * rec->n, rec->states + chain * rec->n_draws * rec->n,
                (size_t)(r->n_draws * rec->n));
        memmove(rec->energies + chain * r->n_draws, rec->energies + chain * rec->n_draws,
                (size_t)r->n_draws * sizeof *rec->energies);
    }
    r->states = rec->states;
    r->energies = rec->energies;
    rec->states = NULL;
    rec->energies = NULL;
}

static heat_status report(heat_context *ctx, sampling *s, heat_sample_result *r)
{
    bool converged = true;
    heat_status status = heat_alloc(ctx, s->n_temperatures, sizeof *r->temperatures, &r->temperatures);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, 1, &r->reasons);
    if (status != HEAT_OK)
        return status;
    r->engine = s->engine->name;
    r->n_temperatures = (int32_t)s->n_temperatures;
    r->n_variables = s->info.n_variables;
    r->n_chains = (int32_t)s->opt.replicas;
    r->n_sweeps = s->n_recorded;
    r->updates = s->updates;
    r->effective_replicas = (double)s->opt.replicas;
    for (int64_t t = 0; t < s->n_temperatures && status == HEAT_OK; t++) {
        status = report_temperature(ctx, s, t, r);
        converged &= r->temperatures[t].outcome == HEAT_OUTCOME_CONVERGED;
    }
    if (status == HEAT_OK)
        status = report_edges(ctx, s, r);
    report_states(s, r);
    r->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_CONVERGED);
    if (!converged && r->outcome != HEAT_OUTCOME_INTERRUPTED)
        r->outcome = HEAT_OUTCOME_NOT_CONVERGED;
    return status;
}

heat_status heat_sample(heat_context *ctx, const heat_model *model, const heat_sample_options *options,
                        heat_sample_result *result)
{
    sampling s = {.model = model};
    heat_sample_result r;
    heat_budget budget;
    double begin = heat_clock();
    size_t size;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_sample: no model or no place for the result");
    heat_sample_options_init(&s.opt);
    if (options != NULL)
        heat_struct_copy(&s.opt, sizeof s.opt, options, options->size);
    heat_sample_result_init(&r);
    status = heat_option_check(ctx, heat_option_table_get("sample"), &s.opt, s.opt.engine);
    if (status != HEAT_OK)
        return status;
    budget = heat_budget_enter(ctx, "sample", s.opt.time, s.opt.memory);
    status = prepare(ctx, &s);
    if (status == HEAT_OK)
        status = s.engine->sweep != NULL ? run_chains(ctx, &s) : run_draws(ctx, &s);
    if (status == HEAT_OK)
        status = report(ctx, &s, &r);
    r.seconds = heat_clock() - begin;
    heat_budget_leave(ctx, &budget);
    heat_chains_free(s.chains);
    heat_recorder_clear(&s.recorder);
    heat_free(s.temperatures);
    heat_free(s.rungs);
    heat_free(s.acceptance);
    heat_free(s.initial);
    if (status != HEAT_OK) {
        heat_sample_result_clear(&r);
        return status;
    }
    size = result->size == 0 ? sizeof r : result->size;
    heat_struct_copy(result, size, &r, sizeof r);
    return HEAT_OK;
}
