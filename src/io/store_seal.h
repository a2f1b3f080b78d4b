/* The seal of a store: 12 bytes behind the HDF5 data, "heatseal" and the CRC-32 of all before them (RFC 1952,
 * least byte first). HDF5 passes over it, and drops it when another program changes the file; damage is told
 * before HDF5, which does not survive all of it well, believes what it reads. */
#ifndef HEATBATH_STORE_SEAL_H
#define HEATBATH_STORE_SEAL_H

#include <heatbath/context.h>

enum { HEAT_SEAL_SIZE = 12 };

void heat_store_seal_make(const void *bytes, size_t size, unsigned char seal[HEAT_SEAL_SIZE]);

/* HEAT_ERROR_INPUT if the bytes end in a seal that does not fit them; `name` stands for them in messages. */
HEAT_MUST_USE heat_status heat_store_seal_check_image(heat_context *ctx, const char *name, const void *bytes,
                                                      size_t size);

/* The same for a file; also if it cannot be read, and why (HDF5 does not say). */
HEAT_MUST_USE heat_status heat_store_seal_check_file(heat_context *ctx, const char *path);

#endif
