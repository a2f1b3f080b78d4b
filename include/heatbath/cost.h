/* What a verb would take, before it runs: told from counts and rates, never from a clock. */
#ifndef HEATBATH_COST_H
#define HEATBATH_COST_H

#include <heatbath/exact.h>

HEAT_BEGIN_DECLS

/* The rates of one thread, nanoseconds: round numbers, for orders of magnitude. */
#define HEAT_ENTRY_NS 1.5 /* a table entry of an elimination, there and back */
#define HEAT_FAR_NS 0.6   /* more for one of a table beyond the caches */
#define HEAT_SUM_OVER_SEARCH                                                                                 \
    2.5                      /* what a sum with its mean energy takes of one, times that of a lowest energy */
#define HEAT_STEP_NS 1000.0  /* and each variable eliminated */
#define HEAT_PFAFFIAN_NS 0.8 /* a multiplication and addition of a Pfaffian */
#define HEAT_JOIN_NS 4000.0  /* and each vertex of its graph */
#define HEAT_STATE_NS 15.0   /* a state of an enumeration */
#define HEAT_SPIN_STATE_NS 1.5 /* a state of spins */
#define HEAT_TABLE_NS 5e4      /* and what every enumeration begins with */
#define HEAT_UNIT_NS 0.5 /* a unit of the larger layer in a state of the smaller one, moments included */
#define HEAT_VALUE_STATE_NS 8.0 /* a number of a layer of any kind that is summed out, likewise */
#define HEAT_VISIT_NS 0.2       /* a visit of a spin by one chain, of 16 that share a vector */
#define HEAT_NEIGHBOUR_NS 0.03  /* and of each of its neighbours */
#define HEAT_BIT_NS 0.06        /* a visit of a spin that is one of 512 bits: of chains, or of one lattice */
#define HEAT_VALUE_NS 0.6       /* a value, or a neighbour, of a Potts variable that one chain of 16 visits */
#define HEAT_ROW_NS 1.5         /* a neighbour, or a quarter of a visit, of a variable in a row of its own */
#define HEAT_ODDS_NS 0.15       /* a unit whose odds a flip of the other layer changes */
#define HEAT_SUMMED_VISIT_NS 60.0 /* and what such a flip begins with */
#define HEAT_CLUSTER_NS 1.5       /* a visit of a variable, or of one end of an edge, by a cluster engine */
#define HEAT_MEASURE_NS 1300.0    /* a measured sweep of one chain, diagnostics included */

/* The price of one verb on one model. */
typedef struct heat_cost {
    size_t size;        /* set by the estimate */
    const char *method; /* the engine or method that would run; "none" where there is none; static */
    const char *reason; /* why that one, one clause; static */
    double bytes;       /* at once, beside the model */
    double seconds;     /* on one thread, at the rates above; NaN under "none" */
    bool affordable;    /* the verb would not refuse */
} heat_cost;

/* Seconds of one answer by the method of `exact`. */
HEAT_API double heat_exact_seconds(const heat_exact_cost *exact);

HEAT_END_DECLS

#endif
