/* Bytes of a file, of standard input or of memory; gzip is unpacked on the way, told by its first two bytes.
 */
#ifndef HEATBATH_BYTE_SOURCE_H
#define HEATBATH_BYTE_SOURCE_H

#include <heatbath/context.h>

typedef struct heat_byte_source heat_byte_source;

/* Opens a file; "-" is standard input. HEAT_ERROR_INPUT says why a file cannot be read. */
HEAT_MUST_USE heat_status heat_byte_source_open(heat_context *ctx, const char *path, heat_byte_source **out);

/* Reads from memory, which is borrowed until the source is closed; `name` stands for it in messages. */
HEAT_MUST_USE heat_status heat_byte_source_open_memory(heat_context *ctx, const char *name, const void *data,
                                                       size_t size, heat_byte_source **out);

/* Reads up to `size` bytes; *got is 0 at the end only. HEAT_ERROR_INPUT: the file cannot be read, or its
 * compressed data is damaged or ends too early. */
HEAT_MUST_USE heat_status heat_byte_source_read(heat_byte_source *source, void *buffer, size_t size,
                                                size_t *got);

/* The file's name as messages give it. */
const char *heat_byte_source_name(const heat_byte_source *source);

/* True if the bytes are a file's own, uncompressed: the file may be opened by its name instead. */
bool heat_byte_source_is_plain_file(const heat_byte_source *source);

/* NULL is allowed. */
void heat_byte_source_close(heat_byte_source *source);

#endif
