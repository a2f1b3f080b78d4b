/* From an order to a plan. The separators of an order are found without tables: step k's is the later
 * neighbours of its variable together with the separators that its children leave it. The steps are then
 * relabelled in post-order with the heaviest child first, which keeps few messages alive, and every message
 * is given its place. */
#include "exact/elimination_plan.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/elimination_digits.h"
#include "exact/elimination_order.h"

#include <math.h>

enum {
    WIDEST_OF_ALL = 48, /* of two values: an index of a table fits a double's mantissa */
    VERTICES_IN_A_PART = 1 << 15,
    FEW_BYTES = 1 << 14 /* heads of blocks, and what a run holds beside its arrays */
};

static const int64_t few_doubles = 1 << 23;  /* 64 MiB: the way back computes nothing twice */
static const int64_t many_doubles = 1 << 27; /* 1 GiB: nor three times */
static const double far_doubles = 1 << 20;   /* 8 MiB: tables that caches do not hold */

/* The tree of an order, its steps numbered as the order is. */
typedef struct elimination_tree {
    int32_t *order, *step, *parent;
    int64_t *begin;
    int32_t *separator;
    int64_t room;
    int32_t q, width;
    bool complete;
    double entries, far_entries;
} elimination_tree;

static void tree_clear(elimination_tree *tree)
{
    heat_free(tree->order);
    heat_free(tree->step);
    heat_free(tree->parent);
    heat_free(tree->begin);
    heat_free(tree->separator);
    *tree = (elimination_tree){.order = NULL};
}

static heat_status tree_init(heat_context *ctx, elimination_tree *tree, int32_t n)
{
    heat_status status;

    *tree = (elimination_tree){.q = tree->q};
    if ((status = heat_alloc(ctx, n, sizeof *tree->order, &tree->order)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *tree->step, &tree->step)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *tree->parent, &tree->parent)) != HEAT_OK)
        return status;
    return heat_alloc(ctx, (int64_t)n + 1, sizeof *tree->begin, &tree->begin);
}

/* Appends `step` to the separator under construction unless it is there. */
static void take_in(int32_t step, int32_t k, int32_t *marks, int32_t *separator, int32_t *size)
{
    int32_t place = (*size)++;

    if (marks[step] == k + 1 || place > WIDEST_OF_ALL) {
        *size -= marks[step] == k + 1;
        return;
    }
    marks[step] = k + 1;
    for (; place > 0 && separator[place - 1] > step; place--)
        separator[place] = separator[place - 1];
    separator[place] = step;
}

static void count_entries(elimination_tree *tree, int32_t children, double table)
{
    double entries = (children > 1 ? children : 1) * table;

    tree->entries += entries;
    tree->far_entries += table >= far_doubles ? entries : 0;
}

/* Finds the separators of tree->order; gives up at the first above `widest`. */
static heat_status tree_grow(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                             elimination_tree *tree)
{
    int32_t n = graph->n, *first_child = NULL, *sibling = NULL, *marks = NULL;
    heat_status status;

    if ((status = heat_alloc(ctx, n, sizeof *first_child, &first_child)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *sibling, &sibling)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *marks, &marks)) != HEAT_OK)
        goto out;
    for (int32_t k = 0; k < n; k++) {
        tree->step[tree->order[k]] = k;
        first_child[k] = -1;
    }
    tree->complete = true;
    for (int32_t k = 0; k < n && tree->complete; k++) {
        int32_t x = tree->order[k], separator[WIDEST_OF_ALL + 2], size = 0, children = 0;
        for (int64_t e = graph->row[x]; e < graph->row[x + 1]; e++)
            if (tree->step[graph->col[e]] > k)
                take_in(tree->step[graph->col[e]], k, marks, separator, &size);
        for (int32_t c = first_child[k]; c >= 0; c = sibling[c], children++)
            for (int64_t b = tree->begin[c] + 1; b < tree->begin[c + 1]; b++)
                take_in(tree->separator[b], k, marks, separator, &size);
        tree->width = size > tree->width ? size : tree->width;
        tree->complete = size <= widest;
        if (!tree->complete)
            break;
        count_entries(tree, children, heat_table_entries(tree->q, size + 1));
        status =
            heat_grow(ctx, tree->begin[k] + size, sizeof *tree->separator, &tree->room, &tree->separator);
        if (status != HEAT_OK)
            goto out;
        for (int32_t b = 0; b < size; b++)
            tree->separator[tree->begin[k] + b] = separator[b];
        tree->begin[k + 1] = tree->begin[k] + size;
        tree->parent[k] = size > 0 ? separator[0] : -1;
        if (size > 0) {
            sibling[k] = first_child[separator[0]];
            first_child[separator[0]] = k;
        }
    }
