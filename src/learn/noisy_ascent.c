/* Noisy gradients: theta <- theta + rate_t D g over mini-batches, where D rescales each statistic, with
 * rate_t falling as 1/(1 + 10 f), f the part of all updates that is done, or of the time if that is more.
 * What counts at any moment is an average over every sixteenth update so far, of which number n weighs as
 * n^2: its middle stands at three quarters of them, as that of the second half would, and no noise of single
 * updates is looked at, however early validation ends training (Polyak and Juditsky, SIAM J. Control Optim.
 * 30 (1992) 838; Shamir and Zhang, ICML 2013). A training with a checkpoint, which may be taken up with more
 * time, goes by updates alone. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "learn/chain_record.h"
#include "learn/rollback.h"
#include "learn/training_checkpoint.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>

enum {
    LOOKS = 100,
    LOOKS_TO_DOUBLE = 4,
    UPDATES_A_CHECK = 100,
    UPDATES_AN_AVERAGE = 16,
    UPDATES_A_RESTRAINT = 8,
    ROWS_AHEAD = 4,
    CACHE_LINE = 64
};
static const double recency = 2; /* the power of its number that an update weighs in the average */

/* A batch's rows, gathered. */
typedef struct batch {
    int64_t size, *order; /* of all rows */
    void *states;
    double *weight;
    int8_t *missing;    /* NULL: nothing is */
    double *average;    /* of the parameters, over some updates so far */
    int64_t n_averaged; /* how many; 0: none yet */
    double began_s;
    heat_rollback rollback;
    heat_chain_record record;
    heat_team team;
} batch;

static heat_status open_batch(heat_context *ctx, heat_trainer *t, batch *b)
{
    int64_t n = t->train.n;
    heat_status status = heat_alloc(ctx, n, sizeof *b->order, &b->order);

    b->began_s = heat_clock();
    b->size = t->opt->batch < n ? t->opt->batch : n;
    if (status == HEAT_OK)
        status = heat_rows_alloc(ctx, &t->learner->form, b->size, &b->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->size, sizeof *b->weight, &b->weight);
    if (status == HEAT_OK && t->train.missing != NULL)
        status = heat_alloc(ctx, b->size * t->learner->n_visible, 1, &b->missing);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, t->learner->n_parameters, sizeof *b->average, &b->average);
    return status == HEAT_OK ? heat_rollback_open(ctx, t, b->size, &b->rollback) : status;
}

static void close_batch(batch *b)
{
    heat_free(b->order);
    heat_free(b->states);
    heat_free(b->weight);
    heat_free(b->missing);
    heat_free(b->average);
    heat_rollback_close(&b->rollback);
    heat_chain_record_close(&b->record);
}

/* The order of an epoch, whatever the order before it: one that is taken up again has the same. */
static void shuffle(batch *b, int64_t n, uint64_t seed, int64_t epoch)
{
    heat_stream stream;

    for (int64_t r = 0; r < n; r++)
        b->order[r] = r;
    heat_stream_init(&stream, seed, HEAT_PURPOSE_BATCH, (uint64_t)epoch);
    for (int64_t k = n - 1; k > 0; k--) {
        int64_t other = (int64_t)heat_stream_below(&stream, (uint64_t)k + 1), row = b->order[k];
        b->order[k] = b->order[other];
        b->order[other] = row;
    }
}

/* Rows are taken from all over memory: they are asked for before it is their turn. */
static void fetch_row(const heat_learner *l, const void *row)
{
    for (int64_t at = 0; at < heat_row_bytes(&l->form); at += CACHE_LINE)
        __builtin_prefetch((const char *)row + at);
}

typedef struct gathering {
    const heat_trainer *trainer;
    const batch *batch;
    int64_t first, count;
    int n_parts;
} gathering;

