#include "archive/trust.h"

#include <stdlib.h>
#include <unistd.h>

const char *const fct_trust_usual[] = {"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
                                       "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
                                       "/etc/ssl/ca-bundle.pem",             /* openSUSE */
                                       "/etc/ssl/cert.pem",                  /* BSD, macOS */
                                       NULL};

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *fct_trust_bundle(const char *built_in, const char *const *usual)
{
    const char *named = environment("CURL_CA_BUNDLE");
    named = named ? named : environment("SSL_CERT_FILE");
    if (named || !built_in || access(built_in, R_OK) == 0)
        return named;
    while (*usual && access(*usual, R_OK) != 0)
        usual++;
    return *usual;
}
