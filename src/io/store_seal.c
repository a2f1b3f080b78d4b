/* One CRC over everything: a gigabyte takes about a second, which reading it takes anyway. */
#include "io/store_seal.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 16, WORD = 8 };

static const char word[WORD + 1] = "heatseal";

static void spell(uint32_t crc, unsigned char *seal)
{
    memcpy(seal, word, WORD);
    for (int k = 0; k < 4; k++)
        seal[WORD + k] = (unsigned char)(crc >> 8 * k & 0xff);
}

void heat_store_seal_make(const void *bytes, size_t size, unsigned char seal[HEAT_SEAL_SIZE])
{
    spell((uint32_t)crc32_z(0, bytes, size), seal);
}

static heat_status unfit(heat_context *ctx, const char *name)
{
    return heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0, "is damaged: its checksum does not fit");
}

heat_status heat_store_seal_check_image(heat_context *ctx, const char *name, const void *bytes, size_t size)
{
    unsigned char seal[HEAT_SEAL_SIZE];
    const unsigned char *found;

    if (size < HEAT_SEAL_SIZE)
        return HEAT_OK;
    found = (const unsigned char *)bytes + size - HEAT_SEAL_SIZE;
    if (memcmp(found, word, WORD) != 0)
        return HEAT_OK;
    heat_store_seal_make(bytes, size - HEAT_SEAL_SIZE, seal);
    return memcmp(found, seal, HEAT_SEAL_SIZE) == 0 ? HEAT_OK : unfit(ctx, name);
}

/* The CRC of the first `end` bytes. */
static heat_status read_crc(heat_context *ctx, const char *path, int fd, int64_t end, uint32_t *out)
{
    unsigned char *block;
    uLong crc = 0;
    heat_status status = heat_alloc(ctx, BLOCK, 1, &block);

    for (int64_t at = 0; at < end && status == HEAT_OK;) {
        size_t part = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
        ssize_t n = pread(fd, block, part, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0)
            crc = crc32_z(crc, block, (size_t)n);
        else
            status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "cannot be read: %s",
                                    n < 0 ? strerror(errno) : "it shrinks");
        at += n;
    }
    heat_free(block);
    *out = (uint32_t)crc;
    return status;
}

static heat_status check_open_file(heat_context *ctx, const char *path, int fd, int64_t size)
{
    unsigned char found[HEAT_SEAL_SIZE], seal[HEAT_SEAL_SIZE];
    int64_t end = size - HEAT_SEAL_SIZE;
    uint32_t crc;
    heat_status status;

    if (end < 0 || pread(fd, found, sizeof found, (off_t)end) != HEAT_SEAL_SIZE ||
        memcmp(found, word, WORD) != 0)
        return HEAT_OK;
    status = read_crc(ctx, path, fd, end, &crc);
    if (status != HEAT_OK)
        return status;
    spell(crc, seal);
    return memcmp(found, seal, HEAT_SEAL_SIZE) == 0 ? HEAT_OK : unfit(ctx, path);
}

heat_status heat_store_seal_check_file(heat_context *ctx, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    heat_status status;

    if (fd < 0 || fstat(fd, &about) != 0)
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "cannot be opened: %s", strerror(errno));
    else if (S_ISDIR(about.st_mode))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "cannot be read: %s", strerror(EISDIR));
    else
        status = check_open_file(ctx, path, fd, (int64_t)about.st_size);
    if (fd >= 0)
        close(fd);
    return status;
}
