/* The model moves while its chains do, and takes all their energies along: what counts is where a chain
 * stands among the others, its free energy less their mean at that draw. Autocorrelations of that, within
 * chains and between them, give the effective sample size as for any sampler (stats/convergence.h). */
#include "learn/chain_record.h"
#include "base/memory.h"
#include "stats/convergence.h"

#include <math.h>

enum { LEAST_DRAWS = 4 };

heat_status heat_chain_record_open(heat_context *ctx, const heat_negative *negative, int64_t updates,
                                   heat_chain_record *r)
{
    int64_t n = negative->n_chains < HEAT_RECORDED_CHAINS ? negative->n_chains : HEAT_RECORDED_CHAINS;
    heat_status status;

    *r = (heat_chain_record){.n_chains = n};
    if (negative->kind->get_chains == NULL || n < 2)
        return HEAT_OK;
    r->apart = (updates + HEAT_RECORDED_DRAWS - 1) / HEAT_RECORDED_DRAWS;
    status = heat_alloc(ctx, HEAT_RECORDED_DRAWS * n, sizeof *r->energy, &r->energy);
    return status == HEAT_OK ? heat_alloc(ctx, HEAT_RECORDED_DRAWS * n, sizeof *r->work, &r->work) : status;
}

void heat_chain_record_add(heat_chain_record *r, heat_negative *negative, const heat_learner *l,
                           int64_t update)
{
    double *energy, mean = 0;

    if (r->apart == 0 || (update + 1) % r->apart != 0 || r->n_draws == HEAT_RECORDED_DRAWS)
        return;
    energy = r->energy + r->n_draws++ * r->n_chains;
    l->kind->log_weights(l, r->n_chains, negative->kind->get_chains(negative), energy);
    for (int64_t c = 0; c < r->n_chains; c++)
        mean += energy[c] / (double)r->n_chains;
    for (int64_t c = 0; c < r->n_chains; c++)
        energy[c] = mean - energy[c];
}

heat_status heat_chain_record_judge(heat_context *ctx, heat_chain_record *r, const heat_negative *negative,
                                    double *ess)
{
    const int64_t n = r->n_draws;
    heat_convergence c;
    heat_status status = HEAT_OK;

    *ess = (double)NAN;
    r->n_draws = 0;
    if (n < LEAST_DRAWS)
        return HEAT_OK;
    for (int64_t k = 0; k < n * r->n_chains; k++) {
        r->work[k % r->n_chains * n + k / r->n_chains] = r->energy[k];
        if (!isfinite(r->energy[k]))
            return HEAT_OK;
    }
    status = heat_convergence_get(ctx, r->n_chains, n, r->work, &c);
    if (status == HEAT_OK)
        *ess = c.ess * (double)negative->n_chains / (double)r->n_chains;
    return status;
}

void heat_chain_record_restart(heat_chain_record *r)
{
    r->n_draws = 0;
}

heat_status heat_chain_record_add_parts(heat_context *ctx, heat_chain_record *r, heat_parts *parts)
{
    heat_status status;

    if (r->apart == 0)
        return HEAT_OK;
    status = heat_parts_add(ctx, parts, "record/draws", -1, &r->n_draws, sizeof r->n_draws);
    return status == HEAT_OK ? heat_parts_add(ctx, parts, "record/energy", -1, r->energy,
                                              HEAT_RECORDED_DRAWS * r->n_chains * (int64_t)sizeof *r->energy)
                             : status;
}

void heat_chain_record_close(heat_chain_record *r)
{
    heat_free(r->energy);
    heat_free(r->work);
    *r = (heat_chain_record){.n_draws = 0};
}
