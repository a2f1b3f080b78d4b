/* Simulated annealing with restarts: replicas side by side are cooled by single-spin moves, each keeps the
 * lowest state it has seen, and greedy descent finishes it. Kirkpatrick, Gelatt, Vecchi, Science 220 (1983)
 * 671. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ground/bound.h"
#include "ground/descent.h"
#include "ground/ground_methods.h"
#include "ground/state_pool.h"
#include "sample/engine.h"
#include "sample/schedule.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_SWEEPS = 4000, FIRST_ANNEAL = 250, DEFAULT_REPLICAS = 32 };

typedef struct annealing {
    heat_search *search;
    heat_schedule schedule;
    int64_t n_replicas;
    int64_t n_started; /* of them in the anneal under way; fewer only when halted on the way */
    int64_t n_sweeps;  /* of each replica, over all anneals; INT64_MAX without a limit */
    int64_t swept;     /* so far */
    int64_t length;    /* sweeps of the anneal under way */
    bool is_last;      /* it takes all the time that is left */
    double sweeping_s; /* seconds that the sweeps so far took */
    int64_t restart;   /* its number */
    heat_chains *chains;
    int8_t *finished;  /* [replica][variable] lowest of a whole anneal, after descent */
    double *energy;    /* [replica] of it */
    bool *is_finished; /* [replica] since the last gathering */
    int8_t *row;       /* [variable] */
    heat_state_pool pool;
    heat_outcome halted; /* BEST_FOUND if nothing did */
} annealing;

/* A stretch of one anneal's sweeps, the same for all units. */
typedef struct stretch {
    annealing *a;
    int64_t first, count; /* sweeps within the anneal */
} stretch;

static heat_status finish(heat_context *worker, annealing *a, int64_t chain)
{
    int8_t *state = a->finished + chain * a->chains->n;
    heat_status status;

    heat_chains_get_best(a->chains, chain, state);
    status = heat_descend(worker, a->search->model, state);
    if (status != HEAT_OK || heat_halted(worker))
        return status;
    a->is_finished[chain] = true;
    return heat_model_energies(worker, a->search->model, 1, state, &a->energy[chain]);
}

