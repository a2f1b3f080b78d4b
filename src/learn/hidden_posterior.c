/* Hidden units given a row fall into parts that no coupling joins, and in each part the units outside a cover
 * C, which touches every coupling, are independent given it:
 *
 *     Z = sum_c exp(E_C(c)) prod_(k not in C) (1 + exp f_k(c)),   f_k(c) = b_k + sum_(i in c) w_ik.
 *
 * Units without couplings need no cover, two layers that of the smaller one, units that are all coupled all
 * but one. What of a row's field f_k(c) and of E_C is due to a unit of the cover is added by doubling
 * (subset_sums.h). A cover is what is left by the units that stand alone, taken in the order of their
 * couplings, or the smaller side of a part that has two. */
#include "learn/hidden_posterior.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "learn/subset_sums.h"

#include <math.h>
#include <string.h>

enum { FACTORS = 512 };   /* 2^512 is a number */
enum { MOST_COVER = 30 }; /* of 2^30 states nobody asks */
static const int8_t no_side = -1;

/* Neighbours and parts of a graph, and who is in a cover. */
typedef struct cover_plan {
    int32_t n, n_parts;
    int64_t *row;            /* [n + 1] */
    int32_t *col;            /* [2 n_edges] */
    int32_t *part;           /* [n] */
    int32_t *order;          /* [n] part by part */
    int32_t *first;          /* [n_parts + 1] of order */
    int8_t *side;            /* [n] 0 or 1 in a part of two sides */
    bool *is_two_sided;      /* [n_parts] */
    bool *is_cover;          /* [n] */
    int32_t *by_degree, *at; /* [n], [n + 2] work space */
} cover_plan;

static void close_plan(cover_plan *c)
{
    heat_free(c->row);
    heat_free(c->col);
    heat_free(c->part);
    heat_free(c->order);
    heat_free(c->first);
    heat_free(c->side);
    heat_free(c->is_two_sided);
    heat_free(c->is_cover);
    heat_free(c->by_degree);
    heat_free(c->at);
}

static heat_status alloc_plan(heat_context *ctx, int32_t n, int64_t n_edges, cover_plan *c)
{
    heat_status status = heat_alloc(ctx, (int64_t)n + 1, sizeof *c->row, &c->row);
    int32_t **arrays[] = {&c->part, &c->order, &c->first, &c->by_degree, &c->at};

    c->n = n;
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, (int64_t)n + 2, sizeof **arrays[k], arrays[k]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n_edges, sizeof *c->col, &c->col);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *c->side, &c->side);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *c->is_two_sided, &c->is_two_sided);
    return status == HEAT_OK ? heat_alloc(ctx, n, sizeof *c->is_cover, &c->is_cover) : status;
}

static void list_neighbours(int64_t n_edges, const int32_t *i, const int32_t *j, cover_plan *c)
{
    for (int64_t e = 0; e < n_edges; e++) {
        c->row[i[e] + 1]++;
        c->row[j[e] + 1]++;
    }
    for (int32_t k = 0; k < c->n; k++)
        c->row[k + 1] += c->row[k];
    for (int64_t e = 0; e < n_edges; e++) {
        c->col[c->row[i[e]]++] = j[e];
        c->col[c->row[j[e]]++] = i[e];
    }
    for (int32_t k = c->n; k > 0; k--)
        c->row[k] = c->row[k - 1];
    c->row[0] = 0;
}

/* The part of the unit that stands at order[first]; returns where it ends. */
static int32_t spread_part(cover_plan *c, int32_t first)
{
    int32_t end = first + 1;

    for (int32_t at = first; at < end; at++) {
        int32_t k = c->order[at];
        for (int64_t e = c->row[k]; e < c->row[k + 1]; e++) {
            int32_t other = c->col[e];
            if (c->side[other] == no_side) {
                c->side[other] = !c->side[k];
                c->part[other] = c->n_parts;
                c->order[end++] = other;
            } else if (c->side[other] == c->side[k]) {
                c->is_two_sided[c->n_parts] = false;
            }
        }
    }
    return end;
}

/* Units without couplings are one part, the first. */
static void find_parts(cover_plan *c)
{
    int32_t end = 0;

    memset(c->side, no_side, (size_t)c->n);
    for (int32_t k = 0; k < c->n; k++)
        if (c->row[k + 1] == c->row[k]) {
            c->side[k] = 0;
            c->order[end++] = k;
        }
    if (end > 0) {
        c->is_two_sided[0] = true;
        c->first[++c->n_parts] = end;
    }
    for (int32_t k = 0; k < c->n; k++) {
        if (c->side[k] != no_side)
            continue;
        c->side[k] = 0;
        c->part[k] = c->n_parts;
        c->is_two_sided[c->n_parts] = true;
        c->order[end] = k;
        end = spread_part(c, end);
        c->first[++c->n_parts] = end;
    }
}

