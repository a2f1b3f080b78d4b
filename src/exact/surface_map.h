/* A graph drawn on a closed orientable surface, as a rotation system: around each vertex its half-edges stand
 * in the order in which they leave it. That order alone fixes the faces and the surface (Heffter; Edmonds).
 * Half-edges 2e and 2e + 1 are the two ends of edge e. */
#ifndef HEATBATH_SURFACE_MAP_H
#define HEATBATH_SURFACE_MAP_H

#include <heatbath/context.h>

typedef struct heat_map {
    int32_t n, m;    /* vertices, edges */
    int32_t *origin; /* [2m] the vertex that a half-edge leaves */
    int32_t *first;  /* [n + 1] where a vertex's half-edges begin in `around` */
    int32_t *around; /* [2m] half-edges of each vertex, in the order of the rotation */
    int32_t *place;  /* [2m] of a half-edge in `around` */
} heat_map;

/* A map of n vertices and m edges, all arrays zero; the caller fills in `origin`. */
HEAT_MUST_USE heat_status heat_map_init(heat_context *ctx, int32_t n, int32_t m, heat_map *map);
void heat_map_clear(heat_map *map);

/* Fills in the rest from `origin`: some rotation. */
void heat_map_gather(heat_map *map);

/* Sets `place` from `around`. */
void heat_map_index(heat_map *map);

static inline int32_t heat_map_degree(const heat_map *map, int32_t v)
{
    return map->first[v + 1] - map->first[v];
}

/* The half-edge after h around its vertex. */
static inline int32_t heat_map_turn(const heat_map *map, int32_t h)
{
    int32_t v = map->origin[h], at = map->place[h] + 1;

    return map->around[at < map->first[v + 1] ? at : map->first[v]];
}

/* The half-edge after h along its face. */
static inline int32_t heat_map_follow(const heat_map *map, int32_t h)
{
    return heat_map_turn(map, h ^ 1);
}

/* Turns the rotation into one of the plane, if there is one: the left-right test (Brandes, The Left-Right
 * Planarity Test, 2009; after de Fraysseix and Rosenstiehl). No loops and no parallel edges. Cost: O(n + m).
 */
HEAT_MUST_USE heat_status heat_planarity_run(heat_context *ctx, heat_map *map, bool *planar);

/* Turns the rotation of a graph that looks like a square, triangular or honeycomb lattice everywhere into the
 * one that shows it: on a torus, if it closes so. *found says whether every corner was told; the caller
 * counts the faces. Cost: O(m). */
HEAT_MUST_USE heat_status heat_lattice_map_find(heat_context *ctx, heat_map *map, bool *found);

/* What a map says beside its faces: signs for its edges, and the cuts that open its surface. */
typedef struct heat_map_signs {
    int8_t *sign;     /* [m] of M(2e, 2e + 1) */
    uint8_t *seam;    /* [m] bit i: the edge belongs to the i-th cut */
    int32_t n_cuts;   /* twice the genus, of all components together */
    uint8_t twist[2]; /* 1: crossing the i-th cut once comes with a minus already */
} heat_map_signs;

/* Chooses signs by which every contractible cycle counts +1 in the Pfaffian (heat_planar.h); signs of cuts
 * are only set where there are none or two. Cost: O(n + m). */
HEAT_MUST_USE heat_status heat_map_signs_find(heat_context *ctx, const heat_map *map, heat_map_signs *signs);
void heat_map_signs_clear(heat_map_signs *signs);

#endif
