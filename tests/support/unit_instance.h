/* Small RBMs of any pairing of layers, and their energy by the definition. */
#ifndef HEATBATH_TEST_UNIT_INSTANCE_H
#define HEATBATH_TEST_UNIT_INSTANCE_H

#include <heatbath/model.h>

enum { V = 3, H = 2, Q_VISIBLE = 3, Q_HIDDEN = 4, MOST = 5 * 4, N_KINDS = 5 };

/* All kinds: the first four may be visible. */
extern const heat_layer kinds[N_KINDS];

typedef struct instance {
    heat_rbm rbm;
    double weights[MOST * MOST], visible_bias[MOST], hidden_bias[MOST], visible_precision[V],
        hidden_precision[H];
} instance;

/* A random RBM of two kinds; `size` of its numbers. */
void make(instance *s, heat_layer visible, heat_layer hidden, double size);

bool is_real(heat_layer layer);

double energy_of(const heat_rbm *rbm, const double *v, const double *h);

#endif
