/* Marginals and pair marginals of a model with a graph, by elimination or, where that is dearer, by
 * Pfaffians. Of spins, P(a, b) = (1 + a <s> + b <s'> + a b <s s'>) / 4. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/components.h"

#include <heatbath/exact.h>
#include <math.h>

/* What a run leaves, one array a kind of graph. */
typedef struct mean_arrays {
    heat_elimination_sum sum;
    int32_t n, q;
    const int64_t *row;
    const int32_t *col;
} mean_arrays;

static void arrays_clear(mean_arrays *a)
{
    heat_free(a->sum.spin_mean);
    heat_free(a->sum.pair_mean);
    heat_free(a->sum.value_p);
    heat_free(a->sum.pair_p);
}

static heat_status arrays_init(heat_context *ctx, const heat_exact_choice *choice, mean_arrays *a)
{
    bool spins = choice->categorical.n == 0;
    int64_t ends, q;
    heat_status status;

    *a = (mean_arrays){.n = choice->graph.n, .q = 2, .row = choice->graph.row, .col = choice->graph.col};
    if (!spins) {
        a->n = choice->categorical.n;
        a->q = choice->categorical.q;
        a->row = choice->categorical.row;
        a->col = choice->categorical.col;
    }
    ends = a->row[a->n];
    q = a->q;
    if (spins) {
        status = heat_alloc(ctx, a->n, sizeof(double), &a->sum.spin_mean);
        return status == HEAT_OK ? heat_alloc(ctx, ends, sizeof(double), &a->sum.pair_mean) : status;
    }
    status = heat_alloc(ctx, a->n * q, sizeof(double), &a->sum.value_p);
    return status == HEAT_OK ? heat_alloc(ctx, ends * q * q, sizeof(double), &a->sum.pair_p) : status;
}

static heat_status alloc_result(heat_context *ctx, const mean_arrays *a, heat_marginals *m)
{
    int64_t q = a->q;
    heat_status status;

    m->n_variables = a->n;
    m->n_states = a->q;
    m->n_pairs = a->row[a->n] / 2;
    if ((status = heat_alloc(ctx, a->n * q, sizeof(double), &m->single)) != HEAT_OK ||
        (status = heat_alloc(ctx, m->n_pairs, sizeof *m->i, &m->i)) != HEAT_OK ||
        (status = heat_alloc(ctx, m->n_pairs, sizeof *m->j, &m->j)) != HEAT_OK)
        return status;
    return heat_alloc(ctx, m->n_pairs * q * q, sizeof(double), &m->pair);
}

static void fill_result(const mean_arrays *a, heat_marginals *m)
{
    const heat_elimination_sum *sum = &a->sum;
    int64_t q = a->q, at = 0;

    for (int64_t k = 0; k < a->n * q; k++)
        m->single[k] =
            sum->value_p != NULL ? sum->value_p[k] : (1 + (k % 2 == 0 ? -1 : 1) * sum->spin_mean[k / 2]) / 2;
    for (int32_t v = 0; v < a->n; v++)
        for (int64_t e = a->row[v]; e < a->row[v + 1]; e++) {
            int32_t w = a->col[e];
            if (w < v)
                continue;
            m->i[at] = v;
            m->j[at] = w;
            for (int64_t k = 0; k < q * q; k++) {
                double *p = &m->pair[at * q * q + k];
                int s = k / 2 == 0 ? -1 : 1, t = k % 2 == 0 ? -1 : 1;
                *p =
                    sum->pair_p != NULL
                        ? sum->pair_p[e * q * q + k]
                        : (1 + s * sum->spin_mean[v] + t * sum->spin_mean[w] + s * t * sum->pair_mean[e]) / 4;
            }
            at++;
        }
}

/* Parts by roads that know no means are eliminated instead. */
static heat_status choose_elimination_of_parts(heat_context *ctx, heat_exact_parts *parts, int64_t memory)
{
    heat_status status = HEAT_OK;

    for (int32_t k = 0; k < parts->n && status == HEAT_OK; k++) {
        heat_exact_part *part = &parts->part[k];
        if (heat_exact_has_means(&part->choice))
            continue;
        heat_exact_choice_clear(&part->choice);
        status = heat_exact_choose_elimination(ctx, part->model, memory, &part->choice);
    }
    return status;
}

/* A choice that knows every mean, or an error in words. */
static heat_status choose(heat_context *ctx, const heat_model *model, int64_t memory,
                          heat_exact_choice *choice)
{
    heat_status status = heat_exact_choose_sum(ctx, model, memory, choice);

    if (status == HEAT_OK && choice->parts != NULL)
        status = choose_elimination_of_parts(ctx, choice->parts, memory);
    if (status != HEAT_OK || heat_halted(ctx) || heat_exact_has_means(choice))
        return status;
    heat_exact_choice_clear(choice);
    return heat_exact_choose_elimination(ctx, model, memory, choice);
}

heat_status heat_exact_marginals(heat_context *ctx, const heat_model *model, double temperature,
                                 int64_t memory, int64_t threads, heat_marginals *result)
{
    heat_exact_choice choice = {.plan = NULL};
    heat_marginals m = {.size = sizeof m};
    mean_arrays arrays = {.n = 0};
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL || !(temperature > 0 && temperature < (double)INFINITY) ||
        memory <= 0)
        return heat_fail(
            ctx, HEAT_ERROR_ARGUMENT,
            "heat_exact_marginals: a model, a temperature > 0, memory > 0 and a result are needed");
    if ((status = choose(ctx, model, memory, &choice)) != HEAT_OK ||
        (status = heat_halt_check(ctx, "a plan was made")) != HEAT_OK ||
        (status = arrays_init(ctx, &choice, &arrays)) != HEAT_OK ||
        (status = alloc_result(ctx, &arrays, &m)) != HEAT_OK ||
        (status = heat_exact_run_sum(ctx, model, &choice, 1 / temperature, threads, &arrays.sum)) !=
            HEAT_OK ||
        (status = heat_halt_check(ctx, "every state was counted")) != HEAT_OK)
        goto out;
    fill_result(&arrays, &m);
    m.method = arrays.sum.road;
    m.temperature = temperature;
    m.log_z = arrays.sum.log_z;
    m.mean_energy = arrays.sum.mean_energy;
    m.entropy = m.log_z + m.mean_energy / temperature;
    heat_struct_copy(result, result->size == 0 ? sizeof m : result->size, &m, sizeof m);
    m = (heat_marginals){.size = sizeof m};
out:
    heat_marginals_clear(&m);
    arrays_clear(&arrays);
    heat_exact_choice_clear(&choice);
    return status;
}

void heat_marginals_clear(heat_marginals *m)
{
    size_t size;

    if (m == NULL)
        return;
    heat_free(m->single);
    heat_free(m->i);
    heat_free(m->j);
    heat_free(m->pair);
    size = m->size;
    *m = (heat_marginals){.size = size};
}