/* All but units that stand alone: those of few couplings first. */
static void cover_greedily(cover_plan *c)
{
    memset(c->at, 0, ((size_t)c->n + 2) * sizeof *c->at);
    for (int32_t k = 0; k < c->n; k++)
        c->at[c->row[k + 1] - c->row[k] + 1]++;
    for (int32_t d = 0; d < c->n; d++)
        c->at[d + 1] += c->at[d];
    for (int32_t k = 0; k < c->n; k++)
        c->by_degree[c->at[c->row[k + 1] - c->row[k]]++] = k;
    for (int32_t k = 0; k < c->n; k++) {
        int32_t unit = c->by_degree[k];
        for (int64_t e = c->row[unit]; e < c->row[unit + 1] && !c->is_cover[unit]; e++)
            c->is_cover[c->col[e]] = true;
    }
}

static int32_t count_cover(const cover_plan *c, int32_t part)
{
    int32_t count = 0;

    for (int32_t at = c->first[part]; at < c->first[part + 1]; at++)
        count += c->is_cover[c->order[at]];
    return count;
}

static void cover_side(cover_plan *c, int32_t part, int8_t side)
{
    for (int32_t at = c->first[part]; at < c->first[part + 1]; at++)
        c->is_cover[c->order[at]] = c->side[c->order[at]] == side;
}

static double terms_of(const cover_plan *c, int32_t part)
{
    int32_t n = c->first[part + 1] - c->first[part], n_cover = count_cover(c, part);

    return n_cover > MOST_COVER ? (double)INFINITY : ldexp(1 + n - n_cover, n_cover);
}

/* The smaller side, where that is less than the cover at hand. */
static void choose_side(cover_plan *c, int32_t part)
{
    int32_t n = c->first[part + 1] - c->first[part], n_second = 0;

    if (!c->is_two_sided[part])
        return;
    for (int32_t at = c->first[part]; at < c->first[part + 1]; at++)
        n_second += c->side[c->order[at]];
    if (n_second < count_cover(c, part))
        cover_side(c, part, 1);
    if (n - n_second < count_cover(c, part))
        cover_side(c, part, 0);
}

static heat_status open_plan(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                             const int32_t *j, cover_plan *c)
{
    heat_status status = alloc_plan(ctx, n, n_edges, c);

    if (status != HEAT_OK)
        return status;
    list_neighbours(n_edges, i, j, c);
    find_parts(c);
    cover_greedily(c);
    for (int32_t part = 0; part < c->n_parts; part++)
        choose_side(c, part);
    return HEAT_OK;
}

/* The side that no coupling joins to visible units: the model is then two layers, one of them summed over. */
static void prefer_inner_side(cover_plan *c, int32_t part, const int64_t *outer)
{
    int64_t n_outer[2] = {0, 0};

    for (int32_t at = c->first[part]; at < c->first[part + 1]; at++)
        n_outer[c->side[c->order[at]]] += outer[c->order[at]];
    if (c->is_two_sided[part] && (n_outer[0] == 0) != (n_outer[1] == 0))
        cover_side(c, part, n_outer[1] == 0);
}

heat_status heat_hidden_choose_drawn(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                                     const int32_t *j, const int64_t *outer, double most_terms,
                                     bool *is_drawn)
{
    cover_plan c = {.n = 0};
    double terms = 0;
    heat_status status = open_plan(ctx, n, n_edges, i, j, &c);

    for (int32_t part = 0; part < c.n_parts && status == HEAT_OK; part++) {
        bool is_summed = terms + terms_of(&c, part) <= most_terms || count_cover(&c, part) == 0;
        terms += is_summed ? terms_of(&c, part) : 0;
        if (!is_summed)
            prefer_inner_side(&c, part, outer);
        for (int32_t at = c.first[part]; at < c.first[part + 1]; at++)
            is_drawn[c.order[at]] = !is_summed && c.is_cover[c.order[at]];
    }
    close_plan(&c);
    return status;
}

