/* Any bytes, plain or gzip, through the two readers of `n m` and lines `i j w`; what both read must have the
 * same variables and the same edges between two of them, at MQLib's twice the weight. */
#include "fuzz_graph.h"
#include "io/rudy_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_edge_list rudy = {0}, mqlib = {0};
    heat_status first = fuzz_read_graph(ctx, heat_rudy_read, data, size, &rudy);
    heat_status second = fuzz_read_graph(ctx, heat_mqlib_read, data, size, &mqlib);

    FUZZ_CHECK(first != HEAT_OK || (rudy.form == HEAT_FORM_MAX_CUT && rudy.field == NULL));
    FUZZ_CHECK(second != HEAT_OK || mqlib.form == HEAT_FORM_QUBO);
    if (first == HEAT_OK && second == HEAT_OK) {
        FUZZ_CHECK(rudy.n_variables == mqlib.n_variables && rudy.n_edges == mqlib.n_edges);
        for (int64_t e = 0; e < rudy.n_edges; e++)
            FUZZ_CHECK(rudy.i[e] == mqlib.i[e] && mqlib.weight[e] == 2 * rudy.weight[e]);
    }
    heat_edge_list_clear(&rudy);
    heat_edge_list_clear(&mqlib);
    heat_context_free(ctx);
    return 0;
}
