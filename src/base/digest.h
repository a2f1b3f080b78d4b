/* A number that tells contents apart: Fowler, Noll and Vo's hash, FNV-1a of 64 bits. */
#ifndef HEATBATH_DIGEST_H
#define HEATBATH_DIGEST_H

#include <stdint.h>

static const uint64_t heat_digest_basis = 0xcbf29ce484222325u; /* the digest of nothing */

/* That of what `digest` is of, followed by size bytes. */
static inline uint64_t heat_digest_add(uint64_t digest, const void *data, int64_t size)
{
    const uint8_t *byte = data;

    for (int64_t k = 0; k < size; k++)
        digest = (digest ^ byte[k]) * 0x100000001b3u;
    return digest;
}

#endif
