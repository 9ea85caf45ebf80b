#include "archive/source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/zip.h"
#include "base/text.h"

enum {
    INPUT_BYTES = 64 * 1024,
    /*
     * A small table of one repeated line may well shrink a thousandfold; only large ones are
     * suspect.
     */
    RATIO_FREE_BYTES = 16 * 1024 * 1024,
    ZIP_STATE_BYTES = 128 * 1024
};

typedef enum source_kind { PLAIN, GZIP, ZIP_STORED, ZIP_DEFLATED } source_kind;

struct fct_source {
    source_kind kind;
    int fd;
    char *name;
    fct_zip_member member;
    fct_source_limits limits;
    struct inflate_state stream;
    bool has_stream;
    bool stream_open; /* compressed data is under way: an end of the input now is a cut-off file */
    bool input_ended;
    bool ended;
    uint32_t crc;
    uint64_t n_in, n_out;
    uint64_t n_input_total; /* compressed bytes there are to read */
    int64_t file_bytes;
    unsigned char input[INPUT_BYTES];
};

static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), n_suffix = strlen(suffix);
    return n >= n_suffix && strcasecmp(path + n - n_suffix, suffix) == 0;
}

static fct_status damaged(const fct_source *source, const char *what, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_INTEGRITY, "%s: %s: the file is damaged; fetch it again",
                         source->name, what);
}

/* What the file is by its first bytes, where that does not contradict its suffix. */
static fct_status find_kind(fct_source *source, const char *path, fct_error *err)
{
    unsigned char magic[4] = {0};
    struct stat st;
    if (fstat(source->fd, &st) != 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
    if (!S_ISREG(st.st_mode))
        return fct_error_set(err, FCT_ERROR_IO, "%s is not a regular file", path);
    source->file_bytes = st.st_size;
    source->n_input_total = (uint64_t)st.st_size;
    ssize_t got = pread(source->fd, magic, sizeof magic, 0);
    if (got < 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
    if (got == 0)
        return fct_error_set(err, FCT_ERROR_DATA, "%s is empty: fetch it again, or leave it out",
                             path);
    if (memcmp(magic, "PK\3\4", 4) == 0 || memcmp(magic, "PK\5\6", 4) == 0)
        source->kind = ZIP_STORED;
    else if (magic[0] == 0x1f && magic[1] == 0x8b)
        source->kind = GZIP;
    else if (has_suffix(path, ".zip") || has_suffix(path, ".gz"))
        return fct_error_set(
            err, FCT_ERROR_INTEGRITY,
            "%s does not begin like a %s file: it is damaged or misnamed; fetch it "
            "again, or rename it",
            path, has_suffix(path, ".zip") ? "ZIP" : "gzip");
    return FCT_OK;
}

static fct_status open_zip(fct_source *source, const char *path, fct_error *err)
{
    FCT_TRY(fct_zip_member_open(path, &source->member, err));
    if (source->member.deflated)
        source->kind = ZIP_DEFLATED;
    /* A directory may claim any size; no more than the file can be read. */
    if (source->member.compressed_bytes < source->n_input_total)
        source->n_input_total = source->member.compressed_bytes;
    fct_text name = {0};
    fct_status status =
        fct_text_append_format(&name, err, "%s (member %s)", path, source->member.name);
    if (status != FCT_OK) {
        fct_text_free(&name);
        return status;
    }
    free(source->name);
    source->name = name.data;
    return FCT_OK;
}

static void start_inflating(fct_source *source)
{
    isal_inflate_init(&source->stream);
    source->stream.crc_flag = source->kind == GZIP ? ISAL_GZIP : ISAL_DEFLATE;
    source->has_stream = true;
    source->stream_open = true;
}

fct_status fct_source_open(const char *path, const fct_source_limits *limits, fct_source **out,
                           fct_error *err)
{
    fct_status status = FCT_OK;
    fct_source *source = calloc(1, sizeof *source);
    if (!source)
        return fct_error_memory(err, sizeof *source);
    source->limits = *limits;
    source->name = fct_text_copy(path);
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0) {
        status = fct_error_set_errno(err, errno == ENOENT ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO,
                                     errno, "cannot open %s", path);
        goto out;
    }
    if (!source->name) {
        status = fct_error_memory(err, strlen(path) + 1);
        goto out;
    }
    FCT_TRY_OUT(find_kind(source, path, err));
    if (source->kind == ZIP_STORED)
        FCT_TRY_OUT(open_zip(source, path, err));
    if (source->kind == GZIP || source->kind == ZIP_DEFLATED)
        start_inflating(source);
    *out = source;
    return FCT_OK;
out:
    fct_source_close(source);
    return status;
}

/* The next bytes as they lie in the file, or in the ZIP. */
static fct_status read_stored(fct_source *source, void *bytes, size_t size, size_t *n_read,
                              fct_error *err)
{
    ssize_t got;
    if (source->member.file) {
        got = (ssize_t)zip_fread(source->member.file, bytes, size);
        if (got < 0)
            return fct_error_set(err, FCT_ERROR_INTEGRITY,
                                 "%s: cannot be read (%s): the file is damaged; fetch it again",
                                 source->name, zip_file_strerror(source->member.file));
    } else {
        do
            got = read(source->fd, bytes, size);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", source->name);
    }
    source->n_in += (uint64_t)got;
    *n_read = (size_t)got;
    return FCT_OK;
}

static fct_status refill_input(fct_source *source, fct_error *err)
{
    size_t n = 0;
    FCT_TRY(read_stored(source, source->input, sizeof source->input, &n, err));
    source->stream.next_in = source->input;
    source->stream.avail_in = (uint32_t)n;
    source->input_ended = n == 0;
    return FCT_OK;
}

/*
 * A gzip file may go on with another stream, or be padded with zeros; anything else does not belong
 * there.
 */
static fct_status continue_gzip(fct_source *source, fct_error *err)
{
    struct inflate_state *stream = &source->stream;
    for (;;) {
        if (stream->avail_in == 0) {
            FCT_TRY(refill_input(source, err));
            if (source->input_ended) {
                source->ended = true;
                return FCT_OK;
            }
        }
        if (*stream->next_in == 0x1f)
            break;
        if (*stream->next_in != 0)
            return damaged(source, "there are other bytes behind the end of the gzip data", err);
        stream->next_in++;
        stream->avail_in--;
    }
    isal_inflate_reset(stream);
    stream->crc_flag = ISAL_GZIP;
    source->stream_open = true;
    return FCT_OK;
}

static const char *inflate_problem(int code)
{
    switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
        return "its CRC or its length is not the recorded one";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
        return "its gzip header makes no sense";
    default:
        return "the compressed data makes no sense";
    }
}

