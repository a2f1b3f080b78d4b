/* From a finished run's recorder to the public result. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "sample/geometry_check.h"
#include "sample/interpolation.h"
#include "sample/observable_rows.h"
#include "sample/observables.h"
#include "sample/sample_histogram.h"
#include "sample/sampling.h"
#include "sample/step_bias.h"
#include "sample/virial_check.h"
#include "sample/visit_check.h"
#include "stats/thermalisation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static heat_status report_sums(heat_context *ctx, const heat_sampling *s, const heat_block_sums *sums,
                               int64_t t, double **means, double **errors)
{
    heat_status status;

    if (sums->length == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, sums->length, sizeof **means, means);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, sums->length, sizeof **errors, errors);
    for (int64_t k = 0; k < sums->length && status == HEAT_OK; k++) {
        heat_block_sums_get(&s->recorder, sums, t * s->opt.replicas, (t + 1) * s->opt.replicas, k,
                            &(*means)[k], &(*errors)[k]);
        (*errors)[k] *=
            sqrt((double)s->n_together); /* of chains that trade states: at worst they are as one */
    }
    return status;
}

void heat_sample_withhold(const heat_sample_result *r, heat_sample_temperature *row)
{
    const double nan = (double)NAN;

    row->outcome = HEAT_OUTCOME_NOT_CONVERGED;
    for (int32_t k = 0; k < row->n_observables; k++) {
        heat_observable *o = &row->observables[k];
        o->mean = o->error = nan;
        if (o->step_bias != 0)
            o->step_bias = o->step_bias_error = nan;
    }
    for (int32_t k = 0; k < row->n_histograms; k++)
        for (int32_t bin = 0; bin < row->histograms[k].n_bins; bin++)
            row->histograms[k].p[bin] = row->histograms[k].error[bin] = nan;
    for (int32_t k = 0; k < r->n_basins && row->basins != NULL; k++) {
        heat_sample_basin *b = &row->basins[k];
        b->occupancy = b->occupancy_error = b->first_passage = b->first_passage_error = nan;
        b->first_passage_bias = b->first_passage_bias_error = nan;
    }
}

/* Appends a line to the reasons. */
heat_status heat_sampling_add_reason(heat_context *ctx, heat_sample_result *r, const char *line)
{
    size_t before = strlen(r->reasons), size = before + strlen(line) + 2;
    char *longer;
    heat_status status = heat_alloc(ctx, (int64_t)size, 1, &longer);

    if (status != HEAT_OK)
        return status;
    snprintf(longer, size, "%s%s%s", r->reasons, before > 0 ? "\n" : "", line);
    heat_free(r->reasons);
    r->reasons = longer;
    return HEAT_OK;
}

/* "T = 2.27: energy: R-hat above 1.01 (R-hat 1.250, ...)", without numbers where there are none; with the
 * step where the temperature is walked at by two. */
static heat_status add_reason(heat_context *ctx, const heat_sampling *s, heat_sample_result *r,
                              const heat_sample_temperature *row, const char *failing,
                              const heat_observable *o)
{
    char line[256], number[40], step[40] = "", numbers[96] = "";

    if (s->n_refined > 0)
        snprintf(step, sizeof step, ", step %.3g", row->step);
    if (!isnan(o->rhat))
        snprintf(numbers, sizeof numbers, " (R-hat %.3f, ess %.0f, tail ess %.0f)", o->rhat, o->ess,
                 o->ess_tail);
    snprintf(line, sizeof line, "T = %s%s: %s: %s%s", heat_text_real(row->temperature, number, sizeof number),
             step, o->name, failing, numbers);
    return heat_sampling_add_reason(ctx, r, line);
}

/* Leaves out, at the front of every chain, what had not yet forgotten its start, by the energy: the burn-in
 * may have been too short. Draws of engines that do not move chains have no start. */
