/* Chain sets: what all layouts share. */
#include "sample/chains.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/layout.h"
#include "stats/log_sum.h"

#include <heatbath/options.h>
#include <math.h>
#include <string.h>

enum { SWEEPS_A_BIT_BLOCK = 64 };

/* From the fastest to the one that holds every model. */
static const heat_layout *const layouts[] = {&heat_layout_summed,  &heat_layout_layers, &heat_layout_bits,
                                             &heat_layout_stripes, &heat_layout_lanes,  &heat_layout_potts,
                                             &heat_layout_units,   &heat_layout_walks,  &heat_layout_rows,
                                             &heat_layout_clusters};
enum { N_LAYOUTS = sizeof layouts / sizeof *layouts };

/* What the plan asks for, the layout can do. */
static bool is_candidate(const heat_layout *layout, const heat_model_info *info, const heat_chains_plan *plan)
{
    return (plan->layout == NULL || plan->layout == layout) &&
           (layout->rule == NULL || layout->rule == plan->rule) &&
           (layout->holds_numbers || !heat_model_is_real(info)) &&
           (plan->reference == NULL || layout->sum_reference != NULL) &&
           (!plan->scales_couplings || layout->scales_couplings);
}

static heat_status open_layout(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan)
{
    for (int k = 0; k < N_LAYOUTS; k++) {
        bool fits = false;
        heat_status status;
        if (!is_candidate(layouts[k], &c->info, plan))
            continue;
        c->layout = layouts[k];
        status = c->layout->open(ctx, c, plan, &fits);
        if (status != HEAT_OK || fits)
            return status;
        c->layout->free(c);
        c->store = NULL;
    }
    if (heat_model_is_real(&c->info))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%s: some of its units are real numbers, which are drawn a layer at a time: engines "
                         "gibbs, heat-bath and tempering do",
                         c->info.name);
    return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: a %s model cannot be kept as %s", c->info.name,
                     c->info.kind, plan->layout == NULL ? "chains" : plan->layout->name);
}

static heat_status alloc_chains(heat_context *ctx, heat_chains *c)
{
    heat_status status = heat_alloc(ctx, c->n_rungs, sizeof *c->betas, &c->betas);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->rung, &c->rung);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->beta, &c->beta);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->flip, &c->flip);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->flip_bits, &c->flip_bits);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->sign, &c->sign);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->n_moves, &c->n_moves);
    return status;
}

static heat_status alloc_units(heat_context *ctx, heat_chains *c)
{
    heat_status status;

    c->n_units = (c->n_chains + c->width - 1) / c->width;
    status = heat_alloc(ctx, c->n_units, sizeof *c->n_sweeps, &c->n_sweeps);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units, sizeof *c->n_counted, &c->n_counted);
    return status;
}

heat_status heat_chains_create(heat_context *ctx, const heat_model *model, const heat_chains_plan *plan,
                               heat_chains **out)
{
    heat_chains *c = NULL;
    heat_pairwise graph;
    heat_status status;

    *out = NULL;
    status = heat_isa_check(ctx, plan->isa);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *c, &c);
    if (status != HEAT_OK)
        return status;
    heat_model_describe(model, &c->info);
    c->model = model;
    c->n = c->info.n_variables;
    c->form = heat_model_row_form(&c->info);
    c->n_chains = plan->n_chains;
    c->n_rungs = plan->n_rungs;
    c->seed = plan->seed;
    c->first_stream = plan->first_stream;
    c->burn_in = plan->burn_in;
    c->reference = plan->reference;
    c->has_reference = plan->reference != NULL;
    c->is_weighted = plan->is_weighted;
    c->scales_couplings = plan->scales_couplings;
    c->is_search = plan->is_search;
    c->group = plan->group > 0 ? plan->group : 1;
    c->is_symmetric = !c->info.has_field && plan->reference == NULL && heat_model_get_pairwise(model, &graph);
    status = alloc_chains(ctx, c);
    if (status != HEAT_OK)
        goto out;
    memcpy(c->betas, plan->betas, (size_t)c->n_rungs * sizeof *c->betas);
    status = open_layout(ctx, c, plan);
    if (status == HEAT_OK)
        status = alloc_units(ctx, c);
    if (status != HEAT_OK)
        goto out;
    for (int64_t k = 0; k < c->n_chains; k++)
        heat_chains_set_rung(c, k, 0);
out:
    if (status != HEAT_OK) {
        heat_chains_free(c);
        c = NULL;
    }
    *out = c;
    return status;
}

