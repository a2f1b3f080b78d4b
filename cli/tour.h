/* The tour: what a claim is, and the claims. */
#ifndef HEATBATH_TOUR_H
#define HEATBATH_TOUR_H

#include "cli.h"

enum { TOUR_MOST_ROWS = 3, TOUR_PICTURE_SIZE = 8192 };

/* One comparison; a claim has one to three of them and holds if all do. */
typedef struct tour_row {
    double temperature; /* 0: does not apply */
    const char *label;  /* what is compared; NULL: the temperature says it */
    bool is_worth;      /* measured and expected are numbers of replicas */
    bool is_refusal;    /* holds where the measurement was refused */
    double measured, error, expected;
    double distance; /* over what is allowed: holds while it is at most 1 */
} tour_row;

/* What measuring a claim gave. */
typedef struct tour_finding {
    int n_rows;
    tour_row rows[TOUR_MOST_ROWS];
    char picture[TOUR_PICTURE_SIZE]; /* lines; "" if there is none */
} tour_finding;

/* Standard errors that a sampled number may be off. */
static const double tour_allowed_errors = 4;

/* Temperature as a knob: lattices in order, at the critical point, in disorder, with their energies. */
heat_status tour_measure_lattices(cli *c, tour_finding *finding);

/* 512 replicas, with random numbers of their own and with shared ones: what they are worth. */
heat_status tour_measure_shared_numbers(cli *c, tour_finding *finding);

/* log Z of one lattice by an exact road, by tempering and by annealing. */
heat_status tour_measure_roads(cli *c, tour_finding *finding);

/* log Z at a low temperature, by sums of logarithms and by a plain sum, which overflows. */
heat_status tour_measure_overflow(cli *c, tour_finding *finding);

/* Training by two phases: a likelihood that never falls, to the entropy of the data. */
heat_status tour_measure_phases(cli *c, tour_finding *finding);

/* The exact bias of CD-k, over the gradient, falling with k. */
heat_status tour_measure_bias(cli *c, tour_finding *finding);

/* A Boltzmann machine and the Ising model that it is, energy by energy. */
heat_status tour_measure_machine(cli *c, tour_finding *finding);

/* A particle in two wells of one energy: a cold walk, tempering, annealing in cycles; and a wide well against
 * a narrow one. */
heat_status tour_measure_wells(cli *c, tour_finding *finding);
heat_status tour_measure_wide_well(cli *c, tour_finding *finding);

/* The observable of that name at the first temperature; NULL if it is not there. */
const heat_observable *tour_find(const heat_sample_result *result, const char *name);

#endif