out:
    heat_free(first_child);
    heat_free(sibling);
    heat_free(marks);
    return status;
}

/* The sweep's tree, where it is within `widest`. */
static heat_status tree_sweep(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                              elimination_tree *swept)
{
    heat_elimination_order found;
    heat_status status = tree_init(ctx, swept, graph->n);

    if (status == HEAT_OK)
        status = heat_sweep_order_get(ctx, graph, widest, swept->order, &found);
    return status == HEAT_OK && found.complete ? tree_grow(ctx, graph, widest, swept) : status;
}

/* Min-fill's. A large graph of which a part is too wide already is left alone. */
static heat_status tree_fill(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                             elimination_tree *tree)
{
    heat_elimination_order found = {.complete = true};
    heat_status status = HEAT_OK;

    if (graph->n > 2 * VERTICES_IN_A_PART)
        status = heat_min_fill_get_part(ctx, graph, VERTICES_IN_A_PART, widest, &found);
    if (status == HEAT_OK && found.complete && (status = tree_init(ctx, tree, graph->n)) == HEAT_OK)
        status = heat_min_fill_get(ctx, graph, widest, tree->order, &found);
    tree->width = found.width;
    return status == HEAT_OK && found.complete ? tree_grow(ctx, graph, widest, tree) : status;
}

/* The cheaper of the two orders, as a tree. Where neither is complete, its width is a bound: *proved if it
 * holds for every order. */
static heat_status tree_choose(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                               elimination_tree *tree, int32_t *proved)
{
    elimination_tree swept = {.q = tree->q};
    int32_t bound;
    heat_status status = heat_degeneracy_get(ctx, graph, proved);

    if (status == HEAT_OK)
        status = heat_width_bound_get(ctx, graph, &bound);
    if (status != HEAT_OK)
        return status;
    *proved = bound > *proved ? bound : *proved;
    if (*proved > widest || heat_halted(ctx)) {
        tree->width = *proved;
        return HEAT_OK;
    }
    if ((status = tree_sweep(ctx, graph, widest, &swept)) != HEAT_OK ||
        (status = tree_fill(ctx, graph, widest, tree)) != HEAT_OK)
        goto out;
    if (swept.complete && (!tree->complete || swept.entries < tree->entries)) {
        elimination_tree other = *tree;
        *tree = swept;
        swept = other;
    }
    if (tree->width < *proved)
        tree->width = *proved;
out:
    tree_clear(&swept);
    return status;
}

static heat_status plan_alloc(heat_context *ctx, heat_elimination *plan, int64_t separators)
{
    int64_t n = plan->n;
    heat_status status;

    if ((status = heat_alloc(ctx, n, sizeof *plan->variable, &plan->variable)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *plan->step, &plan->step)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *plan->parent, &plan->parent)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *plan->first_child, &plan->first_child)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *plan->sibling, &plan->sibling)) != HEAT_OK ||
        (status = heat_alloc(ctx, n + 1, sizeof *plan->begin, &plan->begin)) != HEAT_OK ||
        (status = heat_alloc(ctx, separators, sizeof *plan->separator, &plan->separator)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *plan->slot, &plan->slot)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *plan->slot_back, &plan->slot_back)) != HEAT_OK)
        return status;
    status = heat_alloc(ctx, n + 1, sizeof *plan->segment, &plan->segment);
    return status == HEAT_OK ? heat_alloc(ctx, n + 1, sizeof *plan->group, &plan->group) : status;
}

/* New numbers for the tree's steps: post-order, the child with most entries below it first. number[k] is k's
 * new one. */
