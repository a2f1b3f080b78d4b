/* Visits the states x of one layer, counting in its base, unit 0 the lowest digit,
 *
 *     log Z = log sum_x exp(beta b . phi(x)) prod_j z_j(f_j(x)),
 *
 * z_j the sum over a unit of the other layer, whose fields follow the digits that change; at the head of
 * every block they are summed anew, so that roundings do not add up. Moments take a second walk, which knows
 * log Z. Units of work are runs of blocks; their sums are added up in order. Gaussian units, if they are very
 * few, have the nodes of a grid for values (unit_grid.h). */
#include "exact/unit_enumeration.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/unit_grid.h"
#include "stats/log_sum.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024, MOST_UNITS = 16 };

static const double most_states = 1099511627776; /* 2^40 */
static const double worth_a_grid = 16;           /* times fewer nodes than states */
static const double most_nodes = 4294967296;     /* 2^32 */

typedef struct enumeration {
    const heat_unit_layers *layers;
    const heat_unit_layer *own, *other; /* visited; summed out */
    bool is_visible;                    /* the visited layer is */
    heat_unit_nodes *nodes;             /* [own->n] of a grid; NULL: there is none */
    double log_cell;                    /* the volume of a node */
    double beta, log_z;
    int64_t n_states, n_units, unit_states; /* of one unit of work */
    int64_t sums_size;
    heat_log_sum tally[MOST_UNITS];
    bool wants_minimum;
    double lowest[MOST_UNITS]; /* of each unit of work, and where it was seen first */
    int64_t lowest_at[MOST_UNITS];
    double *sums; /* [n_units][sums_size]; NULL: the first walk */
} enumeration;

/* One worker's state of the walk. */
typedef struct walk {
    int32_t *digit;
    double *value, *field, *mean, *square;
} walk;

static double count_of(const heat_unit_layer *l)
{
    int32_t q = heat_unit_layer_states(l);

    return l->n == 0 ? 1 : q == 0 ? (double)INFINITY : pow(q, l->n);
}

static bool is_gaussian(const heat_unit_layer *l)
{
    return l->kind->layer == HEAT_LAYER_GAUSSIAN;
}

/* Which layer is visited, and how often. */
typedef struct road {
    bool is_visible, is_grid;
    double count;
} road;

static road find_road(const heat_unit_layers *u, double beta)
{
    double visible = count_of(&u->visible), hidden = count_of(&u->hidden);
    road by_states = {visible < hidden, false, fmin(visible, hidden)}, by_grid = {false, true, 0};

    by_grid.is_visible = is_gaussian(&u->visible);
    if (u->visible.n == 0 || u->hidden.n == 0 || (!by_grid.is_visible && !is_gaussian(&u->hidden)))
        return by_states;
    by_grid.count = heat_unit_grid_count(u, by_grid.is_visible, beta);
    return by_grid.count < by_states.count / worth_a_grid ? by_grid : by_states;
}

double heat_unit_enumeration_count(const heat_unit_layers *u)
{
    if (is_gaussian(&u->visible) && is_gaussian(&u->hidden))
        return 1;
    return find_road(u, 1).count;
}

bool heat_unit_enumeration_is_integral(const heat_unit_layers *u)
{
    return !(is_gaussian(&u->visible) && is_gaussian(&u->hidden)) && find_road(u, 1).is_grid;
}

double heat_unit_enumeration_visits(const heat_unit_layers *u)
{
    return heat_unit_enumeration_visits_at(u, 1);
}

double heat_unit_enumeration_visits_at(const heat_unit_layers *u, double beta)
{
    road way;

    if (is_gaussian(&u->visible) && is_gaussian(&u->hidden))
        return pow((double)u->visible.n + u->hidden.n, 3);
    way = find_road(u, beta);
    return way.count * (double)heat_unit_layer_width(way.is_visible ? &u->hidden : &u->visible);
}

static int64_t size_of_sums(const heat_unit_layers *u)
{
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);

    return 1 + v * h + v + h + u->visible.n + u->hidden.n;
}

double heat_unit_enumeration_bytes(const heat_unit_layers *u)
{
    double n = (double)u->visible.n + u->hidden.n;

    if (is_gaussian(&u->visible) && is_gaussian(&u->hidden))
        return 8 * (n * n + 2 * n);
    return 8.0 * (double)size_of_sums(u) * (MOST_UNITS + 1);
}

