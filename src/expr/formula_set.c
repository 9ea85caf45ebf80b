/* Published sets of formulas, as files of share/factorium that are put into the library when it is built. */
#include <string.h>

#include "factorium.h"

/* The bytes of a file and a NUL behind them, as text_<name>. The build adds share/factorium to the include path. */
#define FORMULA_FILE(name)                                                                         \
    __asm__(".pushsection .rodata\n"                                                               \
            "fct_text_" #name ":\n"                                                                \
            ".incbin \"" #name ".txt\"\n"                                                          \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern const char fct_text_##name[] __attribute__((visibility("hidden")))

FORMULA_FILE(alpha101);
FORMULA_FILE(alpha158);

const char *fct_formula_set(const char *name, fct_dialect *dialect)
{
    static const struct {
        const char *name;
        const char *text;
        fct_dialect dialect;
    } sets[] = {
        {"alpha101", fct_text_alpha101, FCT_DIALECT_ALPHA101},
        {"alpha158", fct_text_alpha158, FCT_DIALECT_FACTORIUM},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (strcmp(name, sets[i].name) == 0) {
            if (dialect)
                *dialect = sets[i].dialect;
            return sets[i].text;
        }
    return NULL;
}
