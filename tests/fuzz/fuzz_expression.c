/* Any text as an expression, with two parameters: it is refused with a place in the text, or gives the same
 * bits in every instruction set, alone and in a block. */
#include "base/memory.h"
#include "expr/expression.h"
#include "fuzz.h"
#include "kernel/isa.h"

#include <math.h>
#include <string.h>

enum { CHAINS = 67, MOST_VARIABLES = 64 };

static bool same_bits(const double *a, const double *b, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        if (!(isnan(a[k]) && isnan(b[k])) && memcmp(&a[k], &b[k], sizeof *a) != 0)
            return false;
    return true;
}

/* Values, then gradients, then products with the Hessian. */
static void evaluate(const heat_expression *e, int64_t n_chains, const double *x, double *out, double *work)
{
    const int64_t n = heat_expression_n_variables(e);

    heat_expression_evaluate(e, n_chains, CHAINS, x, out, out + CHAINS, work);
    heat_expression_times_hessian(e, n_chains, CHAINS, x, x, out + (n + 1) * CHAINS, work);
}

static void check_evaluation(heat_context *ctx, heat_expression *e)
{
    const int64_t n = heat_expression_n_variables(e), n_out = (2 * n + 1) * CHAINS;
    double *work = NULL, *x = NULL, *plain = NULL, *other = NULL;
    bool is_open = heat_alloc(ctx, heat_expression_work_size(e), sizeof *work, &work) == HEAT_OK &&
                   heat_alloc(ctx, n * CHAINS, sizeof *x, &x) == HEAT_OK &&
                   heat_alloc(ctx, n_out, sizeof *plain, &plain) == HEAT_OK &&
                   heat_alloc(ctx, n_out, sizeof *other, &other) == HEAT_OK;

    for (int64_t k = 0; k < n * CHAINS && is_open; k++)
        x[k] = 0.37 * (double)(k % 23) - 3;
    for (int k = 0; k < heat_isa_count() && is_open; k++) {
        FUZZ_CHECK(heat_expression_set_isa(e, heat_isa_at(k)->name));
        evaluate(e, CHAINS, x, k == 0 ? plain : other, work);
        FUZZ_CHECK(k == 0 || same_bits(plain, other, n_out));
    }
    if (is_open) {
        evaluate(e, 1, x + CHAINS - 1, other, work);
        for (int64_t row = 0; row < 2 * n + 1; row++)
            FUZZ_CHECK(same_bits(plain + (row + 1) * CHAINS - 1, other + row * CHAINS, 1));
    }
    heat_free(work);
    heat_free(x);
    heat_free(plain);
    heat_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const heat_let lets[] = {{"a", 2}, {"n", 3}};
    heat_context *ctx = fuzz_context();
    heat_expression *e = NULL;
    char *text = malloc(size + 1);
    heat_status status = HEAT_OK;

    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    for (int32_t n_lets = 0; n_lets <= 2; n_lets++) {
        status = heat_expression_parse(ctx, "fuzz", text, n_lets, lets, &e);
        FUZZ_CHECK((status == HEAT_OK) == (e != NULL));
        FUZZ_CHECK(status != HEAT_ERROR_INPUT || heat_context_error_detail(ctx).column > 0);
        if (status == HEAT_OK && heat_expression_n_variables(e) <= MOST_VARIABLES)
            check_evaluation(ctx, e);
        heat_expression_free(e);
    }
    free(text);
    heat_context_free(ctx);
    return 0;
}
