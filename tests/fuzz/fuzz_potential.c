/* Three lines: an expression, the parameters of --let and the walls of --box. What is refused is refused in
 * words; what is accepted has a walled-off place for each variable, and an energy between the walls that
 * every instruction set gives the same bits. */
#include "base/memory.h"
#include "fuzz.h"
#include "kernel/isa.h"
#include "model/views.h"

#include <heatbath/model.h>
#include <math.h>
#include <string.h>

enum { MOST_VARIABLES = 64 };

/* A number of [lower, upper]. */
static double between(double lower, double upper)
{
    if (isinf(lower))
        return isinf(upper) ? 0.5 : upper - 0.5;
    return isinf(upper) ? lower + 0.5 : lower / 2 + upper / 2;
}

static void check_model(heat_context *ctx, const heat_model *model)
{
    double first = 0, *x = NULL, *work = NULL;

    for (int k = 0; k < heat_isa_count(); k++) {
        heat_smooth_block block = {.n_chains = 1, .stride = 8};
        _Alignas(64) double energies[8] = {0};
        heat_smooth view;
        FUZZ_CHECK(heat_model_get_smooth(model, heat_isa_at(k), &view) && view.n > 0);
        if (view.n > MOST_VARIABLES || heat_alloc(ctx, 8 * (int64_t)view.n, sizeof *x, &x) != HEAT_OK ||
            heat_alloc(ctx, view.n_work, sizeof *work, &work) != HEAT_OK)
            break;
        for (int32_t i = 0; i < view.n; i++) {
            const double lower = view.lower == NULL ? -(double)INFINITY : view.lower[i],
                         upper = view.upper == NULL ? (double)INFINITY : view.upper[i];
            FUZZ_CHECK(lower < upper);
            for (int c = 0; c < 8; c++)
                x[8 * i + c] = between(lower, upper);
            FUZZ_CHECK(x[8 * i] >= lower && x[8 * i] <= upper);
        }
        block.x = x;
        block.energies = energies;
        block.work = work;
        FUZZ_CHECK(view.evaluate(ctx, view.self, &block) == HEAT_OK);
        if (k == 0)
            first = energies[0];
        FUZZ_CHECK((isnan(first) && isnan(energies[0])) || memcmp(&first, energies, sizeof first) == 0);
        heat_free(x);
        heat_free(work);
        x = work = NULL;
    }
    heat_free(x);
    heat_free(work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char kind[] = "potential:";
    heat_context *ctx = fuzz_context();
    heat_load_options options;
    heat_model *model = NULL;
    char *text = malloc(sizeof kind + size), *line;
    heat_status status;

    FUZZ_CHECK(text != NULL);
    memcpy(text, kind, sizeof kind - 1);
    if (size > 0)
        memcpy(text + sizeof kind - 1, data, size);
    text[sizeof kind - 1 + size] = '\0';
    heat_load_options_init(&options);
    line = strchr(text, '\n');
    if (line != NULL) {
        *line++ = '\0';
        options.let = line;
        line = strchr(line, '\n');
    }
    if (line != NULL) {
        *line++ = '\0';
        options.box = line;
    }
    if (options.let != NULL && *options.let == '\0')
        options.let = NULL; /* not given */
    status = heat_model_load_with(ctx, text, &options, &model);
    FUZZ_CHECK((status == HEAT_OK) == (model != NULL));
    FUZZ_CHECK(status == HEAT_OK || heat_context_error(ctx)[0] != '\0');
    if (status == HEAT_OK)
        check_model(ctx, model);
    heat_model_free(model);
    free(text);
    heat_context_free(ctx);
    return 0;
}
