/* One pass over the tree of a planar plan, in the `number` of the file that includes this one, under the name
 * PLANAR_PASS. Upwards, joining two parts with skew matrices C1 and C2 over the half-edges that leave them is
 *     C = M_RR - M_RF M_FF^-1 M_FR,   M = C1 (+) C2 + A,
 * F the half-edges of the joined edges, R the rest; Pf M_FF is what the join contributes, and C(h, h') is the
 * correlation of the spins behind h and h' in the part alone, times sqrt(t t'): never above 1. Downwards, the
 * inverse of the whole matrix is found on every front by the same factors (Takahashi, Fagan and Chin, PICA
 * 1973), and at each vertex gives the correlations of its edges. Pivots by Parlett and Reid, BIT 10 (1970)
 * 386, within F. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/elimination_run.h"
#include "exact/number_dual.h"
#include "exact/planar_plan.h"

#include <limits.h>

enum { JOINS_BETWEEN_POLLS = 256 };

/* From the size of the inverses to that of the errors: three times more than the most that was seen. */
static const double safety = 400;

/* A front: pairs at the beginning, then the rest. Upwards its upper triangle is the matrix; downwards
 * `inverse` is the inverse, all of it. */
typedef struct planar_front {
    int32_t size, n_pairs;
    number *matrix, *inverse, *row[2];
    int32_t *order; /* [2 n_pairs] which half-edge of F stands where */
    int32_t *place; /* where each half-edge stands */
} planar_front;

typedef struct planar_run {
    const heat_planar *plan;
    heat_planar_pass *pass;
    number *root_t, *rest; /* [m] sqrt |t|, 1 - t^2 */
    number *stack, *factors, *closing;
    int64_t top, n_factors;
    int32_t *orders; /* [2 joined] of every join */
    planar_front front;
    double squares; /* sum of those of all inverses on fronts */
    heat_long_sum log_sum;
    double cancelled; /* sizes of the four Pfaffians of a torus over their sum; 1 in the plane */
    double *mean[2];  /* [m][2] correlations and their derivatives by beta, from either end */
} planar_run;

static void run_clear(planar_run *run)
{
    heat_free(run->root_t);
    heat_free(run->rest);
    heat_free(run->closing);
    heat_free(run->front.place);
    heat_free(run->stack);
    heat_free(run->factors);
    heat_free(run->orders);
    heat_free(run->front.matrix);
    heat_free(run->front.inverse);
    heat_free(run->front.row[0]);
    heat_free(run->front.row[1]);
    heat_free(run->mean[0]);
    heat_free(run->mean[1]);
}

static heat_status run_init(heat_context *ctx, const heat_planar *plan, heat_planar_pass *pass,
                            planar_run *run)
{
    int64_t m = plan->map.m, front = plan->largest_front, closing = plan->n_closing;
    heat_status status;

    *run = (planar_run){.plan = plan, .pass = pass, .cancelled = 1};
    if ((status = heat_alloc(ctx, m, sizeof(number), &run->root_t)) != HEAT_OK ||
        (status = heat_alloc(ctx, m, sizeof(number), &run->rest)) != HEAT_OK ||
        (status = heat_alloc_unset(ctx, plan->stack, sizeof(number), &run->stack)) != HEAT_OK ||
        (status = heat_alloc_unset(ctx, plan->factors + plan->n_closing_factors, sizeof(number),
                                   &run->factors)) != HEAT_OK ||
        (status = heat_alloc_unset(ctx, closing * closing, sizeof(number), &run->closing)) != HEAT_OK ||
        (status = heat_alloc(ctx, front, sizeof(int32_t), &run->front.place)) != HEAT_OK ||
        (status = heat_alloc(ctx, 2 * m + closing, sizeof(int32_t), &run->orders)) != HEAT_OK ||
        (status = heat_alloc_unset(ctx, front * front, sizeof(number), &run->front.matrix)) != HEAT_OK ||
        (status = heat_alloc_unset(ctx, front * front, sizeof(number), &run->front.inverse)) != HEAT_OK ||
        (status = heat_alloc(ctx, front, sizeof(number), &run->front.row[0])) != HEAT_OK ||
        (status = heat_alloc(ctx, front, sizeof(number), &run->front.row[1])) != HEAT_OK ||
        (status = heat_alloc(ctx, 2 * m, sizeof(double), &run->mean[0])) != HEAT_OK)
        return status;
    return heat_alloc(ctx, 2 * m, sizeof(double), &run->mean[1]);
}

