/* A variable is named as its input named or numbered it, so that a result can be laid beside the input. */
#include "model/variable_name.h"
#include "model/model_private.h"

#include <string.h>

static heat_status write_quoted(heat_atomic_file *file, const char *label)
{
    heat_status status = heat_atomic_file_write(file, "\"", 1);

    while (*label != '\0' && status == HEAT_OK) {
        size_t part = strcspn(label, "\"");
        bool quote = label[part] == '"';
        status = heat_atomic_file_write(file, label, part + (quote ? 1 : 0));
        if (quote && status == HEAT_OK)
            status = heat_atomic_file_write(file, "\"", 1);
        label += part + (quote ? 1 : 0);
    }
    return status == HEAT_OK ? heat_atomic_file_write(file, "\"", 1) : status;
}

heat_status heat_variable_name_write(heat_atomic_file *file, const heat_model *model, const char *prefix,
                                     int32_t i)
{
    const char *label = model == NULL ? NULL : heat_model_get_label(model, i);

    if (label == NULL)
        return heat_atomic_file_print(file, "%s%lld", prefix,
                                      (long long)i + (model == NULL ? 0 : model->info.first_index));
    if (strpbrk(label, ",\"\r\n") == NULL)
        return heat_atomic_file_write(file, label, strlen(label));
    return write_quoted(file, label);
}
