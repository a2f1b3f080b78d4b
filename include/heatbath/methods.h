/* The method tables of ground and logz: one row adds a method, and its name reaches options, help and tests.
 */
#ifndef HEATBATH_METHODS_H
#define HEATBATH_METHODS_H

/* X(tag, name, what it is) */
#define HEAT_GROUND_METHODS(X)                                                                               \
    X(anneal, "anneal", "simulated annealing with restarts, replicas side by side")                          \
    X(exact, "exact", "enumeration or elimination over (min, +): proves its answer")

#define HEAT_LOGZ_METHODS(X)                                                                                 \
    X(exact, "exact", "enumeration, elimination over (log-sum-exp, +), or Pfaffians")                        \
    X(mbar, "mbar", "chains at temperatures from infinite to the coldest, all of them one estimate")         \
    X(ais, "ais", "annealed importance sampling, forward and back: two bounds")                              \
    X(population, "population", "annealed populations, resampled at every step")                             \
    X(wang_landau, "wang-landau", "the density of states, of models whose energies are integers")

#define HEAT_METHOD_WORD(tag, name, help) "|" name
#define HEAT_GROUND_METHOD_WORDS "auto" HEAT_GROUND_METHODS(HEAT_METHOD_WORD)
#define HEAT_LOGZ_METHOD_WORDS "auto" HEAT_LOGZ_METHODS(HEAT_METHOD_WORD)

#endif
