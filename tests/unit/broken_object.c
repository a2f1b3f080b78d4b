/* Shared objects that are no model, or break; BROKEN says how. */
#include <heatbath/custom.h>
#include <math.h>
#include <string.h>

#define NO_SYMBOL 0
#define FAILS 1
#define NO_SIZE 2
#define TOO_SHORT 3
#define LATER 4
#define UNSOUND 5
#define TURNS_NAN 6

#if BROKEN != NO_SYMBOL
static int energy(void *user, int64_t n_rows, const double *rows, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++)
        energies[r] = rows[r] > 2 ? (double)NAN : rows[r] * rows[r];
    return 0;
}

int heat_custom_fill(heat_custom *custom)
{
    custom->n_variables = BROKEN == UNSOUND ? 0 : 1;
    custom->n_states = 0;
    custom->real_energy = energy;
    custom->size = BROKEN == NO_SIZE     ? 0
                   : BROKEN == TOO_SHORT ? sizeof custom->size
                   : BROKEN == LATER     ? sizeof *custom + 8
                                         : sizeof *custom;
    if (BROKEN == LATER)
        memset(custom + 1, 1, 8);
    return BROKEN == FAILS ? 17 : 0;
}
#else
extern int nothing;
int nothing;
#endif
