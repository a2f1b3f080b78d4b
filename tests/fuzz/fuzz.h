/* What the fuzz targets share. A target's one function is libFuzzer's; replay_main.c calls it with the
 * corpus. A broken promise ends the program. */
#ifndef HEATBATH_FUZZ_H
#define HEATBATH_FUZZ_H

#include <heatbath/context.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(promise) ((promise) ? (void)0 : abort())

/* A context that allows little memory, so that a claimed size is refused rather than taken. */
static inline heat_context *fuzz_context(void)
{
    heat_context_config config;
    heat_context *ctx = NULL;

    heat_context_config_init(&config);
    config.memory = (int64_t)1 << 26;
    FUZZ_CHECK(heat_context_create(&config, &ctx) == HEAT_OK);
    return ctx;
}

#endif
