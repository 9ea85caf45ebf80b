#include "archive/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/checksum.h"
#include "archive/fetch.h"
#include "archive/listing.h"
#include "archive/retry.h"
#include "base/file.h"

enum {
    WAIT_MS = 100,
    CONNECT_MS = 10 * 1000,
    STALL_MS = 60 * 1000,
    FIRST_RETRY_MS = 250,
    MAX_TRIES = 6,
    MAX_LISTING_BYTES = 16 << 20
};
static const int64_t max_put_bytes = INT64_C(5) << 30;

/* Of a request that sends nothing. */
static const char sha256_of_nothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct fct_bucket {
    fct_job *job;
    fct_fetcher *fetcher;
    fct_fetch_signer signer;
    bool is_signed;
    fct_text endpoint; /* "https://host", without a slash */
};

/* ---- Who, and where --------------------------------------------------------------------------- */

static const char *environment(const char *first, const char *second)
{
    const char *value = getenv(first);
    if ((!value || !*value) && second)
        value = getenv(second);
    return value && *value ? value : NULL;
}

static fct_status set_signer(fct_bucket *bucket, fct_error *err)
{
    fct_fetch_signer *signer = &bucket->signer;
    signer->key = environment("AWS_ACCESS_KEY_ID", NULL);
    signer->secret = environment("AWS_SECRET_ACCESS_KEY", NULL);
    signer->token = environment("AWS_SESSION_TOKEN", NULL);
    signer->region = environment("AWS_REGION", "AWS_DEFAULT_REGION");
    bucket->is_signed = signer->key && signer->secret;
    if (!signer->region)
        signer->region = "us-east-1";
    if (!signer->key != !signer->secret)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s is set and %s is not: S3 needs both, or neither",
                             signer->key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                             signer->key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (strspn(signer->region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(signer->region) ||
        strlen(signer->region) > 60)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "AWS_REGION is no region's name: small letters, digits and '-'");
    if (signer->token && strlen(signer->token) >= FCT_FETCH_TOKEN)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "AWS_SESSION_TOKEN is longer than %d bytes",
                             FCT_FETCH_TOKEN - 1);
    return FCT_OK;
}

static fct_status set_endpoint(fct_bucket *bucket, fct_error *err)
{
    const char *url = environment("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    if (!url)
        return fct_text_append_format(&bucket->endpoint, err, "https://s3.%s.amazonaws.com",
                                      bucket->signer.region);
    FCT_TRY(fct_url_check(url, "AWS_ENDPOINT_URL", err));
    if (strncasecmp(url, "file:", 5) == 0)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "AWS_ENDPOINT_URL is no https:// address");
    size_t length = strlen(url);
    while (length && url[length - 1] == '/')
        length--;
    return fct_text_append(&bucket->endpoint, url, length, err);
}

fct_status fct_bucket_open(fct_job *job, fct_bucket **out, fct_error *err)
{
    static const fct_fetcher_options options = {
        .n_connections = 1, .stall_ms = STALL_MS, .connect_ms = CONNECT_MS};
    fct_status status;
    fct_bucket *bucket = calloc(1, sizeof *bucket);
    if (!bucket)
        return fct_error_memory(err, sizeof *bucket);
    bucket->job = job;
    FCT_TRY_OUT(set_signer(bucket, err));
    FCT_TRY_OUT(set_endpoint(bucket, err));
    status = fct_fetcher_new(&options, &bucket->fetcher, err);
out:
    if (status != FCT_OK) {
        fct_bucket_close(bucket);
        bucket = NULL;
    }
    *out = bucket;
    return status;
}

void fct_bucket_close(fct_bucket *bucket)
{
    if (!bucket)
        return;
    fct_fetcher_free(bucket->fetcher);
    fct_text_free(&bucket->endpoint);
    free(bucket);
}

/* ---- Addresses -------------------------------------------------------------------------------- */

/* As Signature Version 4 wants it: everything but letters, digits and -._~ is %XX. */
static fct_status append_encoded(fct_text *out, const char *text, bool with_slashes, fct_error *err)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++) {
        bool is_plain = strchr(plain, *text) || (with_slashes && *text == '/');
        FCT_TRY(is_plain ? fct_text_append(out, text, 1, err)
                         : fct_text_append_format(out, err, "%%%02X", (unsigned char)*text));
    }
    return FCT_OK;
}

