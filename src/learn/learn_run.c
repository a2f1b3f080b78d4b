/* heat_learn: options to a kind, a negative phase and a trainer; its parameters to a model and likelihoods.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernel/isa.h"
#include "learn/cd_bias.h"
#include "learn/cd_fixed_point.h"
#include "learn/pseudo_likelihood.h"
#include "learn/trainer.h"
#include "logz/typical_rows.h"

#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

#define KIND_ROW(tag, name, help) &heat_learn_kind_##tag,
static const heat_learn_kind *const kinds[] = {HEAT_LEARN_KINDS(KIND_ROW)};
#define NEGATIVE_ROW(tag, name, help) &heat_negative_##tag,
static const heat_negative_kind *const negatives[] = {HEAT_NEGATIVES(NEGATIVE_ROW)};
enum { N_KINDS = sizeof kinds / sizeof *kinds, N_NEGATIVES = sizeof negatives / sizeof *negatives };

static const int64_t auto_sweeps = 5;
enum { AUTO_BATCH = 100, AUTO_EPOCHS = 1000, AUTO_UPDATES = 10000 };
enum { AUTO_PATIENCE = 50, PATIENT_UPDATES = 2000, PATIENT_PART = 20 };
enum { ANNEALED = 256, ANNEALING_SWEEPS = 100000 };
static const double hidden_decay = 1, visible_decay = 5; /* rows, with validation data */
static const double training_share = 0.85; /* of the time, where log Z is found by annealing afterwards */

void heat_learner_clear(heat_learner *l)
{
    l->kind->free(l);
    heat_free(l->parameters);
    heat_free(l->scale);
}

void heat_learn_result_init(heat_learn_result *result)
{
    *result = (heat_learn_result){.size = sizeof *result};
}

void heat_learn_result_clear(heat_learn_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    heat_model_free(r->model);
    heat_free(r->history);
    size = r->size;
    *r = (heat_learn_result){.size = size};
}

static heat_status find_kind(heat_context *ctx, const char *name, const heat_learn_kind **out)
{
#define KIND_WORD(tag, name, help) ", " name
    static const char words[] = HEAT_LEARN_KINDS(KIND_WORD);
    for (int k = 0; k < N_KINDS; k++)
        if (strcmp(kinds[k]->name, name) == 0) {
            *out = kinds[k];
            return HEAT_OK;
        }
    return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "'%.40s' is no kind that can be learned, expected one of %s",
                     name, words + 2);
}

static heat_status bad_negative(heat_context *ctx, const char *text)
{
#define NEGATIVE_WORD(tag, name, help) ", " name
    static const char words[] = HEAT_NEGATIVES(NEGATIVE_WORD);
    return heat_fail_option(ctx, "negative", text,
                            "'%.80s' is none of auto%s; all but exact may be followed by sweeps an update, a "
                            "whole number from 1, as in cd:1",
                            text, words);
}

/* "pcd:5". */
static heat_status parse_negative(heat_context *ctx, const char *text, heat_negative *negative)
{
    const char *colon = strchr(text, ':');
    size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);

    for (int k = 0; k < N_NEGATIVES; k++)
        if (strlen(negatives[k]->name) == length && strncmp(negatives[k]->name, text, length) == 0)
            negative->kind = negatives[k];
    negative->k = 1;
    if (negative->kind == NULL || (colon != NULL && !negative->kind->has_count) ||
        (colon != NULL && (!heat_parse_int(colon + 1, strlen(colon + 1), &negative->k) || negative->k < 1)))
        return bad_negative(ctx, text);
    return HEAT_OK;
}

/* In place of a negative phase. */
static heat_status choose_pseudo(heat_context *ctx, const heat_learner *l, const heat_learn_options *opt,
                                 heat_negative *negative)
{
    if (l->n_drawn > 0)
        return heat_fail_option(ctx, "objective", opt->objective,
                                "a pseudo-likelihood sums over hidden units, and these are too many");
    if (strcmp(opt->negative, "auto") != 0)
        return heat_fail_option(ctx, "negative", opt->negative,
                                "the pseudo-likelihood has no negative phase: leave --negative at auto");
    negative->kind = l->kind->has_hidden ? &heat_negative_pseudo_sampled : &heat_negative_pseudo;
    return HEAT_OK;
}

