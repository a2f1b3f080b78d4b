/* Parallel tempering: every replica is a ladder of chains, one at each temperature, moved by single-variable
 * heat-bath sweeps, after each of which neighbours try to trade places. Chains that walk in a potential move
 * by hmc. */
#include "sample/sampling.h"

const heat_engine heat_engine_tempering = {.name = "tempering",
                                           .rule = &heat_rule_heat_bath,
                                           .after_sweep = heat_sampling_exchange,
                                           .is_ladder = true,
                                           .run = heat_sampling_run_chains};
