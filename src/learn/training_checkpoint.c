/* What identifies a training: the streams' version, the kind, a digest of the data, every option that decides
 * bits. What makes it up: parameters, chains, tracked members, history, and what the road adds. */
#include "learn/training_checkpoint.h"
#include "base/context_private.h"
#include "base/digest.h"
#include "base/memory.h"

#include <heatbath/version.h>
#include <stdio.h>
#include <string.h>

enum { IDENTITY_SIZE = 4000 };

static uint64_t digest_rows(uint64_t hash, const heat_trainer *t, const heat_learn_rows *rows)
{
    hash = heat_digest_add(hash, rows->states, rows->n * heat_row_bytes(&t->learner->form));
    if (rows->missing != NULL)
        hash = heat_digest_add(hash, rows->missing, rows->n * t->learner->n_visible);
    return heat_digest_add(hash, rows->weight, rows->n * (int64_t)sizeof *rows->weight);
}

static heat_status write_identity(heat_context *ctx, const heat_trainer *t, char *text)
{
    static const char *const is_free[] = {"threads", "time", "memory", "isa", "checkpoint", "every", NULL};
    uint64_t hash = digest_rows(heat_digest_basis, t, &t->train);
    int used;

    hash = digest_rows(hash, t, &t->validation);
    used = snprintf(
        text, IDENTITY_SIZE,
        "verb = learn\nstreams = %d\nkind = %s\nparameters = %lld\ndata = %016llx\nstart = %016llx\n",
        HEAT_STREAMS_VERSION, t->learner->kind->name, (long long)t->learner->n_parameters,
        (unsigned long long)hash,
        (unsigned long long)heat_digest_add(heat_digest_basis, t->learner->parameters,
                                            t->learner->n_parameters * (int64_t)sizeof(double)));
    return heat_checkpoint_add_options(ctx, heat_option_table_get("learn"), t->opt, is_free, IDENTITY_SIZE,
                                       used, text);
}

static heat_status list_parts(heat_context *ctx, heat_training_checkpoint *c)
{
    heat_trainer *t = c->trainer;
    int64_t numbers = t->learner->n_parameters * (int64_t)sizeof(double);
    const struct {
        const char *name;
        void *data;
        int64_t size;
    } rows[] = {
        {"training/parameters", t->learner->parameters, numbers},
        {"training/gradient", t->gradient, numbers},
        {"training/best", t->best, numbers},
        {"training/best_validation", &t->best_validation, sizeof t->best_validation},
        {"training/best_epoch", &t->best_epoch, sizeof t->best_epoch},
        {"training/epochs", &t->result->epochs, sizeof t->result->epochs},
        {"training/place", &t->place, sizeof t->place},
        {"training/ended", &t->ended, sizeof t->ended},
        {"training/looks", &t->result->n_history, sizeof t->result->n_history},
        {"chains/updates", &t->negative->n_updates, sizeof t->negative->n_updates},
        {"chains/log_z", &t->negative->log_z, sizeof t->negative->log_z},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_parts_add(ctx, &c->parts, rows[k].name, -1, rows[k].data, rows[k].size);
    if (status == HEAT_OK && t->negative->kind->add_parts != NULL)
        status = t->negative->kind->add_parts(ctx, t->negative, &c->parts);
    return status == HEAT_OK && t->tracks
               ? heat_tracked_count_add_parts(ctx, t->learner, &t->tracked, &c->parts)
               : status;
}

static heat_status add_history(heat_context *ctx, heat_trainer *t, heat_parts *parts)
{
    return heat_parts_add(ctx, parts, "training/history", -1, t->result->history,
                          t->result->n_history * (int64_t)sizeof *t->result->history);
}

/* False if what was read cannot have been written by a training like this one. */
static bool is_sound(const heat_trainer *t)
{
    const heat_learn_result *r = t->result;

    return r->epochs >= 0 && r->epochs <= t->opt->epochs && r->n_history >= 0 &&
           r->n_history <= r->epochs + 1 && t->best_epoch >= 0 && t->best_epoch <= r->epochs && t->place >= 0;
}

static heat_status load_history(heat_context *ctx, heat_training_checkpoint *c)
{
    heat_trainer *t = c->trainer;
    heat_parts history = {0};
    bool found;
    heat_status status = heat_grow(ctx, t->result->n_history, sizeof *t->result->history,
                                   &t->history_capacity, &t->result->history);

    if (status == HEAT_OK)
        status = add_history(ctx, t, &history);
    if (status == HEAT_OK)
        status = heat_checkpoint_load(ctx, t->opt->checkpoint, c->identity, &history, &found);
    heat_parts_clear(&history);
    return status;
}

heat_status heat_training_checkpoint_open(heat_context *ctx, heat_training_checkpoint *c, bool *found)
{
    const char *path = c->trainer->opt->checkpoint;
    heat_status status;

    *found = false;
    if (path == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, IDENTITY_SIZE, 1, &c->identity);
    if (status == HEAT_OK)
        status = write_identity(ctx, c->trainer, c->identity);
    if (status == HEAT_OK)
        status = list_parts(ctx, c);
    if (status == HEAT_OK)
        status = heat_checkpoint_load(ctx, path, c->identity, &c->parts, found);
    if (status == HEAT_OK && *found && !is_sound(c->trainer)) {
        c->trainer->result->n_history = 0;
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                                "not the state of a training like this: the file was changed");
    }
    if (status == HEAT_OK && *found)
        status = load_history(ctx, c);
    c->saved_s = heat_clock();
    return status;
}

heat_status heat_training_checkpoint_save(heat_context *ctx, heat_training_checkpoint *c, bool is_last)
{
    const heat_learn_options *opt = c->trainer->opt;
    int64_t count = c->parts.count;
    heat_status status;

    if (c->identity == NULL || !(is_last || heat_clock() - c->saved_s >= opt->every))
        return HEAT_OK;
    heat_learner_catch_up(c->trainer->learner);
    status = add_history(ctx, c->trainer, &c->parts);
    if (status == HEAT_OK)
        status = heat_checkpoint_save(ctx, opt->checkpoint, c->identity, &c->parts);
    c->parts.count = count;
    c->saved_s = heat_clock();
    return status;
}

void heat_training_checkpoint_close(heat_training_checkpoint *c)
{
    heat_free(c->identity);
    heat_parts_clear(&c->parts);
}
