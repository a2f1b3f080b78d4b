/* The loops over the states of a block. Sums run in LANES partial sums, in one order whatever the compiler
 * makes of them. */
#include "exact/spin_block.h"
#include "kernel/elementary.h"

#include <math.h>

enum { LANES = 8, MOST_SPINS = 64 };

/* Largest beta times energy difference for which products of weights do not underflow. */
static const double product_range = 600;

void heat_spin_table_init(const heat_pairwise *graph, double beta, heat_spin_table *table)
{
    double highest = -(double)INFINITY;

    table->graph = *graph;
    table->beta = beta;
    table->bits = graph->n < HEAT_SPIN_BLOCK_BITS ? graph->n : HEAT_SPIN_BLOCK_BITS;
    table->minimum = (double)INFINITY;
    table->energy[0] = 0;
    for (int32_t i = 0; i < table->bits; i++)
        for (int64_t e = graph->row[i]; e < graph->row[i + 1] && graph->col[e] < i; e++)
            table->energy[0] -= heat_pairwise_coupling(graph, e);
    for (int32_t a = 1; a < 1 << table->bits; a++) { /* from the state without the highest spin that is up */
        int32_t top = 31 - __builtin_clz((uint32_t)a);
        double change = 0;
        for (int64_t e = graph->row[top]; e < graph->row[top + 1] && graph->col[e] < table->bits; e++)
            change -=
                a >> graph->col[e] & 1 ? heat_pairwise_coupling(graph, e) : -heat_pairwise_coupling(graph, e);
        table->energy[a] = table->energy[a ^ 1 << top] + 2 * change;
    }
    for (int32_t a = 0; a < 1 << table->bits; a++) {
        table->minimum = fmin(table->minimum, table->energy[a]);
        highest = fmax(highest, table->energy[a]);
    }
    table->range = highest - table->minimum;
    for (int32_t a = 0; a < 1 << table->bits; a++)
        table->weight[a] = heat_exp_negative(-beta * (table->energy[a] - table->minimum));
}

/* The energy of the spins behind the block's, and the fields that they and the graph leave on these. */
static double put_fields(const heat_spin_table *table, int64_t number, double *field)
{
    const heat_pairwise *graph = &table->graph;
    double spin[MOST_SPINS], energy = graph->offset;

    for (int32_t i = 0; i < graph->n; i++)
        spin[i] = number >> i & 1 ? 1 : -1;
    for (int32_t i = 0; i < graph->n; i++) {
        double sum = graph->field[i];
        for (int64_t e = graph->row[i + 1]; e > graph->row[i]; e--) {
            int32_t j = graph->col[e - 1];
            if (j < table->bits || j < i)
                break;
            sum += heat_pairwise_coupling(graph, e - 1) * spin[j];
        }
        if (i < table->bits)
            field[i] = sum;
        else
            energy -= spin[i] * sum;
    }
    return energy;
}

static void put_energies(const heat_spin_table *table, const double *field, double base,
                         double *restrict energies)
{
    int32_t last = table->bits - 1, half = 1;

    for (int32_t i = 0; i <= last; i++)
        base += field[i];
    energies[0] = base; /* all spins down */
    for (int32_t i = 0; i < table->bits; i++, half *= 2) {
        double step = 2 * field[i];
        for (int32_t a = 0; a < half; a++)
            energies[half + a] = energies[a] - step;
    }
    for (int32_t a = 0; a < half; a++)
        energies[a] += table->energy[a];
}

static double find_lowest(int32_t size, const double *energies)
{
    double lane[LANES], lowest;

    for (int l = 0; l < LANES; l++)
        lane[l] = energies[l < size ? l : 0];
    for (int32_t a = 0; a + LANES <= size; a += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] = energies[a + l] < lane[l] ? energies[a + l] : lane[l];
    lowest = lane[0];
    for (int l = 1; l < LANES; l++)
        lowest = lane[l] < lowest ? lane[l] : lowest;
    return lowest;
}

/* Weights as products; returns the logarithm of their scale, without the base. */
static double multiply_weights(const heat_spin_table *table, const double *field, double *restrict weights)
{
    int32_t half = 1;
    double lowest = table->minimum;

    weights[0] = 1;
    for (int32_t i = 0; i < table->bits; i++, half *= 2) {
        double against = heat_exp_negative(-2 * table->beta * fabs(field[i]));
        double down = field[i] > 0 ? against : 1, up = field[i] > 0 ? 1 : against;
        lowest -= fabs(field[i]);
        for (int32_t a = 0; a < half; a++) {
            weights[half + a] = weights[a] * up;
            weights[a] *= down;
        }
    }
    for (int32_t a = 0; a < half; a++)
        weights[a] *= table->weight[a];
    return -table->beta * lowest;
}

void heat_spin_block_fill(const heat_spin_table *table, int64_t number, double *restrict energies,
                          double *restrict weights, heat_spin_sums *sums)
{
    int32_t size = 1 << table->bits;
    double field[HEAT_SPIN_BLOCK_BITS], base = put_fields(table, number, field), span = table->range;
    double weight[LANES] = {0}, moment[LANES] = {0}, square[LANES] = {0};

    put_energies(table, field, base, energies);
    sums->lowest = find_lowest(size, energies);
    for (int32_t i = 0; i < table->bits; i++)
        span += 2 * fabs(field[i]);
    if (table->beta * span < product_range) {
        sums->log_scale = multiply_weights(table, field, weights) - table->beta * base;
    } else {
        for (int32_t a = 0; a < size; a++)
            weights[a] = heat_exp_negative(-table->beta * (energies[a] - sums->lowest));
        sums->log_scale = -table->beta * sums->lowest;
    }
    for (int32_t a = 0; a < size; a += LANES)
        for (int l = 0; l < LANES && a + l < size; l++) {
            double above = energies[a + l] - sums->lowest, part = weights[a + l] * above;
            weight[l] += weights[a + l];
            moment[l] += part;
            square[l] += part * above;
        }
    sums->weight = sums->moment = sums->square = 0;
    for (int l = 0; l < LANES; l++) {
        sums->weight += weight[l];
        sums->moment += moment[l];
        sums->square += square[l];
    }
}
