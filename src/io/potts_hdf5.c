/* Array by array, each with the shape that the ones before it leave; then every number is looked at. */
#include "io/potts_hdf5.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <heatbath/custom.h>
#include <math.h>

typedef struct potts_reader {
    heat_context *ctx;
    heat_store *store;
    const char *name; /* of the file */
} potts_reader;

/* Reads an array of `rank` axes into *data, which the caller frees; extent[] holds the lengths that are
 * expected, and takes up those that are -1. */
static heat_status get(const potts_reader *r, const char *name, heat_store_type type, int rank,
                       int64_t *extent, void *data)
{
    int64_t found[HEAT_STORE_MAX_RANK] = {0};
    int n_axes = 0;
    heat_status status = heat_store_get(r->ctx, r->store, name, type, &n_axes, found, data);

    if (status != HEAT_OK)
        return status;
    if (n_axes != rank)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' has %d axes, expected %d", name,
                              n_axes, rank);
    for (int k = 0; k < rank; k++) {
        if (extent[k] != -1 && found[k] != extent[k])
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "axis %d of '%s' has length %lld, expected %lld", k, name,
                                  (long long)found[k], (long long)extent[k]);
        extent[k] = found[k];
    }
    return HEAT_OK;
}

static heat_status read_n_states(const potts_reader *r, heat_edge_list *list)
{
    int64_t *q = NULL;
    heat_status status = get(r, "n_states", HEAT_STORE_INT64, 0, NULL, &q);

    if (status == HEAT_OK && (*q < 2 || *q > HEAT_MOST_STATES))
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "n_states is %lld, expected 2 to %d",
                                (long long)*q, HEAT_MOST_STATES);
    if (status == HEAT_OK)
        list->n_states = (int32_t)*q;
    heat_free(q);
    return status;
}

static heat_status read_couplings(const potts_reader *r, int64_t m, heat_edge_list *list)
{
    int64_t shape[] = {-1, list->n_states, list->n_states};
    heat_status status;

    if (!heat_store_has(r->store, "tables"))
        return get(r, "weight", HEAT_STORE_DOUBLE, 1, &m, &list->weight);
    status = get(r, "tables", HEAT_STORE_DOUBLE, 3, shape, &list->tables);
    if (status == HEAT_OK)
        status = get(r, "table", HEAT_STORE_INT64, 1, &m, &list->table);
    list->n_tables = shape[0];
    return status;
}

static heat_status check_finite(const potts_reader *r, const char *array, const double *value, int64_t count,
                                int64_t row)
{
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(value[k]))
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' is not finite in row %lld",
                                  array, (long long)(k / row));
    return HEAT_OK;
}

static heat_status check_edges(const potts_reader *r, const heat_edge_list *list)
{
    for (int64_t e = 0; e < list->n_edges; e++) {
        int32_t i = list->i[e], j = list->j[e];
        if (i < 0 || j < 0 || i >= list->n_variables || j >= list->n_variables || i == j)
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "edge %lld joins %d and %d, expected two variables from 0 to %lld",
                                  (long long)e, (int)i, (int)j, (long long)(list->n_variables - 1));
        if (list->table != NULL && (list->table[e] < 0 || list->table[e] >= list->n_tables))
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "edge %lld has table %lld, expected one from 0 to %lld", (long long)e,
                                  (long long)list->table[e], (long long)(list->n_tables - 1));
    }
    return HEAT_OK;
}

static heat_status check(const potts_reader *r, const heat_edge_list *list)
{
    int64_t q = list->n_states;
    heat_status status = check_edges(r, list);

    if (status == HEAT_OK && list->weight != NULL)
        status = check_finite(r, "weight", list->weight, list->n_edges, 1);
    if (status == HEAT_OK && list->tables != NULL)
        status = check_finite(r, "tables", list->tables, list->n_tables * q * q, q * q);
    if (status == HEAT_OK && list->field != NULL)
        status = check_finite(r, "field", list->field, list->n_variables * q, q);
    if (status == HEAT_OK && !isfinite(list->offset))
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "the offset is not finite");
    return status;
}

heat_status heat_potts_hdf5_read(heat_context *ctx, heat_store *store, const char *name, heat_edge_list *list)
{
    potts_reader r = {ctx, store, name};
    int64_t m = -1, shape[2];
    heat_status status = read_n_states(&r, list);

    if (status == HEAT_OK)
        status = get(&r, "edge_i", HEAT_STORE_INT32, 1, &m, &list->i);
    if (status == HEAT_OK)
        status = get(&r, "edge_j", HEAT_STORE_INT32, 1, &m, &list->j);
    if (status == HEAT_OK)
        status = read_couplings(&r, m, list);
    shape[0] = list->n_variables;
    shape[1] = list->n_states;
    if (status == HEAT_OK && heat_store_has(store, "field"))
        status = get(&r, "field", HEAT_STORE_DOUBLE, 2, shape, &list->field);
    if (status != HEAT_OK)
        return status;
    list->n_edges = list->capacity = m;
    return check(&r, list);
}

heat_status heat_potts_hdf5_write(heat_context *ctx, heat_store *store, const heat_edge_list *list)
{
    int64_t q = list->n_states, m = list->n_edges, tables[] = {list->n_tables, q, q},
            field[] = {list->n_variables, q};
    heat_status status = heat_store_put(ctx, store, "n_states", HEAT_STORE_INT64, 0, NULL, &q);

    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "edge_i", HEAT_STORE_INT32, 1, &m, list->i);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "edge_j", HEAT_STORE_INT32, 1, &m, list->j);
    if (status == HEAT_OK && list->tables == NULL)
        status = heat_store_put(ctx, store, "weight", HEAT_STORE_DOUBLE, 1, &m, list->weight);
    if (status == HEAT_OK && list->tables != NULL)
        status = heat_store_put(ctx, store, "tables", HEAT_STORE_DOUBLE, 3, tables, list->tables);
    if (status == HEAT_OK && list->tables != NULL)
        status = heat_store_put(ctx, store, "table", HEAT_STORE_INT64, 1, &m, list->table);
    if (status == HEAT_OK && list->field != NULL)
        status = heat_store_put(ctx, store, "field", HEAT_STORE_DOUBLE, 2, field, list->field);
    return status;
}