/* Units and edges in the order of parts. */
static heat_status list_parts(heat_context *ctx, const cover_plan *c, heat_hidden_posterior *h)
{
    int64_t n_states = 0, n_on = 0, n_edges = 0, most_states = 1, most_free = 1, most_cover = 1;
    heat_status status = heat_alloc(ctx, c->n_parts, sizeof *h->parts, &h->parts);

    h->n_parts = c->n_parts;
    for (int32_t part = 0; part < c->n_parts && status == HEAT_OK; part++) {
        heat_hidden_part *of = &h->parts[part];
        int32_t first = c->first[part], n = c->first[part + 1] - first;
        *of = (heat_hidden_part){.first = first, .n_cover = count_cover(c, part)};
        of->n_free = n - of->n_cover;
        for (int32_t at = first, cover = first, rest = first + of->n_cover; at < first + n; at++) {
            int32_t unit = c->order[at], to = c->is_cover[unit] ? cover++ : rest++;
            h->unit[to] = unit;
            h->place[unit] = to - first;
        }
        of->first_state = n_states;
        of->first_on = n_on;
        n_states += (int64_t)1 << of->n_cover;
        n_on += (int64_t)of->n_free << of->n_cover;
        most_states = of->n_cover > most_cover ? (int64_t)1 << of->n_cover : most_states;
        most_cover = of->n_cover > most_cover ? of->n_cover : most_cover;
        most_free = of->n_free > most_free ? of->n_free : most_free;
        h->terms += terms_of(c, part);
    }
    for (int64_t e = 0; e < h->n_edges && status == HEAT_OK; e++)
        h->parts[c->part[h->i[e]]].n_edges++;
    for (int32_t part = 0; part < c->n_parts && status == HEAT_OK; part++) {
        h->parts[part].first_edge = n_edges;
        n_edges += h->parts[part].n_edges;
        h->parts[part].n_edges = 0;
    }
    for (int64_t e = 0; e < h->n_edges && status == HEAT_OK; e++) {
        heat_hidden_part *of = &h->parts[c->part[h->i[e]]];
        h->edge[of->first_edge + of->n_edges++] = e;
    }
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n_states, sizeof *h->p, &h->p);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n_on, sizeof *h->on, &h->on);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most_states + most_cover, sizeof *h->field, &h->field);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most_cover * (most_cover + most_free), sizeof *h->coupling, &h->coupling);
    return status == HEAT_OK ? heat_alloc(ctx, most_states, sizeof *h->product, &h->product) : status;
}

heat_status heat_hidden_posterior_open(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                                       const int32_t *j, heat_hidden_posterior *h)
{
    cover_plan c = {.n = 0};
    heat_status status = open_plan(ctx, n, n_edges, i, j, &c);

    *h = (heat_hidden_posterior){.n = n, .n_edges = n_edges, .i = i, .j = j};
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->unit, &h->unit);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->place, &h->place);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_edges, sizeof *h->edge, &h->edge);
    if (status == HEAT_OK)
        status = list_parts(ctx, &c, h);
    close_plan(&c);
    return status;
}

void heat_hidden_posterior_close(heat_hidden_posterior *h)
{
    heat_free(h->parts);
    heat_free(h->unit);
    heat_free(h->place);
    heat_free(h->edge);
    heat_free(h->p);
    heat_free(h->on);
    heat_free(h->field);
    heat_free(h->coupling);
    heat_free(h->product);
    *h = (heat_hidden_posterior){.n = 0};
}

/* Couplings of a part: [cover][cover], then [free][cover]. */
static void take_couplings(heat_hidden_posterior *h, const heat_hidden_part *of, const double *weights)
{
    const int32_t n = of->n_cover;

    memset(h->coupling, 0, (size_t)n * (size_t)(n + of->n_free) * sizeof *h->coupling);
    for (int64_t k = of->first_edge; k < of->first_edge + of->n_edges; k++) {
        int64_t e = h->edge[k];
        int32_t a = h->place[h->i[e]], b = h->place[h->j[e]];
        if (a < n)
            h->coupling[b * n + a] = weights[e];
        if (b < n)
            h->coupling[a * n + b] = weights[e];
    }
}

/* Log weights of the states get log (1 + exp f) of a unit outside the cover, and `on` what it is likely to
 * be; what is left of the log stands in h->product. */
