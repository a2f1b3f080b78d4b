/* Interpolation of a scan by MBAR: draws of the four temperatures around a gap, weighted to one within it,
 *
 *     <A>(beta) = sum_n A_n w_n,   w_n proportional to exp(-beta E_n) / sum_k (N_k / Z_k) exp(-beta_k E_n),
 *
 * Ferrenberg and Swendsen, Phys. Rev. Lett. 63 (1989) 1195; Shirts and Chodera, J. Chem. Phys. 129 (2008)
 * 124105. The weights depend on the energy alone, so draws of one energy are one row. A draw counts 1 / tau;
 * errors are from the scatter of stretches of the run, ten autocorrelation times long or longer, each with
 * all of its temperatures: chains of a ladder are one family. Series of pairs of replicas are left out:
 * theirs is another weight. */
#include "sample/interpolation.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "sample/observable_rows.h"
#include "stats/mbar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 20, MOST_BLOCKS = 24, MOST_DRAWS = 65536, MOST_ROWS = 16384, WINDOW = 4 };

/* Klimovich, Shirts, Mobley (2015): below this overlap of two neighbours no error is to be trusted. */
static const double least_connection = 0.03;

/* What is interpolated: an average or a function of averages, on columns of its own. */
typedef struct quantity {
    const heat_average_row *average; /* one of the two is NULL */
    const heat_derived_row *derived;
    int first_column, n_columns;
} quantity;

/* The draws of one temperature: rows of equal block and energy merged, their columns averaged. */
typedef struct draws {
    int64_t n;
    double *energy, *weight;
    int32_t *block;
    double *columns; /* [column][n] */
} draws;

typedef struct interpolation {
    const heat_sampling *s;
    heat_sample_result *r;
    heat_series series; /* all slots, all sweeps */
    int32_t *order;     /* [n] temperatures of the result, ascending, each once */
    int32_t n;
    int n_quantities, n_columns;
    quantity quantities[MOST_COLUMNS];
    double shift;                    /* of the energy */
    int64_t n_families, n_stretches; /* blocks: chains, each cut into stretches */
    draws *draws;                    /* [n] */
} interpolation;

static const heat_observable *find(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_observables; k++)
        if (strcmp(t->observables[k].name, name) == 0)
            return &t->observables[k];
    return NULL;
}

static const char *name_of(const quantity *q)
{
    return q->average != NULL ? q->average->name : q->derived->name;
}

/* The average whose verdict the quantity takes over. */
static const char *judge_of(const quantity *q)
{
    return q->average != NULL ? q->average->name : q->derived->of;
}

static void add_quantity(interpolation *x, const heat_average_row *average, const heat_derived_row *derived)
{
    int n_columns = average != NULL ? 1 : derived->n_columns;

    if (x->n_columns + n_columns > MOST_COLUMNS)
        return;
    x->quantities[x->n_quantities++] = (quantity){average, derived, x->n_columns, n_columns};
    x->n_columns += n_columns;
}

/* Averages that are one power of a series, and all that is derived, as far as they were measured. */
static void choose_quantities(interpolation *x)
{
    const heat_sample_temperature *head = &x->r->temperatures[0];

    for (const heat_average_row *row = heat_average_rows; row->name != NULL; row++)
        if ((row->flags & HEAT_BETWEEN) && find(head, row->name) != NULL)
            add_quantity(x, row, NULL);
    for (const heat_derived_row *row = heat_derived_rows; row->name != NULL; row++)
        if (find(head, row->name) != NULL &&
            !heat_series_is_paired(heat_average_find(row->of, strlen(row->of))->series))
            add_quantity(x, NULL, row);
}

static heat_status order_temperatures(heat_context *ctx, interpolation *x)
{
    const heat_sample_temperature *rows = x->r->temperatures;
    heat_status status = heat_alloc(ctx, x->r->n_temperatures, sizeof *x->order, &x->order);

    for (int32_t t = 0; t < x->r->n_temperatures && status == HEAT_OK; t++) {
        int32_t at = x->n;
        while (at > 0 && rows[x->order[at - 1]].temperature > rows[t].temperature)
            at--;
        if (at > 0 && rows[x->order[at - 1]].temperature == rows[t].temperature)
            continue;
        memmove(x->order + at + 1, x->order + at, (size_t)(x->n - at) * sizeof *x->order);
        x->order[at] = t;
        x->n++;
    }
    return status;
}

