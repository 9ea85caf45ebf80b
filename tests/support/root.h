/* A folder for the files of one test, made before it and removed behind it: set-up and tear-down of cmocka. */
#ifndef FCT_TESTS_SUPPORT_ROOT_H
#define FCT_TESTS_SUPPORT_ROOT_H

extern char test_root[64];

int test_root_make(void **state);
int test_root_remove(void **state);

#endif
