/* The parts of the report's page that lie in the library: its frame, style, script, and the charts. */
#ifndef FCT_REPORT_ASSETS_H
#define FCT_REPORT_ASSETS_H

#include <stddef.h>

typedef struct fct_asset {
    const char *data; /* not terminated */
    size_t n_bytes;
} fct_asset;

fct_asset fct_asset_page(void);
fct_asset fct_asset_style(void);
fct_asset fct_asset_script(void);
fct_asset fct_asset_charts(void);

#endif
