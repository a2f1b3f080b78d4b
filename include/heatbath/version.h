/* The version of the headers, and of the library that runs. */
#ifndef HEATBATH_VERSION_H
#define HEATBATH_VERSION_H

#include <heatbath/export.h>

HEAT_BEGIN_DECLS

#define HEAT_VERSION_MAJOR 0
#define HEAT_VERSION_MINOR 1
#define HEAT_VERSION_PATCH 0

/* Raised whenever the same seed gives other bits: a line in CHANGELOG goes with it. */
#define HEAT_STREAMS_VERSION 5

/* "0.1.0", of the library that was linked. */
HEAT_API const char *heat_version(void);

HEAT_END_DECLS

#endif
