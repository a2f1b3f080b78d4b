/* The inside of the built-ins: a text taken apart, and the graphs that can be built from it. */
#ifndef HEATBATH_BUILTIN_H
#define HEATBATH_BUILTIN_H

#include "io/edge_list.h"
#include "random/stream.h"

enum { HEAT_MOST_DIMENSIONS = 16 };

/* Streams of a built-in's disorder: (seed, HEAT_PURPOSE_GENERATE, one of these). */
enum { HEAT_UNIT_COUPLINGS = 0, HEAT_UNIT_GRAPH = 1, HEAT_UNIT_FIELDS = 2 };

typedef enum heat_disorder { HEAT_UNIFORM = 0, HEAT_PLUS_MINUS, HEAT_GAUSSIAN } heat_disorder;

/* A law of couplings or fields: the number itself, or the scale of what is drawn. */
typedef struct heat_law {
    heat_disorder how;
    double scale;
} heat_law;

typedef struct heat_graph_row heat_graph_row;

/* A built-in's text, taken apart. */
typedef struct heat_recipe {
    const char *spec;
    const heat_graph_row *graph;
    int32_t n_dimensions;
    int64_t extent[HEAT_MOST_DIMENSIONS];
    int64_t n; /* product of the extents: of a graph with a basis, cells */
    heat_law coupling, field;
    uint64_t seed;
    int64_t degree;                  /* of a regular graph */
    bool open[HEAT_MOST_DIMENSIONS]; /* no bonds around this dimension */
    int64_t n_states;
} heat_recipe;

/* A kind of graph. */
struct heat_graph_row {
    const char *name;
    heat_status (*build)(heat_context *ctx, const heat_recipe *r, heat_edge_list *list);
    int32_t fewest, most; /* dimensions */
    int32_t basis;        /* variables a cell */
    bool has_boundary;    /* reads `open` */
    bool has_degree;      /* reads `k` */
    bool is_hypercubic;   /* its extents are the model's */
};

/* The rows, NULL behind the last. */
extern const heat_graph_row *const heat_graph_rows[];

/* One number by the law. */
double heat_law_draw(heat_law law, heat_stream *stream);

heat_status heat_build_lattice(heat_context *ctx, const heat_recipe *r, heat_edge_list *list);
heat_status heat_build_triangular(heat_context *ctx, const heat_recipe *r, heat_edge_list *list);
heat_status heat_build_honeycomb(heat_context *ctx, const heat_recipe *r, heat_edge_list *list);
heat_status heat_build_complete(heat_context *ctx, const heat_recipe *r, heat_edge_list *list);
heat_status heat_build_regular(heat_context *ctx, const heat_recipe *r, heat_edge_list *list);

#endif
