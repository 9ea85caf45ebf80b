#include "support/root.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

char test_root[64];

int test_root_make(void **state)
{
    (void)state;
    strcpy(test_root, "/tmp/factorium-test-XXXXXX");
    return mkdtemp(test_root) ? 0 : -1;
}

int test_root_remove(void **state)
{
    (void)state;
    return fct_tree_remove(test_root, NULL) == FCT_OK && !fct_file_exists(test_root) ? 0 : -1;
}