/* Settles the phase and whether log Z can be had, at the end and on the way. */
static heat_status choose(heat_context *ctx, const heat_learner *l, const heat_learn_options *opt,
                          const heat_learn_rows *rows, heat_negative *negative, bool *affordable, bool *cheap)
{
    heat_status status = l->kind->price_states(ctx, l, affordable, cheap);

    if (status != HEAT_OK)
        return status;
    if (strcmp(opt->objective, "pseudo-likelihood") == 0) {
        status = choose_pseudo(ctx, l, opt, negative);
    } else if (strcmp(opt->negative, "auto") == 0) {
        negative->kind = *cheap && rows->n_sampled == 0 ? &heat_negative_exact : &heat_negative_pcd;
        negative->k = auto_sweeps;
    } else {
        status = parse_negative(ctx, opt->negative, negative);
    }
    if (status == HEAT_OK && negative->kind == &heat_negative_exact && l->n_drawn > 0)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "the exact negative phase needs exact means of the data, and hidden units are more "
                         "than can be summed over; pcd:%d draws them",
                         (int)auto_sweeps);
    if (status == HEAT_OK && negative->kind == &heat_negative_exact && !*affordable && l->n_states == 0)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "the exact negative phase sums over the states of one layer, and real numbers have "
                         "none to sum, or the hidden units too many; pcd:%d needs no sum",
                         (int)auto_sweeps);
    if (status == HEAT_OK && negative->kind == &heat_negative_exact && !*affordable)
        status = heat_fail(ctx, HEAT_ERROR_UNABLE,
                           "the exact negative phase on %d variables is not affordable; pcd:%d is",
                           (int)l->n_visible, (int)auto_sweeps);
    if (status == HEAT_OK && negative->kind == &heat_negative_exact && rows->n_sampled > 0)
        status = heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "the exact negative phase needs exact means of the data, and rows lack more values than "
            "can be summed over; pcd:%d draws them",
            (int)auto_sweeps);
    if (status == HEAT_OK)
        status = heat_option_check(ctx, heat_option_table_get("learn"), opt, negative->kind->name);
    negative->seed = opt->seed;
    negative->threads = opt->threads;
    negative->isa = opt->isa;
    negative->n_chains = opt->chains;
    return status;
}

/* log Z by annealing from independent variables of the data's marginals and back, which knows nothing of the
 * way of training; left alone where it cannot be believed. */
static heat_status anneal(heat_context *ctx, const heat_trainer *t, heat_learn_result *r)
{
    heat_logz_options options;
    heat_logz_result z = {0};
    heat_model *model = NULL;
    bool are_states = t->train.missing == NULL && !heat_row_is_real(&t->learner->form);
    heat_typical_rows rows = {.n = are_states ? t->train.n : 0, .states = t->train.states};
    const heat_learn_kind *kind = t->learner->kind;
    heat_status status =
        (kind->make_rows_model == NULL ? kind->make_model : kind->make_rows_model)(ctx, t->learner, &model);

    rows.n_visible = (int32_t)t->learner->n_visible;
    heat_logz_options_init(&options);
    options.method = "ais";
    options.replicas = ANNEALED;
    options.sweeps = ANNEALING_SWEEPS;
    options.target_error = t->opt->target_error;
    options.seed = t->opt->seed;
    options.threads = t->opt->threads;
    options.isa = t->opt->isa;
    options.memory = t->opt->memory;
    if (status == HEAT_OK)
        status = heat_logz_by_rows(ctx, model, &rows, &options, &z);
    if (status == HEAT_OK && isfinite(z.log_z) && isfinite(z.error)) {
        r->count = (heat_learn_count){z.log_z, z.error, z.rows[0].log_z_lower, z.rows[0].log_z_upper};
        r->count_method = "annealing";
    } else if (status == HEAT_OK && !heat_halted(ctx)) {
        r->count_method = "refused";
        heat_log(ctx, HEAT_LOG_WARNING,
                 "the likelihoods are withheld: log Z by annealing is not to be believed: %s", z.diagnosis);
    }
    heat_logz_result_clear(&z);
    heat_model_free(model);
    return status == HEAT_ERROR_UNABLE ? HEAT_OK : status;
}

