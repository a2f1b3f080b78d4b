/* Any bytes as a checkpoint: it is taken for the run that saved it, whole, or an error says why not. It lies
 * in a file, as the reader wants it. */
#include "fuzz.h"
#include "io/checkpoint.h"

#include <stdio.h>
#include <unistd.h>

/* As in fuzz_graph_hdf5.c. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static char path[] = "/tmp/fuzz_checkpoint_XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    heat_context *ctx = fuzz_context();
    int8_t states[8] = {0};
    double beta = 0;
    heat_parts parts = {0};
    bool found = false;
    heat_status status;

    if (fd < 0) {
        fd = mkstemp(path);
        FUZZ_CHECK(fd >= 0);
        atexit(remove_file);
    }
    FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    FUZZ_CHECK(heat_parts_add(ctx, &parts, "chains/states", 0, states, sizeof states) == HEAT_OK);
    FUZZ_CHECK(heat_parts_add(ctx, &parts, "chains/beta", -1, &beta, sizeof beta) == HEAT_OK);
    status = heat_checkpoint_load(ctx, path, "seed = 1\nmodel = ring", &parts, &found);
    FUZZ_CHECK(found);
    FUZZ_CHECK(status == HEAT_OK || heat_context_error(ctx)[0] != '\0');
    heat_parts_clear(&parts);
    heat_context_free(ctx);
    return 0;
}