static heat_status anneal_unit(heat_context *worker, void *arg, int64_t unit)
{
    stretch *w = arg;
    annealing *a = w->a;
    int64_t first, last;

    heat_chains_get_unit(a->chains, unit, &first, &last);
    for (int64_t t = w->first; t < w->first + w->count && !heat_halted(worker); t++) {
        double beta = 1 / heat_schedule_get(&a->schedule, t, a->length);
        heat_status status;
        for (int64_t chain = first; chain < last; chain++)
            heat_chains_set_beta(a->chains, chain, beta);
        status = heat_chains_sweep(worker, a->chains, unit, &heat_rule_metropolis);
        if (status != HEAT_OK)
            return status;
        heat_chains_keep_best(a->chains, unit);
    }
    if (w->first + w->count < a->length)
        return HEAT_OK;
    for (int64_t chain = first; chain < last && !heat_halted(worker); chain++) {
        heat_status status = finish(worker, a, chain);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

/* The clock ends the search, not a number of sweeps. */
static bool is_timed(const heat_context *ctx, const annealing *a)
{
    return a->n_sweeps == INT64_MAX && ctx->deadline_s < HEAT_FOREVER;
}

/* The sweeps that are left: by the limit, or by the clock and the pace so far. */
static int64_t sweeps_left(const heat_context *ctx, const annealing *a)
{
    double left;

    if (!is_timed(ctx, a))
        return a->n_sweeps < INT64_MAX ? a->n_sweeps - a->swept : INT64_MAX;
    left = (double)a->swept / a->sweeping_s * (ctx->deadline_s - heat_clock());
    return !(left >= 1) ? 1 : left > 1e15 ? (int64_t)1e15 : (int64_t)left;
}

/* Anneals double in length, so that any time is used well; the last takes all that is left, which is between
 * a half and three quarters of the whole. Where even the first would not cool down in time, it is the last.
 * A cycle is an anneal of its period.
 */
static void choose_length(const heat_context *ctx, annealing *a)
{
    int64_t left = sweeps_left(ctx, a);
    int64_t fixed = a->schedule.period > 0 ? a->schedule.period : a->search->opt->restart_sweeps;

    if (fixed != HEAT_AUTO) {
        a->length = fixed < left ? fixed : left;
        return;
    }
    a->length = a->length == 0 ? FIRST_ANNEAL : 2 * a->length;
    a->is_last = left / 3 < a->length;
    if (a->is_last)
        a->length = left;
}

/* Halted, it leaves fewer chains started than there are. */
static heat_status start_anneal(heat_context *ctx, annealing *a)
{
    bool started = true;

    a->n_started = 0;
    memset(a->is_finished, false, (size_t)a->n_replicas * sizeof *a->is_finished);
    for (int64_t unit = 0; unit < a->chains->n_units && started; unit++) {
        int64_t first, last;
        heat_status status = heat_chains_start_unit(
            ctx, a->chains, unit, a->restart == 0 ? a->search->initial : NULL, a->restart, &started);
        if (status != HEAT_OK)
            return status;
        if (!started)
            break;
        heat_chains_get_unit(a->chains, unit, &first, &last);
        a->n_started += last - first;
        heat_chains_keep_best(a->chains, unit);
    }
    return HEAT_OK;
}

/* Reheated, each chain goes on from where the last cycle left it. */
static heat_status reheat(heat_context *ctx, annealing *a)
{
    int8_t *row = NULL;
    heat_status status = heat_alloc(ctx, a->chains->n, 1, &row);

    memset(a->is_finished, false, (size_t)a->n_replicas * sizeof *a->is_finished);
    for (int64_t chain = 0; chain < a->n_started && status == HEAT_OK; chain++) {
        heat_chains_get_state(a->chains, chain, row);
        status = heat_chains_start(ctx, a->chains, chain, row, a->restart);
    }
    for (int64_t unit = 0; unit < a->chains->n_units && status == HEAT_OK; unit++)
        heat_chains_keep_best(a->chains, unit);
    heat_free(row);
    return status;
}

/* The best of one replica becomes the search's if it is lower: its state decides, summed by the definition.
 */
static heat_status gather_one(heat_context *ctx, annealing *a, int64_t chain)
{
    const int8_t *state = a->row;
    double energy;
    heat_status status = HEAT_OK;

    if (a->is_finished[chain]) {
        state = a->finished + chain * a->chains->n;
        energy = a->energy[chain];
        heat_state_pool_add(&a->pool, state, energy);
    } else {
        double slack = heat_chains_get_energy_slack(a->chains);
        energy = heat_chains_get_best(a->chains, chain, NULL) - slack;
        if (energy < a->search->best_energy) {
            heat_chains_get_best(a->chains, chain, a->row);
            if (slack > 0 || !a->search->info.exact)
                status = heat_model_energies(ctx, a->search->model, 1, a->row, &energy);
        }
    }
    if (status == HEAT_OK && energy < a->search->best_energy)
        status = heat_search_improve(ctx, a->search, state, energy);
    return status;
}

/* The replica that seems to hold the lowest energy. */
static int64_t most_promising(const annealing *a)
{
    double low = (double)INFINITY;
    int64_t best = 0;

    for (int64_t chain = 0; chain < a->n_started; chain++) {
        double energy =
            a->is_finished[chain] ? a->energy[chain] : heat_chains_get_best(a->chains, chain, NULL);
        if (energy < low) {
            low = energy;
            best = chain;
        }
    }
    return best;
}

/* The most promising goes first: after it hardly any state has to be summed up. */
static heat_status gather(heat_context *ctx, annealing *a)
{
    int64_t first = most_promising(a);
    heat_status status = gather_one(ctx, a, first);

    for (int64_t chain = 0; chain < a->n_started && status == HEAT_OK; chain++)
        if (chain != first)
            status = gather_one(ctx, a, chain);
    return status;
}

static bool meets_target(const annealing *a)
{
    return a->search->best_energy <= a->search->target;
}

static bool meets_bound(const annealing *a)
{
    const heat_search *search = a->search;

    return search->is_proved ||
           heat_bound_is_met(search->model, search->bound, search->result->state, search->best_energy);
}

/* A search that keeps states goes on for more of them when the first is proved. */
static bool is_done(const annealing *a)
{
    return meets_target(a) || (a->search->opt->keep == 0 && meets_bound(a));
}

/* A search cut short leaves its best state where it was seen: descend from it too. */
static heat_status finish_best(heat_context *ctx, annealing *a)
{
    heat_search *search = a->search;
    size_t n = (size_t)search->info.n_variables;
    double energy;
    heat_status status;

    memcpy(a->row, search->result->state, n);
    status = heat_descend(ctx, search->model, a->row);
    if (status == HEAT_OK && memcmp(a->row, search->result->state, n) != 0) {
        status = heat_model_energies(ctx, search->model, 1, a->row, &energy);
        if (status == HEAT_OK)
            status = heat_search_improve(ctx, search, a->row, energy);
    }
    if (status == HEAT_OK) /* what another method summed it to may differ in the last place */
        status = heat_model_energies(ctx, search->model, 1, search->result->state, &energy);
    if (status == HEAT_OK && (a->pool.count == 0 || a->pool.energies[a->pool.order[0]] > energy))
        heat_state_pool_add(&a->pool, search->result->state, energy);
    return status;
}

/* The search must end before its time by what follows it, measured by what one sum of the energy takes: the
 * last look, a descent (about three sums), two sums, and telling the state. */
static heat_status seconds_to_search(heat_context *ctx, const annealing *a, double *seconds)
{
    enum { SUMS_AFTER = 8 };
    double begin = heat_clock(), energy;
    heat_status status;

    *seconds = HEAT_FOREVER;
    if (ctx->deadline_s >= HEAT_FOREVER)
        return HEAT_OK;
    status = heat_model_energies(ctx, a->search->model, 1, a->search->result->state, &energy);
    *seconds = ctx->deadline_s - heat_clock() - SUMS_AFTER * (heat_clock() - begin);
    return status;
}

static heat_status sweep_stretch(heat_context *ctx, annealing *a, int64_t first, int64_t count)
{
    stretch w = {a, first, count};
    double begin = heat_clock();
    heat_ground_result *r = a->search->result;
    heat_status status = heat_parallel_for(ctx, heat_chains_thread_limit(a->chains, a->search->opt->threads),
                                           a->chains->n_units, anneal_unit, &w);

    if (status == HEAT_OK)
        status = gather(ctx, a);
    a->swept += count;
    a->sweeping_s += heat_clock() - begin;
    r->updates += count * a->n_replicas * a->chains->n;
    heat_show_progress(ctx, a->n_sweeps == INT64_MAX ? (double)NAN : (double)a->swept / (double)a->n_sweeps,
                       (double)r->updates, a->search->best_energy);
    return status;
}

static bool goes_on(const heat_context *ctx, const annealing *a)
{
    return a->swept < a->n_sweeps && !is_done(a) && !heat_halted(ctx);
}

/* Where the clock ends the search, a hot sweep tells the pace before the first length is chosen, and every
 * look corrects that of the last anneal, so that it is cold when the time is up. */
static heat_status anneal(heat_context *ctx, annealing *a)
{
    int64_t step = heat_chains_sweeps_per_look(a->chains), in_anneal = 0;
    heat_status status = HEAT_OK;

    if (is_timed(ctx, a) && goes_on(ctx, a)) {
        a->length = INT64_MAX;
        status = sweep_stretch(ctx, a, 0, 1);
        a->length = 0;
    }
    choose_length(ctx, a);
    while (status == HEAT_OK && goes_on(ctx, a)) {
        int64_t left = a->length - in_anneal, count = left < step ? left : step;
        status = sweep_stretch(ctx, a, in_anneal, count);
        in_anneal += count;
        if (status == HEAT_OK && in_anneal == a->length && goes_on(ctx, a)) {
            a->restart++;
            in_anneal = 0;
            choose_length(ctx, a);
            status = a->schedule.period > 0 ? reheat(ctx, a) : start_anneal(ctx, a);
        } else if (a->is_last && is_timed(ctx, a)) {
            a->length = in_anneal + sweeps_left(ctx, a);
        }
    }
    return status;
}

static void conclude(const annealing *a)
{
    heat_ground_result *r = a->search->result;

    if (!a->search->is_proved)
        r->method = "anneal";
    r->sweeps = a->swept;
    r->restarts = a->restart;
    r->hot = a->schedule.hot;
    r->cold = a->schedule.cold;
    r->period = a->schedule.period;
    r->schedule = heat_schedule_name(&a->schedule);
    if (a->search->is_proved)
        return; /* the exact method has said all */
    if (meets_bound(a)) {
        r->outcome = HEAT_OUTCOME_PROVED;
        r->reason = heat_reason_bound;
    } else if (meets_target(a)) {
        r->outcome = HEAT_OUTCOME_COMPLETED;
        r->reason = "the target energy was reached";
    } else {
        r->outcome = a->halted;
        r->reason = r->outcome == HEAT_OUTCOME_TIME          ? "the time was up"
                    : r->outcome == HEAT_OUTCOME_INTERRUPTED ? "stopped on request"
                                                             : "all sweeps were made";
    }
}

/* The search within its time. */
static heat_status run(heat_context *ctx, annealing *a)
{
    heat_budget budget;
    double seconds;
    heat_status status = gather(ctx, a);

    if (status == HEAT_OK)
        status = seconds_to_search(ctx, a, &seconds);
    if (status != HEAT_OK)
        return status;
    budget = heat_budget_enter(ctx, "ground", seconds, ctx->config.memory);
    status = anneal(ctx, a);
    a->halted = heat_halt_outcome(ctx, HEAT_OUTCOME_BEST_FOUND);
    heat_budget_leave(ctx, &budget);
    return status;
}

static heat_status report_pool(heat_context *ctx, const annealing *a)
{
    heat_ground_result *r = a->search->result;
    heat_status status;

    if (a->pool.count == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, a->pool.count * a->search->info.n_variables, 1, &r->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->pool.count, sizeof *r->state_energies, &r->state_energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->pool.count, sizeof *r->state_counts, &r->state_counts);
    if (status != HEAT_OK)
        return status;
    r->n_states = a->pool.count;
    heat_state_pool_get(&a->pool, r->states, r->state_energies, r->state_counts);
    return HEAT_OK;
}

/* How many replicas make how many sweeps. */
static void choose_extent(const heat_ground_options *opt, int64_t *n_replicas, int64_t *n_sweeps)
{
    bool has_time = opt->time < HEAT_FOREVER;

    *n_sweeps = opt->sweeps != HEAT_AUTO ? opt->sweeps : has_time ? INT64_MAX : DEFAULT_SWEEPS;
    if (opt->replicas != HEAT_AUTO)
        *n_replicas = opt->replicas;
    else /* a run that the clock ends has no bits to keep: a vector for each thread, and all sweeps into those
          */
        *n_replicas =
            has_time ? (int64_t)HEAT_LANES_A_VECTOR * heat_thread_count(opt->threads) : DEFAULT_REPLICAS;
}

void heat_ground_price_anneal(const heat_model *model, const heat_ground_options *opt, heat_cost *cost)
{
    const double beta = 1;
    heat_chains_plan plan = {.n_rungs = 1, .betas = &beta, .is_search = true, .track_best = true};
    heat_model_info info;
    int64_t n_sweeps;

    heat_model_describe(model, &info);
    choose_extent(opt, &plan.n_chains, &n_sweeps);
    *cost = (heat_cost){.size = sizeof *cost, .method = "anneal"};
    cost->bytes = heat_chains_bytes(model, &plan) + (double)(plan.n_chains + opt->keep) * info.n_variables;
    cost->seconds = n_sweeps < INT64_MAX ? heat_sweep_seconds(model, &plan) * (double)n_sweeps : opt->time;
    cost->affordable = cost->bytes <= (double)opt->memory;
}

static heat_status create_chains(heat_context *ctx, annealing *a)
{
    const heat_ground_options *opt = a->search->opt;
    const double beta = 1; /* the schedule sets others */
    heat_chains_plan plan = {.n_chains = a->n_replicas,
                             .n_rungs = 1,
                             .betas = &beta,
                             .seed = opt->seed,
                             .isa = opt->isa,
                             .is_search = true,
                             .track_best = true};
    heat_status status = heat_chains_create(ctx, a->search->model, &plan, &a->chains);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->n_replicas * a->chains->n, 1, &a->finished);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->n_replicas, sizeof *a->energy, &a->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->n_replicas, sizeof *a->is_finished, &a->is_finished);
    return status;
}