static void gather_part(void *arg, int64_t part, int64_t step)
{
    const gathering *g = arg;
    const heat_trainer *t = g->trainer;
    const batch *b = g->batch;
    const heat_learner *l = t->learner;
    const int64_t end = g->count * (part + 1) / g->n_parts;

    (void)step;
    for (int64_t k = g->count * part / g->n_parts; k < end; k++) {
        int64_t row = b->order[g->first + k];
        if (k + ROWS_AHEAD < end)
            fetch_row(l, heat_row_at(&l->form, t->train.states, b->order[g->first + k + ROWS_AHEAD]));
        heat_rows_copy(&l->form, 1, heat_row_at(&l->form, t->train.states, row),
                       heat_row_edit(&l->form, b->states, k));
        b->weight[k] = t->train.weight[row];
        if (b->missing != NULL)
            memcpy(b->missing + k * l->n_visible, t->train.missing + row * l->n_visible,
                   (size_t)l->n_visible);
    }
}

/* Gathers rows order[first ...]; returns how many. */
static int64_t gather(const heat_context *ctx, const heat_trainer *t, const batch *b, int64_t first)
{
    const int64_t left = t->train.n - first;
    gathering g = {t, b, first, left < b->size ? left : b->size, heat_team_size(ctx->team)};

    heat_parallel_steps(ctx->team, g.n_parts, 0, 1, gather_part, &g);
    return g.count;
}

/* Hidden units that are drawn are where nobody has drawn them yet by the model that training began with. */
static bool is_fresh(const heat_trainer *t)
{
    return t->goes_on && t->result->epochs == 0;
}

/* An update by rows that are dreamed; HEAT_ERROR_STOPPED where it was not made. */
static heat_status climb(heat_context *ctx, heat_trainer *t, const batch *b, int64_t count, double rate)
{
    heat_negative *negative = t->negative;
    heat_learn_rows rows = {.n = count, .states = b->states};
    heat_status status = HEAT_OK;
    heat_climb climb;

    if (t->learner->n_drawn > 0)
        status = heat_learn_rows_sweep(ctx, negative, t->learner, is_fresh(t), &rows);
    if (status == HEAT_OK)
        status = heat_negative_run(ctx, negative, t->learner, count, b->states, b->weight, NULL);
    climb = (heat_climb){.n_rows = count,
                         .n_dreams = negative->n_dreams,
                         .rows = b->states,
                         .dreams = negative->dreams,
                         .weight = b->weight,
                         .dream_weight = negative->dream_weight,
                         .rate = rate,
                         .weight_decay = t->weight_decay,
                         .turn = (uint32_t)negative->n_updates,
                         .isa = t->opt->isa};

    if (status == HEAT_OK && heat_halted(ctx))
        return HEAT_ERROR_STOPPED;
    return status == HEAT_OK ? t->learner->kind->climb(ctx, t->learner, &climb) : status;
}

/* An update by means of statistics; likewise. */
static heat_status follow(heat_context *ctx, heat_trainer *t, const batch *b, int64_t count, double rate)
{
    heat_learner *l = t->learner;
    heat_status status = HEAT_OK;
    heat_learn_rows rows = {.n = count,
                            .states = b->states,
                            .weight = b->weight,
                            .missing = b->missing,
                            .filled = t->train.filled,
                            .share = t->train.share};
    heat_stream stream;

    if (t->train.n_sampled > 0)
        status = heat_learn_rows_sweep(ctx, t->negative, l, is_fresh(t), &rows);
    if (status == HEAT_OK)
        status = heat_trainer_find_positive(ctx, t, &rows);
    heat_stream_init(&stream, t->opt->seed, HEAT_PURPOSE_FILL, (uint64_t)t->negative->n_updates);
    heat_learn_rows_fill(l, &stream, &rows); /* for chains that begin at them */
    if (status == HEAT_OK)
        status = heat_trainer_find_gradient(ctx, t, count, b->states, b->weight);
    if (status == HEAT_OK && heat_halted(ctx))
        return HEAT_ERROR_STOPPED;
    for (int64_t a = 0; a < l->n_parameters && status == HEAT_OK; a++)
        l->parameters[a] += rate * l->scale[a] * t->gradient[a];
    l->n_changes++;
    return status;
}

