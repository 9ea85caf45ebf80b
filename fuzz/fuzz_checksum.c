/* Any text as a .CHECKSUM file: 64 hex digits come out of it, or nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char hex[FCT_CHECKSUM_HEX + 1] = "";
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    bool is_any = fct_checksum_parse(text, NULL, hex);
    if (is_any && strspn(hex, "0123456789abcdef") != FCT_CHECKSUM_HEX)
        abort();
    if (fct_checksum_parse(text, "a.zip", hex) && !is_any)
        abort();
    free(text);
    return 0;
}