static heat_status number_steps(heat_context *ctx, const elimination_tree *tree, int32_t n, int32_t *number)
{
    double *weight = NULL;
    int32_t *heavy = NULL, *below = NULL, *next = NULL, roots = 0;
    heat_status status;

    if ((status = heat_alloc(ctx, n, sizeof *weight, &weight)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *heavy, &heavy)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *below, &below)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *next, &next)) != HEAT_OK)
        goto out;
    for (int32_t k = 0; k < n; k++)
        heavy[k] = -1;
    for (int32_t k = 0; k < n; k++) { /* children come before their parents */
        int32_t p = tree->parent[k];
        weight[k] += heat_table_entries(tree->q, (int32_t)(tree->begin[k + 1] - tree->begin[k]));
        below[k]++;
        if (p >= 0) {
            weight[p] += weight[k];
            below[p] += below[k];
            if (heavy[p] < 0 || weight[k] > weight[heavy[p]])
                heavy[p] = k;
        }
    }
    for (int32_t k = n - 1; k >= 0; k--) { /* next[k]: where the next light child of k begins */
        int32_t p = tree->parent[k], first;
        if (p < 0) {
            first = roots;
            roots += below[k];
        } else if (heavy[p] == k) {
            first = number[p] - below[p] + 1;
        } else {
            first = next[p];
            next[p] += below[k];
        }
        number[k] = first + below[k] - 1;
        next[k] = first + (heavy[k] >= 0 ? below[heavy[k]] : 0);
    }
out:
    heat_free(weight);
    heat_free(heavy);
    heat_free(below);
    heat_free(next);
    return status;
}

static heat_status relabel(heat_context *ctx, const elimination_tree *tree, heat_elimination *plan)
{
    int32_t n = plan->n, *number = NULL, *old = NULL;
    heat_status status;

    if ((status = heat_alloc(ctx, n, sizeof *number, &number)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *old, &old)) != HEAT_OK ||
        (status = number_steps(ctx, tree, n, number)) != HEAT_OK)
        goto out;
    for (int32_t k = 0; k < n; k++) {
        old[number[k]] = k;
        plan->first_child[k] = plan->sibling[k] = -1;
    }
    for (int32_t k = 0; k < n; k++) {
        int32_t was = old[k], p = tree->parent[was];
        int64_t to = plan->begin[k];
        plan->variable[k] = tree->order[was];
        plan->step[plan->variable[k]] = k;
        /* a separator's steps lie on one path to the root, so their order stays what it was */
        for (int64_t from = tree->begin[was]; from < tree->begin[was + 1]; from++)
            plan->separator[to++] = number[tree->separator[from]];
        plan->begin[k + 1] = to;
        plan->parent[k] = p < 0 ? -1 : number[p];
        if (p >= 0) {
            plan->sibling[k] = plan->first_child[number[p]];
            plan->first_child[number[p]] = k;
        }
    }
out:
    heat_free(number);
    heat_free(old);
    return status;
}

static heat_status place_on_stacks(heat_context *ctx, heat_elimination *plan)
{
    int64_t top[2] = {0, 0}, peak[2] = {0, 0};
    bool *odd;
    heat_status status = heat_alloc(ctx, plan->n, sizeof *odd, &odd);

    if (status != HEAT_OK)
        return status;
    for (int32_t k = plan->n - 1; k >= 0; k--)
        odd[k] = plan->parent[k] >= 0 && !odd[plan->parent[k]];
    for (int32_t k = 0; k < plan->n; k++) {
        int mine = odd[k], theirs = !odd[k];
        plan->slot[k] = heat_message_begin(top[mine], heat_message_size(plan, k));
        top[mine] = plan->slot[k] + heat_message_size(plan, k);
        peak[mine] = top[mine] > peak[mine] ? top[mine] : peak[mine];
        for (int32_t c = plan->first_child[k]; c >= 0; c = plan->sibling[c])
            top[theirs] = plan->slot[c] < top[theirs] ? plan->slot[c] : top[theirs];
    }
    peak[0] = heat_message_begin(peak[0], 8);
    for (int32_t k = 0; k < plan->n; k++)
        plan->slot[k] += odd[k] ? peak[0] : 0;
    plan->slots_end = peak[0] + peak[1];
    heat_free(odd);
    return HEAT_OK;
}