static void walk_clear(walk *w)
{
    heat_free(w->digit);
    heat_free(w->value);
    heat_free(w->field);
    heat_free(w->mean);
    heat_free(w->square);
}

static heat_status walk_init(heat_context *ctx, const enumeration *e, walk *w)
{
    int64_t width = heat_unit_layer_width(e->other);
    heat_status status = heat_alloc(ctx, e->own->n, sizeof *w->digit, &w->digit);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, e->own->n, sizeof *w->value, &w->value);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *w->field, &w->field);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *w->mean, &w->mean);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, e->other->n, sizeof *w->square, &w->square);
    return status;
}

static double value_of(const enumeration *e, int32_t i, int32_t digit)
{
    if (e->nodes != NULL)
        return e->nodes[i].low + e->nodes[i].step * digit;
    return e->own->kind->layer == HEAT_LAYER_SPIN ? 2 * digit - 1 : digit;
}

static int32_t base_of(const enumeration *e, int32_t i)
{
    return e->nodes != NULL ? (int32_t)e->nodes[i].count : heat_unit_layer_states(e->own);
}

static void add_unit(const enumeration *e, int32_t unit, double value, double factor, double *field)
{
    (e->is_visible ? heat_units_add_visible : heat_units_add_hidden)(e->layers, unit, value, factor, field);
}

/* State number `index`. */
static void begin_block(const enumeration *e, int64_t index, walk *w)
{
    memcpy(w->field, e->other->bias, (size_t)heat_unit_layer_width(e->other) * sizeof *w->field);
    for (int32_t i = 0; i < e->own->n; i++) {
        w->digit[i] = (int32_t)(index % base_of(e, i));
        w->value[i] = value_of(e, i, w->digit[i]);
        add_unit(e, i, w->value[i], 1, w->field);
        index /= base_of(e, i);
    }
}

static void step(const enumeration *e, walk *w)
{
    bool carries = true;

    for (int32_t i = 0; i < e->own->n && carries; i++) {
        add_unit(e, i, w->value[i], -1, w->field);
        carries = ++w->digit[i] == base_of(e, i);
        w->digit[i] = carries ? 0 : w->digit[i];
        w->value[i] = value_of(e, i, w->digit[i]);
        add_unit(e, i, w->value[i], 1, w->field);
    }
}

/* The parts of a unit's sums. */
typedef struct parts {
    double *energy, *pair, *visible, *hidden, *visible_square, *hidden_square;
} parts;

static parts parts_of(const heat_unit_layers *u, double *sums)
{
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);
    parts p = {sums, sums + 1, sums + 1 + v * h, NULL, NULL, NULL};

    p.hidden = p.visible + v;
    p.visible_square = p.hidden + h;
    p.hidden_square = p.visible_square + u->visible.n;
    return p;
}

/* What a state of probability p adds. */
static void add_moments(const enumeration *e, double p, walk *w, double *sums)
{
    const heat_unit_layer *own = e->own, *other = e->other;
    int64_t width = heat_unit_layer_width(other), columns = heat_unit_layer_width(&e->layers->hidden);
    parts s = parts_of(e->layers, sums);
    double *own_mean = e->is_visible ? s.visible : s.hidden, *mean = e->is_visible ? s.hidden : s.visible;
    double *square = e->is_visible ? s.hidden_square : s.visible_square;
    double *own_square = e->is_visible ? s.visible_square : s.hidden_square;
    double energy = e->layers->offset - heat_unit_layer_own(own, w->value);

    other->kind->means(other, e->beta, w->field, w->mean, w->square);
    for (int64_t b = 0; b < width; b++) {
        energy -= w->field[b] * w->mean[b];
        mean[b] += p * w->mean[b];
    }
    for (int32_t j = 0; j < other->n && other->precision != NULL; j++) {
        energy += other->precision[j] * w->square[j] / 2;
        square[j] += p * w->square[j];
    }
    *s.energy += p * energy;
    for (int32_t i = 0; i < own->n; i++) {
        int32_t place;
        double feature = p * heat_unit_feature(own, w->value[i], &place);
        int64_t at = (int64_t)i * own->q + place;
        own_mean[at] += feature;
        if (own->precision != NULL)
            own_square[i] += feature * w->value[i];
        for (int64_t b = 0; b < width && feature != 0; b++)
            s.pair[e->is_visible ? at * columns + b : b * columns + at] += feature * w->mean[b];
    }
}