/* Exchanges the half-edges that stand at i < j, in the factors above too. */
static void exchange(planar_front *front, int32_t i, int32_t j)
{
    int32_t size = front->size, other = front->order[i];
    number *m = front->matrix, keep;

    front->order[i] = front->order[j];
    front->order[j] = other;
    for (int32_t r = 0; r < i; r++) {
        keep = m[r * size + i];
        m[r * size + i] = m[r * size + j];
        m[r * size + j] = keep;
    }
    for (int32_t c = i + 1; c < j; c++) {
        keep = m[i * size + c];
        m[i * size + c] = number_negative(m[c * size + j]);
        m[c * size + j] = number_negative(keep);
    }
    for (int32_t c = j + 1; c < size; c++) {
        keep = m[i * size + c];
        m[i * size + c] = m[j * size + c];
        m[j * size + c] = keep;
    }
    m[i * size + j] = number_negative(m[i * size + j]);
}

/* Row[c] -= a x[c] - b y[c]. */
static void update_row(int32_t count, number *restrict row, number a, const number *restrict x, number b,
                       const number *restrict y)
{
    for (int32_t c = 0; c < count; c++)
        row[c] = number_minus(row[c], number_minus(number_times(a, x[c]), number_times(b, y[c])));
}

/* mantissa * 2^exponent, 1/2 <= |mantissa| < 1. */
typedef struct planar_pfaffian {
    number mantissa;
    int exponent;
} planar_pfaffian;

static planar_pfaffian multiply(planar_pfaffian a, number b)
{
    number product = number_times(a.mantissa, b);
    int exponent;

    (void)frexp(number_value(product), &exponent);
    return (planar_pfaffian){number_scale(product, -exponent), a.exponent + exponent};
}

/* Eliminates the pairs of a front; returns Pf M_FF. */
static planar_pfaffian eliminate(planar_front *front)
{
    int32_t size = front->size, n_fixed = 2 * front->n_pairs;
    planar_pfaffian pfaffian = {number_of(0.5), 1};

    for (int32_t p = 0; p < n_fixed; p += 2) {
        number *first = front->matrix + p * size, *second = first + size;
        int32_t best = p + 1;
        for (int32_t c = p + 2; c < n_fixed; c++)
            if (fabs(number_value(first[c])) > fabs(number_value(first[best])))
                best = c;
        if (best != p + 1) {
            exchange(front, p + 1, best);
            pfaffian.mantissa = number_negative(pfaffian.mantissa);
        }
        if (number_value(first[p + 1]) == 0) /* rounding stands for what is lost */
            first[p + 1] = number_of(real_rounding);
        pfaffian = multiply(pfaffian, first[p + 1]);
        for (int32_t c = p + 2; c < size; c++)
            first[c] = number_over(first[c], first[p + 1]);
        for (int32_t r = p + 2; r < size; r++)
            update_row(size - r - 1, front->matrix + r * size + r + 1, first[r], second + r + 1, second[r],
                       first + r + 1);
    }
    return pfaffian;
}