/* The longest memory of what is interpolated; infinite where some of it was refused. */
static double tau_at(const interpolation *x, int32_t t)
{
    double tau = 1;

    for (int k = 0; k < x->n_quantities; k++) {
        const heat_observable *o = find(&x->r->temperatures[t], judge_of(&x->quantities[k]));
        if (o == NULL || !isfinite(o->mean))
            return (double)INFINITY;
        tau = fmax(tau, o->tau);
    }
    return tau;
}

/* Replicas of one family: those that trade states. */
static int64_t together(const interpolation *x)
{
    return x->s->n_together;
}

static void choose_stretches(interpolation *x)
{
    double longest = 1;

    for (int32_t k = 0; k < x->n; k++) {
        double tau = tau_at(x, x->order[k]);
        longest = isfinite(tau) ? fmax(longest, tau) : longest;
    }
    x->n_families =
        x->s->opt.replicas / together(x) < MOST_BLOCKS ? x->s->opt.replicas / together(x) : MOST_BLOCKS;
    x->n_stretches = (int64_t)((double)x->s->n_recorded / (10 * longest));
    if (x->n_stretches > MOST_BLOCKS / x->n_families)
        x->n_stretches = MOST_BLOCKS / x->n_families;
    if (x->n_stretches < 1 || x->s->annealed != NULL) /* members of a population are all of one family */
        x->n_stretches = 1;
}

/* One draw, for sorting. */
typedef struct draw {
    double energy;
    int64_t record;
    int32_t block;
} draw;

static int by_block_and_energy(const void *a, const void *b)
{
    const draw *x = a, *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    if (x->energy != y->energy)
        return x->energy < y->energy ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

static int64_t list_draws(const interpolation *x, int32_t t, int64_t stride, draw *list)
{
    const heat_sampling *s = x->s;
    int64_t count = 0;

    for (int64_t chain = 0; chain < s->opt.replicas; chain++)
        for (int64_t k = x->r->temperatures[t].discarded; k < s->n_recorded; k += stride) {
            int64_t record = (t * s->opt.replicas + chain) * s->recorder.n_sweeps + k;
            list[count++] = (draw){x->series.values[HEAT_SERIES_ENERGY][record], record,
                                   (int32_t)(chain / together(x) % x->n_families * x->n_stretches +
                                             k * x->n_stretches / s->n_recorded)};
        }
    return count;
}

static int64_t count_rows(int64_t count, const draw *list)
{
    int64_t rows = count > 0;

    for (int64_t k = 1; k < count; k++)
        rows += list[k].block != list[k - 1].block || list[k].energy != list[k - 1].energy;
    return rows;
}

static double value_at(const interpolation *x, const quantity *q, int c, int64_t record)
{
    if (q->average != NULL)
        return q->average->value(x->series.values[q->average->series][record], x->series.info->n_variables);
    return q->derived->column(&x->series, x->shift, record, c);
}

static void add_draw(const interpolation *x, draws *d, int64_t row, int64_t record)
{
    for (int k = 0; k < x->n_quantities; k++)
        for (int c = 0; c < x->quantities[k].n_columns; c++)
            d->columns[(x->quantities[k].first_column + c) * d->n + row] +=
                value_at(x, &x->quantities[k], c, record);
}

static heat_status merge(heat_context *ctx, const interpolation *x, int64_t count, const draw *list,
                         double worth, draws *d)
{
    int64_t row = -1;
    heat_status status;

    d->n = count_rows(count, list);
    status = heat_alloc(ctx, d->n, sizeof *d->energy, &d->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->n, sizeof *d->weight, &d->weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->n, sizeof *d->block, &d->block);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->n * x->n_columns, sizeof *d->columns, &d->columns);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < count; k++) {
        row += k == 0 || list[k].block != list[k - 1].block || list[k].energy != list[k - 1].energy;
        d->energy[row] = list[k].energy;
        d->block[row] = list[k].block;
        d->weight[row] += worth;
        add_draw(x, d, row, list[k].record);
    }
    for (int c = 0; c < x->n_columns; c++)
        for (int64_t k = 0; k < d->n; k++)
            d->columns[c * d->n + k] /= d->weight[k] / worth;
    return HEAT_OK;
}

