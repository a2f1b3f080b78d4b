/* The exact engine: independent states of the Boltzmann distribution by elimination, where its width is
 * affordable. Each sweep of each chain is a fresh draw: tau is 1 by construction. */
#include "sample/exact_draws.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/engine.h"

#include "exact/exact_choice.h"

const heat_engine heat_engine_exact = {"exact", NULL, NULL};

enum { BYTES_AT_ONCE = 1 << 26 };

heat_status heat_exact_draws_run(heat_context *ctx, const heat_model *model, double beta, uint64_t seed,
                                 int64_t first_chain, int64_t threads, heat_recorder *recorder,
                                 int64_t n_chains, int64_t *n_sweeps)
{
    heat_exact_choice choice = {0};
    heat_elimination_cost cost;
    heat_model_info info;
    heat_pairwise graph;
    heat_elimination *plan = NULL;
    int8_t *states = NULL;
    double *energies = NULL;
    int64_t total = n_chains * recorder->n_sweeps, at_once = BYTES_AT_ONCE / (recorder->n + 8) + 1;
    heat_status status;

    *n_sweeps = 0;
    heat_model_describe(model, &info);
    if (!heat_model_get_pairwise(model, &graph))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "engine exact needs a pairwise model");
    status = heat_exact_choose(ctx, model, ctx->config.memory, true, &choice);
    if (status == HEAT_OK && (choice.cost.width_is_bound || choice.cost.width > choice.cost.width_affordable))
        status = heat_exact_fail(ctx, &choice.cost, ctx->config.memory);
    if (status == HEAT_OK)
        status = heat_elimination_create(ctx, &graph, choice.cost.width_affordable, &plan);
    if (status != HEAT_OK)
        goto out;
    cost = heat_elimination_get_cost(plan);
    if (!(cost.bytes_back <= (double)ctx->config.memory)) {
        status = heat_exact_fail(ctx, &choice.cost, ctx->config.memory);
        goto out;
    }
    at_once = at_once < total ? at_once : total;
    status = heat_alloc(ctx, at_once * recorder->n, 1, &states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, at_once, sizeof *energies, &energies);
    for (int64_t done = 0; done < total && status == HEAT_OK && !heat_halted(ctx); done += at_once) {
        int64_t count = total - done < at_once ? total - done : at_once;
        status = heat_elimination_run_draws(ctx, plan, beta, seed, first_chain * recorder->n_sweeps + done,
                                            count, threads, states);
        if (status != HEAT_OK || heat_halted(ctx))
            break;
        heat_states_from_spins(&info, count, states);
        status = heat_model_energies(ctx, model, count, states, energies);
        for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
            const int8_t *state = states + k * recorder->n;
            double magnetization = 0;
            for (int32_t i = 0; i < recorder->n; i++)
                magnetization += state[i];
            /* draw number d belongs to chain d mod n_chains: a run cut short leaves chains of equal length */
            heat_recorder_add(recorder, first_chain + (done + k) % n_chains, (done + k) / n_chains, state,
                              energies[k], magnetization);
        }
        *n_sweeps = (done + count) / n_chains;
    }
out:
    heat_free(states);
    heat_free(energies);
    heat_elimination_free(plan);
    heat_exact_choice_clear(&choice);
    return status;
}
