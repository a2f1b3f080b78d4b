/* The engine table: one row adds an engine, and its name reaches the option table, the help and the tests. */
#ifndef HEATBATH_ENGINES_H
#define HEATBATH_ENGINES_H

/* X(tag, name, what it is) */
#define HEAT_ENGINES(X)                                                                                      \
    X(metropolis, "metropolis", "single-variable Metropolis, sites in order")                                \
    X(heat_bath, "heat-bath", "single-variable heat bath (Glauber, Gibbs), sites in order")                  \
    X(gibbs, "gibbs", "the two layers of an RBM in turn, all units of a layer at once")                      \
    X(wolff, "wolff", "clusters of spins or plain Potts values, one at a time")                              \
    X(swendsen_wang, "swendsen-wang", "all clusters of spins or plain Potts values at once")                 \
    X(tempering, "tempering",                                                                                \
      "parallel tempering: sweeps of heat-bath, or hmc of potentials; neighbouring temperatures trade "      \
      "chains")                                                                                              \
    X(houdayer, "houdayer", "tempering of pairs of replicas, which also trade isoenergetic clusters")        \
    X(population, "population", "population annealing: each replica a population, with its free energy")     \
    X(ula, "ula", "unadjusted Langevin dynamics; its step bias is measured")                                 \
    X(underdamped, "underdamped", "Langevin dynamics with velocities (BAOAB); its step bias is measured")    \
    X(mala, "mala", "Langevin steps with a Metropolis test")                                                 \
    X(hmc, "hmc", "Hamiltonian Monte Carlo: trajectories of leapfrog steps, with a Metropolis test")         \
    X(nuts, "nuts", "no-U-turn sampler: trajectories that end where they turn back")                         \
    X(random_walk, "random-walk", "Metropolis steps of all coordinates at once; needs no gradient")          \
    X(ensemble, "ensemble",                                                                                  \
      "walkers that stretch along lines through one another; needs no gradient and no scales")               \
    X(exact, "exact", "independent draws by elimination, where it is affordable")

#define HEAT_ENGINE_WORD(tag, name, help) "|" name
#define HEAT_ENGINE_WORDS "auto" HEAT_ENGINES(HEAT_ENGINE_WORD)

#endif
