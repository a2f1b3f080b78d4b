/* Training itself is the annealing path. It begins at independent variables, whose log Z is known, and from
 * look to look the parameters go straight on, in steps that change log weights by a quarter of a standard
 * deviation. With u the gain of a row's log weight over a step, members x of before it and y, resampled by
 * exp(u) and moved, of after it,
 *
 *     log <exp u>_x      low on the average, as the product over steps is Z on the average
 *     -log <exp -u>_y    high on the average, as far as the members have mixed
 *
 * and Bennett's ratio of both is what is reported. Every group of members resamples within itself, and adds
 * up sums of its own: their scatter holds all that one step leaves to the next. Every eighth look the way is
 * gone again, straight from the beginning. Del Moral, Doucet, Jasra, J.
 * R. Stat. Soc. B 68 (2006) 411; Desjardins, Courville, Bengio, On Tracking the Partition Function, NIPS
 * 2011; Bennett, J. Comput. Phys. 22 (1976) 245. */
#include "learn/tracked_count.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/bar.h"
#include "stats/log_sum.h"
#include "stats/moments.h"

#include <math.h>
#include <string.h>

enum { GROUPS = HEAT_TRACKED_GROUPS, MEMBERS = HEAT_TRACKED_MEMBERS, ALL = GROUPS * MEMBERS, SWEEPS = 5 };
enum { LOOKS_A_START = 8 };
static const double step_deviation = 0.25, ends = 2;  /* standard errors from an estimate to its bound */
static const double most_to_begin = 1e10;             /* variables times parameters: seconds */
static const int64_t first_update = (int64_t)1 << 30; /* beyond those of the negative phase */

static heat_status alloc(heat_context *ctx, const heat_learner *l, heat_tracked_count *t)
{
    heat_status status = heat_alloc(ctx, l->n_parameters, sizeof *t->at, &t->at);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, l->n_parameters, sizeof *t->origin, &t->origin);
    if (status == HEAT_OK)
        status = heat_rows_alloc(ctx, &l->form, ALL, &t->rows);
    if (status == HEAT_OK)
        status = heat_rows_alloc(ctx, &l->form, ALL, &t->work_rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, ALL, sizeof *t->here, &t->here);
    return status == HEAT_OK ? heat_alloc(ctx, ALL, sizeof *t->there, &t->there) : status;
}

