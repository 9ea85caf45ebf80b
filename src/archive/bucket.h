/* Objects of S3-compatible stores, s3://BUCKET/KEY: read, put, listed, removed. An object appears whole or not at all. */
#ifndef FCT_ARCHIVE_BUCKET_H
#define FCT_ARCHIVE_BUCKET_H

#include "base/run.h"
#include "base/text.h"
#include "base/text_set.h"

typedef struct fct_bucket fct_bucket;

/*
 * Who asks and where the server is come from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN (without them requests are not signed), AWS_REGION or AWS_DEFAULT_REGION, and AWS_ENDPOINT_URL_S3 or
 * AWS_ENDPOINT_URL. They are never part of a message. For one thread; closed by fct_bucket_close.
 */
fct_status fct_bucket_open(fct_job *job, fct_bucket **out, fct_error *err);
void fct_bucket_close(fct_bucket *bucket); /* accepts NULL */

/*
 * All take s3://BUCKET/KEY, and try again what may pass (cut connections, 429, 5xx). Errors: FCT_ERROR_NOT_FOUND,
 * FCT_ERROR_IO with what the server said, FCT_ERROR_ARGUMENT for what is no such address, FCT_ERROR_INTERRUPTED.
 */

/* To a file of this machine, which appears when it is whole. */
fct_status fct_bucket_get(fct_bucket *bucket, const char *url, const char *path, fct_error *err);

/* A small object as a text, which the caller frees; one of more than `max_bytes` is FCT_ERROR_IO. */
fct_status fct_bucket_get_text(fct_bucket *bucket, const char *url, size_t max_bytes, fct_text *out,
                               fct_error *err);

/* A file of this machine, of up to 5 GB; what was there before is replaced. */
fct_status fct_bucket_put(fct_bucket *bucket, const char *path, const char *url, fct_error *err);

/* The keys that begin with that of `url`, without it, in the server's order; freed by fct_text_set_free. */
fct_status fct_bucket_list(fct_bucket *bucket, const char *url, fct_text_set *keys, fct_error *err);

/* One that is not there is fine. */
fct_status fct_bucket_remove(fct_bucket *bucket, const char *url, fct_error *err);

#endif