/* Draws closer than half an autocorrelation time say little more than one; where energies do not repeat, as
 * many are kept as can be paid for. */
static heat_status gather(heat_context *ctx, const interpolation *x, int32_t t, draws *d)
{
    const double tau = tau_at(x, t);
    int64_t n = x->s->opt.replicas * x->s->n_recorded, stride, count, rows;
    draw *list = NULL;
    heat_status status;

    if (!isfinite(tau))
        return HEAT_OK;
    stride = (int64_t)(tau / 2) > 1 ? (int64_t)(tau / 2) : 1;
    if (n / stride > MOST_DRAWS)
        stride = n / MOST_DRAWS;
    status = heat_alloc_unset(ctx, x->s->opt.replicas * (x->s->n_recorded / stride + 1), sizeof *list, &list);
    if (status != HEAT_OK)
        return status;
    for (;;) {
        count = list_draws(x, t, stride, list);
        qsort(list, (size_t)count, sizeof *list, by_block_and_energy);
        rows = count_rows(count, list);
        if (rows <= MOST_ROWS)
            break;
        stride *= (rows + MOST_ROWS - 1) / MOST_ROWS;
    }
    status = merge(ctx, x, count, list, 1 / fmax(1, tau / (double)stride), d);
    heat_free(list);
    return status;
}

/* The samples of some neighbouring temperatures, side by side. */
typedef struct window {
    int32_t first, n_states;
    double betas[WINDOW];
    int64_t n;
    double *energy, *weight, *columns; /* as in draws */
    int32_t *state, *block;
} window;

static void clear_window(window *w)
{
    heat_free(w->energy);
    heat_free(w->weight);
    heat_free(w->columns);
    heat_free(w->state);
    heat_free(w->block);
}

static heat_status open_window(heat_context *ctx, const interpolation *x, int32_t first, int32_t last,
                               window *w)
{
    int64_t at = 0;
    heat_status status;

    *w = (window){.first = first, .n_states = last - first + 1};
    for (int32_t k = first; k <= last; k++)
        w->n += x->draws[k].n;
    status = heat_alloc(ctx, w->n, sizeof *w->energy, &w->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, w->n, sizeof *w->weight, &w->weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, w->n * x->n_columns, sizeof *w->columns, &w->columns);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, w->n, sizeof *w->state, &w->state);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, w->n, sizeof *w->block, &w->block);
    for (int32_t k = first; k <= last && status == HEAT_OK; k++) {
        const draws *d = &x->draws[k];
        w->betas[k - first] = 1 / x->r->temperatures[x->order[k]].temperature;
        memcpy(w->energy + at, d->energy, (size_t)d->n * sizeof *d->energy);
        memcpy(w->weight + at, d->weight, (size_t)d->n * sizeof *d->weight);
        memcpy(w->block + at, d->block, (size_t)d->n * sizeof *d->block);
        for (int c = 0; c < x->n_columns; c++)
            memcpy(w->columns + c * w->n + at, d->columns + c * d->n, (size_t)d->n * sizeof *d->columns);
        for (int64_t row = at; row < at + d->n; row++)
            w->state[row] = k - first;
        at += d->n;
    }
    return status;
}

static heat_status solve(heat_context *ctx, const interpolation *x, const window *w, heat_mbar **mbar)
{
    heat_mbar_states states = {.n_states = w->n_states, .n_features = 1, .slope = w->betas};
    heat_mbar_samples samples = {.n = w->n,
                                 .features = w->energy,
                                 .state = w->state,
                                 .weight = w->weight,
                                 .block = w->block,
                                 .n_blocks = (int32_t)(x->n_families * x->n_stretches)};

    return heat_mbar_create(ctx, 1, &states, &samples, mbar); /* too little work to share */
}

