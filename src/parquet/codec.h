/* The compressions of Parquet pages. */
#ifndef FCT_PARQUET_CODEC_H
#define FCT_PARQUET_CODEC_H

#include "base/text.h"
#include "parquet/writer.h"

/* The number Parquet's footer has for a codec. */
int fct_parquet_codec_number(fct_parquet_codec codec);

/* Appends `n_bytes` bytes compressed to `out`; level 0 is the codec's default. */
fct_status fct_parquet_compress(fct_parquet_codec codec, int level, const void *bytes,
                                size_t n_bytes, fct_text *out, fct_error *err);

/*
 * Exactly `n_out` bytes from a page compressed with parquet.thrift's codec of that number. FCT_ERROR_UNSUPPORTED for one that is
 * not known here, FCT_ERROR_DATA where the bytes are not what they should be; neither names the file.
 */
fct_status fct_parquet_decompress(int codec_number, const void *bytes, size_t n_bytes, void *out,
                                  size_t n_out, fct_error *err);

/* CRC-32 of a page. */
uint32_t fct_parquet_crc(const void *bytes, size_t n_bytes);

#endif
