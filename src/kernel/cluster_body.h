/* The bodies of the cluster kernels, compiled once an instruction set and once more with a scripted random
 * source. Before including it, define CLUSTER_ISA (which ends the functions' names) and, for a script,
 * CLUSTER_DRAW(state). */
#define CLUSTER_PASTE_(a, b) a##_##b
#define CLUSTER_PASTE(a, b) CLUSTER_PASTE_(a, b)
#define CLUSTER_NAME(name) CLUSTER_PASTE(name, CLUSTER_ISA)

#include "kernel/cluster_graph_body.h"
#include "kernel/cluster_lattice_body.h"

#define CLUSTER_TEXT_(x) #x
#define CLUSTER_TEXT(x) CLUSTER_TEXT_(x)

const heat_cluster_kernel CLUSTER_PASTE(heat_cluster, CLUSTER_ISA) = {
    CLUSTER_TEXT(CLUSTER_ISA),   CLUSTER_NAME(swendsen_wang_lattice), CLUSTER_NAME(swendsen_wang_graph),
    CLUSTER_NAME(wolff_lattice), CLUSTER_NAME(wolff_graph),           CLUSTER_NAME(count_lattice),
};
