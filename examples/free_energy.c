/* The free energy of a spin glass, from its partition function: a whole program of a user. */
#include <heatbath/heatbath.h>
#include <stdio.h>

int main(void)
{
    heat_context *ctx = NULL;
    heat_model *glass = NULL;
    heat_logz_options options;
    heat_logz_result z;
    int failed = 1;

    heat_logz_result_init(&z);
    heat_logz_options_init(&options); /* every verb: defaults, change what you mean, call */
    options.temperature = 0.8;        /* on the command line --temperature: one name, one table */

    if (heat_context_create(NULL, &ctx) != HEAT_OK)
        return 1;
    if (heat_model_load(ctx, "ea:8x8,seed=1", &glass) != HEAT_OK ||
        heat_logz(ctx, glass, &options, &z) != HEAT_OK) {
        fprintf(stderr, "%s\n", heat_context_error(ctx));
    } else {
        printf("log Z = %.6f +- %.6f, %s by %s\n", z.log_z, z.error, heat_outcome_name(z.outcome), z.method);
        printf("free energy = %.6f\n", z.rows[0].free_energy);
        failed = 0;
    }
    heat_logz_result_clear(&z);
    heat_model_free(glass);
    heat_context_free(ctx);
    return failed;
}
