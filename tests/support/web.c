#include "support/web.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

enum { TRIES = 500, TRY_US = 20 * 1000 };

pid_t test_web_start(const char *folder, int n_busy)
{
    char port_file[600];
    char busy[16];
    char url[64];
    char *port = NULL;
    size_t n_bytes;
    snprintf(port_file, sizeof port_file, "%s.port", folder);
    snprintf(busy, sizeof busy, "%d", n_busy);
    unlink(port_file);
    pid_t server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        setenv("BUSY", busy, 1);
        if (!freopen("/dev/null", "w", stderr))
            _exit(126);
        execlp("python3", "python3", "-B", "tests/support/web_server.py", folder, port_file, NULL);
        _exit(127);
    }
    for (int i = 0; i < TRIES && !port; i++) {
        int how;
        if (waitpid(server, &how, WNOHANG) == server) {
            assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 127);
            return 0;
        }
        if (fct_file_read(port_file, 16, &port, &n_bytes, NULL) != FCT_OK)
            usleep(TRY_US);
    }
    assert_non_null(port);
    snprintf(url, sizeof url, "http://127.0.0.1:%s", port);
    free(port);
    setenv("AWS_ENDPOINT_URL", url, 1);
    setenv("AWS_ACCESS_KEY_ID", "key", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    unsetenv("AWS_SESSION_TOKEN");
    unsetenv("AWS_ENDPOINT_URL_S3");
    return server;
}

void test_web_stop(pid_t server)
{
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
}
