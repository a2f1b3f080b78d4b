/* The first byte chooses length, coding and number of states; the rest is the file. */
#include "fuzz.h"
#include "io/state_file.h"

enum { LONGEST = 63 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_text_source *source = NULL;
    int8_t state[LONGEST];
    int64_t n = size > 0 ? data[0] % LONGEST + 1 : 1;
    bool spin = size > 0 && data[0] >= 128;
    int32_t n_states = spin ? 2 : 5;
    heat_status status;

    if (size > 0) {
        data++;
        size--;
    }
    status = heat_text_source_open_memory(ctx, "fuzz", data, size, &source);
    if (status == HEAT_OK)
        status = heat_state_read(source, n, n_states, spin, state);
    for (int64_t k = 0; k < n && status == HEAT_OK; k++)
        FUZZ_CHECK(spin ? state[k] == -1 || state[k] == 1 : state[k] >= 0 && state[k] < n_states);
    FUZZ_CHECK(status == HEAT_OK || heat_context_error(ctx)[0] != '\0');
    heat_text_source_close(source);
    heat_context_free(ctx);
    return 0;
}