/* Keeps what the way down needs: of every pair the pivot and both rows behind it. */
static int64_t keep_factors(const planar_front *front, number *to)
{
    int32_t size = front->size;
    int64_t at = 0;

    for (int32_t p = 0; p < 2 * front->n_pairs; p += 2) {
        const number *first = front->matrix + p * size, *second = first + size;
        to[at++] = first[p + 1];
        for (int32_t c = p + 2; c < size; c++)
            to[at++] = first[c];
        for (int32_t c = p + 2; c < size; c++)
            to[at++] = second[c];
    }
    return at;
}

/* Adds a x[] to sum[]. */
static void add_row(int32_t count, number *restrict sum, number a, const number *restrict x)
{
    for (int32_t c = 0; c < count; c++)
        sum[c] = number_plus(sum[c], number_times(a, x[c]));
}

/* The inverse on a whole front from that of its rest, which stands at its place; `end` is behind the last of
 * the front's factors; returns the first. */
static const number *invert(planar_front *front, const number *end)
{
    int32_t size = front->size;
    number *g = front->inverse, *x = front->row[0], *y = front->row[1];

    for (int32_t p = 2 * front->n_pairs - 2; p >= 0; p -= 2) {
        int32_t left = size - p - 2;
        const number *factors = end - 2 * left - 1, *u = factors + 1, *v = u + left;
        number pivot = factors[0], pair = number_of(1);
        for (int32_t c = 0; c < left; c++)
            x[c] = y[c] = number_of(0);
        for (int32_t r = 0; r < left; r++) {
            const number *row = g + (int64_t)(p + 2 + r) * size + p + 2;
            add_row(left, x, v[r], row);
            add_row(left, y, number_negative(u[r]), row);
        }
        for (int32_t c = 0; c < left; c++) {
            pair = number_plus(pair, number_times(x[c], u[c]));
            x[c] = number_over(x[c], pivot);
            g[p * size + p + 2 + c] = x[c];
            g[(p + 1) * size + p + 2 + c] = y[c];
            g[(p + 2 + c) * size + p] = number_negative(x[c]);
            g[(p + 2 + c) * size + p + 1] = number_negative(y[c]);
        }
        pair = number_over(pair, pivot);
        g[p * size + p] = g[(p + 1) * size + p + 1] = number_of(0);
        g[p * size + p + 1] = number_negative(pair);
        g[(p + 1) * size + p] = pair;
        end = factors;
    }
    return end;
}

static double sum_squares(const planar_front *front)
{
    double sum = 0;

    for (int64_t k = 0; k < (int64_t)front->size * front->size; k++)
        sum += number_value(front->inverse[k]) * number_value(front->inverse[k]);
    return sum;
}

/* M(h, twin of h), its size being 1. */
static int edge_sign(const heat_planar *plan, int32_t h)
{
    int sign = plan->signs.sign[h / 2] * (plan->coupling[h / 2] < 0 ? -1 : 1);

    return h % 2 == 0 ? sign : -sign;
}

static void set_weights(planar_run *run)
{
    for (int32_t e = 0; e < run->plan->map.m; e++) {
        number t = number_of(1);
        run->rest[e] = number_of(0);
        if (run->plan->source[e] != heat_planar_tie)
            number_weigh(run->pass->beta, fabs(run->plan->coupling[e]), &t, &run->rest[e]);
        run->root_t[e] = number_root(t);
    }
}

/* The matrix of one vertex, onto the stack. */
static void push_vertex(planar_run *run, const heat_planar_node *node)
{
    const heat_map *map = &run->plan->map;
    const int32_t *around = map->around + map->first[node->vertex];
    number *to = run->stack + run->top;

    for (int32_t i = 0; i < node->rest; i++)
        for (int32_t j = i + 1; j < node->rest; j++)
            to[i * node->rest + j] = number_times(run->root_t[around[i] / 2], run->root_t[around[j] / 2]);
    run->top += (int64_t)node->rest * node->rest;
}