/* The other layer at its best. */
static void look_for_minimum(enumeration *e, const walk *w, int64_t unit, int64_t index)
{
    double energy = e->layers->offset - heat_unit_layer_own(e->own, w->value) -
                    e->other->kind->best(e->other, w->field, NULL);

    if (!(energy < e->lowest[unit]))
        return;
    e->lowest[unit] = energy;
    e->lowest_at[unit] = index;
}

static void visit(enumeration *e, walk *w, int64_t unit)
{
    double log_weight = e->beta * (heat_unit_layer_own(e->own, w->value) - e->layers->offset) +
                        e->other->kind->log_sum(e->other, e->beta, w->field) + e->log_cell;

    if (e->sums == NULL)
        heat_log_sum_add(&e->tally[unit], log_weight, 1, 0);
    else
        add_moments(e, exp(log_weight - e->log_z), w, e->sums + unit * e->sums_size);
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    enumeration *e = arg;
    walk w = {0};
    int64_t end = (unit + 1) * e->unit_states;
    heat_status status = walk_init(worker, e, &w);

    end = end < e->n_states ? end : e->n_states;
    for (int64_t index = unit * e->unit_states; index < end && status == HEAT_OK; index++) {
        if (index % BLOCK == 0 && heat_halted(worker))
            break;
        if (index % BLOCK == 0)
            begin_block(e, index, &w);
        else
            step(e, &w);
        if (e->wants_minimum)
            look_for_minimum(e, &w, unit, index);
        else
            visit(e, &w, unit);
    }
    walk_clear(&w);
    return status;
}

static void copy(const double *from, int64_t count, double *to)
{
    if (to != NULL)
        memcpy(to, from, (size_t)count * sizeof *to);
}

/* The second walk. */
static heat_status run_moments(heat_context *ctx, enumeration *e, int64_t threads, heat_unit_sums *s)
{
    const heat_unit_layers *u = e->layers;
    int64_t v = heat_unit_layer_width(&u->visible), h = heat_unit_layer_width(&u->hidden);
    parts p;
    heat_status status;

    e->sums_size = size_of_sums(u);
    status = heat_alloc(ctx, e->n_units * e->sums_size, sizeof *e->sums, &e->sums);
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, threads, e->n_units, run_unit, e);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    for (int64_t unit = 1; unit < e->n_units; unit++)
        for (int64_t k = 0; k < e->sums_size; k++)
            e->sums[k] += e->sums[unit * e->sums_size + k];
    p = parts_of(u, e->sums);
    s->mean_energy = *p.energy;
    copy(p.pair, v * h, s->pair_mean);
    copy(p.visible, v, s->visible_mean);
    copy(p.hidden, h, s->hidden_mean);
    copy(p.visible_square, u->visible.n, s->visible_square);
    copy(p.hidden_square, u->hidden.n, s->hidden_square);
    return HEAT_OK;
}

static heat_status enumerate(heat_context *ctx, enumeration *e, int64_t threads, heat_unit_sums *s)
{
    heat_log_sum total = HEAT_LOG_SUM_EMPTY;
    heat_status status;

    for (int64_t unit = 0; unit < e->n_units; unit++)
        e->tally[unit] = HEAT_LOG_SUM_EMPTY;
    status = heat_parallel_for(ctx, threads, e->n_units, run_unit, e);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    for (int64_t unit = 0; unit < e->n_units; unit++)
        heat_log_sum_merge(&total, &e->tally[unit]);
    e->log_z = heat_log_sum_value(&total);
    if (s->wants_moments)
        status = run_moments(ctx, e, threads, s);
    if (status == HEAT_OK && !heat_halted(ctx))
        s->log_z = e->log_z;
    return status;
}

