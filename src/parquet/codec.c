#include "parquet/codec.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <libdeflate.h>
#include <limits.h>
#include <lz4.h>
#include <snappy-c.h>
#include <string.h>
#include <zstd.h>

/* Each of these compresses into `out`, which has room for its bound, and returns the length, or 0. */
typedef size_t (*compress_function)(int level, const void *bytes, size_t n_bytes, char *out,
                                    size_t room);

static size_t compress_snappy(int level, const void *bytes, size_t n_bytes, char *out, size_t room)
{
    (void)level;
    return snappy_compress(bytes, n_bytes, out, &room) == SNAPPY_OK ? room : 0;
}

static size_t compress_gzip(int level, const void *bytes, size_t n_bytes, char *out, size_t room)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level ? level : 6);
    if (!compressor)
        return 0;
    size_t n = libdeflate_gzip_compress(compressor, bytes, n_bytes, out, room);
    libdeflate_free_compressor(compressor);
    return n;
}

static size_t compress_zstd(int level, const void *bytes, size_t n_bytes, char *out, size_t room)
{
    size_t n = ZSTD_compress(out, room, bytes, n_bytes, level ? level : 1);
    return ZSTD_isError(n) ? 0 : n;
}

static size_t compress_lz4(int level, const void *bytes, size_t n_bytes, char *out, size_t room)
{
    (void)level;
    if (n_bytes > LZ4_MAX_INPUT_SIZE || room > INT_MAX)
        return 0;
    int n = LZ4_compress_default(bytes, out, (int)n_bytes, (int)room);
    return n > 0 ? (size_t)n : 0;
}

static size_t compress_brotli(int level, const void *bytes, size_t n_bytes, char *out, size_t room)
{
    return BrotliEncoderCompress(level ? level : 5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
                                 n_bytes, bytes, &room, (uint8_t *)out)
               ? room
               : 0;
}

static size_t bound_gzip(size_t n_bytes)
{
    return libdeflate_gzip_compress_bound(NULL, n_bytes);
}

static size_t bound_lz4(size_t n_bytes)
{
    return n_bytes > LZ4_MAX_INPUT_SIZE ? 0 : (size_t)LZ4_COMPRESSBOUND((unsigned)n_bytes);
}

static const struct {
    int number; /* CompressionCodec of parquet.thrift */
    size_t (*bound)(size_t n_bytes);
    compress_function compress;
} codecs[] = {
    [FCT_PARQUET_UNCOMPRESSED] = {0, NULL, NULL},
    [FCT_PARQUET_SNAPPY] = {1, snappy_max_compressed_length, compress_snappy},
    [FCT_PARQUET_GZIP] = {2, bound_gzip, compress_gzip},
    [FCT_PARQUET_ZSTD] = {6, ZSTD_compressBound, compress_zstd},
    [FCT_PARQUET_LZ4] = {7, bound_lz4, compress_lz4},
    [FCT_PARQUET_BROTLI] = {4, BrotliEncoderMaxCompressedSize, compress_brotli},
};

int fct_parquet_codec_number(fct_parquet_codec codec)
{
    return codecs[codec].number;
}

fct_status fct_parquet_compress(fct_parquet_codec codec, int level, const void *bytes,
                                size_t n_bytes, fct_text *out, fct_error *err)
{
    if (!codecs[codec].compress)
        return fct_text_append(out, bytes, n_bytes, err);
    size_t room = codecs[codec].bound(n_bytes);
    FCT_TRY(fct_text_reserve(out, room, err));
    size_t n = codecs[codec].compress(level, bytes, n_bytes, out->data + out->length, room);
    if (!n)
        return fct_error_set(err, FCT_ERROR_MEMORY, "cannot compress a page of %zu bytes", n_bytes);
    out->length += n;
    return FCT_OK;
}

/* ---- Decompression: each fills `out` exactly, or returns false ---------------------------------- */

typedef bool (*decompress_function)(const void *bytes, size_t n_bytes, void *out, size_t n_out);

static bool copy(const void *bytes, size_t n_bytes, void *out, size_t n_out)
{
    if (n_bytes == n_out && n_out)
        memcpy(out, bytes, n_out);
    return n_bytes == n_out;
}

static bool decompress_snappy(const void *bytes, size_t n_bytes, void *out, size_t n_out)
{
    size_t n;
    return snappy_uncompressed_length(bytes, n_bytes, &n) == SNAPPY_OK && n == n_out &&
           snappy_uncompress(bytes, n_bytes, out, &n) == SNAPPY_OK && n == n_out;
}

static bool decompress_gzip(const void *bytes, size_t n_bytes, void *out, size_t n_out)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor)
        return false;
    enum libdeflate_result result =
        libdeflate_gzip_decompress(decompressor, bytes, n_bytes, out, n_out, NULL);
    libdeflate_free_decompressor(decompressor);
    return result == LIBDEFLATE_SUCCESS;
}

static bool decompress_zstd(const void *bytes, size_t n_bytes, void *out, size_t n_out)
{
    return ZSTD_decompress(out, n_out, bytes, n_bytes) == n_out;
}

static bool decompress_lz4(const void *bytes, size_t n_bytes, void *out, size_t n_out)
{
    return n_bytes <= INT_MAX && n_out <= INT_MAX &&
           LZ4_decompress_safe(bytes, out, (int)n_bytes, (int)n_out) == (int)n_out;
}

static bool decompress_brotli(const void *bytes, size_t n_bytes, void *out, size_t n_out)
{
    size_t n = n_out;
    return BrotliDecoderDecompress(n_bytes, bytes, &n, out) == BROTLI_DECODER_RESULT_SUCCESS &&
           n == n_out;
}

fct_status fct_parquet_decompress(int codec_number, const void *bytes, size_t n_bytes, void *out,
                                  size_t n_out, fct_error *err)
{
    static const struct {
        int number;
        decompress_function decompress;
    } decompressors[] = {{0, copy},
                         {1, decompress_snappy},
                         {2, decompress_gzip},
                         {4, decompress_brotli},
                         {6, decompress_zstd},
                         {7, decompress_lz4}};
    for (size_t i = 0; i < sizeof decompressors / sizeof *decompressors; i++) {
        if (decompressors[i].number != codec_number)
            continue;
        if (decompressors[i].decompress(bytes, n_bytes, out, n_out))
            return FCT_OK;
        return fct_error_set(err, FCT_ERROR_DATA, "a page cannot be decompressed: it is damaged");
    }
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it is compressed with codec %d",
                         codec_number);
}

uint32_t fct_parquet_crc(const void *bytes, size_t n_bytes)
{
    return libdeflate_crc32(0, bytes, n_bytes);
}