heat_context heat_learn_unhurried(const heat_context *ctx, atomic_int *never)
{
    heat_context other = *ctx;

    other.stop = never;
    other.deadline_s = HEAT_FOREVER;
    return other;
}

/* log Z of what was learned: counted, whatever the time where it is cheap, or annealed. The tracked one is no
 * substitute: its members know nothing of states that they never met. */
static heat_status count(heat_context *ctx, heat_trainer *t, bool affordable, heat_learn_result *r)
{
    const double none = (double)NAN;
    atomic_int never = 0;
    heat_context own = t->is_cheap ? heat_learn_unhurried(ctx, &never) : *ctx;
    heat_status status = HEAT_OK;

    r->count = (heat_learn_count){none, none, none, none};
    r->count_method = "unknown";
    if (t->opt->blind)
        return HEAT_OK;
    if (!affordable)
        return heat_halted(ctx) ? HEAT_OK : anneal(ctx, t, r);
    t->sees_likelihood = true;
    status = heat_trainer_count(&own, t, &r->count);
    if (status != HEAT_OK)
        ctx->error = own.error;
    if (status == HEAT_ERROR_STOPPED || heat_halted(&own)) { /* what was learned counts */
        r->count = (heat_learn_count){none, none, none, none};
        return HEAT_OK;
    }
    r->exact = t->learner->n_drawn == 0;
    r->count_method = "exact";
    return status;
}

static heat_status load_rows(heat_context *ctx, const heat_learner *l, const heat_data *data, uint64_t seed,
                             heat_learn_rows *rows)
{
    heat_status status = heat_learn_rows_load(ctx, data, heat_row_is_real(&l->form), rows);

    return status == HEAT_OK ? heat_learn_rows_prepare(ctx, l, data, seed, rows) : status;
}

/* Before the work begins: what needs few units, or whole rows. */
static heat_status check_wishes(heat_context *ctx, const heat_trainer *t)
{
    if (t->opt->blind && t->validation.n > 0)
        return heat_fail_option(ctx, "blind", NULL, "validation data is there to be looked at");
    if (t->validation.n == 0 && t->opt->patience != HEAT_AUTO)
        return heat_fail_option(ctx, "patience", NULL,
                                "is of training that validation data may end (--validation)");
    if (t->opt->report_bias) {
        heat_status status = heat_cd_bias_check(ctx, t->learner);
        if (status != HEAT_OK)
            return status;
    }
    if (t->train.missing == NULL)
        return HEAT_OK;
    if (t->opt->report_bias)
        return heat_fail_option(ctx, "report_bias", NULL,
                                "the bias is that of whole rows, and values are missing");
    if (t->negative->kind->is_proxy)
        return heat_fail_option(ctx, "objective", t->opt->objective,
                                "the pseudo-likelihood is that of whole rows, and values are missing");
    return HEAT_OK;
}

