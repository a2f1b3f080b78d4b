/* The engine table, from the list of <heatbath/engines.h>. */
#include "sample/engine.h"

#include <heatbath/engines.h>
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
    if (strcmp(name, "auto") == 0)
        return &heat_engine_heat_bath;
    for (int k = 0; k < heat_engine_count(); k++)
        if (strcmp(engines[k]->name, name) == 0)
            return engines[k];
    return NULL;
}
