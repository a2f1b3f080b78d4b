/* States as people write them. A coding is never guessed: spins are -1 and +1, and a file of 0 and 1 for them
 * is refused with the reason. */
#include "io/state_file.h"
#include "base/text.h"

#include <math.h>

static heat_status wrong_value(heat_text_source *source, const heat_text_token *token, int32_t n_states,
                               bool spin)
{
    if (spin && heat_text_is(token, "0"))
        return heat_text_fail(source, token, "a spin, -1 or +1 (this model's states are not coded 0 and 1)");
    if (spin)
        return heat_text_fail(source, token, "a spin, -1 or +1");
    return heat_text_fail(source, token, "a state from 0 to %d%s", (int)n_states - 1,
                          heat_text_is(token, "-1") ? " (this model's states are not coded -1 and +1)" : "");
}

/* Value k of n. */
static heat_status next_value(heat_text_source *source, int64_t n, int64_t k, heat_text_token *token)
{
    heat_status status = heat_text_next_word(source, token);

    if (status == HEAT_OK && token->kind == HEAT_TEXT_END)
        return heat_text_fail_at(source, token, "expected %lld values, the file ends after %lld",
                                 (long long)n, (long long)k);
    return status;
}

static heat_status check_end(heat_text_source *source, int64_t n)
{
    heat_text_token token;
    heat_status status = heat_text_next_word(source, &token);

    if (status == HEAT_OK && token.kind == HEAT_TEXT_WORD)
        return heat_text_fail(source, &token, "the end of the file after %lld values", (long long)n);
    return status;
}

heat_status heat_state_read(heat_text_source *source, int64_t n, int32_t n_states, bool spin, int8_t *state)
{
    heat_text_token token;
    int64_t value;

    heat_text_source_split_commas(source);
    for (int64_t k = 0; k < n; k++) {
        heat_status status = next_value(source, n, k, &token);
        if (status != HEAT_OK)
            return status;
        if (!heat_parse_int(token.text, token.length, &value) ||
            !(spin ? value == -1 || value == 1 : value >= 0 && value < n_states))
            return wrong_value(source, &token, n_states, spin);
        state[k] = (int8_t)value;
    }
    return check_end(source, n);
}

heat_status heat_state_file_read_real(heat_context *ctx, const char *path, int64_t n, double *x)
{
    heat_text_source *source;
    heat_text_token token;
    heat_status status = heat_text_source_open(ctx, path, &source);

    if (status != HEAT_OK)
        return status;
    heat_text_source_split_commas(source);
    for (int64_t k = 0; k < n && status == HEAT_OK; k++) {
        status = next_value(source, n, k, &token);
        if (status == HEAT_OK && (!heat_parse_real(token.text, token.length, &x[k]) || !isfinite(x[k])))
            status = heat_text_fail(source, &token, "a number");
    }
    if (status == HEAT_OK)
        status = check_end(source, n);
    heat_text_source_close(source);
    return status;
}

heat_status heat_state_file_read(heat_context *ctx, const char *path, int64_t n, int32_t n_states, bool spin,
                                 int8_t *state)
{
    heat_text_source *source;
    heat_status status = heat_text_source_open(ctx, path, &source);

    if (status != HEAT_OK)
        return status;
    status = heat_state_read(source, n, n_states, spin, state);
    heat_text_source_close(source);
    return status;
}