/* Likelihoods of what was learned, or bounds to them; NaN where log Z is not known. */
static heat_status judge(heat_context *ctx, heat_trainer *t, const heat_data *test, bool affordable,
                         heat_learn_result *r)
{
    const heat_likelihood none = {(double)NAN, (double)NAN};
    heat_likelihood train = none, validation = none, tested = none;
    heat_learn_rows rows = {0};
    const double most = heat_last_visits;
    const int64_t threads = t->opt->threads;
    double log_z;
    heat_status status = count(ctx, t, affordable, r);

    log_z = r->count.log_z;
    r->pseudo = none;
    if (status == HEAT_OK && t->negative->kind->is_proxy && !heat_halted(ctx))
        status = heat_pseudo_likelihood(ctx, t->learner, &t->train, &r->pseudo);
    if (status == HEAT_OK && !isnan(log_z))
        status = heat_learn_likelihood(ctx, t->learner, &t->train, log_z, most, threads, &train);
    if (status == HEAT_OK && !isnan(log_z) && t->validation.n > 0)
        status = heat_learn_likelihood(ctx, t->learner, &t->validation, log_z, most, threads, &validation);
    if (status == HEAT_OK && !isnan(log_z) && test != NULL)
        status = load_rows(ctx, t->learner, test, t->opt->seed, &rows);
    if (status == HEAT_OK && !isnan(log_z) && test != NULL)
        status = heat_learn_likelihood(ctx, t->learner, &rows, log_z, most, threads, &tested);
    heat_learn_rows_clear(&rows);
    r->is_bounded = t->learner->n_drawn > 0;
    r->train = r->is_bounded ? none : train;
    r->validation = r->is_bounded ? none : validation;
    r->test = r->is_bounded ? none : tested;
    r->train_bound = r->is_bounded ? train : none;
    r->validation_bound = r->is_bounded ? validation : none;
    r->test_bound = r->is_bounded ? tested : none;
    return status;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Lengths that are not given. Noise falls with updates, not epochs: of few rows, which are few updates, more
 * epochs are run, and more pass without a gain. */
static void settle_lengths(const heat_negative *negative, int64_t n_rows, heat_learn_options *opt)
{
    int64_t per_epoch, epochs = AUTO_EPOCHS, patience = AUTO_PATIENCE;

    opt->batch = opt->batch == HEAT_AUTO ? AUTO_BATCH : opt->batch;
    per_epoch = (n_rows + opt->batch - 1) / opt->batch;
    if (!negative->kind->is_exact)
        epochs = larger(epochs, AUTO_UPDATES / per_epoch);
    opt->epochs = opt->epochs == HEAT_AUTO ? epochs : opt->epochs;
    if (!negative->kind->is_exact)
        patience = larger(patience, larger(PATIENT_UPDATES / per_epoch, opt->epochs / PATIENT_PART));
    opt->patience = opt->patience == HEAT_AUTO ? patience : opt->patience;
}

static heat_status open_learner(heat_context *ctx, const heat_learn_input *input,
                                const heat_learn_options *opt, heat_learner *l)
{
    heat_status status = l->kind->open(ctx, input, opt, l);

    if (status == HEAT_OK && input->validation != NULL)
        status = heat_learn_rows_check(ctx, l, input->validation);
    if (status == HEAT_OK && input->test != NULL)
        status = heat_learn_rows_check(ctx, l, input->test);
    return status;
}

/* The model, also of a run that was stopped: making it is no work that could be cut short. */
static heat_status make_model(heat_context *ctx, const heat_learner *l, heat_model **out)
{
    atomic_int never = 0;
    heat_context own = heat_learn_unhurried(ctx, &never);
    heat_status status = l->kind->make_model(&own, l, out);

    if (status != HEAT_OK)
        ctx->error = own.error;
    return status;
}

/* Leaves time for what is to be told afterwards. */
static heat_status train(heat_context *ctx, heat_trainer *t, bool affordable)
{
    double end_s = ctx->deadline_s, now_s = heat_clock();
    heat_status status;

    if (!t->opt->blind && !affordable && end_s < HEAT_FOREVER && end_s > now_s)
        ctx->deadline_s = now_s + training_share * (end_s - now_s);
    status = heat_trainer_run(ctx, t);
    ctx->deadline_s = end_s;
    return status;
}

/* What was learned counts, whether there was time for this or not. */
static heat_status report_bias(heat_context *ctx, const heat_trainer *t, heat_learn_result *r)
{
    heat_error_text before = ctx->error;
    heat_status status = heat_cd_bias_find(ctx, t->learner, &t->train, t->opt->threads, r->cd_bias);

    r->has_cd_bias = status == HEAT_OK;
    if (status == HEAT_OK)
        status = heat_cd_fixed_points_find(ctx, t->learner, &t->train, t->opt->threads, r->cd_fixed);
    if (status != HEAT_ERROR_STOPPED)
        return status;
    ctx->error = before;
    return HEAT_OK;
}

static heat_status learn(heat_context *ctx, const heat_learn_input *input, heat_learner *l,
                         heat_learn_options *opt, heat_learn_result *r)
{
    heat_negative negative = {0};
    heat_trainer t = {.learner = l, .negative = &negative, .opt = opt, .result = r};
    bool affordable, cheap;
    heat_status status = open_learner(ctx, input, opt, l);

    if (status == HEAT_OK)
        status = load_rows(ctx, l, input->data, opt->seed, &t.train);
    if (status == HEAT_OK)
        status = choose(ctx, l, opt, &t.train, &negative, &affordable, &cheap);
    if (status == HEAT_OK && input->validation != NULL)
        status = load_rows(ctx, l, input->validation, opt->seed, &t.validation);
    if (status == HEAT_OK)
        status = check_wishes(ctx, &t);
    if (status != HEAT_OK)
        goto out;
    settle_lengths(&negative, t.train.n, opt);
    t.weight_decay = opt->weight_decay;
    if (opt->weight_decay == HEAT_FOREVER) /* not given */
        t.weight_decay = input->validation == NULL
                             ? 0
                             : (l->kind->has_hidden ? hidden_decay : visible_decay) / (double)t.train.n;
    t.is_cheap = cheap;
    t.goes_on = input->initial != NULL;
    t.sees_likelihood = (cheap && !opt->blind) || negative.kind == &heat_negative_exact;
    r->negative = negative.kind->name;
    r->gradient = (double)NAN;
    t.tracks =
        !opt->blind && !t.sees_likelihood && !negative.kind->is_exact && heat_tracked_count_is_affordable(l);
    if (negative.kind->open != NULL)
        status = negative.kind->open(ctx, opt, l, &negative);
    if (status == HEAT_OK && t.tracks)
        status = heat_tracked_count_open(ctx, l, opt, &t.tracked);
    if (status == HEAT_OK && input->initial != NULL)
        status = heat_learn_go_on(ctx, input->initial, l, &negative);
    if (status == HEAT_OK)
        status = train(ctx, &t, affordable);
    r->n_rungs = negative.n_rungs;
    r->exchanges_accepted = negative.accepted;
    if (status == HEAT_OK)
        status = judge(ctx, &t, input->test, affordable, r);
    if (status == HEAT_OK && opt->report_bias)
        status = report_bias(ctx, &t, r);
    if (status == HEAT_OK)
        status = make_model(ctx, l, &r->model);
    if (status == HEAT_OK)
        status = heat_learn_keep_chains(ctx, l, &negative, r->model);
out:
    heat_negative_close(&negative);
    heat_tracked_count_close(&t.tracked);
    heat_learn_rows_clear(&t.train);
    heat_learn_rows_clear(&t.validation);
    return status;
}

heat_status heat_learn(heat_context *ctx, const char *kind, const heat_learn_input *input,
                       const heat_learn_options *options, heat_learn_result *result)
{
    heat_learn_options opt;
    heat_learn_input own = {.size = sizeof own};
    heat_learn_result r;
    heat_learner l = {0};
    heat_negative named = {0};
    heat_budget budget;
    double begin = heat_clock();
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (kind == NULL || input == NULL || input->data == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_learn: no kind, data or place for the result");
    heat_learn_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    heat_struct_copy(&own, sizeof own, input, input->size);
    status = find_kind(ctx, kind, &l.kind);
    if (status == HEAT_OK)
        status = heat_option_check(ctx, heat_option_table_get("learn"), &opt, NULL);
    if (status == HEAT_OK)
        status = heat_isa_check(ctx, opt.isa);
    if (status == HEAT_OK)
        status = heat_checkpoint_check_every(ctx, heat_option_table_get("learn"), &opt);
    if (status == HEAT_OK && strcmp(opt.negative, "auto") != 0)
        status = parse_negative(ctx, opt.negative, &named); /* before the data is found wanting */
    if (status != HEAT_OK)
        return status;
    if (opt.hidden_units != NULL && l.kind != &heat_learn_kind_boltzmann)
        return heat_fail_option(ctx, "hidden_units", opt.hidden_units, "are of the graph of a boltzmann");
    if (own.initial != NULL)
        heat_learn_follow(ctx, own.initial, &opt);
    if (own.graph == NULL && l.kind != &heat_learn_kind_rbm)
        own.graph = own.initial;
    heat_learn_result_init(&r);
    budget = heat_budget_enter(ctx, "learn", opt.time, opt.memory);
    status = learn(ctx, &own, &l, &opt, &r);
    heat_budget_leave(ctx, &budget);
    heat_learner_clear(&l);
    if (status != HEAT_OK) {
        heat_learn_result_clear(&r);
        return status;
    }
    r.seconds = heat_clock() - begin;
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