static heat_status estimate(heat_context *ctx, const interpolation *x, const window *w, const heat_mbar *mbar,
                            const quantity *q, double temperature, heat_observable *o)
{
    double slope = 1 / temperature, factor;
    heat_mbar_target target = {.slope = &slope};
    const double *columns[MOST_COLUMNS];
    heat_series at = x->series;
    heat_status status;

    for (int c = 0; c < q->n_columns; c++)
        columns[c] = w->columns + (q->first_column + c) * w->n;
    if (q->average != NULL)
        return heat_mbar_get_mean(ctx, mbar, &target, columns[0], &o->mean, &o->error);
    status = heat_mbar_get_derived(ctx, mbar, &target, q->n_columns, columns, q->derived->f, NULL, &o->mean,
                                   &o->error);
    if (status == HEAT_ERROR_UNDEFINED) { /* no correlation length around no order: no number, no failure */
        o->mean = o->error = (double)NAN;
        return HEAT_OK;
    }
    at.temperature = temperature;
    factor = q->derived->factor(&at);
    o->mean *= factor;
    o->error *= factor;
    return status;
}

/* A gap has its lower temperature and the points within; the last one also its upper. */
static int64_t points_of(const interpolation *x, int32_t gap)
{
    return 1 + x->s->opt.interpolate + (gap + 2 == x->n);
}

static heat_status refuse_gap(heat_context *ctx, const interpolation *x, int32_t gap, const char *why)
{
    char line[256], low[40], high[40];

    snprintf(line, sizeof line, "between T = %s and %s nothing is interpolated: %s",
             heat_text_real(x->r->temperatures[x->order[gap]].temperature, low, sizeof low),
             heat_text_real(x->r->temperatures[x->order[gap + 1]].temperature, high, sizeof high), why);
    return heat_sampling_add_reason(ctx, x->r, line);
}

/* The points of one gap, whose rows begin at `rows`. */
static heat_status fill_gap(heat_context *ctx, const interpolation *x, const window *w, const heat_mbar *mbar,
                            int32_t gap, heat_sample_temperature *rows)
{
    int32_t at = gap - w->first;
    const double *o = heat_mbar_get_overlap(mbar);
    double own = o[at * w->n_states + at] * o[(at + 1) * w->n_states + at + 1];
    double cross = o[at * w->n_states + at + 1] * o[(at + 1) * w->n_states + at];

    if (!(sqrt(cross / own) >= least_connection)) {
        char why[80];
        snprintf(why, sizeof why, "the energies there overlap by %.2g, less than %.2g", sqrt(cross / own),
                 least_connection);
        return refuse_gap(ctx, x, gap, why);
    }
    for (int64_t k = 0; k < points_of(x, gap) && !heat_halted(ctx); k++) {
        rows[k].outcome = HEAT_OUTCOME_CONVERGED;
        for (int q = 0; q < x->n_quantities; q++) {
            heat_status status =
                estimate(ctx, x, w, mbar, &x->quantities[q], rows[k].temperature, &rows[k].observables[q]);
            if (status != HEAT_OK)
                return status;
        }
    }
    return HEAT_OK;
}

static bool is_usable(const interpolation *x, int32_t k)
{
    return k >= 0 && k < x->n && x->draws[k].n > 0;
}

/* By the four temperatures around it, or, where the outer ones are no neighbours, by its two. */
static heat_status interpolate_gap(heat_context *ctx, const interpolation *x, int32_t gap,
                                   heat_sample_temperature *rows)
{
    heat_status status = HEAT_ERROR_UNDEFINED;

    if (!is_usable(x, gap) || !is_usable(x, gap + 1))
        return refuse_gap(ctx, x, gap, "one of the two is not converged");
    for (int wide = 1; wide >= 0 && status == HEAT_ERROR_UNDEFINED; wide--) {
        heat_mbar *mbar = NULL;
        window w;
        status = open_window(ctx, x, gap - (wide && is_usable(x, gap - 1)),
                             gap + 1 + (wide && is_usable(x, gap + 2)), &w);
        if (status == HEAT_OK)
            status = solve(ctx, x, &w, &mbar);
        if (status == HEAT_OK)
            status = fill_gap(ctx, x, &w, mbar, gap, rows);
        heat_mbar_free(mbar);
        clear_window(&w);
    }
    if (status == HEAT_ERROR_UNDEFINED)
        return refuse_gap(ctx, x, gap, "the energies there do not overlap");
    return status;
}

