/* Energies and weights of a block of spin states: those that differ in the first spins alone, at most
 * HEAT_SPIN_BLOCK_BITS of them, while the others stand. With f_i the field of spin i by the couplings to
 * those and its own,
 *     E(a) = base + E_low(a) - sum_i s_i f_i;
 * E_low is a table for all blocks, and the last sum doubles with every spin, one addition a state. Weights
 * double likewise, by one multiplication. */
#ifndef HEATBATH_SPIN_BLOCK_H
#define HEATBATH_SPIN_BLOCK_H

#include "kernel/pairwise.h"

enum { HEAT_SPIN_BLOCK_BITS = 12, HEAT_SPIN_BLOCK = 1 << HEAT_SPIN_BLOCK_BITS };

/* What all blocks of a graph share at one beta. */
typedef struct heat_spin_table {
    heat_pairwise graph;
    double beta;
    int32_t bits;                   /* spins of a block */
    double energy[HEAT_SPIN_BLOCK]; /* E_low */
    double weight[HEAT_SPIN_BLOCK]; /* exp(-beta (E_low - its minimum)) */
    double minimum, range;          /* of E_low */
} heat_spin_table;

void heat_spin_table_init(const heat_pairwise *graph, double beta, heat_spin_table *table);

/* What a block says. */
typedef struct heat_spin_sums {
    double lowest;                    /* energy */
    double log_scale, weight, moment; /* sum of exp(-beta E) = exp(log_scale) weight; of E - lowest: moment */
    double square;                    /* of (E - lowest)^2 */
} heat_spin_sums;

/* The block in which bit i of `number` is spin i of every spin behind the block's: its energies, weights
 * relative to exp(log_scale), and their sums. */
void heat_spin_block_fill(const heat_spin_table *table, int64_t number, double *energies, double *weights,
                          heat_spin_sums *sums);

#endif
