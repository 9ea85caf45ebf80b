#include "archive/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { CHUNK_BYTES = 256 * 1024, MAX_CHECKSUM_BYTES = 4096, SHOWN_DIGITS = 16, DIGEST_BYTES = 32 };

static void to_hex(const unsigned char digest[DIGEST_BYTES], char hex[FCT_CHECKSUM_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < DIGEST_BYTES; i++) {
        *hex++ = digits[digest[i] >> 4];
        *hex++ = digits[digest[i] & 15];
    }
    *hex = '\0';
}

static fct_status add_file(EVP_MD_CTX *context, const char *path, unsigned char *chunk,
                           fct_job *job, fct_error *err)
{
    fct_status status = FCT_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fct_error_set_errno(err, errno == ENOENT ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO, errno,
                                   "cannot open %s", path);
    for (;;) {
        FCT_TRY_OUT(fct_job_check(job, err));
        ssize_t got = read(fd, chunk, CHUNK_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
            goto out;
        }
        if (got == 0)
            break;
        if (EVP_DigestUpdate(context, chunk, (size_t)got) != 1) {
            status =
                fct_error_set(err, FCT_ERROR_INTERNAL, "cannot compute the SHA-256 of %s", path);
            goto out;
        }
    }
out:
    close(fd);
    return status;
}

fct_status fct_checksum_files(const char *const *paths, size_t n_paths, fct_job *job,
                              char hex[FCT_CHECKSUM_HEX + 1], fct_error *err)
{
    fct_status status = FCT_OK;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char *chunk = malloc(CHUNK_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!chunk || !context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        status = fct_error_memory(err, CHUNK_BYTES);
        goto out;
    }
    for (size_t i = 0; i < n_paths; i++)
        FCT_TRY_OUT(add_file(context, paths[i], chunk, job, err));
    if (EVP_DigestFinal_ex(context, digest, NULL) != 1) {
        status =
            fct_error_set(err, FCT_ERROR_INTERNAL, "cannot compute the SHA-256 of %s", paths[0]);
        goto out;
    }
    to_hex(digest, hex);
out:
    EVP_MD_CTX_free(context);
    free(chunk);
    return status;
}

fct_status fct_checksum_file(const char *path, fct_job *job, char hex[FCT_CHECKSUM_HEX + 1],
                             fct_error *err)
{
    return fct_checksum_files(&path, 1, job, hex, err);
}

/*
 * 64 hex digits, then a blank and a name: "*" before the name, as some tools write, is a part of
 * it.
 */
bool fct_checksum_parse(const char *text, const char *name, char hex[FCT_CHECKSUM_HEX + 1])
{
    for (int i = 0; i < FCT_CHECKSUM_HEX; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        hex[i] = c;
    }
    hex[FCT_CHECKSUM_HEX] = '\0';
    const char *rest = text + FCT_CHECKSUM_HEX;
    if (*rest != ' ')
        return false;
    rest += strspn(rest, " \r\n");
    if (!name)
        return *rest != '\0';
    rest += *rest == '*';
    size_t n = strcspn(rest, "\r\n");
    return n == strlen(name) && strncmp(rest, name, n) == 0;
}

fct_status fct_checksum_published(const char *path, bool *found, char hex[FCT_CHECKSUM_HEX + 1],
                                  fct_error *err)
{
    fct_text beside = {0};
    char *data = NULL;
    size_t n_bytes = 0;
    fct_status status = fct_text_append_format(&beside, err, "%s.CHECKSUM", path);
    if (status != FCT_OK)
        goto out;
    *found = fct_file_exists(beside.data);
    if (!*found)
        goto out;
    FCT_TRY_OUT(fct_file_read(beside.data, MAX_CHECKSUM_BYTES, &data, &n_bytes, err));
    if (!fct_checksum_parse(data, NULL, hex))
        status =
            fct_error_set(err, FCT_ERROR_INTEGRITY,
                          "%s is malformed: it should hold 64 hex digits, two spaces and a file "
                          "name; fetch it again, or remove it to go without the check",
                          beside.data);
out:
    free(data);
    fct_text_free(&beside);
    return status;
}

fct_status fct_checksum_verify(const char *path, const char *known, fct_job *job, fct_error *err)
{
    bool found;
    char published[FCT_CHECKSUM_HEX + 1], actual[FCT_CHECKSUM_HEX + 1];
    FCT_TRY(fct_checksum_published(path, &found, published, err));
    if (!found)
        return FCT_OK;
    if (!known) {
        FCT_TRY(fct_checksum_file(path, job, actual, err));
        known = actual;
    }
    if (strcmp(published, known) == 0)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_INTEGRITY,
                         "%s: its SHA-256 is %.*s... and its .CHECKSUM says %.*s...: the file is "
                         "damaged or was published again; fetch both anew",
                         path, SHOWN_DIGITS, known, SHOWN_DIGITS, published);
}
