/* An update in three passes, each shared by threads: rows dream (the negative phase), rows of both phases get
 * the means of their hidden units, weights move. A thread moves the weights of its hidden units, as in the
 * update before, and writes them into the tables in integer units, by which it draws these units, and all
 * threads the visible ones; of its visible units it lists the rows, for all threads, and has the biases. What
 * the plain biases and the unit need is summed up on the way:
 *
 *     plain b_i = b_i - l sum_j W_ij,    plain c_j = c_j - sum_i m_i W_ij.
 *
 * The unit is a function of the parameters alone: where the pass shows that another is due, the tables are
 * written again. */
#include "learn/rbm_climb.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/isa.h"

#include <math.h>
#include <string.h>

enum { WORD = HEAT_LAYER_WORD, ROUNDED = HEAT_LAYER_CASES * HEAT_LAYER_NEAR * WORD };

heat_status heat_rbm_climber_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden, int64_t threads,
                                  heat_rbm_climber *c)
{
    const int64_t x_words = heat_layer_words(n_visible), y_words = heat_layer_words(n_hidden);
    const int64_t parts = x_words * y_words * WORD;
    heat_status status = heat_rbm_gibbs_open(ctx, n_visible, n_hidden, threads, &c->gibbs);
    const struct {
        double **array;
        int64_t count;
    } rows[] = {{&c->x_gain, n_visible}, {&c->x_bias, n_visible}, {&c->y_bias, n_hidden}};
    float **const of_weights[] = {&c->x_sum, &c->x_size, &c->y_sum, &c->y_size};

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    for (size_t k = 0; k < sizeof of_weights / sizeof *of_weights && status == HEAT_OK; k++)
        status = heat_alloc(ctx, parts, sizeof **of_weights[k], of_weights[k]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, parts * WORD, sizeof *c->w, &c->w);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->gibbs.n_shares, sizeof *c->largest, &c->largest);
    return status == HEAT_OK ? heat_alloc(ctx, y_words * WORD, sizeof *c->y_gain, &c->y_gain) : status;
}

static void free_rows(heat_rbm_climber *c)
{
    heat_free(c->x);
    heat_free(c->y);
    heat_free(c->weight);
    heat_free(c->rounded);
    heat_free(c->list);
    c->x = NULL;
    c->y = NULL;
    c->weight = NULL;
    c->rounded = NULL;
    c->list = NULL;
    c->n_room = 0;
    c->n_blocks = 0;
}

void heat_rbm_climber_clear(heat_rbm_climber *c)
{
    free_rows(c);
    heat_free(c->w);
    heat_free(c->y_gain);
    heat_free(c->x_gain);
    heat_free(c->x_sum);
    heat_free(c->x_size);
    heat_free(c->y_sum);
    heat_free(c->y_size);
    heat_free(c->x_bias);
    heat_free(c->y_bias);
    heat_free(c->largest);
    heat_rbm_gibbs_clear(&c->gibbs);
    *c = (heat_rbm_climber){.at = NULL};
}

/* Room for n rows of both phases together, in so many pairs. */
static heat_status reserve(heat_context *ctx, heat_rbm_climber *c, int64_t n, int64_t n_pairs)
{
    const int64_t x = heat_layer_words(c->gibbs.n_visible), y = heat_layer_words(c->gibbs.n_hidden) * WORD;
    const int64_t n_blocks = heat_layer_blocks(n_pairs), n_rounded = n_blocks * c->gibbs.n_shares * ROUNDED;
    heat_status status;

    if (n <= c->n_room && n_blocks <= c->n_blocks)
        return HEAT_OK;
    free_rows(c);
    c->n_moved = 0;
    status = heat_alloc(ctx, n * x, sizeof *c->x, &c->x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * y, sizeof *c->y, &c->y);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *c->weight, &c->weight);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n_rounded, sizeof *c->rounded, &c->rounded);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n_blocks * x * HEAT_LAYER_LISTS, sizeof *c->list, &c->list);
    if (status == HEAT_OK) {
        c->n_room = n;
        c->n_blocks = n_blocks;
    }
    return status;
}

typedef struct stepping {
    heat_rbm_climber *c;
    const heat_rbm_parameters *p;
    const heat_layer_kernel *kernel;
    heat_layer_climb climb;
    bool is_again; /* the parameters have moved: now the tables alone */
} stepping;