/* Half of how far apart `count` numbers are. */
static double half_spread(int64_t count, const double *numbers)
{
    double low = numbers[0], high = numbers[0];

    for (int64_t k = 1; k < count; k++) {
        low = fmin(low, numbers[k]);
        high = fmax(high, numbers[k]);
    }
    return high / 2 - low / 2;
}

/* Half of what an edge, or a field, can change the energy by. */
static double edge_strength(const heat_elimination *plan, int64_t entry)
{
    const heat_categorical *graph = plan->categorical;
    int64_t size = (int64_t)plan->q * plan->q;

    if (graph == NULL)
        return fabs(heat_pairwise_coupling(plan->graph, entry));
    return graph->coupling != NULL ? fabs(graph->coupling[entry]) / 2
                                   : half_spread(size, graph->tables + graph->table[entry] * size);
}

static double field_strength(const heat_elimination *plan, int32_t x)
{
    const heat_categorical *graph = plan->categorical;

    if (graph == NULL)
        return fabs(plan->graph->field[x]);
    return graph->field == NULL ? 0 : half_spread(plan->q, graph->field + (int64_t)x * plan->q);
}

/* Bounds how far apart the entries of one step's product of messages can be, at beta = 1: changing the
 * separator changes the energy below by at most twice the couplings that cross. */
static heat_status bound_range(heat_context *ctx, heat_elimination *plan)
{
    const heat_pairwise *graph = plan->graph;
    double *cross;
    heat_status status = heat_alloc(ctx, plan->n, sizeof *cross, &cross);

    if (status != HEAT_OK)
        return status;
    for (int32_t k = 0; k < plan->n; k++) {
        int32_t x = plan->variable[k];
        double met = cross[k], earlier = 0, later = 0; /* cross[k] holds its children's sum by now */
        for (int64_t e = graph->row[x]; e < graph->row[x + 1]; e++)
            *(plan->step[graph->col[e]] < k ? &earlier : &later) += edge_strength(plan, e);
        plan->range = fmax(plan->range, 2 * (met + later + field_strength(plan, x)));
        if (plan->parent[k] >= 0)
            cross[plan->parent[k]] += fmax(met - earlier, 0) + later;
    }
    heat_free(cross);
    return HEAT_OK;
}

/* What the widest steps of a run need: counted over step k, whose table is cut by bits or by digits. */
static void widen(heat_elimination *plan, int32_t k)
{
    int32_t width = heat_separator_size(plan, k), children = 0, later = 0, x = plan->variable[k];
    int32_t low = width < HEAT_TABLE_BLOCK_BITS ? width : HEAT_TABLE_BLOCK_BITS;
    int64_t units = width > HEAT_TABLE_UNIT_BITS ? (int64_t)1 << (width - HEAT_TABLE_UNIT_BITS) : 1;
    int64_t sums, maps;

    for (int32_t c = plan->first_child[k]; c >= 0; c = plan->sibling[c])
        children++;
    for (int64_t e = plan->graph->row[x]; e < plan->graph->row[x + 1]; e++)
        later += plan->step[plan->graph->col[e]] > k;
    sums = later + 2;
    maps = (int64_t)children << low;
    if (plan->categorical != NULL) {
        heat_digit_bucket cut;
        heat_digits_cut(plan->q, width, &cut);
        units = cut.n_units;
        sums = plan->q + (int64_t)later * plan->q * plan->q;
        maps = 0; /* they have a size of their own */
    }
    if (children > plan->most_children)
        plan->most_children = children;
    if (later > plan->most_edges)
        plan->most_edges = later;
    if (maps > plan->most_maps)
        plan->most_maps = maps;
    if (units * sums > plan->most_partials)
        plan->most_partials = units * sums;
    plan->cost.width = width > plan->cost.width ? width : plan->cost.width;
}

