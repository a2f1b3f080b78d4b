/* A sorted list of places; states are compared byte by byte among those of equal energy. */
#include "ground/state_pool.h"
#include "base/memory.h"

#include <string.h>

heat_status heat_state_pool_init(heat_context *ctx, heat_state_pool *p, const heat_model_info *info,
                                 int64_t capacity)
{
    heat_status status = HEAT_OK;

    *p = (heat_state_pool){.n = info->n_variables,
                           .is_symmetric = !info->has_field && info->n_states == 2,
                           .capacity = capacity};
    if (capacity == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, (capacity + 1) * p->n, 1, &p->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, capacity, sizeof *p->order, &p->order);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, capacity, sizeof *p->energies, &p->energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, capacity, sizeof *p->met, &p->met);
    if (status != HEAT_OK)
        heat_state_pool_clear(p);
    return status;
}

void heat_state_pool_clear(heat_state_pool *p)
{
    heat_free(p->states);
    heat_free(p->order);
    heat_free(p->energies);
    heat_free(p->met);
    *p = (heat_state_pool){0};
}

/* The form in which a state is kept, in the pool's scratch row. */
static const int8_t *normal_form(heat_state_pool *p, const int8_t *state)
{
    int8_t *row = p->states + p->capacity * p->n;
    bool flips = p->is_symmetric && p->n > 0 && state[0] != 1;
    bool is_spin = true;

    memcpy(row, state, (size_t)p->n);
    for (int32_t i = 0; i < p->n; i++)
        is_spin &= state[i] != 0;
    for (int32_t i = 0; flips && i < p->n; i++)
        row[i] = (int8_t)(is_spin ? -row[i] : 1 - row[i]);
    return row;
}

void heat_state_pool_add(heat_state_pool *p, const int8_t *state, double energy)
{
    const int8_t *row;
    int64_t rank = 0, place;

    if (p->capacity == 0 || (p->count == p->capacity && energy > p->energies[p->order[p->count - 1]]))
        return;
    row = normal_form(p, state);
    while (rank < p->count && p->energies[p->order[rank]] < energy)
        rank++;
    for (; rank < p->count && p->energies[p->order[rank]] == energy; rank++)
        if (memcmp(p->states + p->order[rank] * p->n, row, (size_t)p->n) == 0) {
            p->met[p->order[rank]]++;
            return;
        }
    if (rank == p->capacity)
        return;
    place = p->count < p->capacity ? p->count++ : p->order[p->count - 1]; /* the worst makes room */
    memmove(p->order + rank + 1, p->order + rank, (size_t)(p->count - 1 - rank) * sizeof *p->order);
    p->order[rank] = place;
    p->energies[place] = energy;
    p->met[place] = 1;
    memcpy(p->states + place * p->n, row, (size_t)p->n);
}

void heat_state_pool_get(const heat_state_pool *p, int8_t *states, double *energies, int64_t *met)
{
    for (int64_t k = 0; k < p->count; k++) {
        memcpy(states + k * p->n, p->states + p->order[k] * p->n, (size_t)p->n);
        energies[k] = p->energies[p->order[k]];
        met[k] = p->met[p->order[k]];
    }
}