/* What fills rows that lack too much goes on from there. */
static void keep_filled(heat_trainer *t, const batch *b, int64_t first, int64_t count)
{
    const heat_row_form *form = &t->learner->form;

    for (int64_t k = 0; k < count && t->train.goes_on; k++)
        heat_rows_copy(form, 1, heat_row_at(form, b->states, k),
                       heat_row_edit(form, t->train.states, b->order[first + k]));
}

/* The average begins anew: what has diverged may have left no numbers in it, which no share would remove. */
static void go_back(heat_context *ctx, heat_trainer *t, batch *b)
{
    heat_rollback_go(ctx, t, &b->rollback);
    heat_chain_record_restart(&b->record);
    memset(b->average, 0, (size_t)t->learner->n_parameters * sizeof *b->average);
    b->n_averaged = 0;
}

/* Now and then, by the batch that was gathered before update `done`. */
static heat_status check(heat_context *ctx, heat_trainer *t, batch *b, int64_t count, double done)
{
    bool diverged;
    heat_status status;

    heat_learner_catch_up(t->learner);
    status = heat_rollback_check(ctx, t, &b->rollback, (int64_t)done, count, b->states, b->weight, &diverged);
    if (status == HEAT_OK && diverged)
        go_back(ctx, t, b);
    return status == HEAT_OK && heat_halted(ctx) ? HEAT_ERROR_STOPPED : status;
}

static double part_done(const heat_context *ctx, const heat_trainer *t, const batch *b, double done,
                        double total)
{
    double of_time = 0;

    if (ctx->deadline_s < HEAT_FOREVER && t->opt->checkpoint == NULL)
        of_time = (heat_clock() - b->began_s) / (ctx->deadline_s - b->began_s);
    return fmin(1, fmax(done / total, of_time));
}

static heat_status restrain(heat_context *ctx, heat_learner *l)
{
    return l->kind->restrain == NULL ? HEAT_OK : l->kind->restrain(ctx, l);
}

static void add_to_average(const heat_context *ctx, const heat_learner *l, double share, double *average)
{
    if (l->kind->average != NULL) {
        l->kind->average(l, ctx->team, share, average);
        return;
    }
    for (int64_t a = 0; a < l->n_parameters; a++)
        average[a] += share * (l->parameters[a] - average[a]);
}

/* One update; `done` and `total` are updates. Halted, it may not be made: then nothing has changed. */
static heat_status update(heat_context *ctx, heat_trainer *t, batch *b, int64_t first, double done,
                          double total, bool *made)
{
    heat_learner *l = t->learner;
    double rate, part, begin_s = heat_clock(), checked_s = 0;
    int64_t count, averaged;
    heat_status status = HEAT_OK;

    *made = false;
    count = gather(ctx, t, b, first);
    if ((int64_t)done % UPDATES_A_CHECK == 0) {
        checked_s = heat_clock();
        status = check(ctx, t, b, count, done);
        checked_s = heat_clock() - checked_s;
    }
    if (status != HEAT_OK)
        return status;
    part = part_done(ctx, t, b, done, total);
    rate = t->opt->learning_rate * (l->pace > 0 ? l->pace : 1) / (1 + 10 * part) * b->rollback.factor;
    averaged = b->n_averaged + ((int64_t)done % UPDATES_AN_AVERAGE == 0);
    status = l->kind->climb != NULL && t->negative->kind->dreams && b->missing == NULL
                 ? climb(ctx, t, b, count, rate)
                 : follow(ctx, t, b, count, rate);
    if (status == HEAT_OK && averaged > b->n_averaged)
        add_to_average(ctx, l, (1 + recency) / ((double)averaged + recency), b->average);
    t->result->update_seconds += heat_clock() - begin_s - checked_s;
    *made = status == HEAT_OK;
    if (*made) {
        b->n_averaged = averaged;
        keep_filled(t, b, first, count);
        heat_chain_record_add(&b->record, t->negative, l, (int64_t)done);
    } else {
        heat_negative_undo(t->negative); /* some chains may not have moved */
    }
    if (*made && !heat_rollback_is_sound(t, l->n_decayed))
        go_back(ctx, t, b);
    if (*made && (int64_t)done % UPDATES_A_RESTRAINT == 0)
        status = restrain(ctx, l);
    return status;
}