/* Splits s3://BUCKET/KEY: *key points behind the bucket's slash, into `url`. */
static fct_status split(const char *url, fct_text *bucket, const char **key, fct_error *err)
{
    static const char scheme[] = "s3://";
    const char *name = url + strlen(scheme);
    bool is_s3 = strncasecmp(url, scheme, strlen(scheme)) == 0;
    size_t length = is_s3 ? strcspn(name, "/") : 0;
    if (length < 3 || length > 63 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") < length || name[length] != '/')
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%s is no s3://BUCKET/KEY", url);
    *key = name + length + 1;
    return fct_text_append(bucket, name, length, err);
}

static fct_status make_url(const fct_bucket *bucket, const char *url, fct_text *out, fct_error *err)
{
    fct_text name = {0};
    const char *key = "";
    fct_status status;
    FCT_TRY_OUT(split(url, &name, &key, err));
    if (!*key) {
        status = fct_error_set(err, FCT_ERROR_ARGUMENT, "%s names a bucket, and no object", url);
        goto out;
    }
    FCT_TRY_OUT(fct_text_append_format(out, err, "%s/%s/", fct_text_get(&bucket->endpoint),
                                       fct_text_get(&name)));
    status = append_encoded(out, key, true, err);
out:
    fct_text_free(&name);
    return status;
}

/* Parameters in the order of their names, as they are signed. */
static fct_status make_list_url(const fct_bucket *bucket, const char *url, const char *marker,
                                fct_text *out, fct_error *err)
{
    fct_text name = {0};
    const char *prefix = "";
    fct_status status;
    FCT_TRY_OUT(split(url, &name, &prefix, err));
    FCT_TRY_OUT(fct_text_append_format(out, err, "%s/%s?", fct_text_get(&bucket->endpoint),
                                       fct_text_get(&name)));
    if (marker) {
        FCT_TRY_OUT(fct_text_append_format(out, err, "marker="));
        FCT_TRY_OUT(append_encoded(out, marker, false, err));
        FCT_TRY_OUT(fct_text_append_format(out, err, "&"));
    }
    FCT_TRY_OUT(fct_text_append_format(out, err, "prefix="));
    status = append_encoded(out, prefix, false, err);
out:
    fct_text_free(&name);
    return status;
}

/* ---- Requests --------------------------------------------------------------------------------- */

static fct_status one_try(fct_bucket *bucket, fct_fetch *fetch, fct_error *err)
{
    fct_status status;
    FCT_TRY(fct_fetcher_start(bucket->fetcher, fetch, err));
    do {
        FCT_TRY_OUT(fct_job_check(bucket->job, err));
        FCT_TRY_OUT(fct_fetcher_run(bucket->fetcher, WAIT_MS, err));
    } while (!fct_fetcher_next(bucket->fetcher));
    return FCT_OK;
out:
    fct_fetcher_cancel(bucket->fetcher, fetch);
    return status;
}

static fct_status wait_before(fct_bucket *bucket, int n_tries, int64_t retry_after_ms,
                              fct_error *err)
{
    /* Any number will do to keep many clients apart. */
    uint64_t random = (uint64_t)fct_clock_ms() * 2654435761u + (uint64_t)getpid() * 40503u;
    int64_t until_ms =
        fct_clock_ms() + fct_retry_wait_ms(n_tries, FIRST_RETRY_MS, retry_after_ms, random >> 7);
    while (fct_clock_ms() < until_ms) {
        FCT_TRY(fct_job_check(bucket->job, err));
        usleep(20 * 1000);
    }
    return FCT_OK;
}

static fct_status say_refused(const fct_bucket *bucket, const fct_fetch *fetch, const char *url,
                              fct_error *err)
{
    static const char unsigned_hint[] = "; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set";
    static const char signed_hint[] = ": the key, the secret or the region is not the right one, "
                                      "or the key may not do that";
    bool is_forbidden = fetch->http_code == 401 || fetch->http_code == 403;
    const char *hint = is_forbidden && bucket->is_signed ? signed_hint : "";
    hint = is_forbidden && !bucket->is_signed ? unsigned_hint : hint;
    return fct_error_set(err, FCT_ERROR_IO, "%s: the server %s refuses: %s%s", url,
                         fct_text_get(&bucket->endpoint), fetch->message, hint);
}

/* What came of all tries; `url` is what the user knows the object by. */
static fct_status send(fct_bucket *bucket, fct_fetch *fetch, const char *url, fct_error *err)
{
    fetch->signer = bucket->is_signed ? &bucket->signer : NULL;
    if (!fetch->body_sha256)
        fetch->body_sha256 = sha256_of_nothing;
    for (int n_tries = 1;; n_tries++) {
        FCT_TRY(one_try(bucket, fetch, err));
        switch (fetch->result) {
        case FCT_FETCH_OK:
            return FCT_OK;
        case FCT_FETCH_NOT_FOUND:
            return fct_error_set(err, FCT_ERROR_NOT_FOUND, "%s is not there, says the server %s",
                                 url, fct_text_get(&bucket->endpoint));
        case FCT_FETCH_LOCAL:
            return fct_error_set(err, fetch->status, "%s: %s", url, fetch->message);
        case FCT_FETCH_TRANSIENT:
            if (n_tries < MAX_TRIES)
                break;
            return fct_error_set(err, FCT_ERROR_IO, "%s: %s, %d times (server %s)", url,
                                 fetch->message, n_tries, fct_text_get(&bucket->endpoint));
        default:
            return say_refused(bucket, fetch, url, err);
        }
        FCT_TRY(wait_before(bucket, n_tries, fetch->retry_after_ms, err));
    }
}

fct_status fct_bucket_get(fct_bucket *bucket, const char *url, const char *path, fct_error *err)
{
    fct_text address = {0};
    fct_atomic_file file = {0};
    fct_status status;
    FCT_TRY_OUT(make_url(bucket, url, &address, err));
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    fct_fetch fetch = {.url = fct_text_get(&address), .fd = file.fd};
    FCT_TRY_OUT(send(bucket, &fetch, url, err));
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    fct_text_free(&address);
    return status;
}

fct_status fct_bucket_get_text(fct_bucket *bucket, const char *url, size_t max_bytes, fct_text *out,
                               fct_error *err)
{
    fct_text address = {0};
    fct_fetch fetch = {.fd = -1, .max_text = max_bytes};
    fct_status status;
    *out = (fct_text){0};
    FCT_TRY_OUT(make_url(bucket, url, &address, err));
    fetch.url = fct_text_get(&address);
    FCT_TRY_OUT(send(bucket, &fetch, url, err));
    *out = fetch.text;
    fetch.text = (fct_text){0};
out:
    fct_text_free(&fetch.text);
    fct_text_free(&address);
    return status;
}

fct_status fct_bucket_put(fct_bucket *bucket, const char *path, const char *url, fct_error *err)
{
    char hex[FCT_CHECKSUM_HEX + 1];
    fct_text address = {0};
    fct_file_info info;
    fct_status status;
    int fd = -1;
    FCT_TRY_OUT(make_url(bucket, url, &address, err));
    FCT_TRY_OUT(fct_file_stat(path, &info, err));
    if (info.size_bytes > max_put_bytes) {
        status = fct_error_set(err, FCT_ERROR_LIMIT,
                               "%s has %" PRId64 " bytes, and S3 takes 5 GiB at once: make more "
                               "shards",
                               path, info.size_bytes);
        goto out;
    }
    FCT_TRY_OUT(fct_checksum_file(path, bucket->job, hex, err));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot open %s", path);
        goto out;
    }
    fct_fetch fetch = {.url = fct_text_get(&address),
                       .fd = -1,
                       .max_text = MAX_LISTING_BYTES,
                       .body_sha256 = hex,
                       .put = true,
                       .put_fd = fd,
                       .put_bytes = info.size_bytes};
    status = send(bucket, &fetch, url, err);
    fct_text_free(&fetch.text);
out:
    if (fd >= 0)
        close(fd);
    fct_text_free(&address);
    return status;
}

