/* Seconds, for the verbs whose library calls do not time themselves. */
#ifndef HEATBATH_CLOCK_H
#define HEATBATH_CLOCK_H

#include <time.h>

static inline double cli_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
