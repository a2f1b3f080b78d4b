/* Population annealing counts: at a fixed schedule the mean of exp(log Z found - log Z) over populations is
 * 1, however small they are. Machta, Phys. Rev. E 82 (2010) 026704. */
#include "ledger.h"
#include "sample/population.h"
#include "support.h"
#include "survival.h"

#include <heatbath/logz.h>
#include <math.h>

enum { POPULATIONS = 200, MEMBERS = 64, N_STEPS = 12, N_SEEDS = 5 };

static const double beta_last = 1.2;

typedef struct setting {
    heat_context *ctx;
    const heat_model *model;
    double log_z;  /* exact, at the last beta */
    double weight; /* the planted bug: what every step reweights by is off by this factor */
} setting;

static double exact_log_z(heat_context *ctx, const heat_model *model, double beta)
{
    heat_logz_options opt;
    heat_logz_result r = {0};
    double log_z;

    heat_logz_options_init(&opt);
    opt.method = "exact";
    opt.temperature = 1 / beta;
    assert_ok(ctx, heat_logz(ctx, model, &opt, &r));
    log_z = r.log_z;
    heat_logz_result_clear(&r);
    return log_z;
}

/* The p-value of the mean ratio: two-sided, normal. */
static double judge_mean(uint64_t seed, int factor, void *arg)
{
    const setting *s = arg;
    heat_population_plan plan = {.n_populations = (int64_t)factor * POPULATIONS,
                                 .n_members = MEMBERS,
                                 .n_sweeps = 2,
                                 .rule = &heat_rule_heat_bath,
                                 .seed = seed,
                                 .isa = "auto",
                                 .beta_max = beta_last * s->weight,
                                 .threads = 2};
    heat_population p;
    double sum = 0, squares = 0, n = (double)plan.n_populations, mean, error;

    assert_ok(s->ctx, heat_population_init(s->ctx, &p, s->model, &plan));
    for (int k = 1; k <= N_STEPS; k++)
        assert_ok(s->ctx, heat_population_step(s->ctx, &p, s->weight * beta_last * k / N_STEPS));
    for (int64_t k = 0; k < plan.n_populations; k++) {
        double ratio = exp(p.log_z[k] - s->log_z);
        sum += ratio;
        squares += ratio * ratio;
    }
    heat_population_clear(&p);
    mean = sum / n;
    error = sqrt((squares / n - mean * mean) / (n - 1));
    return erfc(fabs(mean - 1) / error / sqrt(2));
}

static void open_setting(setting *s, heat_model **model)
{
    s->ctx = test_context();
    s->weight = 1;
    assert_ok(s->ctx, heat_model_load(s->ctx, "ea:4x4,J=gauss,h=0.1,seed=7", model));
    s->model = *model;
    s->log_z = exact_log_z(s->ctx, s->model, beta_last);
}

static void populations_count_without_bias(void **state)
{
    (void)state;
    setting s;
    heat_model *model;

    open_setting(&s, &model);
    ledger_judge("population log Z", judge_mean, &s);
    heat_model_free(model);
    heat_context_free(s.ctx);
}

static void weights_off_by_a_hundredth_are_noticed(void **state)
{
    (void)state;
    setting s;
    heat_model *model;

    open_setting(&s, &model);
    s.weight = 1.01;
    ledger_require_alarm("population log Z", "weights off by 1 %", judge_mean, &s, N_SEEDS);
    s.weight = 0.99;
    ledger_require_alarm("population log Z", "weights off by -1 %", judge_mean, &s, N_SEEDS);
    heat_model_free(model);
    heat_context_free(s.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(populations_count_without_bias),
        cmocka_unit_test(weights_off_by_a_hundredth_are_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