static heat_status discard_start(heat_context *ctx, const heat_sampling *s, heat_series *series,
                                 int64_t *discarded)
{
    enum { LEAST_SWEEPS = 40 };
    heat_thermalisation start;
    heat_status status;

    *discarded = 0;
    if (!heat_engine_moves_chains(s->engine) || series->n_sweeps < LEAST_SWEEPS || s->cooling.n_cycles == 1)
        return HEAT_OK;
    status = heat_thermalisation_get(ctx, series->n_chains, series->n_sweeps, series->stride,
                                     series->values[HEAT_SERIES_ENERGY], &start);
    if (status != HEAT_OK)
        return status;
    *discarded = start.discard;
    series->n_sweeps -= start.discard;
    for (int id = 0; id < HEAT_N_SERIES; id++)
        if (series->values[id] != NULL)
            series->values[id] += start.discard;
    if (series->n_coordinates > 0)
        series->coordinates += start.discard;
    return HEAT_OK;
}

static void report_walk(const heat_sampling *s, int64_t t, heat_sample_temperature *row)
{
    row->step = (double)NAN;
    row->e_bfmi = (double)NAN;
    row->divergences = -1;
    if (s->chains == NULL || s->chains->layout != &heat_layout_walks)
        return;
    row->step = heat_walk_get_step(s->chains, s->cooling.is_on ? s->cooling.n_rungs - 1 : (int32_t)t);
    row->divergences = 0;
    for (int64_t chain = 0; chain < s->chains->n_chains; chain++)
        if (s->cooling.is_on || s->chains->rung[chain] == t) {
            bool is_steady = !s->engine->is_ladder && !s->cooling.is_on;
            double e_bfmi = is_steady ? heat_walk_get_e_bfmi(s->chains, chain) : (double)NAN;
            row->divergences += heat_walk_get_divergences(s->chains, chain);
            row->e_bfmi = fmin(row->e_bfmi, e_bfmi);
        }
}

/* Some draw fell to a minimum that had not been found. */
static bool has_elsewhere(const heat_sampling *s)
{
    const double *basin = s->recorder.series[HEAT_SERIES_BASIN];

    for (int64_t slot = 0; slot < s->plan.n_chains && s->basins.count > 0; slot++)
        for (int64_t k = 0; k < s->n_recorded; k++)
            if (basin[slot * s->recorder.n_sweeps + k] == s->basins.count)
                return true;
    return false;
}

static heat_status report_temperature(heat_context *ctx, const heat_sampling *s, int64_t t,
                                      heat_sample_result *r)
{
    heat_sample_temperature *row = &r->temperatures[t];
    heat_series series = {.info = &s->plan.scalars.info,
                          .n_chains = s->opt.replicas,
                          .n_sweeps = s->n_recorded,
                          .stride = s->recorder.n_sweeps,
                          .model = s->whole,
                          .n_coordinates = s->recorder.n_coordinates,
                          .apart = s->recorder.n_chains * s->recorder.n_sweeps,
                          .n_basins = s->basins.count + has_elsewhere(s),
                          .basin_names = (const char(*)[24])s->basins.names,
                          .temperature = s->temperatures[t],
                          .threads = s->opt.threads,
                          .together = s->n_together};
    const char *failing;
    const heat_observable *culprit;
    heat_status status;

    for (int id = 0; id < HEAT_N_SERIES; id++)
        if (s->recorder.series[id] != NULL)
            series.values[id] = s->recorder.series[id] + t * s->opt.replicas * s->recorder.n_sweeps;
    if (series.n_coordinates > 0)
        series.coordinates = s->recorder.coordinates + t * s->opt.replicas * s->recorder.n_sweeps;
    if (s->cooling.n_cycles == 1) { /* the replicas are the draws */
        series.n_sweeps = s->n_recorded > 0 ? s->opt.replicas : 0;
        series.stride = s->opt.replicas;
        series.n_chains = 1;
        series.are_independent = true;
    }
    status = discard_start(ctx, s, &series, &row->discarded);
    if (status != HEAT_OK)
        return status;
    row->temperature = s->temperatures[t];
    row->acceptance = s->acceptance[t];
    row->log_z = s->annealed != NULL ? s->annealed[t].log_z : (double)NAN;
    row->log_z_error = s->annealed != NULL ? s->annealed[t].log_z_error : (double)NAN;
    row->family_size = s->annealed != NULL ? s->annealed[t].family_size : (double)NAN;
    report_walk(s, t, row);
    row->exchange =
        s->engine->is_ladder ? heat_exchange_get_acceptance(&s->exchange, (int32_t)t) : (double)NAN;
    status = heat_observables_get(ctx, &series, &row->n_observables, &row->observables, &failing, &culprit);
    row->outcome = failing == NULL ? HEAT_OUTCOME_CONVERGED : HEAT_OUTCOME_NOT_CONVERGED;
    if (status == HEAT_OK)
        status = heat_passages_report(ctx, s, t, row);
    if (status == HEAT_OK)
        status = heat_histograms_get(ctx, s->opt.histogram, &series, row);
    if (status == HEAT_OK && failing != NULL)
        status = add_reason(ctx, s, r, row, failing, culprit);
    if (status == HEAT_OK)
        status = report_sums(ctx, s, &s->recorder.spins, t, &row->spin_mean, &row->spin_error);
    if (status == HEAT_OK)
        status = report_sums(ctx, s, &s->recorder.edges, t, &row->edge_mean, &row->edge_error);
    return status;
}