void heat_chains_free(heat_chains *c)
{
    if (c == NULL)
        return;
    if (c->store != NULL)
        c->layout->free(c);
    heat_free(c->betas);
    heat_free(c->rung);
    heat_free(c->beta);
    heat_free(c->flip);
    heat_free(c->flip_bits);
    heat_free(c->sign);
    heat_free(c->n_moves);
    heat_free(c->n_sweeps);
    heat_free(c->n_counted);
    heat_free(c);
}

/* The first layout that can hold the model, and its own bytes. Those that come later are taken where it turns
 * out not to fit, and are no larger. */
static const heat_layout *likely_layout(const heat_model *model, const heat_model_info *info,
                                        const heat_chains_plan *plan, double *bytes)
{
    const heat_layout *layout = NULL;

    *bytes = -1;
    for (int k = 0; k < N_LAYOUTS && *bytes < 0; k++)
        if (is_candidate(layouts[k], info, plan)) {
            layout = layouts[k];
            *bytes = layout->bytes(model, info, plan);
        }
    return layout;
}

double heat_chains_bytes(const heat_model *model, const heat_chains_plan *plan)
{
    heat_model_info info;
    double most;

    heat_model_describe(model, &info);
    likely_layout(model, &info, plan, &most);
    return most + (double)plan->n_chains * (sizeof(heat_stream) + 2 * sizeof(double) + 4 * sizeof(int64_t));
}

double heat_sweep_seconds(const heat_model *model, const heat_chains_plan *plan)
{
    heat_model_info info;
    const heat_layout *layout;
    const heat_visit_price *price;
    double bytes;

    heat_model_describe(model, &info);
    layout = likely_layout(model, &info, plan, &bytes);
    if (layout == NULL)
        return (double)INFINITY;
    price = &layout->price;
    return ceil((double)plan->n_chains / price->lanes) * price->lanes *
           ((price->visit + price->value * info.n_states) * info.n_variables +
            price->neighbour * 2 * (double)info.n_edges) *
           1e-9;
}

void heat_chains_set_beta(heat_chains *c, int64_t chain, double beta)
{
    c->beta[chain] = beta;
    c->layout->set_beta(c, chain, beta);
}

void heat_chains_set_rung(heat_chains *c, int64_t chain, int32_t rung)
{
    c->rung[chain] = rung;
    heat_chains_set_beta(c, chain, c->betas[rung]);
}

/* Readies all of a chain but its state; returns the number of its streams. */
static uint64_t begin_chain(heat_chains *c, int64_t chain, int64_t restart)
{
    uint64_t stream = c->first_stream + (uint64_t)(chain + c->n_chains * restart);

    c->sign[chain] = 1;
    c->n_sweeps[chain / c->width] = 0;
    heat_stream_init(&c->flip[chain], c->seed, HEAT_PURPOSE_FLIP, stream);
    return stream;
}

heat_status heat_chains_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *state,
                              int64_t restart)
{
    return c->layout->start(ctx, c, chain, state, begin_chain(c, chain, restart));
}

heat_status heat_chains_start_unit(heat_context *ctx, heat_chains *c, int64_t unit, const void *state,
                                   int64_t restart, bool *started)
{
    const heat_layout *l = c->layout;
    int64_t first, last;

    *started = false;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        uint64_t stream = begin_chain(c, chain, restart);
        heat_status status;
        if (heat_halted(ctx))
            return HEAT_OK;
        status = (l->draw != NULL ? l->draw : l->start)(ctx, c, chain, state, stream);
        if (status != HEAT_OK)
            return status;
    }
    *started = l->sum_energies == NULL || l->sum_energies(ctx, c, unit);
    return HEAT_OK;
}

heat_status heat_chains_start_whole_unit(heat_context *ctx, heat_chains *c, int64_t unit, const void *state)
{
    int64_t first, last;
    bool started;
    heat_status status = heat_chains_start_unit(ctx, c, unit, state, 0, &started);

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last && !started && status == HEAT_OK; chain++)
        status = heat_chains_start(ctx, c, chain, state, 0);
    return status;
}

heat_status heat_chains_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *state)
{
    c->sign[chain] = 1;
    return c->layout->set_state(worker, c, chain, state);
}

void heat_chains_compare(const heat_chains *c, const int64_t pair[2], int8_t *row, uint8_t *unlike)
{
    if (c->layout->compare != NULL) {
        c->layout->compare(c, pair, unlike);
        return;
    }
    for (int k = 0; k < 2; k++) {
        heat_chains_get_state(c, pair[k], row);
        for (int32_t i = 0; i < c->n; i++)
            unlike[i] = (uint8_t)(k == 0 ? row[i] == 1 : unlike[i] != (row[i] == 1));
    }
}

