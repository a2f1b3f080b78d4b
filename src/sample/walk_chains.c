/* The layout of real-valued states: memory of the units, what is kept and handed out. How chains move
 * is the business of the walk moves. */
#include "sample/walk_chains.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "model/smooth_rows.h"
#include "sample/walk_free.h"
#include "sample/walk_starts.h"

#include <math.h>
#include <string.h>

/* Trajectories of a unit end with its longest; steps without a test all take as long, and many of them share
 * what a typed potential spends on choosing what to do. */
enum { WIDEST = 64, WIDEST_UNTESTED = 128, LEAST_BLOCK = 512 };

static int32_t choose_width(const heat_chains_plan *plan)
{
    bool is_untested = plan->walk != NULL && plan->walk->move != NULL && plan->walk->move->order > 0;
    int64_t group = plan->group > 0 ? plan->group : 1, width = plan->n_chains / 4 / HEAT_WALK_LANES;
    int64_t widest = is_untested ? WIDEST_UNTESTED : WIDEST;

    width = HEAT_WALK_LANES * (width < 1 ? 1 : width);
    width = width > widest ? widest : width;
    return (int32_t)((width + group - 1) / group * group);
}

/* Of the layout's own sweep. */
static const heat_walk_plan default_plan = {
    .move = &heat_walk_hmc, .mass = HEAT_MASS_DIAGONAL, .refined_from = INT32_MAX};

static heat_walk_plan plan_of(const heat_chains_plan *plan)
{
    heat_walk_plan walk = plan->walk != NULL ? *plan->walk : default_plan;

    if (walk.move == NULL)
        walk.move = default_plan.move;
    if (walk.reference != NULL)
        walk.mass = walk.reference->is_dense ? HEAT_MASS_DENSE : HEAT_MASS_DIAGONAL;
    if (!(walk.target > 0))
        walk.target = walk.move->target;
    return walk;
}

static const heat_isa *isa_of(const heat_chains_plan *plan)
{
    return heat_isa_get(plan->isa != NULL ? plan->isa : "auto");
}

typedef struct sizes {
    int64_t stride, free_rows, kept, working, normals, uniforms, numbers;
} sizes;

static int64_t whole_rows(int64_t count)
{
    return (count + HEAT_WALK_LANES - 1) / HEAT_WALK_LANES * HEAT_WALK_LANES;
}

/* Numbers of a unit. A block of noise is as many sweeps as make up LEAST_BLOCK. */
static sizes sizes_of(const heat_smooth *view, int32_t width, const heat_walk_plan *plan)
{
    const int32_t n = view->n;
    sizes z = {.stride = heat_smooth_stride(width), .numbers = heat_walk_tuning_size(n, plan->mass)};
    int64_t rows = n * z.stride, sweep = (int64_t)n * width, pair = 2 * HEAT_WALK_LANES;

    z.normals = (LEAST_BLOCK + sweep - 1) / sweep * sweep;
    z.normals = (z.normals + pair - 1) / pair * pair;
    z.uniforms = whole_rows((LEAST_BLOCK + width - 1) / width * width);
    z.free_rows = heat_walk_is_free(view, plan) ? rows : 0;
    z.kept = z.free_rows + 4 * rows + 11 * z.stride + z.normals + z.uniforms + HEAT_WALK_LANES;
    z.working = 2 * z.free_rows + 3 * rows + 16 * z.stride + whole_rows(view->n_work) +
                (plan->move->tree_depth > 0 ? heat_walk_tree_size(n, z.stride, plan->move->tree_depth) : 0);
    return z;
}

static double *take(double **at, int64_t count)
{
    double *block = *at;

    *at += count;
    return block;
}

