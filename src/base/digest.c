/* The digest is XXH3: as fast as memory, and the same on every machine. */
#include "base/digest.h"

#include <inttypes.h>
#include <stdio.h>

#include <xxhash.h>

static XXH3_state_t *state_of(fct_digest *digest)
{
    return (XXH3_state_t *)digest;
}

fct_digest *fct_digest_new(void)
{
    XXH3_state_t *state = XXH3_createState();
    if (state)
        XXH3_64bits_reset(state);
    return (fct_digest *)state;
}

void fct_digest_restart(fct_digest *digest)
{
    XXH3_64bits_reset(state_of(digest));
}

void fct_digest_add(fct_digest *digest, const void *bytes, size_t n_bytes)
{
    XXH3_64bits_update(state_of(digest), bytes, n_bytes);
}

uint64_t fct_digest_value(const fct_digest *digest)
{
    return XXH3_64bits_digest((const XXH3_state_t *)digest);
}

void fct_digest_free(fct_digest *digest)
{
    XXH3_freeState(state_of(digest));
}

uint64_t fct_digest_of(const void *bytes, size_t n_bytes)
{
    return XXH3_64bits(bytes, n_bytes);
}

void fct_digest_text(const fct_digest *digest, char text[FCT_DIGEST_TEXT])
{
    snprintf(text, FCT_DIGEST_TEXT, "%016" PRIx64, fct_digest_value(digest));
}