/* Which layer is visited, and in how many units of work. */
static heat_status open_walk(heat_context *ctx, const heat_unit_layers *u, road way, enumeration *e)
{
    *e = (enumeration){.layers = u,
                       .own = way.is_visible ? &u->visible : &u->hidden,
                       .other = way.is_visible ? &u->hidden : &u->visible,
                       .is_visible = way.is_visible};
    if (!(way.count <= most_states))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "no layer has few enough states to visit them all: %.3g, 2^40 are "
                         "possible",
                         way.count);
    if (way.is_grid && !(way.count <= most_nodes)) /* more than it was priced at, which was beta 1 */
        return heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "the grid over the Gaussian units takes %.3g nodes at this temperature: it is too cold",
            way.count);
    e->n_states = (int64_t)way.count;
    e->unit_states = (e->n_states + MOST_UNITS - 1) / MOST_UNITS;
    e->unit_states = (e->unit_states + BLOCK - 1) / BLOCK * BLOCK;
    e->n_units = (e->n_states + e->unit_states - 1) / e->unit_states;
    return HEAT_OK;
}

static heat_status find_nodes(heat_context *ctx, enumeration *e)
{
    heat_status status = heat_alloc(ctx, e->own->n, sizeof *e->nodes, &e->nodes);

    for (int32_t i = 0; i < e->own->n && status == HEAT_OK; i++) {
        heat_unit_grid_find(e->layers, e->is_visible, i, e->beta, &e->nodes[i]);
        e->log_cell += log(e->nodes[i].step);
    }
    return status;
}

/* A single unit next to ReLU units. */
static heat_status check_integral(heat_context *ctx, const heat_unit_layers *u)
{
    bool is_visible = is_gaussian(&u->visible);

    if (heat_unit_grid_diverges(u, is_visible))
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "the integral over its units diverges: where some relu units grow together, the "
                         "weights outdo the precisions");
    return HEAT_OK;
}

heat_status heat_unit_enumeration_run(heat_context *ctx, const heat_unit_layers *u, double beta,
                                      int64_t threads, heat_unit_sums *s)
{
    enumeration e;
    road way;
    heat_status status;

    s->log_z = s->mean_energy = (double)NAN;
    if (!(beta > 0 && beta < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an inverse temperature of %g: expected above 0", beta);
    if (is_gaussian(&u->visible) && is_gaussian(&u->hidden))
        return heat_unit_gaussian_run(ctx, u, beta, s);
    status = check_integral(ctx, u);
    if (status != HEAT_OK)
        return status;
    way = find_road(u, beta);
    status = open_walk(ctx, u, way, &e);
    e.beta = beta;
    if (status == HEAT_OK && way.is_grid)
        status = find_nodes(ctx, &e);
    if (status == HEAT_OK)
        status = enumerate(ctx, &e, threads, s);
    heat_free(e.nodes);
    heat_free(e.sums);
    return status;
}

/* Both layers, from the number of the visited one's state. */
static heat_status complete(heat_context *ctx, const enumeration *e, int64_t index, double *energy,
                            double *values)
{
    double *own = values + (e->is_visible ? 0 : e->layers->visible.n);
    double *other = values + (e->is_visible ? e->layers->visible.n : 0);
    walk w = {0};
    heat_status status = walk_init(ctx, e, &w);

    if (status == HEAT_OK) {
        begin_block(e, index, &w);
        memcpy(own, w.value, (size_t)e->own->n * sizeof *own);
        *energy = e->layers->offset - heat_unit_layer_own(e->own, own) -
                  e->other->kind->best(e->other, w.field, other);
    }
    walk_clear(&w);
    return status;
}

heat_status heat_unit_enumeration_run_minimum(heat_context *ctx, const heat_unit_layers *u, int64_t threads,
                                              double *energy, double *values)
{
    enumeration e;
    int64_t best = 0;
    road way = {count_of(&u->visible) < count_of(&u->hidden), false,
                fmin(count_of(&u->visible), count_of(&u->hidden))};
    heat_status status = open_walk(ctx, u, way, &e);

    *energy = (double)NAN;
    if (status != HEAT_OK)
        return status;
    e.wants_minimum = true;
    for (int64_t unit = 0; unit < e.n_units; unit++)
        e.lowest[unit] = (double)INFINITY;
    status = heat_parallel_for(ctx, threads, e.n_units, run_unit, &e);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    for (int64_t unit = 1; unit < e.n_units; unit++)
        best = e.lowest[unit] < e.lowest[best] ? unit : best;
    return complete(ctx, &e, e.lowest_at[best], energy, values);
}