/* Value number a of a variable. */
static int8_t value_of(const heat_learner *l, int a)
{
    return (int8_t)(l->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
}

/* The learner at other parameters, until it is called again. */
static void swap_parameters(heat_learner *l, double **parameters)
{
    double *own = l->parameters;

    l->parameters = *parameters;
    *parameters = own;
}

/* Sets value number `a` of variable i in the members, by the log weights of its values. */
static void draw_values(const heat_learner *l, heat_tracked_count *t, int64_t i, const double *weight,
                        double log_sum, heat_stream *stream)
{
    for (int64_t k = 0; k < ALL; k++) {
        double u = heat_stream_uniform(stream);
        int a = 0;
        while (a < l->n_states - 1 && !((u -= exp(weight[a] - log_sum)) < 0))
            a++;
        heat_row_set(&l->form, t->rows, k * l->form.n + i, value_of(l, a));
    }
}

/* Integral of exp of the parabola through f[k] at x[k], x[0] = 0. */
static double log_integral(const double *x, const double *f)
{
    const double pi = 3.14159265358979323846;
    double slope = (f[1] - f[0]) / x[1];
    double curve = ((f[2] - f[0]) / x[2] - slope) / (x[2] - x[1]);
    double at_zero = slope - curve * x[1];

    return f[0] - at_zero * at_zero / (4 * curve) + log(-pi / curve) / 2;
}

/* Independent real numbers: their log weights are parabolas, each found by three points as far apart as
 * members are. */
static double begin_real(heat_learner *l, heat_tracked_count *t, heat_stream *stream)
{
    enum { POINTS = 3, MOST = ALL / POINTS };
    const float *members = t->rows;
    float *rows = t->work_rows;
    const int64_t n = l->n_visible;
    double base, log_z, x[MOST][POINTS];

    l->kind->draw(l, stream, ALL, t->rows);
    l->kind->log_weights(l, 1, t->rows, &base);
    log_z = base;
    for (int64_t first = 0; first < n; first += MOST) {
        int64_t count = n - first < MOST ? n - first : MOST;
        for (int64_t i = 0; i < count; i++) {
            double values[ALL];
            for (int k = 0; k < ALL; k++)
                values[k] = members[k * n + first + i];
            for (int k = 0; k < POINTS; k++) {
                float *row = rows + (i * POINTS + k) * n;
                heat_rows_copy(&l->form, 1, members, row);
                row[first + i] += (float)(k * sqrt(heat_variance(ALL, values)));
                x[i][k] = (double)row[first + i] - members[first + i];
            }
        }
        l->kind->log_weights(l, count * POINTS, t->work_rows, t->here);
        for (int64_t i = 0; i < count; i++)
            log_z += log_integral(x[i], t->here + i * POINTS) - base;
    }
    return log_z;
}

/* Independent variables of few values: log Z from the weights of rows that differ from one row in one
 * variable, and exact draws of the members. */
static double begin_states(heat_learner *l, heat_tracked_count *t, heat_stream *stream)
{
    const int q = l->n_states;
    const int64_t most = ALL / q;
    int8_t *rows = t->work_rows;
    double base, log_z;

    for (int64_t k = 0; k < ALL * l->n_visible; k++)
        rows[k] = value_of(l, 0);
    l->kind->log_weights(l, 1, t->work_rows, &base);
    log_z = base;
    for (int64_t first = 0; first < l->n_visible; first += most) {
        int64_t count = l->n_visible - first < most ? l->n_visible - first : most;
        for (int64_t k = 0; k < count * q; k++)
            rows[k * l->n_visible + first + k / q] = value_of(l, (int)(k % q));
        l->kind->log_weights(l, count * q, t->work_rows, t->here);
        for (int64_t k = 0; k < count * q; k++)
            rows[k * l->n_visible + first + k / q] = value_of(l, 0);
        for (int64_t i = 0; i < count; i++) {
            double sum = heat_log_sum_exp(q, t->here + i * q);
            draw_values(l, t, first + i, t->here + i * q, sum, stream);
            log_z += sum - base;
        }
    }
    return log_z;
}

bool heat_tracked_count_is_affordable(const heat_learner *l)
{
    return (double)l->n_visible * (double)l->n_parameters <= most_to_begin;
}

static void begin(heat_learner *l, heat_tracked_count *t)
{
    double log_z;
    heat_stream stream;

    heat_stream_init(&stream, t->moves.seed, HEAT_PURPOSE_LEARN, 1 + (uint64_t)t->n_looks);
    memcpy(t->at, t->origin, (size_t)l->n_parameters * sizeof *t->at);
    l->n_changes++;
    swap_parameters(l, &t->at);
    log_z = heat_row_is_real(&l->form) ? begin_real(l, t, &stream) : begin_states(l, t, &stream);
    for (int g = 0; g < GROUPS; g++)
        t->forward[g] = t->reverse[g] = t->bennett[g] = log_z;
    swap_parameters(l, &t->at);
}

heat_status heat_tracked_count_open(heat_context *ctx, heat_learner *l, const heat_learn_options *opt,
                                    heat_tracked_count *t)
{
    heat_status status = alloc(ctx, l, t);

    if (status != HEAT_OK)
        return status;
    t->moves = (heat_negative){
        .k = SWEEPS, .n_updates = first_update, .seed = opt->seed, .threads = opt->threads, .isa = opt->isa};
    heat_stream_init(&t->resampling, opt->seed, HEAT_PURPOSE_RESAMPLE, 0);
    memcpy(t->origin + l->n_decayed, l->parameters + l->n_decayed,
           (size_t)(l->n_parameters - l->n_decayed) * sizeof *t->origin);
    begin(l, t);
    return HEAT_OK;
}

/* The part of what is left of the way that changes log weights by so little. */
static double part_of_way(const heat_tracked_count *t)
{
    double gain[ALL], deviation;

    for (int k = 0; k < ALL; k++)
        gain[k] = t->there[k] - t->here[k];
    deviation = sqrt(heat_variance(ALL, gain));
    return deviation > step_deviation ? step_deviation / deviation : 1;
}

/* log <exp u> over a group. */
static double log_mean_of(const double *u)
{
    return heat_log_sum_exp(MEMBERS, u) - log((double)MEMBERS);
}

/* Members of each group by their weights exp(u), evenly: neighbours in a comb of one random offset. */
static void resample(const heat_learner *l, heat_tracked_count *t, const double *u)
{
    for (int g = 0; g < GROUPS; g++) {
        const double *own = u + g * MEMBERS;
        double mean = exp(log_mean_of(own)), offset = heat_stream_uniform(&t->resampling), sum = 0;
        int to = 0;
        for (int k = 0; k < MEMBERS; k++) {
            sum += exp(own[k]) / mean;
            for (; to < MEMBERS && (to + offset < sum || k == MEMBERS - 1); to++)
                heat_rows_copy(&l->form, 1, heat_row_at(&l->form, t->rows, g * MEMBERS + k),
                               heat_row_edit(&l->form, t->work_rows, g * MEMBERS + to));
        }
    }
    heat_rows_copy(&l->form, ALL, t->work_rows, t->rows);
}

/* Where weights are no numbers the way is lost: the parameters lead to no model. */
static bool lost_way(heat_tracked_count *t, const double *before, const double *after)
{
    bool lost = false;

    for (int k = 0; k < ALL; k++)
        lost = lost || !isfinite(before[k]) || !isfinite(after[k]);
    for (int g = 0; g < GROUPS && lost; g++)
        t->forward[g] = t->reverse[g] = t->bennett[g] = (double)NAN;
    return lost;
}

/* Adds what log Z gains over a step: u of members before and after it. */
static heat_status add_gain(heat_context *ctx, heat_tracked_count *t, const double *before,
                            const double *after)
{
    heat_status status = HEAT_OK;

    for (int g = 0; g < GROUPS && status == HEAT_OK; g++) {
        double there[MEMBERS], back[MEMBERS];
        heat_bar_side from = {MEMBERS, there, 1}, to = {MEMBERS, back, 1};
        heat_bar_result bar;
        for (int k = 0; k < MEMBERS; k++) {
            there[k] = -before[g * MEMBERS + k];
            back[k] = -after[g * MEMBERS + k];
        }
        status = heat_bar_get(ctx, &from, &to, &bar);
        if (status != HEAT_OK)
            return status;
        t->bennett[g] += bar.log_z;
        t->forward[g] += log_mean_of(before + g * MEMBERS);
        t->reverse[g] -= log_mean_of(back);
    }
    return status;
}

/* One step, from t->at towards the learner's parameters; *arrived at them. */
static heat_status step(heat_context *ctx, heat_learner *l, heat_tracked_count *t, double *from,
                        bool *arrived)
{
    double part, before[ALL];
    heat_status status;

    l->kind->log_weights(l, ALL, t->rows, t->there);
    swap_parameters(l, &t->at);
    l->kind->log_weights(l, ALL, t->rows, t->here);
    swap_parameters(l, &t->at);
    part = part_of_way(t);
    *arrived = !(part < 1);
    memcpy(from, t->at, (size_t)l->n_parameters * sizeof *from);
    for (int64_t a = 0; a < l->n_parameters; a++)
        t->at[a] = *arrived ? l->parameters[a] : t->at[a] + part * (l->parameters[a] - t->at[a]);
    l->n_changes++;
    swap_parameters(l, &t->at);
    l->kind->log_weights(l, ALL, t->rows, t->there);
    for (int k = 0; k < ALL; k++)
        before[k] = t->there[k] - t->here[k];
    resample(l, t, before);
    status = l->kind->move(ctx, &t->moves, l, ALL, t->rows, t->rows);
    t->moves.n_updates++;
    l->kind->log_weights(l, ALL, t->rows, t->there);
    swap_parameters(l, &t->at);
    swap_parameters(l, &from);
    l->kind->log_weights(l, ALL, t->rows, t->here);
    swap_parameters(l, &from);
    for (int k = 0; k < ALL; k++)
        t->there[k] -= t->here[k];
    if (status != HEAT_OK)
        return status;
    if (!lost_way(t, before, t->there))
        return add_gain(ctx, t, before, t->there);
    *arrived = true;
    return HEAT_OK;
}

heat_status heat_tracked_count_follow(heat_context *ctx, heat_learner *l, heat_tracked_count *t)
{
    bool arrived = false;
    double *from;
    heat_status status = heat_alloc(ctx, l->n_parameters, sizeof *from, &from);

    if (++t->n_looks % LOOKS_A_START == 0 || isnan(t->bennett[0]))
        begin(l, t);
    while (status == HEAT_OK && !arrived && !heat_halted(ctx))
        status = step(ctx, l, t, from, &arrived);
    heat_free(from);
    return status;
}

/* Of a mean over groups, widened to Student's law of seven degrees of freedom. */
static double error_of(const double *x)
{
    static const double students = 1.077;

    return students * sqrt(heat_variance(GROUPS, x) / GROUPS);
}

void heat_tracked_count_get(const heat_tracked_count *t, heat_learn_count *count)
{
    count->log_z = heat_mean(GROUPS, t->bennett);
    count->error = error_of(t->bennett);
    count->lower = heat_mean(GROUPS, t->forward) - ends * error_of(t->forward);
    count->upper = heat_mean(GROUPS, t->reverse) + ends * error_of(t->reverse);
}

heat_status heat_tracked_count_add_parts(heat_context *ctx, const heat_learner *l, heat_tracked_count *t,
                                         heat_parts *parts)
{
    const struct {
        const char *name;
        void *data;
        size_t size;
    } rows[] = {
        {"tracked/at", t->at, (size_t)l->n_parameters * sizeof *t->at},
        {"tracked/looks", &t->n_looks, sizeof t->n_looks},
        {"tracked/rows", t->rows, (size_t)(ALL * heat_row_bytes(&l->form))},
        {"tracked/updates", &t->moves.n_updates, sizeof t->moves.n_updates},
        {"tracked/resampling", &t->resampling, sizeof t->resampling},
        {"tracked/forward", t->forward, sizeof t->forward},
        {"tracked/reverse", t->reverse, sizeof t->reverse},
        {"tracked/bennett", t->bennett, sizeof t->bennett},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_parts_add(ctx, parts, rows[k].name, -1, rows[k].data, (int64_t)rows[k].size);
    return status;
}

void heat_tracked_count_close(heat_tracked_count *t)
{
    heat_free(t->at);
    heat_free(t->origin);
    heat_free(t->rows);
    heat_free(t->work_rows);
    heat_free(t->here);
    heat_free(t->there);
    *t = (heat_tracked_count){0};
}
