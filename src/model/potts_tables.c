/* Tables are kept as given, those that are looked at from their second variable transposed beside them; sums
 * of repeated edges are tables of their own. */
#include "model/potts_tables.h"
#include "base/memory.h"

#include <string.h>

/* What a build needs to know of each table of the input. */
typedef struct table_maker {
    heat_context *ctx;
    const heat_potts *potts;
    int64_t *seen[2]; /* [table]: 1 + where it stands as given, and transposed; 0: nowhere yet */
    heat_potts_tables *out;
} table_maker;

static bool is_symmetric(const double *value, int32_t q)
{
    for (int32_t a = 0; a < q; a++)
        for (int32_t b = 0; b < a; b++)
            if (value[a * q + b] != value[b * q + a])
                return false;
    return true;
}

bool heat_potts_table_is_plain(const double *value, int32_t q)
{
    for (int32_t a = 0; a < q; a++)
        for (int32_t b = 0; b < q; b++)
            if (value[a * q + b] != (a == b ? value[0] : value[1]))
                return false;
    return true;
}

static void add_table(const double *from, int32_t q, bool transposed, double *to)
{
    for (int32_t a = 0; a < q; a++)
        for (int32_t b = 0; b < q; b++)
            to[a * q + b] += from[transposed ? b * q + a : a * q + b];
}

/* A new table of zeroes; *at is where it stands. */
static heat_status append(table_maker *m, int64_t *at)
{
    int64_t size = (int64_t)m->potts->n_states * m->potts->n_states;
    heat_status status =
        heat_grow(m->ctx, (m->out->n + 1) * size, sizeof *m->out->value, &m->out->capacity, &m->out->value);

    if (status == HEAT_OK)
        *at = m->out->n++;
    return status;
}

/* The table of ends first ... last - 1 of one pair, all in one row. */
static heat_status make_table(table_maker *m, const int64_t *edge, int64_t first, int64_t last, int64_t *at)
{
    int32_t q = m->potts->n_states;
    int64_t size = (int64_t)q * q, *seen = NULL;
    heat_status status;

    if (last - first == 1) {
        int64_t t = m->potts->table == NULL ? edge[first] / 2 : m->potts->table[edge[first] / 2];
        bool transposed = edge[first] % 2 != 0 && !is_symmetric(m->potts->tables + t * size, q);
        seen = &m->seen[transposed][t];
        if (*seen != 0) {
            *at = *seen - 1;
            return HEAT_OK;
        }
    }
    status = append(m, at);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = first; k < last; k++) {
        int64_t t = m->potts->table == NULL ? edge[k] / 2 : m->potts->table[edge[k] / 2];
        add_table(m->potts->tables + t * size, q, edge[k] % 2 != 0, m->out->value + *at * size);
    }
    if (seen != NULL)
        *seen = *at + 1;
    return HEAT_OK;
}

/* Walks through the rows; repeats close up. */
static heat_status walk(table_maker *m, heat_potts_rows *rows)
{
    int64_t to = 0, from = 0;

    for (int32_t i = 0; i < m->potts->n_variables; i++) {
        int64_t end = rows->row[i + 1];
        while (from < end) {
            int64_t last = from + 1;
            heat_status status;
            while (last < end && rows->col[last] == rows->col[from])
                last++;
            status = make_table(m, rows->edge, from, last, &m->out->table[to]);
            if (status != HEAT_OK)
                return status;
            rows->col[to++] = rows->col[from];
            from = last;
        }
        rows->row[i + 1] = to;
    }
    return HEAT_OK;
}

heat_status heat_potts_tables_build(heat_context *ctx, const heat_potts *potts, heat_potts_rows *rows,
                                    heat_potts_tables *tables)
{
    table_maker m = {.ctx = ctx, .potts = potts, .out = tables};
    heat_status status = heat_alloc(ctx, potts->n_tables, sizeof *m.seen[0], &m.seen[0]);

    *tables = (heat_potts_tables){0};
    if (status == HEAT_OK)
        status = heat_alloc(ctx, potts->n_tables, sizeof *m.seen[1], &m.seen[1]);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, rows->row[potts->n_variables], sizeof *tables->table, &tables->table);
    if (status == HEAT_OK)
        status = walk(&m, rows);
    if (status == HEAT_OK && tables->value == NULL) /* no edges: the view still has tables */
        status = heat_alloc(ctx, 0, sizeof *tables->value, &tables->value);
    heat_free(m.seen[0]);
    heat_free(m.seen[1]);
    return status;
}

void heat_potts_tables_clear(heat_potts_tables *tables)
{
    heat_free(tables->value);
    heat_free(tables->table);
    *tables = (heat_potts_tables){0};
}
