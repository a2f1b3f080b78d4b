/* The engine table, from the list of <heatbath/engines.h>. */
#include "sample/engine.h"
#include "sample/sampling.h"

#include <string.h>

#define ROW(tag, name, help) &heat_engine_##tag,
static const heat_engine *const engines[] = {HEAT_ENGINES(ROW)};

int heat_engine_count(void)
{
    return sizeof engines / sizeof *engines;
}

const heat_engine *heat_engine_at(int k)
{
    return engines[k];
}

const heat_engine *heat_engine_get(const char *name)
{
    for (int k = 0; k < heat_engine_count(); k++)
        if (strcmp(engines[k]->name, name) == 0)
            return engines[k];
    return NULL;
}

bool heat_engine_moves_chains(const heat_engine *engine)
{
    return engine->run == heat_sampling_run_chains;
}

heat_status heat_engine_sweep(heat_context *worker, const heat_engine *engine, heat_chains *chains,
                              int64_t unit)
{
    heat_status status;

    if (engine->sweep == NULL)
        return heat_chains_sweep(worker, chains, unit, engine->rule);
    status = engine->sweep(worker, chains, unit);
    heat_chains_end_sweep(chains, unit);
    return status;
}
