/* The inside of a plan: the elimination tree, relabelled so that every subtree is a run of steps, and where
 * each message lies in memory. Step k eliminates one variable x and leaves a message: a table over its
 * separator, the later variables that x still touches, which the first of them takes up. */
#ifndef HEATBATH_ELIMINATION_PLAN_H
#define HEATBATH_ELIMINATION_PLAN_H

#include "exact/elimination.h"

enum {
    HEAT_TABLE_BLOCK_BITS = 8,  /* a block of a table is worked on in the first cache */
    HEAT_TABLE_UNIT_BITS = 15,  /* a unit of a table is one thread's work */
    HEAT_TABLE_SHARED_BITS = 18 /* from here on threads share a table: below, waiting for them costs more */
};

struct heat_elimination {
    const heat_pairwise *graph;          /* of q values: `shape` */
    const heat_categorical *categorical; /* NULL: spins, whose tables go by bits */
    heat_pairwise shape;                 /* rows and offset of the categorical graph, no couplings */
    int32_t n, q;
    int32_t *variable;    /* [n] that step k eliminates */
    int32_t *step;        /* [n] that eliminates variable v */
    int32_t *parent;      /* [n] step that takes step k's message; -1: none, the separator is empty */
    int32_t *first_child; /* [n] a step whose message step k takes; -1: none */
    int32_t *sibling;     /* [n] the next one; -1: none */
    int64_t *begin;       /* [n + 1] of step k's separator */
    int32_t *separator;   /* steps, ascending: digit b of a table's index is the b-th; 1 is spin +1 */

    /* A forward pass alone keeps its messages on two stacks, by the parity of a step's depth: what a step
     * takes lies on top of the one, what it leaves goes on top of the other. Offsets in doubles. */
    int64_t *slot;
    int64_t slots_end;

    /* With a way back, the steps are cut into segments, and these gathered into groups. A message that leaves
     * its group is kept, below kept_end; one that leaves its segment, below group_end, while its group is
     * worked on; the others while their segment is. */
    int64_t *slot_back;
    int64_t kept_end, group_end, slots_back_end;
    int32_t n_segments, n_groups;
    int32_t *segment; /* [n_segments + 1] first steps */
    int32_t *group;   /* [n_groups + 1] first segments */

    int32_t most_children; /* of one step */
    int64_t most_edges;    /* of one step's variable to later ones */
    int64_t most_maps;     /* bytes of one step's low maps */
    int64_t most_partials; /* doubles of one step's partial sums, with marginals */
    double range;          /* at beta = 1, of the logarithm of any product of messages at one step: a bound */
    heat_elimination_cost cost;
};

/* q^width: entries of a table, exact below 2^53. */
static inline double heat_table_entries(int32_t q, int32_t width)
{
    double entries = 1;

    for (int32_t b = 0; b < width && entries < 1e300; b++)
        entries *= q;
    return entries;
}

/* Cuts the steps into segments and groups, and places their messages: all of them apart where they are `few`
 * doubles, else in segments, and in groups where segments alone would take more than `many` at once. */
void heat_segments_place(heat_elimination *plan, int64_t few, int64_t many);

static inline int32_t heat_separator_size(const heat_elimination *plan, int32_t k)
{
    return (int32_t)(plan->begin[k + 1] - plan->begin[k]);
}

/* Entries of step k's message. */
static inline int64_t heat_message_size(const heat_elimination *plan, int32_t k)
{
    int32_t width = heat_separator_size(plan, k);

    return plan->q == 2 ? (int64_t)1 << width : (int64_t)heat_table_entries(plan->q, width);
}

/* Where a message may begin: at whole cache lines if it fills one. */
static inline int64_t heat_message_begin(int64_t offset, int64_t size)
{
    return size < 8 ? offset : (offset + 7) / 8 * 8;
}

#endif
