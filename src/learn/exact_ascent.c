/* Exact gradients: steps of limited-memory BFGS (quasi_newton.h) up
 *
 *     l(theta) = <log weight>_data - log Z - decay/2 sum of squared couplings,
 *
 * their lengths by bisection until Wolfe's conditions hold: the likelihood rises, by a share of what the
 * slope promised, and the slope has fallen. No step that is taken lowers it. With the pseudo-likelihood its A
 * stands for log Z. Wolfe, SIAM Rev. 11 (1969) 226;
 * Lewis and Overton, Math. Program. 141 (2013) 135, section 2. */
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/training_checkpoint.h"
#include "stats/quasi_newton.h"

#include <math.h>
#include <string.h>

enum { MOST_TRIES = 40, WINDOW = 20 };
static const double least_rise = 1e-4, most_slope = 0.9, small_gradient = 1e-7, rounding = 1e-13;

typedef struct ascent {
    heat_quasi_newton memory;
    double *from, *gradient_from, *direction; /* [n_parameters] */
    double *log_weight;                       /* [training rows] */
    double value, likelihood;                 /* l at the learner's parameters, and l without the decay */
    double gained[WINDOW];                    /* l after each of the last steps, step k at k % WINDOW */
} ascent;

static heat_status open_ascent(heat_context *ctx, const heat_trainer *t, ascent *a)
{
    int64_t n = t->learner->n_parameters;
    double **arrays[] = {&a->from, &a->gradient_from, &a->direction};
    heat_status status = heat_quasi_newton_init(ctx, n, t->learner->scale, &a->memory);

    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n, sizeof **arrays[k], arrays[k]);
    return status == HEAT_OK ? heat_alloc(ctx, t->train.n, sizeof *a->log_weight, &a->log_weight) : status;
}

static void close_ascent(ascent *a)
{
    heat_quasi_newton_clear(&a->memory);
    heat_free(a->from);
    heat_free(a->gradient_from);
    heat_free(a->direction);
    heat_free(a->log_weight);
}

/* Value and gradient at the learner's parameters. Without hidden units and missing values the positive phase
 * never moves, and is found once. */
static heat_status evaluate(heat_context *ctx, heat_trainer *t, ascent *a)
{
    const heat_learner *l = t->learner;
    const bool moves = l->kind->has_hidden || t->train.missing != NULL;
    double sum = 0, squares = 0;
    heat_status status = moves ? heat_trainer_find_positive(ctx, t, &t->train) : HEAT_OK;

    if (status == HEAT_OK)
        status = heat_trainer_find_gradient(ctx, t, t->train.n, t->train.states, t->train.weight);
    if (status == HEAT_OK && moves && !heat_halted(ctx))
        status = heat_learn_rows_log_weights(ctx, l, &t->train, a->log_weight);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    if (moves) {
        for (int64_t r = 0; r < t->train.n; r++)
            sum += t->train.weight[r] * a->log_weight[r];
        sum /= (double)t->train.n;
    } else {
        for (int64_t k = 0; k < l->n_parameters; k++)
            sum += l->parameters[k] * t->positive[k];
    }
    for (int64_t k = 0; k < l->n_decayed; k++)
        squares += l->parameters[k] * l->parameters[k];
    a->likelihood = sum - t->negative->log_z;
    a->value = a->likelihood - t->weight_decay / 2 * squares;
    return HEAT_OK;
}

static double slope_along(const heat_trainer *t, const ascent *a)
{
    double sum = 0;

    for (int64_t k = 0; k < t->learner->n_parameters; k++)
        sum += t->gradient[k] * a->direction[k];
    return sum;
}

static double largest_of(const double *g, int64_t n)
{
    double most = 0;

    for (int64_t k = 0; k < n; k++)
        most = fabs(g[k]) > most ? fabs(g[k]) : most;
    return most;
}

static void move_to(heat_trainer *t, const ascent *a, double length)
{
    for (int64_t k = 0; k < t->learner->n_parameters; k++)
        t->learner->parameters[k] = a->from[k] + length * a->direction[k];
}

/* One step along the direction; *moved is false where rounding hides any rise: the learner stands where it
 * stood. */