fct_status fct_bucket_remove(fct_bucket *bucket, const char *url, fct_error *err)
{
    fct_text address = {0};
    fct_error why = {0};
    fct_fetch fetch = {.fd = -1, .max_text = MAX_LISTING_BYTES, .remove = true};
    fct_status status;
    FCT_TRY_OUT(make_url(bucket, url, &address, err));
    fetch.url = fct_text_get(&address);
    status = send(bucket, &fetch, url, &why);
    if (status == FCT_ERROR_NOT_FOUND)
        status = FCT_OK;
    else if (status != FCT_OK && err)
        *err = why;
out:
    fct_text_free(&fetch.text);
    fct_text_free(&address);
    return status;
}

/* ---- Lists ------------------------------------------------------------------------------------ */

static fct_status add_page(fct_bucket *bucket, const char *url, fct_listing *listing,
                           fct_error *err)
{
    fct_text address = {0};
    fct_fetch fetch = {.fd = -1, .max_text = MAX_LISTING_BYTES};
    fct_status status;
    FCT_TRY_OUT(make_list_url(bucket, url, listing->next_marker, &address, err));
    fetch.url = fct_text_get(&address);
    FCT_TRY_OUT(send(bucket, &fetch, url, err));
    size_t n_before = listing->keys.n_texts;
    status = fct_listing_add(listing, fct_text_get(&fetch.text), fetch.text.length, err);
    if (status == FCT_OK && listing->is_truncated && listing->keys.n_texts == n_before)
        status = fct_error_set(err, FCT_ERROR_DATA,
                               "a page of it says that there is more, "
                               "and has no new key");
    if (status != FCT_OK)
        fct_error_prefix(err, "%s: the server's list: ", url);
out:
    fct_text_free(&fetch.text);
    fct_text_free(&address);
    return status;
}

fct_status fct_bucket_list(fct_bucket *bucket, const char *url, fct_text_set *keys, fct_error *err)
{
    fct_text name = {0};
    fct_listing listing = {0};
    const char *prefix = "";
    uint32_t number;
    fct_status status;
    *keys = (fct_text_set){0};
    FCT_TRY_OUT(split(url, &name, &prefix, err));
    do
        FCT_TRY_OUT(add_page(bucket, url, &listing, err));
    while (listing.is_truncated);
    for (size_t i = 0; i < listing.keys.n_texts; i++) {
        const char *key = listing.keys.texts[i];
        if (strncmp(key, prefix, strlen(prefix)) != 0) {
            status = fct_error_set(err, FCT_ERROR_DATA,
                                   "%s: the server lists a key that does not begin so", url);
            goto out;
        }
        key += strlen(prefix);
        FCT_TRY_OUT(fct_text_set_add(keys, key, strlen(key), &number, err));
    }
out:
    if (status != FCT_OK)
        fct_text_set_free(keys);
    fct_listing_free(&listing);
    fct_text_free(&name);
    return status;
}
