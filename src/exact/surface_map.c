/* Rotation systems: memory, and a first rotation. */
#include "exact/surface_map.h"
#include "base/memory.h"

heat_status heat_map_init(heat_context *ctx, int32_t n, int32_t m, heat_map *map)
{
    heat_status status;

    *map = (heat_map){.n = n, .m = m};
    if ((status = heat_alloc(ctx, 2 * (int64_t)m, sizeof *map->origin, &map->origin)) != HEAT_OK ||
        (status = heat_alloc(ctx, (int64_t)n + 1, sizeof *map->first, &map->first)) != HEAT_OK ||
        (status = heat_alloc(ctx, 2 * (int64_t)m, sizeof *map->around, &map->around)) != HEAT_OK)
        return status;
    return heat_alloc(ctx, 2 * (int64_t)m, sizeof *map->place, &map->place);
}

void heat_map_clear(heat_map *map)
{
    heat_free(map->origin);
    heat_free(map->first);
    heat_free(map->around);
    heat_free(map->place);
    *map = (heat_map){.n = 0};
}

void heat_map_index(heat_map *map)
{
    for (int32_t k = 0; k < 2 * map->m; k++)
        map->place[map->around[k]] = k;
}

void heat_map_gather(heat_map *map)
{
    for (int32_t v = 0; v <= map->n; v++)
        map->first[v] = 0;
    for (int32_t h = 0; h < 2 * map->m; h++)
        map->first[map->origin[h] + 1]++;
    for (int32_t v = 0; v < map->n; v++)
        map->first[v + 1] += map->first[v];
    for (int32_t h = 0; h < 2 * map->m; h++) /* each vertex's beginning moves to its end */
        map->around[map->first[map->origin[h]]++] = h;
    for (int32_t v = map->n; v > 0; v--)
        map->first[v] = map->first[v - 1];
    map->first[0] = 0;
    heat_map_index(map);
}