/* Takes a part's matrix into the front. */
static void take_in(planar_front *front, const number *from, int32_t count, const int32_t *index)
{
    for (int32_t i = 0; i < count; i++)
        for (int32_t j = i + 1; j < count; j++) {
            number x = from[i * count + j];
            if (index[i] < index[j])
                front->matrix[index[i] * front->size + index[j]] = x;
            else
                front->matrix[index[j] * front->size + index[i]] = number_negative(x);
        }
}

static void open_front(planar_front *front, int32_t n_pairs, int32_t rest, int32_t *order)
{
    front->size = 2 * n_pairs + rest;
    front->n_pairs = n_pairs;
    front->order = order;
    for (int32_t k = 0; k < 2 * n_pairs; k++)
        order[k] = k;
    for (int64_t k = 0; k < (int64_t)front->size * front->size; k++)
        front->matrix[k] = number_of(0);
}

/* One more factor of the sum over even subgraphs, which must be positive. */
static void add_log(planar_run *run, number mantissa, int exponent, int sign)
{
    const double log_2 = 0.69314718055994530942;

    if (sign < 0)
        mantissa = number_negative(mantissa);
    run->pass->positive = run->pass->positive && number_value(mantissa) > 0;
    heat_long_sum_add(&run->log_sum, number_log(mantissa));
    heat_long_sum_add(&run->log_sum, exponent * log_2);
}

/* Joins the two parts on top of the stack and leaves theirs. */
static void join_up(planar_run *run, const heat_planar_node *node)
{
    const heat_planar *plan = run->plan;
    planar_front *front = &run->front;
    int32_t n_left = plan->nodes[node->left].rest, n_right = plan->nodes[node->right].rest;
    int32_t fixed = 2 * node->joined;
    number *right = run->stack + run->top - (int64_t)n_right * n_right,
           *left = right - (int64_t)n_left * n_left;
    planar_pfaffian pfaffian;
    int sign = 1;

    open_front(front, node->joined, node->rest, run->orders + 2 * node->joins);
    take_in(front, left, n_left, plan->index + node->indices);
    take_in(front, right, n_right, plan->index + node->indices + n_left);
    for (int32_t k = 0; k < node->joined; k++) {
        int edge = edge_sign(plan, plan->join[node->joins + k]);
        front->matrix[2 * k * front->size + 2 * k + 1] = number_of(edge);
        sign *= edge;
    }
    pfaffian = eliminate(front);
    add_log(run, pfaffian.mantissa, pfaffian.exponent, sign);
    run->n_factors += keep_factors(front, run->factors + run->n_factors);
    for (int32_t i = 0; i < node->rest; i++)
        for (int32_t j = i + 1; j < node->rest; j++)
            left[i * node->rest + j] = front->matrix[(fixed + i) * front->size + fixed + j];
    run->top = left - run->stack + (int64_t)node->rest * node->rest;
}

/* Pf M / Pf A at the root with one choice of signs for the edges of the cuts, bit i of `flips`: those of the
 * i-th the other way. */
static planar_pfaffian close_once(planar_run *run, int flips)
{
    const heat_planar *plan = run->plan;
    planar_front *front = &run->front;
    planar_pfaffian pfaffian;
    int sign = 1;

    open_front(front, plan->n_closing / 2, 0, run->orders + 2 * (int64_t)plan->map.m);
    take_in(front, run->stack, plan->n_closing, plan->closing_place);
    for (int32_t k = 0; k < plan->n_closing; k += 2) {
        int32_t h = plan->closing[k];
        int crossed = plan->signs.seam[h / 2] & flips;
        int edge = edge_sign(plan, h) * (crossed == 1 || crossed == 2 ? -1 : 1);
        number *at = &front->matrix[k * front->size + k + 1];
        *at = number_plus(*at, number_of(edge));
        sign *= edge;
    }
    pfaffian = eliminate(front);
    if (sign < 0)
        pfaffian.mantissa = number_negative(pfaffian.mantissa);
    return pfaffian;
}

