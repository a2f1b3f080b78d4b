/* Any bytes, plain or gzip, through both Ising readers; what both read must be the same graph counted from 0
 * and from 1. */
#include "fuzz_graph.h"
#include "io/ising_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_edge_list from_0 = {0}, from_1 = {0};
    heat_status first = fuzz_read_graph(ctx, heat_ising_read, data, size, &from_0);
    heat_status second = fuzz_read_graph(ctx, heat_ising1_read, data, size, &from_1);

    if (first == HEAT_OK && second == HEAT_OK) {
        FUZZ_CHECK(from_0.n_edges == from_1.n_edges && from_0.n_variables == from_1.n_variables + 1);
        for (int64_t e = 0; e < from_0.n_edges; e++)
            FUZZ_CHECK(from_0.i[e] == from_1.i[e] + 1 && from_0.j[e] == from_1.j[e] + 1);
    }
    heat_edge_list_clear(&from_0);
    heat_edge_list_clear(&from_1);
    heat_context_free(ctx);
    return 0;
}