heat_status heat_chains_flip(heat_context *worker, heat_chains *c, const int64_t pair[2], int8_t *row,
                             int64_t n_sites, const int32_t *sites)
{
    int8_t sum = c->info.coding == HEAT_CODING_SPIN ? 0 : 1; /* of the two values */
    heat_status status = HEAT_OK;

    if (c->layout->flip != NULL) {
        c->layout->flip(c, pair, n_sites, sites);
        return HEAT_OK;
    }
    for (int k = 0; k < 2 && status == HEAT_OK; k++) {
        heat_chains_get_state(c, pair[k], row);
        for (int64_t at = 0; at < n_sites; at++)
            row[sites[at]] = (int8_t)(sum - row[sites[at]]);
        status = heat_chains_set_state(worker, c, pair[k], row);
    }
    return status;
}

heat_status heat_chains_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    heat_status status = c->layout->sweep(worker, c, unit, rule);

    heat_chains_end_sweep(c, unit);
    return status;
}

heat_status heat_chains_sweep_many(heat_context *worker, heat_chains *c, int64_t unit,
                                   const heat_site_rule *rule, int64_t n)
{
    heat_status status = HEAT_OK;

    if (c->layout->sweep_many != NULL)
        c->layout->sweep_many(c, unit, rule, n);
    for (int64_t k = 0; k < n && status == HEAT_OK; k++)
        if (c->layout->sweep_many != NULL)
            heat_chains_end_sweep(c, unit);
        else
            status = heat_chains_sweep(worker, c, unit, rule);
    return status;
}

void heat_chains_end_sweep(heat_chains *c, int64_t unit)
{
    int64_t k = c->n_sweeps[unit]++ % SWEEPS_A_BIT_BLOCK, first, last;

    if (!c->is_symmetric)
        return;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        if (k == 0)
            c->flip_bits[chain] = heat_stream_bits(&c->flip[chain]);
        if (c->flip_bits[chain] >> k & 1)
            c->sign[chain] = (int8_t)-c->sign[chain];
    }
}

void heat_chains_measure(heat_chains *c, int64_t unit)
{
    if (c->layout->measure != NULL)
        c->layout->measure(c, unit);
}

void heat_chains_follow(heat_chains *c, int64_t unit)
{
    if (c->layout->follow != NULL)
        c->layout->follow(c, unit);
    else
        heat_chains_measure(c, unit);
}

static bool is_flipped(const heat_chains *c, int64_t chain)
{
    return c->sign[chain] < 0;
}

/* Turns all spins of a state that is kept flipped. */
static void apply_sign(const heat_chains *c, int64_t chain, int8_t *state)
{
    if (!is_flipped(c, chain))
        return;
    for (int32_t i = 0; i < c->n; i++)
        state[i] = (int8_t)(c->info.coding == HEAT_CODING_SPIN ? -state[i] : 1 - state[i]);
}

void heat_chains_get_state(const heat_chains *c, int64_t chain, void *state)
{
    c->layout->get_state(c, chain, state);
    apply_sign(c, chain, state);
}

double heat_chains_get_energy(const heat_chains *c, int64_t chain)
{
    return c->layout->get_energy(c, chain);
}

double heat_chains_get_walk_energy(const heat_chains *c, int64_t chain)
{
    return c->layout->get_walk_energy(c, chain);
}

void heat_chains_get_moments(const heat_chains *c, int64_t chain, double *mean, double *variance)
{
    *mean = heat_chains_get_walk_energy(c, chain);
    *variance = 0;
    if (c->layout->get_moments != NULL)
        c->layout->get_moments(c, chain, mean, variance);
}

double heat_chains_get_path_energy(const heat_chains *c, int64_t chain)
{
    double energy =
        (c->scales_couplings ? c->layout->get_coupling_energy : c->layout->get_walk_energy)(c, chain);

    return c->has_reference ? energy + c->layout->sum_reference(c, chain) / c->betas[c->n_rungs - 1] : energy;
}

bool heat_chains_has_gains(const heat_chains *c)
{
    return c->is_weighted && c->layout->take_gain != NULL;
}

double heat_chains_take_gain(heat_chains *c, int64_t chain)
{
    return c->layout->take_gain(c, chain);
}

double heat_chains_get_log_start(const heat_chains *c)
{
    double sum = 0;

    if (c->scales_couplings)
        return c->layout->get_log_start(c);
    if (!c->has_reference)
        return heat_model_log_states(c->model);
    for (int32_t i = 0; i < c->n && c->reference != NULL; i++)
        sum += heat_log_add_exp(0, c->reference[i]);
    return sum;
}

