/* Places where chains begin, and states that are set. */
#include "sample/walk_starts.h"
#include "base/context_private.h"
#include "sample/walk_free.h"

#include <math.h>
#include <string.h>

enum { MOST_STARTS = 100 };

/* Chains start this many scales from the middle: further apart than they will be. */
static const double dispersion = 2;

/* Above so many T for each variable a place is too steep to come back from. */
static const double most_of_start = 1e6;

static void seed_noise(heat_stream *from, heat_walk_noise *noise)
{
    for (int l = 0; l < HEAT_WALK_LANES; l++)
        for (int k = 0; k < 4; k++)
            noise->random.word[k][l] = heat_stream_bits(from);
}

static double first_step(const heat_walk_plan *plan)
{
    if (!(plan->step > 0))
        return 1;
    return plan->move->is_squared ? sqrt(2 * plan->step) : plan->step;
}

/* Scales to begin with. */
static void reset_numbers(const heat_chains *c, double *numbers)
{
    const heat_walk_store *s = c->store;
    int64_t n = c->n;

    heat_walk_tuning_reset_scales(c->n, s->plan.mass, numbers);
    if (s->plan.reference != NULL)
        memcpy(heat_walk_tuning_scales(c->n, s->plan.mass, numbers), s->plan.reference->factor,
               (size_t)(s->plan.mass == HEAT_MASS_DENSE ? n * n : n) * sizeof *numbers);
}

/* What a unit's chains share begins with the first of them. */
static void start_unit(heat_chains *c, int64_t unit, uint64_t stream)
{
    heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    int64_t size = heat_walk_tuning_size(c->n, s->plan.mass);
    double step = first_step(&s->plan);
    bool is_known = s->plan.step > 0 || heat_walk_has_steps(c);
    heat_stream seeds;

    heat_stream_init(&seeds, c->seed, HEAT_PURPOSE_SWEEP, stream);
    seed_noise(&seeds, &u->normals);
    seed_noise(&seeds, &u->uniforms);
    u->normals.used = s->n_normals;
    u->normals.is_single = false;
    u->uniforms.used = s->n_uniforms;
    for (int64_t k = unit * c->n_rungs; k < (unit + 1) * c->n_rungs; k++) {
        s->tunings[k] = (heat_walk_tuning){.is_found = is_known, .is_settled = is_known};
        heat_walk_tuning_begin(&s->tunings[k], step);
        reset_numbers(c, s->numbers + k * size);
    }
}

/* A place for coordinate i, by a normal and a uniform number. */
static double place(const heat_walk_store *s, int32_t i, double spread, double normal, double uniform)
{
    const heat_smooth *v = &s->view;
    double lower = s->lower != NULL ? s->lower[i] : -(double)INFINITY;
    double upper = s->upper != NULL ? s->upper[i] : (double)INFINITY;
    double middle = v->start != NULL ? v->start[i] : 0, far;

    far = dispersion * spread * (v->scale != NULL ? v->scale[i] : 1) * normal;
    if (isfinite(lower) && isfinite(upper))
        return lower + uniform * (upper - lower);
    if (isfinite(lower))
        return lower + fabs(far);
    return isfinite(upper) ? upper - fabs(far) : middle + far;
}

/* Chains in pairs begin at mirrored places: what lies on one side of the middle is met from the other too. */
static void draw_place(const heat_chains *c, const heat_walk_unit *u, int64_t lane, uint64_t stream,
                       double nearer, heat_stream *initial)
{
    const heat_walk_store *s = c->store;

    for (int32_t i = 0; i < c->n; i++) {
        double normal = heat_stream_normal(initial), uniform = heat_stream_uniform(initial);
        double x = stream % 2 == 0 ? place(s, i, nearer * u->spread[lane], normal, uniform)
                                   : place(s, i, nearer * u->spread[lane], -normal, 1 - uniform);
        u->new_x[i * u->stride + lane] = heat_walk_free_from(s, i, x);
    }
}

/* Copies a chain from new_x over to x, and, so that they can be evaluated, to the lanes past the last. */
static void settle_lane(const heat_walk_unit *u, int32_t n, int64_t lane)
{
    for (int64_t to = lane; to < u->stride; to = to < u->n_chains ? u->n_chains : to + 1) {
        for (int32_t i = 0; i < n; i++) {
            u->x[i * u->stride + to] = u->new_x[i * u->stride + lane];
            u->gradient[i * u->stride + to] = u->new_gradient[i * u->stride + lane];
        }
        u->energy[to] = u->new_energy[lane];
    }
}

