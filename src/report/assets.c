#include "report/assets.h"

/* The assembler puts a file into the object as it is; the build names the files. */
#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".hidden fct_embedded_" #name "\n"                                                     \
            ".global fct_embedded_" #name "\n"                                                     \
            "fct_embedded_" #name ":\n"                                                            \
            ".incbin \"" file "\"\n"                                                               \
            ".hidden fct_embedded_" #name "_end\n"                                                 \
            ".global fct_embedded_" #name "_end\n"                                                 \
            "fct_embedded_" #name "_end:\n"                                                        \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char fct_embedded_##name[];                                                       \
    extern const char fct_embedded_##name##_end[];                                                 \
    fct_asset fct_asset_##name(void)                                                               \
    {                                                                                              \
        return (fct_asset){fct_embedded_##name,                                                    \
                           (size_t)(fct_embedded_##name##_end - fct_embedded_##name)};             \
    }

EMBED(page, FCT_REPORT_FOLDER "/report.html")
EMBED(style, FCT_REPORT_FOLDER "/report.css")
EMBED(script, FCT_REPORT_FOLDER "/report.js")
EMBED(charts, FCT_CHARTS_FILE)
