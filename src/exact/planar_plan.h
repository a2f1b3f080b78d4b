/* The inside of a planar plan: the map with its signs, and a binary tree that joins its vertices two parts at
 * a time. Every part has a skew matrix over the half-edges that leave it; joining two eliminates those of the
 * edges between them. */
#ifndef HEATBATH_PLANAR_PLAN_H
#define HEATBATH_PLANAR_PLAN_H

#include "exact/planar.h"
#include "exact/surface_map.h"

/* A part. Numbered so that a node comes before its right part, that before its left part: upwards is from the
 * last to the first. */
typedef struct heat_planar_node {
    int32_t left, right; /* its two parts; -1: a single vertex */
    int32_t vertex;
    int32_t joined;  /* edges between the parts */
    int32_t rest;    /* half-edges that leave the whole */
    int64_t joins;   /* in plan->join: the half-edges of these edges on the left, `joined` of them */
    int64_t indices; /* in plan->index: the place in the front of each half-edge that leaves the left part,
                        then of the right. A front is the joined pairs, left end first, then the rest */
} heat_planar_node;

struct heat_planar {
    const heat_pairwise *graph;
    int32_t n_tied; /* vertices added to those of the graph, for fields or to cut down degrees */
    bool has_field;
    heat_map map;
    double *coupling; /* [m]; infinity: a tie between two halves of one vertex */
    int64_t *source;  /* [m] entry of graph->col, or -1 - site of a field, or the number below of a tie */
    heat_map_signs signs;
    int32_t n_nodes;
    heat_planar_node *nodes;
    int32_t *join, *index;
    int64_t join_room, index_room;
    int32_t *closing; /* [n_closing] half-edges that the root still has, those of the cuts: twins in pairs */
    int32_t n_closing;
    int64_t n_closing_factors;
    int32_t *closing_place; /* [n_closing] in these pairs of the root's k-th half-edge */
    int32_t largest_front, largest_vertex;
    int64_t stack, factors; /* numbers at once on the stack of parts, and of all factors */
    heat_planar_cost cost;
};

static const int64_t heat_planar_tie = INT64_MIN;

/* Numbers the parts of plan->map and fills in everything from `nodes` on. */
HEAT_MUST_USE heat_status heat_planar_tree_create(heat_context *ctx, heat_planar *plan);

/* What one pass over the tree leaves. */
typedef struct heat_planar_pass {
    double beta;
    double log_sum;        /* log of the sum over even subgraphs */
    double error;          /* of log_sum, by the rounding of the fronts: not often more */
    double mismatch;       /* largest difference between the two values that each correlation gets */
    bool positive;         /* as every Pfaffian on the way must be */
    double *correlation;   /* [m] <s s'> */
    double variance;       /* of the energy: sum of J d<s s'>/d beta */
    double variance_error; /* sum of the differences between the two values that each term gets */
} heat_planar_pass;

/* In doubles, and in pairs of doubles. A halted pass is left unfinished. */
HEAT_MUST_USE heat_status heat_planar_pass_double(heat_context *ctx, const heat_planar *plan,
                                                  heat_planar_pass *pass);
HEAT_MUST_USE heat_status heat_planar_pass_pair(heat_context *ctx, const heat_planar *plan,
                                                heat_planar_pass *pass);

#endif
