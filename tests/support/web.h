/* tests/support/web_server.py as a process of a test's own: a folder as the bucket s3://bucket. */
#ifndef FCT_TESTS_SUPPORT_WEB_H
#define FCT_TESTS_SUPPORT_WEB_H

#include <sys/types.h>

/*
 * Starts it on `folder`; the first `n_busy` requests are answered with 503. Sets AWS_ENDPOINT_URL, and key, secret and region
 * as it wants them. 0 where there is no python3 to run it.
 */
pid_t test_web_start(const char *folder, int n_busy);
void test_web_stop(pid_t server);

#endif