/* Bias a of all parameters, by its gain; returns what it is then. */
static double move_bias(const stepping *s, int64_t a, double gain)
{
    const heat_layer_climb *climb = &s->climb;
    double *value = s->p->all + a;

    if (climb->n_data == 0 || s->is_again)
        return *value;
    *value += climb->rate * gain;
    return *value;
}

/* Biases without the centring, of units `first` to `end`. */
static double settle_hidden(const stepping *s, int64_t first, int64_t end)
{
    const heat_layer_climb *climb = &s->climb;
    const int64_t own = (int64_t)climb->n_x * climb->n_y + climb->n_x,
                  stride = heat_layer_words(climb->n_y) * WORD;
    double largest = 0;

    for (int64_t j = first; j < end && j < climb->n_y; j++) {
        double sum = 0, size = 0, *bias = &s->c->y_bias[j];
        for (int64_t w = 0; w < heat_layer_words(climb->n_x); w++) {
            sum += (double)climb->y_sum[w * stride + j];
            size += (double)climb->y_size[w * stride + j];
        }
        *bias = move_bias(s, own + j, (double)climb->y_gain[j]) - sum;
        largest = fmax(largest, fabs(*bias) + size);
    }
    return largest;
}

static double settle_visible(const stepping *s, int64_t first, int64_t end)
{
    const heat_layer_climb *climb = &s->climb;
    const int64_t own = (int64_t)climb->n_x * climb->n_y, stride = heat_layer_words(climb->n_x) * WORD;
    double largest = 0;

    for (int64_t i = first; i < end && i < climb->n_x; i++) {
        double sum = 0, size = 0, *bias = &s->c->x_bias[i];
        for (int64_t w = 0; w < heat_layer_words(climb->n_y); w++) {
            sum += (double)climb->x_sum[w * stride + i];
            size += (double)climb->x_size[w * stride + i];
        }
        *bias = move_bias(s, own + i, climb->x_gain[i]) - climb->y_offset * sum;
        largest = fmax(largest, fabs(*bias) + size);
    }
    return largest;
}

enum { LIST_ROWS, MOVE_WEIGHTS, SETTLE_VISIBLE, N_STEPS };

static void take_step(void *arg, int64_t share, int64_t step)
{
    const stepping *s = arg;
    const struct heat_rbm_words *words = s->c->gibbs.shares[share].words;
    const struct heat_rbm_words *hidden = &words[HEAT_LAYER_UP], *visible = &words[HEAT_LAYER_DOWN];
    double *largest = &s->c->largest[share].field;
    heat_layer_climb own = s->climb;

    own.rounded += share * s->c->n_blocks * ROUNDED;
    if (step == LIST_ROWS) {
        for (int32_t word = visible->first; word < visible->end && !s->is_again; word++)
            s->kernel->list_rows(&own, word);
    } else if (step == MOVE_WEIGHTS) {
        for (int32_t word = hidden->first; word < hidden->end; word++)
            s->kernel->climb(&own, word);
        *largest = settle_hidden(s, (int64_t)hidden->first * WORD, (int64_t)hidden->end * WORD);
    } else {
        *largest =
            fmax(*largest, settle_visible(s, (int64_t)visible->first * WORD, (int64_t)visible->end * WORD));
    }
}

static void put_biases(heat_rbm_climber *c, double unit)
{
    heat_layer_units *u = c->gibbs.units;

    u->unit = unit;
    for (int32_t i = 0; i < c->gibbs.n_visible; i++)
        u->bias[HEAT_LAYER_DOWN][i] = heat_lane_round(c->x_bias[i], 1 / unit);
    for (int32_t j = 0; j < c->gibbs.n_hidden; j++)
        u->bias[HEAT_LAYER_UP][j] = heat_lane_round(c->y_bias[j], 1 / unit);
}