int64_t heat_chains_get_total(const heat_chains *c, int64_t chain)
{
    int64_t total = c->layout->get_total(c, chain);

    if (!is_flipped(c, chain))
        return total;
    return c->info.coding == HEAT_CODING_SPIN ? -total : c->n - total;
}

double heat_chains_get_scalar(const heat_chains *c, int64_t chain, heat_series_id id)
{
    switch (id) {
    case HEAT_SERIES_ENERGY:
        return heat_chains_get_energy(c, chain);
    case HEAT_SERIES_MAGNETIZATION:
        return (double)heat_chains_get_total(c, chain);
    default:
        return c->layout->get_scalar(c, chain, id);
    }
}

bool heat_chains_have_scalar(const heat_model *model, const heat_chains_plan *plan, heat_series_id id)
{
    heat_model_info info;
    const heat_layout *layout;
    double bytes;

    heat_model_describe(model, &info);
    layout = likely_layout(model, &info, plan, &bytes);
    return layout != NULL && layout->has_scalar != NULL && layout->has_scalar(model, id);
}

double heat_chains_get_acceptance(const heat_chains *c, int64_t chain)
{
    if (c->layout->get_acceptance != NULL)
        return c->layout->get_acceptance(c, chain);
    return (double)c->n_moves[chain] / ((double)c->n_counted[chain / c->width] * c->n);
}

void heat_chains_reset_moves(heat_chains *c, int64_t unit)
{
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    memset(c->n_moves + first, 0, (size_t)(last - first) * sizeof *c->n_moves);
    c->n_counted[unit] = 0;
}

void heat_chains_keep_best(heat_chains *c, int64_t unit)
{
    c->layout->keep_best(c, unit);
}

double heat_chains_get_best(const heat_chains *c, int64_t chain, void *state)
{
    double energy = c->layout->get_best(c, chain, state);

    if (state != NULL)
        apply_sign(c, chain, state);
    return energy;
}

heat_status heat_chains_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    int64_t n = c->n_chains;
    heat_status status = heat_parts_add(ctx, p, "chains/rung", -1, c->rung, n * (int64_t)sizeof *c->rung);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "chains/beta", -1, c->beta, n * (int64_t)sizeof *c->beta);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "chains/sign", -1, c->sign, n * (int64_t)sizeof *c->sign);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "chains/flip", -1, c->flip, n * (int64_t)sizeof *c->flip);
    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "chains/flip_bits", -1, c->flip_bits, n * (int64_t)sizeof *c->flip_bits);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "chains/n_moves", -1, c->n_moves, n * (int64_t)sizeof *c->n_moves);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "chains/n_sweeps", -1, c->n_sweeps,
                                c->n_units * (int64_t)sizeof *c->n_sweeps);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "chains/n_counted", -1, c->n_counted,
                                c->n_units * (int64_t)sizeof *c->n_counted);
    return status == HEAT_OK ? c->layout->add_parts(ctx, c, p) : status;
}

double heat_chains_get_energy_slack(const heat_chains *c)
{
    return c->layout->get_slack == NULL ? 0 : c->layout->get_slack(c);
}

void heat_chains_get_unit(const heat_chains *c, int64_t unit, int64_t *first, int64_t *last)
{
    *first = unit * c->width;
    *last = *first + c->width < c->n_chains ? *first + c->width : c->n_chains;
}

int64_t heat_chains_thread_limit(const heat_chains *c, int64_t threads)
{
    return heat_model_is_thread_safe(c->model) ? threads : 1;
}

heat_status heat_chains_run_units(heat_context *ctx, heat_chains *c, int64_t threads, heat_unit_fn fn,
                                  void *arg)
{
    int64_t n_threads = heat_thread_count(heat_chains_thread_limit(c, threads));
    heat_status status = HEAT_OK;

    if (!c->shares_sweeps || c->n_units % n_threads == 0 || c->n_units >= 4 * n_threads)
        return heat_parallel_for(ctx, n_threads, c->n_units, fn, arg);
    if (c->layout->share != NULL)
        status = c->layout->share(ctx, c, n_threads);
    if (status != HEAT_OK)
        return status;
    c->team = ctx->team != NULL ? ctx->team : &c->own_team;
    status = heat_parallel_together(ctx, n_threads, c->team, c->n_units, fn, arg);
    c->team = NULL;
    return status;
}

int64_t heat_chains_sweeps_per_look(const heat_chains *c)
{
    const double visits = 5e7; /* of neighbours by lanes, in some hundredths of a second */
    double sweeps = visits / (c->layout->sweep_cost(c) + 1);

    return sweeps < 1 ? 1 : sweeps > 1000 ? 1000 : (int64_t)sweeps;
}