/* The averaged parameters, while they are looked at. */
static void swap_average(heat_trainer *t, batch *b)
{
    double *parameters = t->learner->parameters;

    if (b->n_averaged == 0)
        memcpy(b->average, parameters, (size_t)t->learner->n_parameters * sizeof *b->average);
    t->learner->parameters = b->average;
    b->average = parameters;
    t->learner->n_changes++;
}

static bool sees(const heat_trainer *t)
{
    return t->sees_likelihood || t->tracks;
}

/* Epochs from one look to the next, in the end. */
static int64_t look_period(const heat_trainer *t)
{
    return t->opt->epochs / LOOKS < 1 ? 1 : t->opt->epochs / LOOKS;
}

/* Of large data the first epochs are already long, and change most. */
static bool is_look(const heat_trainer *t, int64_t epoch)
{
    int64_t period = epoch / LOOKS_TO_DOUBLE < 1 ? 1 : epoch / LOOKS_TO_DOUBLE;

    period = period < look_period(t) ? period : look_period(t);
    return epoch % period == 0 || epoch == t->opt->epochs;
}

/* Now and then: the likelihood of the average, after `done` updates. */
static heat_status look_at_average(heat_context *ctx, heat_trainer *t, batch *b, int64_t epoch, double done)
{
    bool ended = false, diverged = false;
    heat_likelihood train;
    heat_learn_count count;
    heat_status status;

    if (!sees(t) || !is_look(t, epoch))
        return HEAT_OK;
    status = check(ctx, t, b, gather(ctx, t, b, 0), done); /* log Z is not tracked so far */
    if (status != HEAT_OK)
        return status;
    swap_average(t, b);
    status = restrain(ctx, t->learner);
    if (status == HEAT_OK)
        status = heat_trainer_count(ctx, t, &count);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = heat_learn_likelihood(ctx, t->learner, &t->train, count.log_z, heat_look_visits,
                                       t->opt->threads, &train);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = heat_chain_record_judge(ctx, &b->record, t->negative, &t->ess);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        diverged = heat_rollback_note(t, &b->rollback, train.mean, train.mean + count.log_z - count.upper);
        if (!diverged || isfinite(train.mean))
            status = heat_trainer_look(ctx, t, epoch, train.mean, &count, &ended);
    }
    t->ended = ended && !diverged;
    swap_average(t, b);
    if (diverged)
        go_back(ctx, t, b);
    return status;
}

/* The updates of an epoch that are left. */
typedef struct stretch {
    heat_trainer *trainer;
    batch *batch;
    heat_training_checkpoint *checkpoint;
    int64_t per_epoch;
} stretch;

static heat_status make_updates(heat_context *ctx, void *arg)
{
    const stretch *s = arg;
    heat_trainer *t = s->trainer;
    double total = (double)s->per_epoch * (double)t->opt->epochs;

    while (t->place < s->per_epoch) {
        heat_status status = HEAT_OK;
        bool made = false;
        double done = (double)t->result->epochs * (double)s->per_epoch + (double)t->place;
        if (t->place > 0)
            status = heat_training_checkpoint_save(ctx, s->checkpoint, false);
        if (status == HEAT_OK)
            status = update(ctx, t, s->batch, t->place * s->batch->size, done, total, &made);
        if (!made)
            return status;
        t->place++;
        heat_trainer_show(ctx, t, done / total);
    }
    return HEAT_OK;
}