/* Moves the weights and settles; what `s` leaves at zero moves nothing. */
static heat_status pass(heat_context *ctx, heat_rbm_climber *c, const heat_rbm_parameters *p, stepping *s)
{
    double unit = c->gibbs.units->unit, due = 0;
    heat_status status = HEAT_OK;

    s->c = c;
    s->p = p;
    s->climb.n_x = c->gibbs.n_visible;
    s->climb.n_y = c->gibbs.n_hidden;
    s->climb.w = c->w;
    s->climb.x_offset = p->offset;
    s->climb.y_offset = p->hidden_offset;
    s->climb.x_gain = c->x_gain;
    s->climb.x = c->x;
    s->climb.y = c->y;
    s->climb.weight = c->weight;
    s->climb.rounded = c->rounded;
    s->climb.list = c->list;
    s->climb.up = c->gibbs.units->weights[HEAT_LAYER_UP];
    s->climb.down = c->gibbs.units->weights[HEAT_LAYER_DOWN];
    s->climb.y_gain = c->y_gain;
    s->climb.x_sum = c->x_sum;
    s->climb.x_size = c->x_size;
    s->climb.y_sum = c->y_sum;
    s->climb.y_size = c->y_size;
    for (; status == HEAT_OK && due != unit; s->is_again = true) {
        unit = due > 0 ? due : unit;
        s->climb.per_unit = 1 / unit;
        status = heat_rbm_gibbs_run_steps(ctx, &c->gibbs, N_STEPS, take_step, s);
        due = 0;
        for (int32_t share = 0; share < c->gibbs.n_shares; share++)
            due = fmax(due, c->largest[share].field);
        due = heat_layer_units_choose(due);
        s->climb.rate = 0;
    }
    put_biases(c, unit);
    c->at = p->all;
    c->n_changes = p->n_changes;
    return status;
}

/* Where the weights of visible unit i to a word of hidden units stand, and how many they are. */
static int64_t find_row(const heat_rbm_climber *c, int64_t i, int64_t word, int64_t *count)
{
    const int64_t left = c->gibbs.n_hidden - word * WORD;

    *count = left < WORD ? left : WORD;
    return (word * heat_layer_words(c->gibbs.n_visible) * WORD + i) * WORD;
}

static void take_weights(heat_rbm_climber *c, const heat_rbm_parameters *p)
{
    const double *from = p->all;
    int64_t count;

    for (int64_t i = 0; i < c->gibbs.n_visible; i++)
        for (int64_t word = 0; word < heat_layer_words(c->gibbs.n_hidden); word++, from += count) {
            float *to = c->w + find_row(c, i, word, &count);
            for (int64_t j = 0; j < count; j++)
                to[j] = (float)from[j];
        }
    c->is_ahead = false;
}

/* Whether steps have moved the climber's weights past these parameters. */
static bool is_past(const heat_rbm_climber *c, const heat_rbm_parameters *p)
{
    return c->is_ahead && c->at == p->all && c->n_changes == p->n_changes;
}

void heat_rbm_climber_catch_up(heat_rbm_climber *c, const heat_rbm_parameters *p)
{
    double *to = p->all;
    int64_t count;

    if (!is_past(c, p))
        return;
    for (int64_t i = 0; i < c->gibbs.n_visible; i++)
        for (int64_t word = 0; word < heat_layer_words(c->gibbs.n_hidden); word++, to += count) {
            const float *from = c->w + find_row(c, i, word, &count);
            for (int64_t j = 0; j < count; j++)
                to[j] = (double)from[j];
        }
    c->is_ahead = false;
}

typedef struct averaging {
    const heat_rbm_climber *c;
    const heat_rbm_parameters *p;
    double share, *average;
    int32_t n_parts;
} averaging;

static void average_part(void *arg, int64_t part, int64_t step)
{
    const averaging *a = arg;
    const heat_rbm_gibbs *g = &a->c->gibbs;
    const int64_t n_words = heat_layer_words(g->n_hidden), n_weights = (int64_t)g->n_visible * g->n_hidden;
    const bool by_weights = is_past(a->c, a->p), is_last = part == a->n_parts - 1;
    const int64_t first = g->n_visible * part / a->n_parts, end = g->n_visible * (part + 1) / a->n_parts;
    int64_t at = by_weights ? end * g->n_hidden : first * g->n_hidden, count;
    double *to = a->average + first * g->n_hidden;

    (void)step;
    for (int64_t i = first; i < end && by_weights; i++)
        for (int64_t word = 0; word < n_words; word++, to += count) {
            const float *from = a->c->w + find_row(a->c, i, word, &count);
            for (int64_t j = 0; j < count; j++)
                to[j] += a->share * ((double)from[j] - to[j]);
        }
    for (; at < (is_last ? n_weights + g->n_visible + g->n_hidden : end * g->n_hidden); at++)
        a->average[at] += a->share * (a->p->all[at] - a->average[at]);
}