static fct_status inflate_some(fct_source *source, void *bytes, size_t size, size_t *n_read,
                               fct_error *err)
{
    struct inflate_state *stream = &source->stream;
    assert(size > 0);
    uint32_t room = size > INT32_MAX ? INT32_MAX : (uint32_t)size;
    stream->next_out = bytes;
    stream->avail_out = room;
    while (stream->avail_out == room && !source->ended) {
        if (!source->stream_open) {
            FCT_TRY(continue_gzip(source, err));
            continue;
        }
        if (stream->avail_in == 0 && !source->input_ended)
            FCT_TRY(refill_input(source, err));
        int code = isal_inflate(stream);
        if (code != ISAL_DECOMP_OK)
            return damaged(source, inflate_problem(code), err);
        if (stream->block_state == ISAL_BLOCK_FINISH) {
            source->stream_open = false;
            source->ended = source->kind != GZIP;
        } else if (source->input_ended && stream->avail_out == room) {
            return damaged(source, "the compressed data is cut off", err);
        }
    }
    *n_read = room - stream->avail_out;
    return FCT_OK;
}

static fct_status check_limits(const fct_source *source, fct_error *err)
{
    if (source->n_out > source->limits.max_bytes)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "%s: it unpacks to more than %llu bytes, the limit: raise "
                             "--max-member-size if the file is to be trusted",
                             source->name, (unsigned long long)source->limits.max_bytes);
    if (source->n_out > RATIO_FREE_BYTES && source->n_out / source->limits.max_ratio > source->n_in)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "%s: it unpacks to more than %llu times its size, the limit: raise "
                             "--max-ratio if the file is to be trusted",
                             source->name, (unsigned long long)source->limits.max_ratio);
    return FCT_OK;
}

/* What a ZIP's directory promised of the member, once all of it is read. */
static fct_status check_member(const fct_source *source, fct_error *err)
{
    if (source->n_out != source->member.expected_bytes)
        return damaged(source, "its length is not the recorded one", err);
    if (source->crc != source->member.expected_crc)
        return damaged(source, "its CRC is not the recorded one", err);
    return FCT_OK;
}

fct_status fct_source_read(fct_source *source, void *bytes, size_t size, size_t *n_read,
                           fct_error *err)
{
    *n_read = 0;
    if (source->has_stream) {
        if (!source->ended)
            FCT_TRY(inflate_some(source, bytes, size, n_read, err));
    } else {
        FCT_TRY(read_stored(source, bytes, size, n_read, err));
    }
    source->n_out += *n_read;
    if (source->member.file) {
        source->crc = libdeflate_crc32(source->crc, bytes, *n_read);
        if (*n_read == 0)
            FCT_TRY(check_member(source, err));
    }
    return source->kind == PLAIN ? FCT_OK : check_limits(source, err);
}

const char *fct_source_name(const fct_source *source)
{
    return source->name;
}

bool fct_source_has_crc(const fct_source *source)
{
    return source->kind != PLAIN;
}

void fct_source_position(const fct_source *source, int64_t *n_read, int64_t *n_total)
{
    *n_total = source->file_bytes;
    if (source->n_in >= source->n_input_total)
        *n_read = source->file_bytes; /* what a ZIP holds beside its member counts with its end */
    else
        *n_read = (int64_t)source->n_in;
}

size_t fct_source_bytes(void)
{
    return sizeof(fct_source) + ZIP_STATE_BYTES;
}

void fct_source_close(fct_source *source)
{
    if (!source)
        return;
    fct_zip_member_close(&source->member);
    if (source->fd >= 0)
        close(source->fd);
    free(source->name);
    free(source);
}