static void sum_unit(heat_hidden_posterior *h, const heat_hidden_part *of, int32_t k, double bias, double *p,
                     double *on)
{
    const double *w = h->coupling + (of->n_cover + k) * of->n_cover;
    const int64_t n_states = (int64_t)1 << of->n_cover;

    on[0] = bias;
    for (int32_t c = 0; c < of->n_cover; c++)
        for (int64_t x = 0, size = (int64_t)1 << c; x < size; x++)
            on[x + size] = on[x] + w[c];
    for (int64_t x = 0; x < n_states; x++) {
        double field = on[x], e = heat_exp_negative(field > 0 ? -field : field);
        p[x] += field > 0 ? field : 0;
        h->product[x] *= 1 + e;
        on[x] = (field > 0 ? 1 : e) / (1 + e);
    }
    if (k % FACTORS != FACTORS - 1)
        return;
    for (int64_t x = 0; x < n_states; x++) {
        p[x] += log(h->product[x]);
        h->product[x] = 1;
    }
}

/* Log weights, and factors of them that are no logs yet, become probabilities. */
static double normalise(int64_t size, const double *product, double *p)
{
    double largest = p[0], sum = 0;

    for (int64_t x = 1; x < size; x++)
        largest = p[x] > largest ? p[x] : largest;
    for (int64_t x = 0; x < size; x++) {
        p[x] = heat_exp_negative(p[x] - largest) * product[x];
        sum += p[x];
    }
    for (int64_t x = 0; x < size; x++)
        p[x] /= sum;
    return largest + log(sum);
}

double heat_hidden_posterior_sum(heat_hidden_posterior *h, const double *weights, const double *biases)
{
    double log_sum = 0;

    for (int32_t part = 0; part < h->n_parts; part++) {
        const heat_hidden_part *of = &h->parts[part];
        const int32_t *unit = h->unit + of->first;
        const int64_t n_states = (int64_t)1 << of->n_cover;
        double *p = h->p + of->first_state, *b = h->field + n_states;
        take_couplings(h, of, weights);
        for (int32_t k = 0; k < of->n_cover; k++)
            b[k] = biases[unit[k]];
        heat_subsets_fill(of->n_cover, h->coupling, b, h->field, p);
        for (int64_t x = 0; x < n_states; x++)
            h->product[x] = 1;
        for (int32_t k = 0; k < of->n_free; k++)
            sum_unit(h, of, k, biases[unit[of->n_cover + k]], p, h->on + of->first_on + k * n_states);
        log_sum += normalise(n_states, h->product, p);
    }
    return log_sum;
}

void heat_hidden_posterior_draw(const heat_hidden_posterior *h, heat_stream *stream, int8_t *state)
{
    for (int32_t part = 0; part < h->n_parts; part++) {
        const heat_hidden_part *of = &h->parts[part];
        const int32_t *unit = h->unit + of->first;
        const int64_t last = ((int64_t)1 << of->n_cover) - 1;
        const double *p = h->p + of->first_state, *on = h->on + of->first_on;
        double left = of->n_cover > 0 ? heat_stream_uniform(stream) : 0;
        int64_t x = 0;
        while (x < last && left >= p[x])
            left -= p[x++];
        for (int32_t k = 0; k < of->n_cover; k++)
            state[unit[k]] = x >> k & 1;
        for (int32_t k = 0; k < of->n_free; k++)
            state[unit[of->n_cover + k]] = heat_stream_uniform(stream) < on[k * (last + 1) + x];
    }
}

/* Sums over supersets: those of p are means of products of the cover's units, those of p times a unit's `on`
 * means of products with it. */
void heat_hidden_posterior_mean(heat_hidden_posterior *h, double *mean)
{
    double *of_unit = mean + h->n_edges;

    for (int32_t part = 0; part < h->n_parts; part++) {
        const heat_hidden_part *of = &h->parts[part];
        const int32_t *unit = h->unit + of->first, n = of->n_cover;
        const int64_t n_states = (int64_t)1 << n;
        double *p = h->p + of->first_state, *all = h->on + of->first_on;
        for (int32_t k = 0; k < of->n_free; k++) {
            double *on = all + k * n_states;
            for (int64_t x = 0; x < n_states; x++)
                on[x] *= p[x];
            heat_subsets_raise(n, on);
            of_unit[unit[n + k]] = on[0];
        }
        heat_subsets_raise(n, p);
        for (int32_t k = 0; k < n; k++)
            of_unit[unit[k]] = p[(int64_t)1 << k];
        for (int64_t k = of->first_edge; k < of->first_edge + of->n_edges; k++) {
            int64_t e = h->edge[k];
            int32_t a = h->place[h->i[e]], b = h->place[h->j[e]];
            int32_t in = a < n ? a : b, other = a < n ? b : a;
            mean[e] = other < n ? p[(int64_t)1 << in | (int64_t)1 << other]
                                : all[(other - n) * n_states + ((int64_t)1 << in)];
        }
    }
}