/* The sweeps that led to the kept states, of walks. */
static heat_status report_moves(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    const heat_recorder *rec = &s->recorder;
    const int64_t n_draws = (s->n_recorded + rec->thin - 1) / rec->thin;
    heat_status status;

    if (rec->series[HEAT_SERIES_ACCEPTANCE] == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, rec->n_chains * n_draws, sizeof *r->moves, &r->moves);
    for (int64_t k = 0; k < rec->n_chains * n_draws && status == HEAT_OK; k++) {
        int64_t at = k / n_draws * rec->n_sweeps + k % n_draws * rec->thin;
        r->moves[k] = (heat_sample_move){.acceptance = rec->series[HEAT_SERIES_ACCEPTANCE][at],
                                         .step = rec->series[HEAT_SERIES_STEP][at],
                                         .depth = rec->series[HEAT_SERIES_DEPTH][at],
                                         .n_leaps = rec->series[HEAT_SERIES_LEAPS][at],
                                         .is_lost = rec->series[HEAT_SERIES_LOST][at],
                                         .total_energy = rec->series[HEAT_SERIES_TOTAL_ENERGY][at]};
    }
    return status;
}

static heat_status report_edges(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    heat_status status;
    int64_t e = 0;

    if (!s->plan.edges)
        return HEAT_OK;
    r->n_edges = s->plan.scalars.info.n_edges;
    status = heat_alloc(ctx, r->n_edges, sizeof *r->edge_i, &r->edge_i);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_edges, sizeof *r->edge_j, &r->edge_j);
    for (int32_t i = 0; i < s->plan.scalars.graph.n && status == HEAT_OK; i++)
        for (int64_t k = s->plan.scalars.graph.row[i]; k < s->plan.scalars.graph.row[i + 1]; k++)
            if (s->plan.scalars.graph.col[k] > i) {
                r->edge_i[e] = i;
                r->edge_j[e++] = s->plan.scalars.graph.col[k];
            }
    return status;
}

/* Hands the kept states over to the result; a run cut short has fewer draws a chain, moved together. */
static void report_states(heat_sampling *s, heat_sample_result *r)
{
    heat_recorder *rec = &s->recorder;

    if (!s->plan.keep_states)
        return;
    r->n_draws = s->cooling.is_on ? s->n_swept / rec->thin : (s->n_recorded + rec->thin - 1) / rec->thin;
    for (int64_t chain = 1; chain < rec->n_chains && r->n_draws < rec->n_draws; chain++) {
        memmove(heat_row_edit(&rec->form, rec->states, chain * r->n_draws),
                heat_row_at(&rec->form, rec->states, chain * rec->n_draws),
                (size_t)(r->n_draws * heat_row_bytes(&rec->form)));
        memmove(rec->energies + chain * r->n_draws, rec->energies + chain * rec->n_draws,
                (size_t)r->n_draws * sizeof *rec->energies);
    }
    if (heat_row_is_real(&rec->form))
        r->values = rec->states;
    else
        r->states = rec->states;
    r->energies = rec->energies;
    rec->states = NULL;
    rec->energies = NULL;
}