static heat_status search(heat_context *ctx, heat_trainer *t, ascent *a, double length, bool *moved)
{
    double low = 0, high = 0, value = a->value, slope = slope_along(t, a);
    size_t bytes = (size_t)t->learner->n_parameters * sizeof(double);

    *moved = false;
    for (int k = 0; k < MOST_TRIES && !heat_halted(ctx); k++) {
        heat_status status;
        move_to(t, a, length);
        status = evaluate(ctx, t, a);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        if (!(a->value >= value + least_rise * length * slope - rounding * fabs(value)))
            high = length;
        else if (slope_along(t, a) > most_slope * slope)
            low = length;
        else {
            *moved = true;
            return HEAT_OK;
        }
        length = high > 0 ? (low + high) / 2 : 2 * length;
    }
    memcpy(t->learner->parameters, a->from, bytes);
    memcpy(t->gradient, a->gradient_from, bytes);
    a->value = value;
    return HEAT_OK;
}

/* Keeps where the learner stands, and makes one step from there, along the gradient itself if the memory
 * points nowhere. */
static heat_status step(heat_context *ctx, heat_trainer *t, ascent *a, bool *moved)
{
    size_t bytes = (size_t)t->learner->n_parameters * sizeof(double);
    heat_status status;

    memcpy(a->from, t->learner->parameters, bytes);
    memcpy(a->gradient_from, t->gradient, bytes);
    for (;;) {
        bool is_plain = a->memory.count == 0;
        heat_quasi_newton_direct(&a->memory, t->gradient, a->direction);
        status = search(ctx, t, a, is_plain ? 1 / (1 + sqrt(slope_along(t, a))) : 1, moved);
        if (status != HEAT_OK || heat_halted(ctx) || *moved || is_plain)
            break;
        heat_quasi_newton_forget(&a->memory);
    }
    if (*moved)
        heat_quasi_newton_add(&a->memory, a->from, t->learner->parameters, a->gradient_from, t->gradient);
    return status;
}

/* Whether training is over before its epochs are, with outcome and reason. */
static bool is_over(heat_trainer *t, ascent *a, bool moved)
{
    heat_learn_result *r = t->result;
    double before = a->gained[r->epochs % WINDOW];

    a->gained[r->epochs % WINDOW] = a->value;
    r->gradient = largest_of(t->gradient, t->learner->n_parameters);
    r->reason = "the gradient has vanished";
    if (!(r->gradient < small_gradient) && moved) {
        r->reason = "the likelihood no longer rises";
        if (!t->learner->kind->has_hidden || r->epochs < WINDOW ||
            !(a->value - before < WINDOW * t->opt->tolerance)) {
            r->reason = "all epochs were run";
            return false;
        }
    } else if (!moved) {
        r->reason = "no step raises the likelihood any more";
    }
    r->outcome = HEAT_OUTCOME_CONVERGED;
    return true;
}

static heat_status look(heat_context *ctx, heat_trainer *t, const ascent *a, bool *ended)
{
    const double none = (double)NAN;
    double log_z = t->negative->log_z;
    heat_learn_count count = {log_z, 0, log_z, log_z};
    heat_likelihood train = {a->likelihood, none};
    heat_status status = HEAT_OK;

    if (t->negative->kind->is_proxy) {
        count = (heat_learn_count){none, none, none, none};
        if (t->sees_likelihood)
            status = heat_trainer_count(ctx, t, &count);
        if (status == HEAT_OK)
            status = heat_learn_likelihood(ctx, t->learner, &t->train, count.log_z, heat_look_visits,
                                           t->opt->threads, &train);
    }
    return status == HEAT_OK ? heat_trainer_look(ctx, t, t->result->epochs, train.mean, &count, ended)
                             : status;
}

