/*
 * Any text as an archive's path: what it is said to be is made of checked names and real dates
 * only.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = malloc(size + 1);
    require(path != NULL);
    memcpy(path, data, size);
    path[size] = '\0';
    fct_archive_name name;
    const fct_exchange *const exchanges[] = {&fct_exchange_okx, &fct_exchange_bybit,
                                             &fct_exchange_binance};
    for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
        exchanges[i]->parse_path(path, &name);
        require(memchr(name.symbol, '\0', sizeof name.symbol) != NULL);
        require(name.first_day == INT64_MIN || (name.n_days >= 1 && name.n_days <= 31));
    }
    fct_ingest_options options = {.dataset.market = name.market[0] ? NULL : "spot"};
    fct_archive_identity identity;
    fct_error err = {0};
    if (fct_archive_identify(path, &options, &identity, &err) == FCT_OK) {
        require(fct_name_check(identity.market, "market", NULL) == FCT_OK);
        require(fct_name_check(identity.data_type, "data type", NULL) == FCT_OK);
        require(fct_name_check(identity.symbol, "symbol", NULL) == FCT_OK);
        require(identity.table != NULL);
    } else {
        require(err.message[0] != '\0');
    }
    free(path);
    return 0;
}