/* Where each half-edge of F stands after the exchanges, those of the rest where they were. */
static void find_places(planar_front *front)
{
    for (int32_t k = 0; k < front->size; k++)
        front->place[k] = k;
    for (int32_t k = 0; k < 2 * front->n_pairs; k++)
        front->place[front->order[k]] = k;
}

/* What is left at the root of a torus are the ends of the cut edges. The sum over even subgraphs is half of
 * four Pfaffians: in each a subgraph has the sign of a quadratic form of how often it crosses the cuts, and
 * with the form's Arf invariant for a sign they add up to +2 for every subgraph. */
static void close_cuts(planar_run *run)
{
    const heat_planar *plan = run->plan;
    planar_front *front = &run->front;
    int32_t n = plan->n_closing;
    double sizes = 0;
    planar_pfaffian total = {number_of(0), INT_MIN / 2};

    for (int64_t k = 0; k < (int64_t)n * n; k++)
        run->closing[k] = number_of(0);
    for (int flips = 0; flips < 4; flips++) {
        int one = plan->signs.twist[0] ^ (flips & 1), two = plan->signs.twist[1] ^ (flips >> 1), before, now;
        planar_pfaffian part = close_once(run, flips);
        number weight = one & two ? number_negative(part.mantissa) : part.mantissa;
        before = total.exponent < part.exponent ? total.exponent - part.exponent : 0; /* both to the larger */
        now = part.exponent < total.exponent ? part.exponent - total.exponent : 0;
        weight = number_scale(weight, now);
        sizes = ldexp(sizes, before) + fabs(number_value(weight));
        total.mantissa = number_plus(number_scale(total.mantissa, before), weight);
        total.exponent += now < 0 ? 0 : part.exponent - total.exponent;
        keep_factors(front, run->factors + run->n_factors);
        invert(front, run->factors + run->n_factors + plan->n_closing_factors);
        find_places(front);
        for (int32_t i = 0; i < n; i++)
            for (int32_t j = 0; j < n; j++) {
                number *sum = &run->closing[i * n + j];
                number g = front->inverse[front->place[i] * n + front->place[j]];
                *sum = number_plus(number_scale(*sum, before), number_times(weight, g));
            }
    }
    run->cancelled = sizes / number_value(total.mantissa);
    add_log(run, total.mantissa, total.exponent - 1, 1);
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n; j++) {
            number g = number_over(run->closing[plan->closing_place[i] * n + plan->closing_place[j]],
                                   total.mantissa);
            run->stack[i * n + j] = g;
            run->squares += number_value(g) * number_value(g);
        }
}

/* The inverse on a part, out of the front that joined it, onto the stack. */
static void push_part(planar_run *run, int32_t count, const int32_t *index)
{
    const planar_front *front = &run->front;
    number *to = run->stack + run->top;

    for (int32_t i = 0; i < count; i++) {
        const number *row = front->inverse + front->place[index[i]] * front->size;
        for (int32_t j = 0; j < count; j++)
            to[i * count + j] = row[front->place[index[j]]];
    }
    run->top += (int64_t)count * count;
}

/* Replaces the inverse on a part by those on its two parts. */
static void join_down(planar_run *run, const heat_planar_node *node)
{
    const heat_planar *plan = run->plan;
    planar_front *front = &run->front;
    int32_t n_left = plan->nodes[node->left].rest, n_right = plan->nodes[node->right].rest;
    int32_t fixed = 2 * node->joined, rest = node->rest;
    const number *from;

    front->size = fixed + rest;
    front->n_pairs = node->joined;
    front->order = run->orders + 2 * node->joins;
    run->top -= (int64_t)rest * rest;
    from = run->stack + run->top;
    for (int32_t i = 0; i < rest; i++)
        for (int32_t j = 0; j < rest; j++)
            front->inverse[(fixed + i) * front->size + fixed + j] = from[i * rest + j];
    run->n_factors = invert(front, run->factors + run->n_factors) - run->factors;
    run->squares += sum_squares(front);
    find_places(front);
    push_part(run, n_left, plan->index + node->indices);
    push_part(run, n_right, plan->index + node->indices + n_left);
}

