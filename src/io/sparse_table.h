/* Sparse rows as scipy.sparse.save_npz writes them: of a CSR matrix the arrays `data`, `indices`, `indptr`,
 * `shape` and `format` in one archive. What is not stored is 0. */
#ifndef HEATBATH_SPARSE_TABLE_H
#define HEATBATH_SPARSE_TABLE_H

#include "io/data_table.h"
#include "io/zip_file.h"

/* True if the archive has the arrays of a sparse matrix, by their names. The archive itself is left alone. */
bool heat_sparse_recognise(const heat_zip *zip);

/* Reads row by row: memory is that of the arrays as stored and of the packed rows. */
HEAT_MUST_USE heat_status heat_sparse_table_read(const heat_zip *zip, const heat_data_options *options,
                                                 heat_data_table *table);

#endif