static void lay_out(const heat_walk_store *s, int64_t k, int32_t n, const sizes *z, heat_walk_unit *u)
{
    double *kept = s->kept + k * z->kept, *working = s->working + k * z->working;
    int64_t rows = n * z->stride;

    u->stride = z->stride;
    u->x = take(&kept, rows);
    u->gradient = take(&kept, rows);
    u->momentum = take(&kept, rows);
    u->scale = take(&kept, rows);
    u->energy = take(&kept, z->stride);
    u->step = take(&kept, z->stride);
    u->spread = take(&kept, z->stride);
    u->keep = take(&kept, z->stride);
    u->kick = take(&kept, z->stride);
    u->accepted = take(&kept, z->stride);
    u->n_diverged = take(&kept, z->stride);
    u->last_h = take(&kept, z->stride);
    u->mean_h = take(&kept, z->stride);
    u->spread_h = take(&kept, z->stride);
    u->jumps_h = take(&kept, z->stride);
    u->place = z->free_rows > 0 ? take(&kept, z->free_rows) : u->x;
    u->normal = take(&kept, z->normals + HEAT_WALK_LANES); /* rows are read past their end */
    u->uniform = take(&kept, z->uniforms);
    u->new_x = take(&working, rows);
    u->new_gradient = take(&working, rows);
    u->turned = take(&working, rows);
    u->new_place = take(&working, z->free_rows);
    u->factor = take(&working, z->free_rows);
    u->weight = take(&working, z->stride);
    u->new_energy = take(&working, z->stride);
    u->before = take(&working, z->stride);
    u->after = take(&working, z->stride);
    u->pace = take(&working, z->stride);
    u->half = take(&working, z->stride);
    u->ratio = take(&working, z->stride);
    u->odds = take(&working, z->stride);
    u->zero = take(&working, z->stride);
    u->depth = take(&working, z->stride);
    u->leaps = take(&working, z->stride);
    u->lost = take(&working, z->stride);
    u->total = take(&working, z->stride);
    u->beta = take(&working, z->stride);
    u->part = take(&working, z->stride);
    u->at_reference = take(&working, z->stride);
    u->work = take(&working, whole_rows(s->view.n_work));
    u->tree = working;
}

static heat_status alloc_store(heat_context *ctx, heat_chains *c, heat_walk_store *s, const sizes *z)
{
    int64_t n_tunings = s->n_units * c->n_rungs;
    heat_status status = heat_alloc(ctx, s->n_units, sizeof *s->units, &s->units);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units * z->kept, sizeof *s->kept, &s->kept);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units * z->working, sizeof *s->working, &s->working);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_tunings, sizeof *s->tunings, &s->tunings);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_tunings * z->numbers, sizeof *s->numbers, &s->numbers);
    if (status == HEAT_OK && s->plan.reference != NULL)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->draws, &s->draws);
    return status;
}

/* Weights are of paths, which begin at a reference. */
static bool may_hold(const heat_chains_plan *plan)
{
    return !plan->is_search && (!plan->is_weighted || plan_of(plan).reference != NULL);
}

static heat_status walks_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    const heat_isa *isa = isa_of(plan);
    heat_walk_store *s = NULL;
    heat_smooth view;
    sizes z;
    heat_status status;

    *fits = may_hold(plan) && heat_model_get_smooth(c->model, isa, &view);
    if (!*fits)
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    c->width = choose_width(plan);
    s->view = view;
    s->kernel = isa->walks;
    s->singles = isa->single_walks;
    s->plan = plan_of(plan);
    c->has_reference = s->plan.reference != NULL;
    s->n_units = (c->n_chains + c->width - 1) / c->width;
    s->lower = view.lower;
    s->upper = view.upper;
    if (heat_walk_is_free(&view, &s->plan)) {
        status = heat_walk_free_open(ctx, s);
        if (status != HEAT_OK)
            return status;
    }
    z = sizes_of(&view, c->width, &s->plan);
    s->kept_size = z.kept;
    s->working_size = z.working;
    s->n_normals = z.normals;
    s->n_uniforms = z.uniforms;
    status = alloc_store(ctx, c, s, &z);
    for (int64_t k = 0; k < s->n_units && status == HEAT_OK; k++) {
        int64_t left = c->n_chains - k * c->width;
        lay_out(s, k, view.n, &z, &s->units[k]);
        s->units[k].n_chains = left < c->width ? left : c->width;
        for (int64_t lane = 0; lane < z.stride; lane++)
            s->units[k].total[lane] = (double)NAN;
    }
    return status;
}

static void walks_free(heat_chains *c)
{
    heat_walk_store *s = c->store;

    if (s == NULL)
        return;
    heat_walk_free_close(s);
    heat_free(s->units);
    heat_free(s->kept);
    heat_free(s->working);
    heat_free(s->tunings);
    heat_free(s->numbers);
    heat_free(s->draws);
    heat_free(s);
}