/* Evaluates one lane of new_x, eight times. */
static heat_status evaluate_lane(heat_context *worker, const heat_walk_store *s, heat_walk_unit *u,
                                 int64_t lane)
{
    int32_t n = s->view.n;
    double *x = u->scale, *gradient = u->turned; /* scales are read again afterwards */
    heat_smooth_block b = {.n_chains = 1,
                           .stride = HEAT_WALK_LANES,
                           .x = x,
                           .energies = u->half,
                           .gradients = s->view.has_gradient ? gradient : NULL,
                           .work = u->work};
    heat_status status;

    for (int32_t i = 0; i < n; i++)
        for (int l = 0; l < HEAT_WALK_LANES; l++)
            x[i * HEAT_WALK_LANES + l] = u->new_x[i * u->stride + lane];
    status = heat_walk_free_evaluate(worker, s, u, &b);
    u->new_energy[lane] = u->half[0];
    for (int32_t i = 0; i < n; i++)
        u->new_gradient[i * u->stride + lane] = b.gradients != NULL ? gradient[i * HEAT_WALK_LANES] : 0;
    return status;
}

static heat_status take_lane(heat_context *worker, heat_chains *c, int64_t chain)
{
    const heat_walk_store *s = c->store;
    int64_t lane;
    heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    if (!isfinite(u->new_energy[lane]))
        return heat_fail(worker, HEAT_ERROR_UNDEFINED, "%s: a chain starts where the energy is infinite",
                         c->info.name);
    settle_lane(u, c->n, lane);
    heat_walk_free_place(s, u);
    if (c->has_reference)
        u->at_reference[lane] = heat_walk_free_reference(s, u, lane);
    for (int32_t i = 0; i < c->n; i++)
        u->momentum[i * u->stride + lane] = 0;
    heat_walk_load_unit(c, chain / c->width);
    return HEAT_OK;
}

heat_status heat_walk_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *state)
{
    heat_walk_store *s = c->store;
    int64_t lane;
    heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);
    heat_status status;

    for (int32_t i = 0; i < c->n; i++) {
        double x;
        memcpy(&x, state + (size_t)i * sizeof x, sizeof x);
        u->new_x[i * u->stride + lane] = heat_walk_free_from(s, i, x);
    }
    status = evaluate_lane(worker, s, u, lane);
    return status == HEAT_OK ? take_lane(worker, c, chain) : status;
}

/* So steep a place that a chain would not come back; nearer to the middle, where it is far lower, it would.
 */
static bool is_lost(const heat_chains *c, const heat_walk_unit *u, int64_t lane, double before)
{
    double temperature = u->spread[lane] * u->spread[lane];

    return u->new_energy[lane] > most_of_start * temperature * c->n && u->new_energy[lane] < 0.5 * before;
}

heat_status heat_walk_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *state,
                            uint64_t stream)
{
    heat_walk_store *s = c->store;
    int64_t lane;
    heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);
    double nearer = 1, before = (double)INFINITY;
    heat_stream initial, drawn_from;
    heat_status status = HEAT_OK;

    if (lane == 0)
        start_unit(c, chain / c->width, stream);
    heat_walk_load_tuning(c, chain);
    u->accepted[lane] = u->n_diverged[lane] = 0;
    if (c->has_reference)
        heat_stream_init(&s->draws[chain], c->seed, HEAT_PURPOSE_REFERENCE, stream);
    u->mean_h[lane] = u->spread_h[lane] = u->jumps_h[lane] = 0;
    if (state != NULL)
        return heat_walk_set_state(ctx, c, chain, state);
    heat_stream_init(&initial, c->seed, HEAT_PURPOSE_INITIAL, stream - stream % 2);
    for (int k = 0; k < MOST_STARTS && status == HEAT_OK; k++) {
        drawn_from = initial;
        if (c->has_reference)
            heat_walk_reference_draw(s->plan.reference, &s->draws[chain], u->stride, u->new_x + lane);
        else
            draw_place(c, u, lane, stream, nearer, &initial);
        status = evaluate_lane(ctx, s, u, lane);
        if (status == HEAT_OK && isfinite(u->new_energy[lane]) &&
            (c->has_reference || !is_lost(c, u, lane, before)))
            break;
        if (status == HEAT_OK && isfinite(u->new_energy[lane])) {
            before = u->new_energy[lane];
            nearer *= 0.5;
            initial = drawn_from; /* the same place, halfway to the middle */
            continue;
        }
        if (status == HEAT_OK && c->is_weighted)
            return heat_fail(
                ctx, HEAT_ERROR_UNABLE,
                "%s: the energy is infinite at places where the path begins, which weights leave "
                "out: method mbar does not, or option --box sets walls",
                c->info.name);
    }
    return status == HEAT_OK ? take_lane(ctx, c, chain) : status;
}
