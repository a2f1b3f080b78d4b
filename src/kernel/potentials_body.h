/* The body of potentials.h, included once for each instruction set with POTENTIALS_ISA set to its name:
 *
 *     double-well   U = (x^2 - 1)^2
 *     gaussian      U = (x - m)' P (x - m) / 2 */
#include "kernel/potentials.h"

#define POTENTIALS_JOIN_(a, b) a##b
#define POTENTIALS_JOIN(a, b) POTENTIALS_JOIN_(a, b)
#define POTENTIALS_KERNEL POTENTIALS_JOIN(heat_potentials_, POTENTIALS_ISA)
#define POTENTIALS_TEXT_(a) #a
#define POTENTIALS_TEXT(a) POTENTIALS_TEXT_(a)

enum { WIDTH = HEAT_SMOOTH_LANES };

static heat_status double_well(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (int64_t c = 0; c < b->n_chains; c += WIDTH) {
        for (int l = 0; l < WIDTH; l++) {
            double x = b->x[c + l], w = x * x - 1;
            b->energies[c + l] = w * w;
        }
        for (int l = 0; l < WIDTH && b->gradients != NULL; l++) {
            double x = b->x[c + l], w = x * x - 1;
            b->gradients[c + l] = 4 * x * w;
        }
    }
    return HEAT_OK;
}

static heat_status double_well_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (int64_t c = 0; c < b->n_chains; c++)
        b->products[c] = (12 * b->x[c] * b->x[c] - 4) * b->directions[c];
    return HEAT_OK;
}

/* sum[l] = sum_j row[j] (x_j[l] - centre[j]), j in order. */
static inline void add_row(int32_t n, const double *row, const double *x, const double *centre,
                           int64_t stride, double sum[WIDTH])
{
    for (int l = 0; l < WIDTH; l++)
        sum[l] = 0;
    for (int32_t j = 0; j < n; j++)
        for (int l = 0; l < WIDTH; l++)
            sum[l] += row[j] * (x[j * stride + l] - (centre == NULL ? 0 : centre[j]));
}

static heat_status gaussian(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_potential_numbers *p = self;

    (void)ctx;
    for (int64_t c = 0; c < b->n_chains; c += WIDTH) {
        double energy[WIDTH] = {0};
        for (int32_t i = 0; i < p->n; i++) {
            double sum[WIDTH];
            add_row(p->n, p->precision + (int64_t)i * p->n, b->x + c, p->mean, b->stride, sum);
            for (int l = 0; l < WIDTH; l++)
                energy[l] += sum[l] * (b->x[i * b->stride + c + l] - p->mean[i]);
            for (int l = 0; l < WIDTH && b->gradients != NULL; l++)
                b->gradients[i * b->stride + c + l] = sum[l];
        }
        for (int l = 0; l < WIDTH; l++)
            b->energies[c + l] = energy[l] / 2;
    }
    return HEAT_OK;
}

static heat_status gaussian_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_potential_numbers *p = self;

    (void)ctx;
    for (int64_t c = 0; c < b->n_chains; c += WIDTH)
        for (int32_t i = 0; i < p->n; i++) {
            double sum[WIDTH];
            add_row(p->n, p->precision + (int64_t)i * p->n, b->directions + c, NULL, b->stride, sum);
            for (int l = 0; l < WIDTH; l++)
                b->products[i * b->stride + c + l] = sum[l];
        }
    return HEAT_OK;
}

const heat_potential_kernel POTENTIALS_KERNEL = {
    .isa = POTENTIALS_TEXT(POTENTIALS_ISA),
    .evaluate = {[HEAT_POTENTIAL_DOUBLE_WELL] = double_well, [HEAT_POTENTIAL_GAUSSIAN] = gaussian},
    .multiply =
        {[HEAT_POTENTIAL_DOUBLE_WELL] = double_well_multiply, [HEAT_POTENTIAL_GAUSSIAN] = gaussian_multiply},
};