static double walks_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    heat_walk_plan walk = plan_of(plan);
    heat_smooth view;
    sizes z;
    double n_units = ceil((double)plan->n_chains / choose_width(plan));

    (void)info;
    if (!may_hold(plan) || !heat_model_get_smooth(model, isa_of(plan), &view))
        return -1;
    z = sizes_of(&view, choose_width(plan), &walk);
    return n_units * (sizeof(heat_walk_unit) + (double)(z.kept + z.working) * sizeof(double) +
                      plan->n_rungs * (sizeof(heat_walk_tuning) + (double)z.numbers * sizeof(double)));
}

static void walks_set_beta(heat_chains *c, int64_t chain, double beta)
{
    (void)beta; /* it stands in chains->beta */
    heat_walk_load_tuning(c, chain);
}

/* --- sweeps --- */

const double *heat_walk_take_normals(const heat_walk_store *s, heat_walk_unit *u)
{
    int64_t one = 1;

    return heat_walk_take_sweeps(s, u, &one);
}

/* Where they begin in the block, which holds twice as many floats. */
static int64_t take_from_block(const heat_walk_store *s, heat_walk_unit *u, bool is_single, int64_t *count)
{
    int64_t size = s->view.n * u->n_chains, room = is_single ? 2 * s->n_normals : s->n_normals, left;

    if (u->normals.used + size > room || u->normals.is_single != is_single) {
        if (is_single)
            s->singles->normals(&u->normals.random, room, (float *)(void *)u->normal);
        else
            s->kernel->normals(&u->normals.random, room, u->normal);
        u->normals.used = 0;
        u->normals.is_single = is_single;
    }
    left = (room - u->normals.used) / size;
    *count = *count < left ? *count : left;
    u->normals.used += *count * size;
    return u->normals.used - *count * size;
}

const double *heat_walk_take_sweeps(const heat_walk_store *s, heat_walk_unit *u, int64_t *count)
{
    return u->normal + take_from_block(s, u, false, count);
}

const float *heat_walk_take_singles(const heat_walk_store *s, heat_walk_unit *u, int64_t *count)
{
    return (const float *)(const void *)u->normal + take_from_block(s, u, true, count);
}

const double *heat_walk_take_uniforms(const heat_walk_store *s, heat_walk_unit *u)
{
    if (u->uniforms.used + u->n_chains > s->n_uniforms) {
        s->kernel->uniforms(&u->uniforms.random, s->n_uniforms, u->uniform);
        u->uniforms.used = 0;
    }
    u->uniforms.used += u->n_chains;
    return u->uniform + u->uniforms.used - u->n_chains;
}

static heat_walk_lanes lanes_of(const heat_walk_store *s, const heat_walk_unit *u, double *x,
                                double *gradient)
{
    return (heat_walk_lanes){.n = s->view.n,
                             .stride = u->stride,
                             .scale = s->plan.mass == HEAT_MASS_DIAGONAL ? u->scale : NULL,
                             .lower = s->view.lower,
                             .upper = s->view.upper,
                             .x = x,
                             .momentum = u->momentum,
                             .gradient = gradient};
}

heat_walk_lanes heat_walk_lanes_now(const heat_walk_store *s, const heat_walk_unit *u)
{
    return lanes_of(s, u, u->x, u->gradient);
}

heat_walk_lanes heat_walk_lanes_new(const heat_walk_store *s, const heat_walk_unit *u)
{
    return lanes_of(s, u, u->new_x, u->new_gradient);
}

heat_smooth_block heat_walk_block(const heat_walk_store *s, const heat_walk_unit *u, bool at_new)
{
    return (heat_smooth_block){.n_chains = u->n_chains,
                               .stride = u->stride,
                               .x = at_new ? u->new_x : u->x,
                               .energies = at_new ? u->new_energy : u->energy,
                               .gradients = !s->view.has_gradient ? NULL
                                            : at_new              ? u->new_gradient
                                                                  : u->gradient,
                               .work = u->work};
}