void heat_rbm_climber_average(const heat_rbm_climber *c, const heat_rbm_parameters *p, heat_team *team,
                              double share, double *average)
{
    const int size = heat_team_size(team);
    averaging a = {c, p, share, average, size < HEAT_MOST_PARTS ? size : HEAT_MOST_PARTS};

    heat_parallel_steps(team, a.n_parts, a.n_parts, 1, average_part, &a);
}

heat_status heat_rbm_climber_settle(heat_context *ctx, heat_rbm_climber *c, const char *isa,
                                    const heat_rbm_parameters *p)
{
    stepping s = {.climb = {.rate = 0}};
    heat_status status;

    if (c->at == p->all && c->n_changes == p->n_changes)
        return HEAT_OK;
    status = heat_rbm_gibbs_find_kernel(ctx, isa, &s.kernel);
    if (status == HEAT_OK)
        status = reserve(ctx, c, 1, 1);
    if (status == HEAT_OK)
        take_weights(c, p);
    return status == HEAT_OK ? pass(ctx, c, p, &s) : status;
}

/* The first rows, of data, and those behind them, of dreams. */
static void part_rows(const heat_rbm_climber *c, int64_t n_data, int64_t n_dreams, heat_rbm_phase phases[2])
{
    phases[0] = (heat_rbm_phase){.n_rows = n_data, .x = c->x, .y = c->y, .n_y = n_data + n_dreams};
    phases[1] = (heat_rbm_phase){.n_rows = n_dreams,
                                 .x = c->x + n_data * heat_layer_words(c->gibbs.n_visible),
                                 .y = c->y + n_data * WORD,
                                 .n_y = n_data + n_dreams};
}

heat_status heat_rbm_climber_begin(heat_context *ctx, heat_rbm_climber *c, int64_t n, heat_rbm_phase ends[2])
{
    heat_status status = reserve(ctx, c, 2 * n, n);

    if (status != HEAT_OK)
        return status;
    part_rows(c, n, n, ends);
    c->n_moved = n;
    return HEAT_OK;
}

static void set_weights(int64_t n, const double *weight, double sign, double *out)
{
    for (int64_t r = 0; r < n; r++)
        out[r] = sign * (weight == NULL ? 1 : weight[r]) / (double)n;
}

/* Takes up the rows of both phases and finds their means; HEAT_ERROR_STOPPED where it was halted. */
static heat_status find_means(heat_context *ctx, heat_rbm_climber *c, const heat_climb *climb)
{
    const int64_t n = climb->n_rows;
    heat_rbm_phase phases[2];
    heat_status status = reserve(ctx, c, n + climb->n_dreams, heat_layer_pairs(n, climb->n_dreams));
    bool is_moved = c->n_moved == n && n == climb->n_dreams;

    if (status != HEAT_OK)
        return status;
    c->n_moved = 0;
    part_rows(c, n, climb->n_dreams, phases);
    phases[0].rows = climb->rows;
    phases[1].rows = climb->dreams;
    set_weights(n, climb->weight, 1, c->weight);
    set_weights(climb->n_dreams, climb->dream_weight, -1, c->weight + n);
    for (int p = 0; p < 2 && !is_moved && status == HEAT_OK; p++)
        status = heat_rbm_gibbs_mean(ctx, &c->gibbs, climb->isa, &phases[p]);
    return status == HEAT_OK && heat_halted(ctx) ? HEAT_ERROR_STOPPED : status;
}

heat_status heat_rbm_climber_step(heat_context *ctx, heat_rbm_climber *c, const heat_climb *climb,
                                  const heat_rbm_parameters *p)
{
    stepping s = {.climb = {.n_data = (int32_t)climb->n_rows,
                            .n_dreams = (int32_t)climb->n_dreams,
                            .turn = climb->turn,
                            .rate = climb->rate,
                            .decay = climb->weight_decay}};
    heat_status status = heat_rbm_climber_settle(ctx, c, climb->isa, p);

    if (status == HEAT_OK)
        status = find_means(ctx, c, climb);
    if (status == HEAT_OK)
        status = heat_rbm_gibbs_find_kernel(ctx, climb->isa, &s.kernel);
    c->is_ahead = c->is_ahead || status == HEAT_OK;
    return status == HEAT_OK ? pass(ctx, c, p, &s) : status;
}