/* Rows without numbers yet. */
static heat_status lay_out(heat_context *ctx, interpolation *x)
{
    const double nan = (double)NAN;
    int64_t per_gap = 1 + x->s->opt.interpolate, count = x->n < 2 ? 0 : (x->n - 1) * per_gap + 1;
    heat_status status = heat_alloc(ctx, count, sizeof *x->r->between, &x->r->between);

    x->r->n_between = status == HEAT_OK ? (int32_t)count : 0;
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        heat_sample_temperature *row = &x->r->between[k];
        int64_t gap = k == count - 1 ? x->n - 2 : k / per_gap;
        double low = x->r->temperatures[x->order[gap]].temperature;
        double high = x->r->temperatures[x->order[gap + 1]].temperature;
        *row = (heat_sample_temperature){.outcome = HEAT_OUTCOME_NOT_CONVERGED,
                                         .acceptance = nan,
                                         .exchange = nan,
                                         .log_z = nan,
                                         .log_z_error = nan,
                                         .family_size = nan};
        row->temperature =
            k == count - 1 ? high : low + (high - low) * (double)(k % per_gap) / (double)per_gap;
        status = heat_alloc(ctx, x->n_quantities, sizeof *row->observables, &row->observables);
        row->n_observables = status == HEAT_OK ? x->n_quantities : 0;
        for (int q = 0; q < row->n_observables; q++)
            row->observables[q] = (heat_observable){
                name_of(&x->quantities[q]), nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0};
    }
    return status;
}

static heat_status gather_all(heat_context *ctx, interpolation *x)
{
    heat_status status = order_temperatures(ctx, x);

    choose_quantities(x);
    choose_stretches(x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, x->n, sizeof *x->draws, &x->draws);
    if (status == HEAT_OK)
        status = lay_out(ctx, x);
    for (int32_t k = 0; k < x->n && status == HEAT_OK; k++) {
        const heat_observable *energy = find(&x->r->temperatures[x->order[k]], "energy");
        x->shift += energy != NULL && isfinite(energy->mean) ? energy->mean / x->n : 0;
    }
    for (int32_t k = 0; k < x->n && status == HEAT_OK; k++)
        status = gather(ctx, x, x->order[k], &x->draws[k]);
    return status;
}

heat_status heat_interpolation_get(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    interpolation x = {.s = s, .r = r};
    heat_status status;

    x.series = (heat_series){.info = &s->plan.scalars.info, .n_chains = s->opt.replicas};
    for (int id = 0; id < HEAT_N_SERIES; id++)
        x.series.values[id] = s->recorder.series[id];
    status = gather_all(ctx, &x);
    if (status == HEAT_OK && x.n_families * x.n_stretches < 2) {
        status = heat_sampling_add_reason(ctx, r, "nothing is interpolated: one chain too short to be cut");
        goto out;
    }
    for (int32_t gap = 0; gap + 1 < x.n && status == HEAT_OK; gap++)
        status = interpolate_gap(ctx, &x, gap, r->between + gap * (1 + s->opt.interpolate));
out:
    for (int32_t k = 0; x.draws != NULL && k < x.n; k++) {
        heat_free(x.draws[k].energy);
        heat_free(x.draws[k].weight);
        heat_free(x.draws[k].block);
        heat_free(x.draws[k].columns);
    }
    heat_free(x.draws);
    heat_free(x.order);
    return status;
}

void heat_interpolation_clear(heat_sample_result *r)
{
    for (int32_t k = 0; r->between != NULL && k < r->n_between; k++)
        heat_free(r->between[k].observables);
    heat_free(r->between);
}
