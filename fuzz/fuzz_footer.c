/* Any bytes as a Parquet footer: what is accepted keeps to the file's bounds, what is not has a reason. */
#include <stdlib.h>

#include "parquet/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t n_page_bytes = 1 << 20;
    fct_parquet_metadata m;
    fct_error err = {0};
    fct_status status = fct_parquet_metadata_parse(&m, "file", data, size, n_page_bytes, &err);
    if (status != FCT_OK) {
        require(err.message[0] != '\0' && !m.leaves && !m.chunks && !m.keys);
        return 0;
    }
    int64_t n_rows = 0;
    for (size_t i = 0; i < m.n_leaves; i++)
        require(m.leaves[i].name != NULL);
    for (size_t i = 0; i < m.n_row_groups; i++) {
        require(m.group_rows[i] >= 0);
        n_rows += m.group_rows[i];
        for (size_t j = 0; j < m.n_leaves; j++) {
            const fct_parquet_chunk_info *chunk = &m.chunks[i * m.n_leaves + j];
            require(chunk->offset >= 0 && chunk->n_bytes >= 0 &&
                    chunk->offset + chunk->n_bytes <= n_page_bytes);
            require(!chunk->has_range || chunk->low <= chunk->high);
            require(!chunk->has_real_range || chunk->real_low <= chunk->real_high);
        }
    }
    require(n_rows == m.n_rows);
    fct_parquet_metadata_free(&m);
    return 0;
}
