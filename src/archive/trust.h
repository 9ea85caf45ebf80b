/* Whose certificates are believed. */
#ifndef FCT_ARCHIVE_TRUST_H
#define FCT_ARCHIVE_TRUST_H

/* Where systems keep the certificates of all authorities in one file; NULL-ended. */
extern const char *const fct_trust_usual[];

/*
 * The file of CURL_CA_BUNDLE, else of SSL_CERT_FILE; else NULL where `built_in`, the place that libcurl was built with, is there
 * (or is NULL); else the first of `usual` that is, as when libcurl was built on another system. NULL: libcurl's own choice.
 */
const char *fct_trust_bundle(const char *built_in, const char *const *usual);

#endif