/* What runs allocate, beside the slots. */
static void add_up(heat_elimination *plan, const elimination_tree *tree)
{
    double bytes;

    for (int32_t k = 0; k < plan->n; k++)
        widen(plan, k);
    bytes = FEW_BYTES + (double)plan->n * (7 * sizeof(int32_t) + 3 * sizeof(int64_t) + sizeof(double)) +
            (double)plan->begin[plan->n] * sizeof(int32_t) +
            (double)plan->most_children * sizeof(heat_bucket_child) + (double)plan->most_maps +
            8 * (double)plan->most_partials;
    if (plan->categorical != NULL)
        bytes += heat_digits_bytes(plan);
    plan->cost.entries = tree->entries;
    plan->cost.far_entries = tree->far_entries;
    plan->cost.bytes = bytes + 8 * (double)plan->slots_end;
    plan->cost.bytes_back = bytes + 8 * (double)plan->slots_back_end +
                            8 * (plan->q - 1) * heat_table_entries(plan->q, plan->cost.width);
}

/* The widest separator whose tables can be counted. */
static int32_t widest_of_all(int32_t q)
{
    int32_t width = 0;

    while (heat_table_entries(q, width + 1) <= ldexp(1, WIDEST_OF_ALL) && width < WIDEST_OF_ALL)
        width++;
    return width;
}

static heat_status create(heat_context *ctx, heat_elimination *plan, int32_t widest)
{
    elimination_tree tree = {.q = plan->q};
    int32_t proved = 0, most = widest_of_all(plan->q);
    heat_status status = tree_choose(ctx, plan->graph, widest < most ? widest : most, &tree, &proved);

    if (status != HEAT_OK)
        goto out;
    plan->cost.width_proved = proved;
    if (!tree.complete) {
        double bytes = 8 * heat_table_entries(plan->q, tree.width);
        plan->cost =
            (heat_elimination_cost){tree.width, true, bytes / 4, bytes, 2 * bytes, proved, bytes / 4};
        goto out;
    }
    if ((status = plan_alloc(ctx, plan, tree.begin[plan->n])) != HEAT_OK ||
        (status = relabel(ctx, &tree, plan)) != HEAT_OK || (status = place_on_stacks(ctx, plan)) != HEAT_OK ||
        (status = bound_range(ctx, plan)) != HEAT_OK)
        goto out;
    heat_segments_place(plan, few_doubles, many_doubles);
    add_up(plan, &tree);
out:
    tree_clear(&tree);
    return status;
}

static heat_status plan_begin(heat_context *ctx, int32_t n, int32_t q, heat_elimination **out)
{
    heat_status status = heat_alloc(ctx, 1, sizeof **out, out);

    if (status == HEAT_OK) {
        (*out)->n = n;
        (*out)->q = q;
    }
    return status;
}

/* A plan that could not be made is none. */
static heat_status plan_end(heat_context *ctx, int32_t widest, heat_elimination **out)
{
    heat_status status = create(ctx, *out, widest);

    if (status != HEAT_OK) {
        heat_elimination_free(*out);
        *out = NULL;
    }
    return status;
}

heat_status heat_elimination_create(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                                    heat_elimination **out)
{
    heat_status status = plan_begin(ctx, graph->n, 2, out);

    if (status != HEAT_OK)
        return status;
    (*out)->graph = graph;
    return plan_end(ctx, widest, out);
}

heat_status heat_elimination_create_categorical(heat_context *ctx, const heat_categorical *graph,
                                                int32_t widest, heat_elimination **out)
{
    heat_status status = plan_begin(ctx, graph->n, graph->q, out);

    if (status != HEAT_OK)
        return status;
    (*out)->shape =
        (heat_pairwise){.n = graph->n, .row = graph->row, .col = graph->col, .offset = graph->offset};
    (*out)->graph = &(*out)->shape;
    (*out)->categorical = graph;
    return plan_end(ctx, widest, out);
}

void heat_elimination_free(heat_elimination *plan)
{
    if (plan == NULL)
        return;
    heat_free(plan->variable);
    heat_free(plan->step);
    heat_free(plan->parent);
    heat_free(plan->first_child);
    heat_free(plan->sibling);
    heat_free(plan->begin);
    heat_free(plan->separator);
    heat_free(plan->slot);
    heat_free(plan->slot_back);
    heat_free(plan->segment);
    heat_free(plan->group);
    heat_free(plan);
}

heat_elimination_cost heat_elimination_get_cost(const heat_elimination *plan)
{
    return plan->cost;
}