/* Correlations along the edges of one vertex: with M G = 1 at their ends,
 *     d log(sum) / dt_a = sum_c B(a, c) G(c, a) / t_a,   <s s'> = t + (1 - t^2) d log(sum) / dt. */
static void pop_vertex(planar_run *run, const heat_planar_node *node)
{
    const heat_planar *plan = run->plan;
    const int32_t *around = plan->map.around + plan->map.first[node->vertex];
    const number *g;

    run->top -= (int64_t)node->rest * node->rest;
    g = run->stack + run->top;
    for (int32_t i = 0; i < node->rest; i++) {
        int32_t e = around[i] / 2;
        number sum = number_of(0), root = run->root_t[e];
        for (int32_t c = 0; c < node->rest; c++) {
            number term = number_times(run->root_t[around[c] / 2], g[c * node->rest + i]);
            sum = number_plus(sum, c > i ? term : number_negative(term));
        }
        if (number_value(root) > 0)
            sum = number_over(number_times(run->rest[e], sum), root);
        sum = number_plus(sum, number_times(root, root));
        if (plan->coupling[e] < 0)
            sum = number_negative(sum);
        run->mean[around[i] % 2][2 * e] = number_value(sum);
        run->mean[around[i] % 2][2 * e + 1] = number_slope(sum);
    }
}

static bool halted_at(heat_context *ctx, int32_t node)
{
    if (node % JOINS_BETWEEN_POLLS != 0)
        return false;
    heat_show_progress(ctx, (double)NAN, (double)NAN, (double)NAN);
    return heat_halted(ctx);
}

static void conclude(const planar_run *run)
{
    heat_planar_pass *pass = run->pass;
    heat_long_sum variance = {0, 0};

    pass->log_sum = run->log_sum.sum + run->log_sum.error;
    pass->error = safety * real_rounding * sqrt(run->squares) * run->cancelled;
    for (int32_t e = 0; e < run->plan->map.m; e++) {
        const double *one = run->mean[0] + 2 * e, *two = run->mean[1] + 2 * e;
        double difference = fabs(one[0] - two[0]), coupling = run->plan->coupling[e];
        if (run->plan->source[e] == heat_planar_tie)
            continue;
        if (!(difference <= pass->mismatch))
            pass->mismatch = difference;
        pass->correlation[e] = (one[0] + two[0]) / 2;
        heat_long_sum_add(&variance, coupling * (one[1] + two[1]) / 2);
        pass->variance_error += fabs(coupling * (one[1] - two[1]));
    }
    pass->variance = variance.sum + variance.error;
}

heat_status PLANAR_PASS(heat_context *ctx, const heat_planar *plan, heat_planar_pass *pass)
{
    planar_run run;
    heat_status status = run_init(ctx, plan, pass, &run);

    pass->mismatch = pass->variance_error = 0;
    pass->positive = true;
    if (status != HEAT_OK)
        goto out;
    set_weights(&run);
    for (int32_t id = plan->n_nodes - 1; id >= 0; id--) {
        if (halted_at(ctx, id))
            goto out;
        if (plan->nodes[id].left < 0)
            push_vertex(&run, &plan->nodes[id]);
        else
            join_up(&run, &plan->nodes[id]);
    }
    if (plan->n_closing > 0)
        close_cuts(&run);
    for (int32_t id = 0; id < plan->n_nodes; id++) {
        if (halted_at(ctx, id))
            goto out;
        if (plan->nodes[id].left < 0)
            pop_vertex(&run, &plan->nodes[id]);
        else
            join_down(&run, &plan->nodes[id]);
    }
    conclude(&run);
out:
    run_clear(&run);
    return status;
}