static heat_status run_epoch(heat_context *ctx, heat_trainer *t, batch *b, int64_t per_epoch,
                             heat_training_checkpoint *c)
{
    heat_learn_result *r = t->result;
    stretch left = {t, b, c, per_epoch};
    double visits = 0.5 * (double)t->learner->n_decayed * (double)b->size; /* threads that stay are busy */
    heat_status status;

    shuffle(b, t->train.n, t->opt->seed, r->epochs);
    status =
        heat_parallel_stay(ctx, heat_negative_threads(t->negative, visits), &b->team, make_updates, &left);
    if (status != HEAT_OK || t->place < per_epoch)
        return status;
    status = heat_training_checkpoint_save(ctx, c, false);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    status = look_at_average(ctx, t, b, r->epochs + 1, (double)(r->epochs + 1) * (double)per_epoch);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        r->epochs++;
        t->place = 0;
    }
    return status;
}

static heat_status open_checkpoint(heat_context *ctx, heat_trainer *t, batch *b, int64_t per_epoch,
                                   heat_training_checkpoint *c)
{
    int64_t numbers = t->learner->n_parameters * (int64_t)sizeof *b->average;
    bool found = false;
    heat_status status = heat_parts_add(ctx, &c->parts, "batch/average", -1, b->average, numbers);

    if (status == HEAT_OK && t->train.goes_on)
        status = heat_parts_add(ctx, &c->parts, "batch/filled", -1, t->train.states,
                                t->train.n * heat_row_bytes(&t->learner->form));
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, &c->parts, "batch/averaged", -1, &b->n_averaged, sizeof b->n_averaged);
    if (status == HEAT_OK)
        status = heat_rollback_add_parts(ctx, t, &b->rollback, &c->parts);
    if (status == HEAT_OK && sees(t))
        status = heat_chain_record_open(ctx, t->negative, look_period(t) * per_epoch, &b->record);
    if (status == HEAT_OK)
        status = heat_chain_record_add_parts(ctx, &b->record, &c->parts);
    if (status == HEAT_OK)
        status = heat_training_checkpoint_open(ctx, c, &found);
    t->result->n_rollbacks = b->rollback.count;
    if (status == HEAT_OK && found && !(t->place <= per_epoch))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, t->opt->checkpoint, 0, 0,
                                "not the state of a training like this: the file was changed");
    return status;
}

/* What is left at the end. */
static heat_status take_average(heat_context *ctx, heat_trainer *t, const batch *b)
{
    heat_learner_catch_up(t->learner); /* where there is none */
    if (b->n_averaged > 0)
        memcpy(t->learner->parameters, b->average, (size_t)t->learner->n_parameters * sizeof *b->average);
    return restrain(ctx, t->learner);
}

heat_status heat_trainer_run_noisily(heat_context *ctx, heat_trainer *t)
{
    heat_learn_result *r = t->result;
    heat_training_checkpoint c = {.trainer = t};
    batch b = {0};
    heat_status status = open_batch(ctx, t, &b);
    int64_t per_epoch = status == HEAT_OK ? (t->train.n + b.size - 1) / b.size : 1;

    if (status == HEAT_OK)
        status = open_checkpoint(ctx, t, &b, per_epoch, &c);
    while (status == HEAT_OK && r->epochs < t->opt->epochs && t->ended == 0 && !heat_halted(ctx))
        status = run_epoch(ctx, t, &b, per_epoch, &c);
    if (status == HEAT_ERROR_STOPPED && heat_halted(ctx))
        status = HEAT_OK;
    if (status == HEAT_OK && t->place < per_epoch) /* else a look was cut short */
        status = heat_training_checkpoint_save(ctx, &c, true);
    if (status == HEAT_OK)
        status = take_average(ctx, t, &b);
    heat_training_checkpoint_close(&c);
    close_batch(&b);
    return status;
}
