/* Layouts: how a chain set keeps its states, and how it moves single variables. One const row a layout,
 * called once a unit or a chain, never a variable. To add one: a file with its row, and a line in chains.c's
 * table.
 *
 * Inside a layout the state is that before the global flip: chains.c applies the sign. */
#ifndef HEATBATH_LAYOUT_H
#define HEATBATH_LAYOUT_H

#include "sample/chains.h"

#include <heatbath/cost.h>

/* What a visit of a variable takes, nanoseconds of one chain, for estimates. */
typedef struct heat_visit_price {
    int32_t lanes; /* chains that are moved at once: fewer take as long */
    double visit, value, neighbour;
} heat_visit_price;

struct heat_layout {
    const char *name;
    heat_visit_price price;
    const heat_site_rule *rule; /* the only one it moves by; NULL: any */
    bool holds_numbers;         /* also models of real numbers, whose rows are doubles */
    bool scales_couplings;      /* can do so: then it has the next two */
    /* Bytes of the layout's own for this plan; negative for models that it can never hold. */
    double (*bytes)(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan);
    /* Makes chains->store, and sets chains->width, and shares_sweeps where one is; or leaves *fits false
     * where this model at these betas does not fit. A store that was begun is freed by `free`, whatever the
     * outcome. */
    heat_status (*open)(heat_context *ctx, heat_chains *chains, const heat_chains_plan *plan, bool *fits);
    void (*free)(heat_chains *chains);
    void (*set_beta)(heat_chains *chains, int64_t chain, double beta);
    /* `state` may be NULL: then drawn from (seed, HEAT_PURPOSE_INITIAL, stream). */
    heat_status (*start)(heat_context *ctx, heat_chains *chains, int64_t chain, const void *state,
                         uint64_t stream);
    /* Where the energies of a unit are cheaper together: `start` without the energy, and then those of all
     * chains of the unit; false if it was halted on the way. Both NULL: `start` it is. */
    heat_status (*draw)(heat_context *ctx, heat_chains *chains, int64_t chain, const void *state,
                        uint64_t stream);
    bool (*sum_energies)(const heat_context *ctx, heat_chains *chains, int64_t unit);
    heat_status (*set_state)(heat_context *worker, heat_chains *chains, int64_t chain, const void *state);
    /* Of two chains of a unit: where their spins differ, a 1 a site; and a flip of both at sites where their
     * energies change by the same with opposite signs. Both NULL: by rows. */
    void (*compare)(const heat_chains *chains, const int64_t pair[2], uint8_t *unlike);
    void (*flip)(heat_chains *chains, const int64_t pair[2], int64_t n_sites, const int32_t *sites);
    /* Makes work space for so many threads that share a sweep, before their team is opened; NULL: none is
     * needed. */
    heat_status (*share)(heat_context *ctx, heat_chains *chains, int64_t threads);
    /* One sweep of single-variable moves; counts moves where it counts. */
    heat_status (*sweep)(heat_context *worker, heat_chains *chains, int64_t unit, const heat_site_rule *rule);
    /* `n` sweeps in one go, to the same bits, where threads that share a sweep then need not meet after each;
     * NULL: one by one. */
    void (*sweep_many)(heat_chains *chains, int64_t unit, const heat_site_rule *rule, int64_t n);
    void (*measure)(heat_chains *chains, int64_t unit); /* NULL: always up to date */
    void (*follow)(heat_chains *chains, int64_t unit);  /* heat_chains_follow; NULL: measure */
    /* Lists the memory that makes up the chains' states and streams, for checkpoints. */
    heat_status (*add_parts)(heat_context *ctx, heat_chains *chains, heat_parts *parts);
    void (*get_state)(const heat_chains *chains, int64_t chain, void *state);
    double (*get_energy)(const heat_chains *chains, int64_t chain);
    double (*get_walk_energy)(const heat_chains *chains, int64_t chain);
    /* Mean and variance of the energy of a whole state, given the chain's, where variables were summed out;
     * NULL: none were. */
    void (*get_moments)(const heat_chains *chains, int64_t chain, double *mean, double *variance);
    int64_t (*get_total)(const heat_chains *chains, int64_t chain);
    /* Scalars of chains besides energy and total: whether it has this one of such a model, and its value.
     * Both NULL: none. */
    bool (*has_scalar)(const heat_model *model, heat_series_id id);
    double (*get_scalar)(const heat_chains *chains, int64_t chain, heat_series_id id);
    /* E_W, and log Z at beta = 0, where couplings are scaled. */
    double (*get_coupling_energy)(const heat_chains *chains, int64_t chain);
    double (*get_log_start)(const heat_chains *chains);
    /* heat_chains_take_gain; NULL: by the path energy. */
    double (*take_gain)(heat_chains *chains, int64_t chain);
    /* R of heat_chains_plan.reference; NULL in layouts that take none. */
    double (*sum_reference)(const heat_chains *chains, int64_t chain);
    void (*keep_best)(heat_chains *chains, int64_t unit);
    double (*get_best)(const heat_chains *chains, int64_t chain, void *state);
    double (*get_acceptance)(const heat_chains *chains, int64_t chain); /* NULL: of counted moves */
    double (*get_slack)(const heat_chains *chains);                     /* NULL: 0 */
    /* Cost of a sweep of one unit, in visits of a neighbour by one lane. */
    double (*sweep_cost)(const heat_chains *chains);
};

extern const heat_layout heat_layout_bits, heat_layout_stripes, heat_layout_lanes, heat_layout_potts,
    heat_layout_rows, heat_layout_clusters, heat_layout_layers, heat_layout_units, heat_layout_summed,
    heat_layout_walks;

#endif