/* The state between two steps; quasi-Newton memory and all. */
static heat_status open_checkpoint(heat_context *ctx, const heat_trainer *t, ascent *a,
                                   heat_training_checkpoint *c, bool *found)
{
    heat_quasi_newton *q = &a->memory;
    const int64_t numbers = HEAT_QUASI_NEWTON_STEPS * (int64_t)sizeof(double);
    const struct {
        const char *name;
        void *data;
        int64_t size;
    } rows[] = {
        {"ascent/steps", q->steps, numbers * q->n},
        {"ascent/changes", q->changes, numbers * q->n},
        {"ascent/along", q->along, numbers},
        {"ascent/count", &q->count, sizeof q->count},
        {"ascent/next", &q->next, sizeof q->next},
        {"ascent/value", &a->value, sizeof a->value},
        {"ascent/likelihood", &a->likelihood, sizeof a->likelihood},
        {"ascent/gained", a->gained, sizeof a->gained},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_parts_add(ctx, &c->parts, rows[k].name, -1, rows[k].data, rows[k].size);
    *found = false;
    if (status == HEAT_OK)
        status = heat_training_checkpoint_open(ctx, c, found);
    if (status == HEAT_OK && *found &&
        !(q->count >= 0 && q->count <= HEAT_QUASI_NEWTON_STEPS && q->next >= 0 &&
          q->next < HEAT_QUASI_NEWTON_STEPS))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, t->opt->checkpoint, 0, 0,
                                "not the state of a training like this: the file was changed");
    return status;
}

/* Where a training stands, in heat_trainer.place. */
enum { TO_LOOK = 0, STUCK, TO_STEP };

/* What is to be told of a step, and whether there is another: *over. */
static heat_status settle(heat_context *ctx, heat_trainer *t, ascent *a, heat_training_checkpoint *c,
                          bool *over)
{
    bool ended = false;
    heat_status status = heat_training_checkpoint_save(ctx, c, false);

    if (status == HEAT_OK && t->place == TO_LOOK)
        status = look(ctx, t, a, &ended);
    *over = status != HEAT_OK || ended || is_over(t, a, t->place == TO_LOOK) ||
            t->result->epochs == t->opt->epochs;
    return status;
}

/* One step; halted within it, it is none. The clock may also run out just behind one that was made. */
static heat_status step_or_none(heat_context *ctx, heat_trainer *t, ascent *a)
{
    const double value = a->value, likelihood = a->likelihood, log_z = t->negative->log_z;
    bool moved;
    heat_status status = step(ctx, t, a, &moved);

    if (moved || !heat_halted(ctx)) {
        t->place = moved ? TO_LOOK : STUCK;
        t->result->epochs += moved;
        return status;
    }
    t->place = TO_STEP;
    memcpy(t->learner->parameters, a->from, (size_t)t->learner->n_parameters * sizeof *a->from);
    memcpy(t->gradient, a->gradient_from, (size_t)t->learner->n_parameters * sizeof *a->gradient_from);
    a->value = value;
    a->likelihood = likelihood;
    t->negative->log_z = log_z;
    return status;
}

static heat_status climb(heat_context *ctx, heat_trainer *t, ascent *a, heat_training_checkpoint *c)
{
    bool over = false, found;
    heat_status status = open_checkpoint(ctx, t, a, c, &found);

    if (status == HEAT_OK)
        status = heat_trainer_find_positive(ctx, t, &t->train);
    if (status == HEAT_OK && !found)
        status = evaluate(ctx, t, a);
    if (status != HEAT_OK || (!found && heat_halted(ctx)))
        return status;
    while (status == HEAT_OK && !over && !heat_halted(ctx)) {
        if (t->place != TO_STEP)
            status = settle(ctx, t, a, c, &over);
        if (status == HEAT_OK && !over)
            status = step_or_none(ctx, t, a);
        heat_trainer_show(ctx, t, (double)t->result->epochs / (double)t->opt->epochs);
    }
    if (status == HEAT_ERROR_STOPPED && heat_halted(ctx))
        status = HEAT_OK;
    return status == HEAT_OK && !over ? heat_training_checkpoint_save(ctx, c, true) : status;
}

heat_status heat_trainer_run_exactly(heat_context *ctx, heat_trainer *t)
{
    heat_training_checkpoint c = {.trainer = t};
    ascent a = {0};
    heat_status status = open_ascent(ctx, t, &a);

    if (status == HEAT_OK)
        status = climb(ctx, t, &a, &c);
    heat_training_checkpoint_close(&c);
    close_ascent(&a);
    return status;
}