/* When the kept states were met, what is reported as converged is annealed. */
static heat_status report_cooling(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    heat_status status = HEAT_OK;

    if (!s->cooling.is_on)
        return HEAT_OK;
    r->n_sweeps = s->n_swept;
    r->n_cycles = s->n_recorded;
    for (int32_t t = 0; t < r->n_temperatures; t++)
        if (r->temperatures[t].outcome == HEAT_OUTCOME_CONVERGED)
            r->temperatures[t].outcome = HEAT_OUTCOME_COMPLETED;
    if (s->plan.keep_states)
        status = heat_alloc(ctx, r->n_draws, sizeof *r->draw_temperatures, &r->draw_temperatures);
    for (int64_t k = 0; k < r->n_draws && status == HEAT_OK; k++)
        r->draw_temperatures[k] = heat_cooling_get(&s->cooling, (k + 1) * s->recorder.thin - 1);
    return status;
}

heat_status heat_sampling_report(heat_context *ctx, heat_sampling *s, heat_sample_result *r)
{
    bool converged = true;
    heat_status status = heat_alloc(ctx, s->n_temperatures, sizeof *r->temperatures, &r->temperatures);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, 1, &r->reasons);
    if (status != HEAT_OK)
        return status;
    r->engine = s->engine->name;
    r->n_temperatures = (int32_t)s->n_temperatures;
    r->n_variables = s->plan.scalars.info.n_variables;
    r->n_chains = (int32_t)s->opt.replicas;
    r->n_sweeps = s->n_recorded;
    r->updates = s->updates;
    if (s->clamp == NULL && !s->info.has_field)
        r->normal_energy = s->info.normal_coupling * s->info.normal_coupling * (double)s->info.n_edges;
    r->n_models = 1;
    if (s->plan.scalars.info.n_dimensions > 0)
        r->wave_number = heat_observable_wave(&s->plan.scalars.info);
    r->effective_replicas = (double)(s->opt.replicas / (s->walk.n_walkers > 0 ? s->walk.n_walkers : 1));
    r->n_clamped = s->whole == s->model ? 0 : r->n_variables - s->info.n_variables;
    r->layout = s->chains != NULL ? s->chains->layout->name : NULL;
    r->round_trips = s->engine->is_ladder ? heat_exchange_get_round_trips(&s->exchange) : -1;
    for (int64_t t = 0; t < s->n_temperatures && status == HEAT_OK; t++) {
        status = report_temperature(ctx, s, t, r);
        converged &= r->temperatures[t].outcome == HEAT_OUTCOME_CONVERGED;
    }
    if (status == HEAT_OK && r->round_trips == 0) {
        converged = false;
        status = heat_sampling_add_reason(
            ctx, r, "no chain made a round trip between the coldest and the hottest temperature");
    }
    if (status == HEAT_OK)
        status = heat_basins_report(ctx, s, r);
    if (status == HEAT_OK)
        heat_step_bias_report(s, r);
    if (status == HEAT_OK && !s->cooling.is_on)
        status = heat_virial_check(ctx, s, r);
    if (status == HEAT_OK)
        status = heat_geometry_check(ctx, s, r);
    if (status == HEAT_OK && !s->cooling.is_on)
        status = heat_visit_check(ctx, s, r);
    for (int32_t t = 0; t < r->n_temperatures; t++)
        converged &= r->temperatures[t].outcome == HEAT_OUTCOME_CONVERGED;
    if (status == HEAT_OK && s->opt.interpolate > 0)
        status = heat_interpolation_get(ctx, s, r);
    for (int32_t k = 0; k < r->n_between; k++)
        converged &= r->between[k].outcome == HEAT_OUTCOME_CONVERGED;
    if (status == HEAT_OK)
        status = report_edges(ctx, s, r);
    if (status == HEAT_OK)
        status = report_moves(ctx, s, r);
    report_states(s, r);
    if (status == HEAT_OK)
        status = report_cooling(ctx, s, r);
    r->outcome = heat_halt_outcome(ctx, s->cooling.is_on ? HEAT_OUTCOME_COMPLETED : HEAT_OUTCOME_CONVERGED);
    if (!converged && r->outcome != HEAT_OUTCOME_INTERRUPTED)
        r->outcome = HEAT_OUTCOME_NOT_CONVERGED;
    return status;
}