heat_status heat_walk_evaluate(heat_context *worker, const heat_walk_store *s, heat_walk_unit *u, bool at_new)
{
    const heat_smooth_block b = heat_walk_block(s, u, at_new);
    heat_status status = heat_walk_free_evaluate(worker, s, u, &b);

    if (status == HEAT_OK && s->plan.reference != NULL)
        heat_walk_reference_mix(s->plan.reference, s->kernel, &b, u->beta, u->part, u->turned);
    if (status == HEAT_OK)
        heat_walk_free_weigh(s, &b, u->weight);
    return status;
}

/* Half of the sweeps take the step that was found; others down to a thirtieth of it, where a valley is
 * narrower than on the average and chains would rest for long. */
static double jitter_of(double uniform)
{
    return uniform < 0.5 ? 1 : heat_exp_negative(-7 * (uniform - 0.5));
}

/* Between sweeps energies and gradients are the potential's own. */
static heat_status sweep_path(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_walk_store *s = c->store;
    const heat_walk_reference *from = s->plan.reference;
    heat_walk_unit *u = &s->units[unit];
    const heat_smooth_block b = heat_walk_block(s, u, false);
    heat_status status;

    heat_walk_reference_mix(from, s->kernel, &b, u->beta, u->part, u->turned);
    heat_walk_free_begin_sweep(s, u);
    u->jitter = heat_walk_adapts(c, unit) ? 1 : jitter_of(heat_walk_take_uniforms(s, u)[0]);
    status = s->plan.move->sweep(worker, c, unit);
    for (int64_t lane = 0; lane < u->n_chains && status == HEAT_OK; lane++)
        if (u->beta[lane] == 0) /* nothing is as new as a draw */
            heat_walk_reference_draw(from, &s->draws[unit * c->width + lane], u->stride, u->x + lane);
    if (status == HEAT_OK)
        status = heat_walk_free_evaluate(worker, s, u, &b);
    heat_walk_free_place(s, u);
    for (int64_t lane = 0; lane < u->n_chains && status == HEAT_OK; lane++)
        u->at_reference[lane] = heat_walk_free_reference(s, u, lane);
    return status;
}

static heat_status walks_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    heat_status status;

    (void)rule;
    if (s->plan.reference != NULL)
        return sweep_path(worker, c, unit);
    u->jitter =
        s->plan.varies && !heat_walk_adapts(c, unit) ? jitter_of(heat_walk_take_uniforms(s, u)[0]) : 1;
    heat_walk_free_begin_sweep(s, u);
    status = s->plan.move->sweep(worker, c, unit);
    heat_walk_free_end_sweep(s, u);
    return status;
}

/* --- what is known of the chains --- */

static void walks_get_state(const heat_chains *c, int64_t chain, void *state)
{
    int64_t lane;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    for (int32_t i = 0; i < c->n; i++)
        memcpy(state + (size_t)i * sizeof(double), &u->place[i * u->stride + lane], sizeof(double));
}

static double walks_get_energy(const heat_chains *c, int64_t chain)
{
    int64_t lane;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    return u->energy[lane];
}

static double walks_sum_reference(const heat_chains *c, int64_t chain)
{
    int64_t lane;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    return -u->at_reference[lane];
}

static int64_t walks_get_total(const heat_chains *c, int64_t chain)
{
    (void)c;
    (void)chain;
    return 0;
}

static double walks_get_acceptance(const heat_chains *c, int64_t chain)
{
    int64_t lane;
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    return s->plan.move->order > 0 ? 1 : u->accepted[lane] / (double)c->n_counted[chain / c->width];
}

int64_t heat_walk_get_divergences(const heat_chains *c, int64_t chain)
{
    int64_t lane;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    return (int64_t)u->n_diverged[lane];
}

double heat_walk_get_e_bfmi(const heat_chains *c, int64_t chain)
{
    int64_t lane;
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    return s->plan.move->needs_gradient && s->plan.move->order == 0 ? u->jumps_h[lane] / u->spread_h[lane]
                                                                    : (double)NAN;
}

/* sum_i x_i dU/dx_i; in free coordinates what is as long on average. */
static double virial(const heat_chains *c, const heat_walk_unit *u, int64_t lane, double temperature)
{
    double sum = 0;

    for (int32_t i = 0; i < c->n; i++)
        sum += heat_walk_free_virial(c->store, i, u->x[i * u->stride + lane],
                                     u->gradient[i * u->stride + lane], temperature);
    return sum;
}

