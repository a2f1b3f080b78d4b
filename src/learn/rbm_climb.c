/* An update in three passes, each shared by threads: rows dream (the negative phase), rows of both phases get
 * the means of their hidden units, weights move. With the weights their tables in integer units are written,
 * and what the plain biases and the unit need is summed up:
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

enum { WORD = HEAT_LAYER_WORD };

heat_status heat_rbm_climber_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden, heat_rbm_climber *c)
{
    int64_t y = heat_layer_words(n_hidden) * WORD, parts = heat_layer_words(n_visible) * y;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {{&c->x_gain, n_visible}, {&c->x_sum, n_visible},  {&c->x_size, n_visible}, {&c->y_sum, parts},
                {&c->y_size, parts},     {&c->x_bias, n_visible}, {&c->y_bias, n_hidden}};
    heat_status status = heat_layer_units_alloc(ctx, n_visible, n_hidden, &c->units);

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    return status == HEAT_OK ? heat_alloc(ctx, y, sizeof *c->y_gain, &c->y_gain) : status;
}

static void free_rows(heat_rbm_climber *c)
{
    heat_free(c->x);
    heat_free(c->y);
    heat_free(c->weight);
    heat_free(c->list);
    c->x = NULL;
    c->y = NULL;
    c->weight = NULL;
    c->list = NULL;
    c->n_room = 0;
}

void heat_rbm_climber_clear(heat_rbm_climber *c)
{
    free_rows(c);
    heat_free(c->y_gain);
    heat_free(c->x_gain);
    heat_free(c->x_sum);
    heat_free(c->x_size);
    heat_free(c->y_sum);
    heat_free(c->y_size);
    heat_free(c->x_bias);
    heat_free(c->y_bias);
    heat_layer_units_free(c->units);
    heat_rbm_gibbs_clear(&c->gibbs);
    *c = (heat_rbm_climber){.at = NULL};
}

/* Room for n rows of both phases together. */
static heat_status reserve(heat_context *ctx, heat_rbm_climber *c, int64_t n)
{
    const heat_layer_rows *up = &c->units->up;
    int64_t x = heat_layer_words(up->n_from), y = heat_layer_words(up->n_to) * WORD;
    heat_status status;

    if (n <= c->n_room)
        return HEAT_OK;
    free_rows(c);
    c->n_moved = 0;
    status = heat_alloc(ctx, n * x, sizeof *c->x, &c->x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * y, sizeof *c->y, &c->y);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *c->weight, &c->weight);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, x * WORD * (n + 1), sizeof *c->list, &c->list);
    if (status == HEAT_OK)
        c->n_room = n;
    return status;
}

typedef struct stepping {
    const heat_layer_kernel *kernel;
    heat_layer_climb climb; /* with the list of the first word */
} stepping;

static heat_status step_word(heat_context *worker, void *arg, int64_t word)
{
    const stepping *s = arg;
    heat_layer_climb climb = s->climb;

    (void)worker;
    climb.list += word * WORD * (climb.n_rows + 1);
    s->kernel->climb(&climb, (int32_t)word);
    return HEAT_OK;
}

/* The biases without the centring, and the unit that is due. */
static double find_biases(const heat_rbm_climber *c, const heat_rbm_parameters *p)
{
    const int32_t n_x = c->units->up.n_from, n_y = c->units->up.n_to;
    const int64_t stride = heat_layer_words(n_y) * WORD;
    const double *b = p->all + (int64_t)n_x * n_y, *own = b + n_x;
    double largest = 0;

    for (int32_t i = 0; i < n_x; i++) {
        c->x_bias[i] = b[i] - p->hidden_offset * c->x_sum[i];
        largest = fmax(largest, fabs(c->x_bias[i]) + c->x_size[i]);
    }
    for (int32_t j = 0; j < n_y; j++) {
        double sum = 0, size = 0;
        for (int64_t w = 0; w < heat_layer_words(n_x); w++) {
            sum += c->y_sum[w * stride + j];
            size += c->y_size[w * stride + j];
        }
        c->y_bias[j] = own[j] - sum;
        largest = fmax(largest, fabs(c->y_bias[j]) + size);
    }
    return heat_layer_units_choose(largest);
}

static void put_biases(heat_rbm_climber *c)
{
    heat_layer_units *u = c->units;

    for (int32_t i = 0; i < u->up.n_from; i++)
        u->bias[HEAT_LAYER_DOWN][i] = heat_lane_round(c->x_bias[i], 1 / u->unit);
    for (int32_t j = 0; j < u->up.n_to; j++)
        u->bias[HEAT_LAYER_UP][j] = heat_lane_round(c->y_bias[j], 1 / u->unit);
}

/* b and c, by the gains that the pass has found. */
static void move_biases(const heat_rbm_climber *c, const heat_climb *climb, const heat_rbm_parameters *p)
{
    const int32_t n_x = c->units->up.n_from, n_y = c->units->up.n_to;
    const int64_t first = (int64_t)n_x * n_y;

    for (int64_t a = 0; a < n_x + n_y; a++) {
        double gain = a < n_x ? c->x_gain[a] : (double)c->y_gain[a - n_x];
        double *value = p->all + first + a;
        *value += climb->rate * gain;
        if (climb->average != NULL)
            climb->average[first + a] += climb->share * (*value - climb->average[first + a]);
    }
}

