/* log Z of a potential U at T, the integral of exp(-U/T), along a path from a distribution whose integral is
 * known (sample/walk_reference.h): its beta runs from 0 to 1 / T. What begins is fitted to one temperature,
 * so that each temperature asked for has a path of its own, with the bits of a run at it alone. */
#include "base/memory.h"
#include "kernel/isa.h"
#include "logz/reference_fit.h"
#include "model/smooth_growth.h"

#include <math.h>
#include <string.h>

static heat_status check_method(heat_context *ctx, const heat_counting *c, const heat_logz_method *method)
{
    if (method == &heat_logz_method_wang_landau)
        return heat_fail_option(ctx, "method", c->opt->method,
                                "wang-landau counts states of integer energies, and the variables of %s are "
                                "real numbers: mbar and ais do",
                                c->info.name);
    if (method == &heat_logz_method_population)
        return heat_fail_option(ctx, "method", c->opt->method,
                                "copies of one member part slowly where they walk in space, as in %s: mbar "
                                "and ais do",
                                c->info.name);
    if (strcmp(c->opt->reference, "base-rate") == 0)
        return heat_fail_option(ctx, "reference", c->opt->reference,
                                "base rates are of variables of two values: of real ones auto fits a normal "
                                "distribution, uniform is within walls");
    return HEAT_OK;
}

/* One temperature, whose row is the only one of c->result. */
static heat_status run_row(heat_context *ctx, heat_counting *c, const heat_smooth *view,
                           const heat_logz_method *method)
{
    heat_walk_reference start;
    heat_walk_plan walk = {
        .move = heat_reference_choose_move(view), .refined_from = INT32_MAX, .reference = &start};
    heat_status status = heat_reference_fit(ctx, c, view, &start);

    c->result->method = method->name;
    c->walk = &walk;
    c->start = &start;
    if (status == HEAT_OK && start.n == 0)
        heat_logz_conclude(ctx, c, HEAT_COUNTING_HALTED);
    else if (status == HEAT_OK)
        status = method->run(ctx, c);
    heat_walk_reference_clear(&start);
    return status;
}

/* How bad an end is. */
static int badness(heat_outcome outcome)
{
    return outcome == HEAT_OUTCOME_INTERRUPTED     ? 3
           : outcome == HEAT_OUTCOME_NOT_CONVERGED ? 2
           : outcome == HEAT_OUTCOME_TIME          ? 1
                                                   : 0;
}

/* What all temperatures have in common: the worst end, the least of what is least, sums of what is counted.
 */
static void add_row(heat_logz_result *all, const heat_logz_result *one)
{
    if (badness(one->outcome) > badness(all->outcome)) {
        all->outcome = one->outcome;
        all->reason = one->reason;
        memcpy(all->diagnosis, one->diagnosis, sizeof all->diagnosis);
    }
    all->n_sweeps += one->n_sweeps;
    all->updates += one->updates;
    all->ess = fmin(all->ess, one->ess);
    all->overlap = fmin(all->overlap, one->overlap);
}

/* One temperature after the other; the ladder and the cross-checks that are told are the coldest one's. */
static heat_status run_rows(heat_context *ctx, heat_counting *c, const heat_smooth *view,
                            const heat_logz_method *method)
{
    heat_logz_result *all = c->result, coldest, others;
    const double beta_max = c->beta_max;
    heat_status status = HEAT_OK;

    heat_logz_result_init(&coldest);
    heat_logz_result_init(&others);
    for (int32_t k = 0; k < all->n_rows && status == HEAT_OK; k++) {
        heat_logz_result one;
        heat_logz_result_init(&one);
        one.n_rows = 1;
        if ((status = heat_alloc(ctx, 1, sizeof *one.rows, &one.rows)) != HEAT_OK)
            break;
        one.rows[0] = all->rows[k];
        c->result = &one;
        c->beta_max = 1 / one.rows[0].temperature;
        status = run_row(ctx, c, view, method);
        all->rows[k] = one.rows[0];
        if (c->beta_max == beta_max && coldest.rows == NULL) {
            coldest = one;
            continue;
        }
        add_row(&others, &one);
        heat_logz_result_clear(&one);
    }
    c->beta_max = beta_max;
    c->result = all;
    if (status == HEAT_OK) {
        heat_logz_row *own = coldest.rows;
        add_row(&coldest, &others);
        coldest.rows = all->rows;
        coldest.n_rows = all->n_rows;
        coldest.method_reason = all->method_reason;
        *all = coldest;
        coldest = (heat_logz_result){.size = sizeof coldest, .rows = own};
    }
    heat_logz_result_clear(&coldest);
    return status;
}

heat_status heat_logz_run_potential(heat_context *ctx, heat_counting *c, const heat_logz_method *method)
{
    double hottest = 0;
    heat_smooth view;
    heat_status status = check_method(ctx, c, method);

    heat_model_get_smooth(c->model, heat_isa_get("auto"), &view);
    for (int32_t k = 0; k < c->result->n_rows; k++)
        hottest = fmax(hottest, c->result->rows[k].temperature);
    if (status == HEAT_OK)
        status = heat_smooth_check_growth(ctx, &view, hottest);
    if (status == HEAT_OK)
        status = c->result->n_rows == 1 ? run_row(ctx, c, &view, method) : run_rows(ctx, c, &view, method);
    c->walk = NULL;
    c->start = NULL;
    return status;
}
