/* Shared objects as models: ./mine.so exports heat_custom_fill, which fills in a heat_custom. The size that
 * it sets says which version of the struct it was built against: fields that it does not know keep their
 * defaults, and fields that this library does not know must be zero. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/custom_private.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char exported[] = "heat_custom_fill";

bool heat_custom_is_object(const char *path)
{
    struct stat about;
    char magic[4];
    FILE *file = NULL;
    bool is_elf = false;

    if (strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode))
        file = fopen(path, "rb"); /* of a pipe, looking would take the bytes */
    if (file != NULL) {
        is_elf = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "\177ELF", 4) == 0;
        fclose(file);
    }
    return is_elf || (file != NULL && heat_path_ends_in(path, ".so"));
}

static heat_status open_object(heat_context *ctx, const char *path, void **object)
{
    char *beside = NULL;
    heat_status status = heat_alloc(ctx, (int64_t)strlen(path) + 3, 1, &beside);

    if (status != HEAT_OK)
        return status;
    sprintf(beside, "%s%s", strchr(path, '/') == NULL ? "./" : "", path); /* else the system's are meant */
    *object = dlopen(beside, RTLD_NOW | RTLD_LOCAL);
    heat_free(beside);
    if (*object == NULL)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                              "a shared object with a custom model was expected: %s", dlerror());
    return HEAT_OK;
}

/* A struct with room for the fields of later versions. */
typedef union heat_custom_room {
    heat_custom c;
    unsigned char bytes[4096];
} heat_custom_room;

static heat_status check_size(heat_context *ctx, const char *path, const heat_custom_room *room)
{
    const size_t least = offsetof(heat_custom, free) + sizeof room->c.free, size = room->c.size;

    if (size == 0)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                              "its %s sets no size: custom->size = sizeof *custom is missing", exported);
    if (size < least || size > sizeof *room)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                              "its %s sets a size of %zu bytes, which no version of heat_custom has",
                              exported, size);
    for (size_t k = sizeof room->c; k < size; k++)
        if (room->bytes[k] != 0)
            return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                                  "it was built for a later version of heatbath, and uses fields of "
                                  "heat_custom that this one does not have");
    return HEAT_OK;
}

static heat_status fill(heat_context *ctx, const char *path, void *object, heat_custom_room *room)
{
    int (*fill_in)(heat_custom * custom) = NULL;
    void *symbol = dlsym(object, exported);
    int code;

    if (symbol == NULL)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                              "it exports no %s, which fills in the custom model (heatbath/custom.h)",
                              exported);
    memcpy(&fill_in, &symbol, sizeof symbol);
    memset(room, 0, sizeof *room);
    heat_custom_init(&room->c);
    room->c.size = 0;
    code = fill_in(&room->c);
    if (code != 0)
        return heat_fail_file(ctx, HEAT_ERROR_CALLBACK, path, 0, 0, "its %s failed with code %d", exported,
                              code);
    return check_size(ctx, path, room);
}

heat_status heat_custom_load(heat_context *ctx, const char *path, heat_model **out)
{
    heat_custom_room room;
    void *object = NULL;
    heat_status status = open_object(ctx, path, &object);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    status = fill(ctx, path, object, &room);
    if (status == HEAT_OK) {
        room.c.name = path;
        status = heat_model_create_custom(ctx, &room.c, out);
        if (status != HEAT_OK && room.c.free != NULL)
            room.c.free(room.c.user);
    }
    if (status != HEAT_OK) {
        dlclose(object);
        return status;
    }
    ((heat_custom_model *)(*out)->self)->object = object;
    (*out)->info.format = "shared object";
    return HEAT_OK;
}