/* Moves the weights and settles; what `s` leaves at zero moves nothing. No halt ends it. */
static heat_status pass(heat_context *ctx, heat_rbm_climber *c, int64_t threads, const heat_rbm_parameters *p,
                        const heat_climb *climb, stepping *s)
{
    heat_layer_units *u = c->units;
    heat_context unhurried = *ctx;
    atomic_int never = 0;
    double unit = 0;
    heat_status status = HEAT_OK;

    unhurried.stop = &never;
    unhurried.deadline_s = HEAT_FOREVER;
    s->climb.n_x = u->up.n_from;
    s->climb.n_y = u->up.n_to;
    s->climb.w = p->all;
    s->climb.x_offset = p->offset;
    s->climb.y_offset = p->hidden_offset;
    s->climb.x_gain = c->x_gain;
    s->climb.x = c->x;
    s->climb.y = c->y;
    s->climb.weight = c->weight;
    s->climb.list = c->list;
    s->climb.y_gain = c->y_gain;
    s->climb.up = u->weights[HEAT_LAYER_UP];
    s->climb.down = u->weights[HEAT_LAYER_DOWN];
    s->climb.x_sum = c->x_sum;
    s->climb.x_size = c->x_size;
    s->climb.y_sum = c->y_sum;
    s->climb.y_size = c->y_size;
    for (int32_t word = 0; word < heat_layer_words(u->up.n_to) && climb != NULL; word++)
        s->kernel->weigh(&s->climb, word);
    while (status == HEAT_OK && unit != u->unit) {
        u->unit = unit > 0 ? unit : u->unit;
        s->climb.per_unit = 1 / u->unit;
        status = heat_parallel_for(&unhurried, threads, heat_layer_words(u->up.n_from), step_word, s);
        if (status == HEAT_OK && climb != NULL)
            move_biases(c, climb, p);
        unit = status == HEAT_OK ? find_biases(c, p) : u->unit;
        s->climb.rate = 0; /* a second time the tables alone */
        s->climb.average = NULL;
        climb = NULL;
    }
    put_biases(c);
    c->at = p->all;
    c->n_changes = p->n_changes;
    if (status != HEAT_OK)
        ctx->error = unhurried.error;
    return status;
}

heat_status heat_rbm_climber_settle(heat_context *ctx, heat_rbm_climber *c, const char *isa, int64_t threads,
                                    const heat_rbm_parameters *p)
{
    stepping s = {.climb = {.rate = 0}};
    heat_status status;

    if (c->at == p->all && c->n_changes == p->n_changes)
        return HEAT_OK;
    status = heat_rbm_gibbs_find_kernel(ctx, isa, &s.kernel);
    if (status == HEAT_OK)
        status = reserve(ctx, c, 1);
    return status == HEAT_OK ? pass(ctx, c, threads, p, NULL, &s) : status;
}

/* The first rows, of data, and those behind them, of dreams. */
static void part_rows(const heat_rbm_climber *c, int64_t n_data, int64_t n_dreams, heat_rbm_phase phases[2])
{
    phases[0] = (heat_rbm_phase){.n_rows = n_data, .x = c->x, .y = c->y, .n_y = n_data + n_dreams};
    phases[1] = (heat_rbm_phase){.n_rows = n_dreams,
                                 .x = c->x + n_data * heat_layer_words(c->units->up.n_from),
                                 .y = c->y + n_data * WORD,
                                 .n_y = n_data + n_dreams};
}

heat_status heat_rbm_climber_begin(heat_context *ctx, heat_rbm_climber *c, int64_t n, heat_rbm_phase ends[2])
{
    heat_status status = reserve(ctx, c, 2 * n);

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
    heat_status status = reserve(ctx, c, n + climb->n_dreams);
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
        status = heat_rbm_gibbs_mean(ctx, &c->gibbs, climb->isa, climb->threads, c->units, &phases[p]);
    return status == HEAT_OK && heat_halted(ctx) ? HEAT_ERROR_STOPPED : status;
}

heat_status heat_rbm_climber_step(heat_context *ctx, heat_rbm_climber *c, const heat_climb *climb,
                                  const heat_rbm_parameters *p)
{
    stepping s = {.climb = {.n_rows = (int32_t)(climb->n_rows + climb->n_dreams),
                            .average = climb->average,
                            .share = climb->share,
                            .rate = climb->rate,
                            .decay = climb->weight_decay}};
    heat_status status = heat_rbm_climber_settle(ctx, c, climb->isa, climb->threads, p);

    if (status == HEAT_OK)
        status = find_means(ctx, c, climb);
    if (status == HEAT_OK)
        status = heat_rbm_gibbs_find_kernel(ctx, climb->isa, &s.kernel);
    return status == HEAT_OK ? pass(ctx, c, climb->threads, p, climb, &s) : status;
}
