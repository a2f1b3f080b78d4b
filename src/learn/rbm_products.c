/* A block of rows becomes bits; hidden units' means are summed over the rows in which a visible unit is on.
 */
#include "learn/rbm_products.h"
#include "base/memory.h"
#include "kernel/isa.h"

#include <string.h>

enum { WORD = HEAT_LAYER_WORD, BLOCK = 128 };

heat_status heat_rbm_products_open(heat_context *ctx, const char *isa, const heat_layer_units *units,
                                   heat_rbm_products *p)
{
    const heat_layer_rows *up = &units->up;
    const heat_isa *found = heat_isa_get(isa);
    int64_t hidden = heat_layer_words(up->n_to) * WORD;
    heat_status status;

    p->kernel = (found == NULL ? heat_isa_get("auto") : found)->layers; /* the sweeps refuse it */
    status = heat_alloc(ctx, BLOCK * heat_layer_words(up->n_from), sizeof *p->bits, &p->bits);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, BLOCK, sizeof *p->scale, &p->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, BLOCK * hidden, sizeof *p->y, &p->y);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, up->n_from * hidden, sizeof *p->sum, &p->sum);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, BLOCK * heat_layer_list_size(up), sizeof *p->list, &p->list);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, up->n_from * (BLOCK + (int64_t)1), sizeof *p->x_list, &p->x_list);
    return status == HEAT_OK ? heat_alloc_unset(ctx, BLOCK * WORD, sizeof *p->fields, &p->fields) : status;
}

void heat_rbm_products_close(heat_rbm_products *p)
{
    heat_free(p->bits);
    heat_free(p->scale);
    heat_free(p->y);
    heat_free(p->sum);
    heat_free(p->list);
    heat_free(p->x_list);
    heat_free(p->fields);
    *p = (heat_rbm_products){0};
}

static void read_rows(heat_rbm_products *p, const heat_layer_units *u, int64_t count, const int8_t *rows,
                      const double *weight, double *of_x)
{
    const int32_t n = u->up.n_from;
    const int64_t n_words = heat_layer_words(n);

    memset(p->bits, 0, (size_t)(count * n_words) * sizeof *p->bits);
    for (int64_t r = 0; r < count; r++) {
        const double w = weight == NULL ? 1 : weight[r];
        const int8_t *row = rows + r * n;
        uint64_t *bits = p->bits + r * n_words;
        p->scale[r] = (float)(u->unit / 0.69314718055994530942);
        for (int32_t i = 0; i < n; i++) {
            bits[i / WORD] |= (uint64_t)(row[i] == 1) << (i % WORD);
            of_x[i] += row[i] == 1 ? w : 0;
        }
    }
}

/* Means by their rows' weights, and their sums. */
static void weigh(heat_rbm_products *p, int32_t n_hidden, int64_t count, const double *weight, double *of_y)
{
    for (int64_t first = 0; first < n_hidden; first += WORD) {
        int64_t width = n_hidden - first < WORD ? n_hidden - first : WORD;
        for (int64_t r = 0; r < count; r++) {
            float *y = p->y + first * count + r * WORD, w = weight == NULL ? 1 : (float)weight[r];
            for (int64_t j = 0; j < width; j++)
                of_y[first + j] += (double)(y[j] *= w);
        }
    }
}

static void add_block(heat_rbm_products *p, const heat_layer_units *u, int64_t count, double *pairs)
{
    const int32_t n_visible = u->up.n_from, n_hidden = u->up.n_to;
    const int64_t stride = heat_layer_words(n_hidden) * WORD;
    heat_layer_products products = {(int32_t)count, n_visible, n_hidden, p->bits, p->y, 1, p->sum, p->x_list};

    memset(p->sum, 0, (size_t)(n_visible * stride) * sizeof *p->sum);
    p->kernel->products(&products);
    for (int64_t i = 0; i < n_visible; i++)
        for (int64_t j = 0; j < n_hidden; j++)
            pairs[i * n_hidden + j] += (double)p->sum[i * stride + j];
}

void heat_rbm_products_add(heat_rbm_products *p, const heat_layer_units *u, int64_t n_rows,
                           const int8_t *rows, const double *weight, double *pairs, double *of_x,
                           double *of_y)
{
    for (int64_t first = 0; first < n_rows; first += BLOCK) {
        int64_t count = n_rows - first < BLOCK ? n_rows - first : BLOCK;
        const double *own = weight == NULL ? NULL : weight + first;
        heat_layer_draw draw = {.n_chains = (int32_t)count,
                                .from = p->bits,
                                .rule = HEAT_FLIP_HEAT_BATH,
                                .scale = p->scale,
                                .probabilities = p->y,
                                .list = p->list,
                                .work_fields = p->fields};
        read_rows(p, u, count, rows + first * u->up.n_from, own, of_x);
        p->kernel->draw(&u->up, &draw);
        weigh(p, u->up.n_to, count, own, of_y);
        add_block(p, u, count, pairs);
    }
}
