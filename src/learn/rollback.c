/* Training has diverged where parameters are no numbers, or the likelihood has lost half of what it had
 * gained and a tenth of what it began with, beyond its error. Where log Z is not known, the largest weight of
 * any row that a sweep meets is a bound to it,
 *
 *     <log p>_data = <w>_data - log Z <= <w>_data - max_v w(v),
 *
 * and the weight of a row is minus its free energy: too large a step shows as energies far below the data's.
 * For the pseudo-likelihood its own value is what must not fall. */
#include "learn/rollback.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/pseudo_likelihood.h"
#include "stats/weighted_mean.h"

#include <math.h>
#include <string.h>

static const double smaller = 0.25, part_lost = 0.5, share_lost = 0.1, errors = 5, most_parameter = 1e6;
static const int64_t first_update = (int64_t)1 << 31; /* beyond those of the negative phase */

/* The likelihood that training begins with, where log Z is tracked that of independent variables, all but. */
static heat_status measure_begin(heat_context *ctx, heat_trainer *t, heat_rollback *b)
{
    heat_likelihood train = {(double)NAN, (double)NAN};
    heat_learn_count count;
    heat_status status = HEAT_OK;

    if (!t->sees_likelihood && !t->tracks)
        return HEAT_OK;
    if (t->sees_likelihood || t->goes_on)
        status = heat_trainer_count(ctx, t, &count);
    else
        heat_tracked_count_get(&t->tracked, &count);
    if (status == HEAT_OK)
        status = heat_learn_likelihood(ctx, t->learner, &t->train, count.log_z, heat_look_visits,
                                       t->opt->threads, &train);
    if (status == HEAT_OK && !heat_halted(ctx))
        b->begin = b->best = train.mean;
    return status;
}

heat_status heat_rollback_open(heat_context *ctx, heat_trainer *t, int64_t most_rows, heat_rollback *b)
{
    const heat_learner *l = t->learner;
    heat_status status = heat_alloc(ctx, l->n_parameters, sizeof *b->kept, &b->kept);

    b->begin = b->best = (double)NAN;
    b->factor = 1;
    if (status == HEAT_OK)
        status = heat_rows_alloc(ctx, &l->form, 2 * most_rows, &b->rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * most_rows, sizeof *b->value, &b->value);
    if (status != HEAT_OK)
        return status;
    memcpy(b->kept, l->parameters, (size_t)l->n_parameters * sizeof *b->kept);
    return HEAT_OK;
}

void heat_rollback_close(heat_rollback *b)
{
    heat_free(b->kept);
    heat_free(b->rows);
    heat_free(b->value);
}

heat_status heat_rollback_add_parts(heat_context *ctx, const heat_trainer *t, heat_rollback *b,
                                    heat_parts *parts)
{
    const struct {
        const char *name;
        void *data;
        int64_t size;
    } rows[] = {
        {"rollback/kept", b->kept, t->learner->n_parameters * (int64_t)sizeof *b->kept},
        {"rollback/begin", &b->begin, sizeof b->begin},
        {"rollback/best", &b->best, sizeof b->best},
        {"rollback/factor", &b->factor, sizeof b->factor},
        {"rollback/count", &b->count, sizeof b->count},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_parts_add(ctx, parts, rows[k].name, -1, rows[k].data, rows[k].size);
    return status;
}

bool heat_rollback_is_sound(const heat_trainer *t, int64_t first)
{
    for (int64_t a = first; a < t->learner->n_parameters; a++)
        if (!(fabs(t->learner->parameters[a]) < most_parameter))
            return false;
    return true;
}

static bool is_far(const heat_rollback *b, double likelihood, double error)
{
    return !isnan(b->best) && isfinite(error) &&
           !(likelihood >=
             b->best - part_lost * (b->best - b->begin) - share_lost * fabs(b->begin) - errors * error);
}

/* Of the pseudo-likelihood: `best` is what checks have seen. */
static heat_status check_proxy(heat_context *ctx, const heat_trainer *t, heat_rollback *b,
                               const heat_learn_rows *rows, bool *diverged)
{
    heat_likelihood value = {(double)NAN, (double)NAN};
    heat_status status = heat_pseudo_likelihood(ctx, t->learner, rows, &value);

    if (status != HEAT_OK)
        return status;
    *diverged = is_far(b, value.mean, value.error);
    b->begin = isnan(b->begin) ? value.mean : b->begin;
    if (!*diverged && !(value.mean <= b->best)) {
        b->best = value.mean;
        memcpy(b->kept, t->learner->parameters, (size_t)t->learner->n_parameters * sizeof *b->kept);
    }
    return HEAT_OK;
}

heat_status heat_rollback_check(heat_context *ctx, heat_trainer *t, heat_rollback *b, int64_t update,
                                int64_t n_rows, const void *rows, const double *weight, bool *diverged)
{
    const heat_learner *l = t->learner;
    void *moved = heat_row_edit(&l->form, b->rows, n_rows);
    heat_learn_rows checked = {.n = n_rows, .states = b->rows, .weight = b->value + n_rows};
    heat_negative moves = *t->negative;
    double mean, error, most;
    heat_status status;

    *diverged = !heat_rollback_is_sound(t, 0);
    if (*diverged)
        return HEAT_OK;
    if (isnan(b->begin) && !t->negative->kind->is_proxy) { /* before the first update */
        status = measure_begin(ctx, t, b);
        if (status != HEAT_OK)
            return status;
    }
    if (heat_row_is_real(&l->form) || t->train.missing != NULL || l->n_drawn > 0)
        return HEAT_OK;
    heat_rows_copy(&l->form, n_rows, rows, b->rows);
    if (t->negative->kind->is_proxy) {
        memcpy(checked.weight, weight, (size_t)n_rows * sizeof *weight);
        return check_proxy(ctx, t, b, &checked, diverged);
    }
    moves.k = 1;
    moves.n_updates = first_update + update;
    status = l->kind->move(ctx, &moves, l, n_rows, rows, moved);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    l->kind->log_weights(l, 2 * n_rows, b->rows, b->value);
    heat_weighted_mean(n_rows, b->value, weight, &mean, &error);
    most = b->value[n_rows];
    for (int64_t r = n_rows + 1; r < 2 * n_rows; r++)
        most = fmax(most, b->value[r]);
    *diverged = is_far(b, mean - most, error);
    return HEAT_OK;
}

bool heat_rollback_note(const heat_trainer *t, heat_rollback *b, double likelihood, double surely)
{
    if (t->negative->kind->is_proxy)
        return false;
    if (!isfinite(likelihood) || is_far(b, likelihood, likelihood - surely))
        return true;
    if (surely >= b->best) {
        b->best = surely;
        memcpy(b->kept, t->learner->parameters, (size_t)t->learner->n_parameters * sizeof *b->kept);
    }
    return false;
}

void heat_rollback_go(heat_context *ctx, heat_trainer *t, heat_rollback *b)
{
    heat_learner *l = t->learner;

    memcpy(l->parameters, b->kept, (size_t)l->n_parameters * sizeof *b->kept);
    l->n_changes++;
    if (t->negative->kind->restart != NULL)
        t->negative->kind->restart(t->negative, l);
    b->factor *= smaller;
    b->best -= part_lost * (b->best - b->begin); /* a tracked likelihood may have flattered */
    t->result->n_rollbacks = ++b->count;
    heat_log(ctx, HEAT_LOG_WARNING,
             "training diverged: back to the best state, with %g times the learning rate", b->factor);
}