/* A step as users see it. */
static double shown_step(const heat_walk_move *move, double step)
{
    return move->is_squared ? step * step / 2 : step;
}

static double walks_get_scalar(const heat_chains *c, int64_t chain, heat_series_id id)
{
    int64_t lane;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);
    const heat_walk_move *move = ((const heat_walk_store *)c->store)->plan.move;

    switch (id) {
    case HEAT_SERIES_ACCEPTANCE:
        return move->order > 0 ? 1 : u->odds[lane];
    case HEAT_SERIES_STEP:
        return shown_step(move, u->step[lane]);
    case HEAT_SERIES_DEPTH:
        return u->depth[lane];
    case HEAT_SERIES_LEAPS:
        return u->leaps[lane];
    case HEAT_SERIES_LOST:
        return u->lost[lane];
    case HEAT_SERIES_TOTAL_ENERGY:
        return c->beta[chain] * u->total[lane];
    default:
        return virial(c, u, lane, 1 / c->beta[chain]);
    }
}

static bool walks_has_scalar(const heat_model *model, heat_series_id id)
{
    heat_smooth view;

    return heat_model_get_smooth(model, heat_isa_get("auto"), &view) &&
           (id > HEAT_SERIES_VIRIAL || (id == HEAT_SERIES_VIRIAL && view.has_gradient));
}

double heat_walk_get_step(const heat_chains *c, int32_t rung)
{
    const heat_walk_store *s = c->store;
    const heat_walk_move *move = s->plan.move;
    double part = move->is_squared ? move->refined * move->refined : move->refined, sum = 0, count = 0;

    if (s->plan.step > 0)
        return s->plan.step * (rung < s->plan.refined_from ? 1 : part);
    for (int64_t chain = 0; chain < c->n_chains; chain++)
        if (c->rung[chain] == rung) {
            int64_t lane;
            const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);
            sum += shown_step(move, u->step[lane]);
            count++;
        }
    return sum / count;
}

static heat_status walks_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_walk_store *s = c->store;
    int64_t n_tunings = s->n_units * c->n_rungs;
    heat_status status = heat_parts_add(ctx, p, "walks/kept", -1, s->kept,
                                        s->n_units * s->kept_size * (int64_t)sizeof *s->kept);

    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "walks/tunings", -1, s->tunings, n_tunings * (int64_t)sizeof *s->tunings);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "walks/numbers", -1, s->numbers,
                                n_tunings * heat_walk_tuning_size(c->n, s->plan.mass) *
                                    (int64_t)sizeof *s->numbers);
    for (int64_t k = 0; k < s->n_units && status == HEAT_OK; k++)
        status = heat_parts_add(ctx, p, "walks/normals", k, &s->units[k].normals, sizeof s->units[k].normals);
    for (int64_t k = 0; k < s->n_units && status == HEAT_OK; k++)
        status =
            heat_parts_add(ctx, p, "walks/uniforms", k, &s->units[k].uniforms, sizeof s->units[k].uniforms);
    return status;
}

/* A gradient costs about what a few dozen visits of a neighbour do, for each variable. */
static double walks_sweep_cost(const heat_chains *c)
{
    return 100.0 * c->n * c->width;
}

const heat_layout heat_layout_walks = {.name = "walks",
                                       .holds_numbers = true,
                                       .price = {.lanes = HEAT_WALK_LANES, .visit = 10},
                                       .bytes = walks_bytes,
                                       .open = walks_open,
                                       .free = walks_free,
                                       .set_beta = walks_set_beta,
                                       .start = heat_walk_start,
                                       .set_state = heat_walk_set_state,
                                       .sweep = walks_sweep,
                                       .add_parts = walks_add_parts,
                                       .get_state = walks_get_state,
                                       .get_energy = walks_get_energy,
                                       .get_walk_energy = walks_get_energy,
                                       .sum_reference = walks_sum_reference,
                                       .get_total = walks_get_total,
                                       .has_scalar = walks_has_scalar,
                                       .get_scalar = walks_get_scalar,
                                       .get_acceptance = walks_get_acceptance,
                                       .sweep_cost = walks_sweep_cost};
