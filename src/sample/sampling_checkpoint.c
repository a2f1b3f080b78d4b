/* What identifies a run: the streams' version, the model by its name and by the energies of random states,
 * every option that decides bits. What makes it up: chains, exchanges, recorder. */
#include "sample/sampling_checkpoint.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <heatbath/version.h>
#include <stdio.h>
#include <string.h>

enum { IDENTITY_SIZE = 4000, PROBES = 16 };

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

/* A number that differs for models that differ: from the bits of the energies of random states, and what is
 * clamped; of a model of real numbers the held ones are in its energies. */
static heat_status probe_model(heat_context *ctx, const heat_sampling *s, uint64_t *digest)
{
    int64_t n = s->info.n_variables;
    double energies[PROBES];
    const heat_row_form form = heat_model_row_form(&s->info);
    void *states = NULL;
    heat_stream stream;
    heat_status status = heat_rows_alloc(ctx, &form, PROBES, &states);

    *digest = (uint64_t)n;
    if (status != HEAT_OK)
        return status;
    heat_stream_init(&stream, 0, HEAT_PURPOSE_PROBE, 1);
    for (int64_t k = 0; k < PROBES * n; k++)
        heat_row_set(&form, states, k,
                     heat_model_count_values(s->model, (int32_t)(k % n)) == 0
                         ? heat_stream_uniform(&stream)
                         : heat_model_random_value(s->model, (int32_t)(k % n), &stream));
    status = heat_model_energies(ctx, s->model, PROBES, states, energies);
    heat_free(states);
    for (int k = 0; k < PROBES && status == HEAT_OK; k++) {
        uint64_t bits;
        memcpy(&bits, &energies[k], sizeof bits);
        *digest = mix(*digest ^ bits);
    }
    for (int32_t i = 0; s->clamp != NULL && i < s->recorder.form.n; i++)
        *digest = mix(*digest ^ (uint8_t)s->clamp[i]);
    return status;
}

static heat_status write_identity(heat_context *ctx, const heat_sampling *s, char *text)
{
    static const char *const is_free[] = {"threads",    "time",  "memory",      "isa",
                                          "checkpoint", "every", "interpolate", NULL};
    uint64_t digest;
    int used;
    heat_status status = probe_model(ctx, s, &digest);

    if (status != HEAT_OK)
        return status;
    used = snprintf(text, IDENTITY_SIZE,
                    "verb = sample\nstreams = %d\nmodel = %016llx\nkind = %s\nlayout = %s\n",
                    HEAT_STREAMS_VERSION, (unsigned long long)digest, s->info.kind, s->chains->layout->name);
    return heat_checkpoint_add_options(ctx, heat_option_table_get("sample"), &s->opt, is_free, IDENTITY_SIZE,
                                       used, text);
}

/* False if what was read cannot have been written by a run like this one. */
static bool is_sound(const heat_sampling *s)
{
    const heat_chains *c = s->chains;

    for (int64_t unit = 0; unit < c->n_units; unit++)
        if (!(c->n_sweeps[unit] >= 0 && c->n_sweeps[unit] <= s->opt.burn_in + s->opt.sweeps))
            return false;
    for (int64_t chain = 0; chain < c->n_chains; chain++) {
        int32_t rung = c->rung[chain];
        if (!(rung >= 0 && rung < c->n_rungs && (s->cooling.is_on || c->beta[chain] == c->betas[rung])))
            return false;
        if (!s->engine->is_ladder)
            continue;
        if (s->exchange.chain_at[chain / c->n_rungs * c->n_rungs + rung] != chain)
            return false;
    }
    return true;
}

heat_status heat_sampling_checkpoint_open(heat_context *ctx, heat_sampling_checkpoint *c)
{
    heat_sampling *s = c->sampling;
    bool found;
    heat_status status;

    if (s->opt.checkpoint == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, IDENTITY_SIZE, 1, &c->identity);
    if (status == HEAT_OK)
        status = write_identity(ctx, s, c->identity);
    if (status == HEAT_OK)
        status = heat_chains_add_parts(ctx, s->chains, &c->parts);
    if (status == HEAT_OK && s->engine->is_ladder)
        status = heat_exchange_add_parts(ctx, &s->exchange, &c->parts);
    if (status == HEAT_OK)
        status = heat_recorder_add_parts(ctx, &s->recorder, &c->parts);
    if (status == HEAT_OK)
        status = heat_passages_add_parts(ctx, s, &c->parts);
    if (status == HEAT_OK)
        status = heat_checkpoint_load(ctx, s->opt.checkpoint, c->identity, &c->parts, &found);
    if (status == HEAT_OK && found && !is_sound(s))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, s->opt.checkpoint, 0, 0,
                                "not the state of a run like this: the file was changed");
    c->saved_s = heat_clock();
    return status;
}

heat_status heat_sampling_checkpoint_save(heat_context *ctx, heat_sampling_checkpoint *c, bool is_last)
{
    heat_status status;

    if (c->identity == NULL || !(is_last || heat_clock() - c->saved_s >= c->sampling->opt.every))
        return HEAT_OK;
    status = heat_checkpoint_save(ctx, c->sampling->opt.checkpoint, c->identity, &c->parts);
    c->saved_s = heat_clock();
    return status;
}

void heat_sampling_checkpoint_close(heat_sampling_checkpoint *c)
{
    heat_free(c->identity);
    heat_parts_clear(&c->parts);
}