/* Halted, it leaves out the schedule and the chains. */
static heat_status prepare(heat_context *ctx, annealing *a)
{
    const heat_ground_options *opt = a->search->opt;
    heat_status status = HEAT_OK;

    choose_extent(opt, &a->n_replicas, &a->n_sweeps);
    a->schedule = heat_schedule_flat;
    if (opt->schedule != NULL)
        status = heat_schedule_parse(ctx, opt->schedule, &a->schedule);
    else if (!heat_halted(ctx))
        status = heat_schedule_choose(ctx, a->search->model, opt->seed, &a->schedule);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->search->info.n_variables, 1, &a->row);
    if (status == HEAT_OK)
        status = heat_state_pool_init(ctx, &a->pool, &a->search->info, opt->keep);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = create_chains(ctx, a);
    return status;
}

static heat_status run_anneal(heat_context *ctx, heat_search *search)
{
    annealing a = {.search = search};
    heat_status status = prepare(ctx, &a);

    if (status == HEAT_OK && a.chains != NULL)
        status = start_anneal(ctx, &a);
    if (status == HEAT_OK && a.n_started > 0) {
        status = run(ctx, &a);
    } else if (status == HEAT_OK) { /* halted at once, there is still a state */
        a.halted = heat_halt_outcome(ctx, HEAT_OUTCOME_BEST_FOUND);
        status = heat_search_fall_back(ctx, search);
    }
    if (status == HEAT_OK)
        status = finish_best(ctx, &a);
    if (status == HEAT_OK) {
        conclude(&a);
        status = report_pool(ctx, &a);
    }
    heat_chains_free(a.chains);
    heat_free(a.finished);
    heat_free(a.energy);
    heat_free(a.is_finished);
    heat_free(a.row);
    heat_state_pool_clear(&a.pool);
    return status;
}

const heat_ground_method heat_ground_method_anneal = {"anneal", run_anneal};
