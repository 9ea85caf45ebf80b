#include "executor.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "progress.h"

enum { DEFAULT_SHARDS = 64, MAX_SHARDS = 10000, NO_PROGRAM = 127 };

/* ---- The Python package ----------------------------------------------------------------------- */

static const char *python_program(void)
{
    const char *program = getenv("FACTORIUM_PYTHON");
    return program && *program ? program : "python3";
}

/* Starts a program whose stdout is *out where that is not NULL, else nowhere; a negative number where it cannot. */
static pid_t start(char *const *argv, FILE **out)
{
    int ends[2] = {-1, -1};
    if (out && pipe(ends) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        /* Ctrl-C comes by way of this process, once; what began it must not outlive it. */
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (out)
            dup2(ends[1], STDOUT_FILENO);
        else if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(NO_PROGRAM);
        if (out) {
            close(ends[0]);
            close(ends[1]);
        }
        execvp(argv[0], argv);
        _exit(NO_PROGRAM);
    }
    if (out) {
        close(ends[1]);
        *out = child > 0 ? fdopen(ends[0], "r") : NULL;
        if (!*out)
            close(ends[0]);
    }
    return child;
}

/* The exit code; that of a signal is its number and 128. */
static int wait_for(pid_t child)
{
    int how = 0;
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR)
            return EXIT_FAILED;
        else if (session_interrupted())
            kill(child, SIGINT);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static bool has_package(void)
{
    char *argv[] = {(char *)python_program(), "-c", "import factorium.distributed", NULL};
    pid_t child = start(argv, NULL);
    return child > 0 && wait_for(child) == 0;
}

/* "STAGE\tDONE\tTOTAL" */
static void show_line(session *s, char *line)
{
    fct_progress progress = {.stage = line, .unit = "shards"};
    char *numbers = strchr(line, '\t');
    if (!numbers)
        return;
    *numbers++ = '\0';
    if (sscanf(numbers, "%" SCNd64 "\t%" SCNd64, &progress.done, &progress.total) == 2)
        progress_show(s, &progress);
}

/* Each stage's name must hold as long as it is shown, so that the lines' memory is the caller's. */
static void read_lines(session *s, FILE *lines, pid_t child, char **line)
{
    size_t size = 0;
    bool is_told = false;
    for (;;) {
        if (session_interrupted() && !is_told) {
            kill(child, SIGINT);
            is_told = true;
        }
        errno = 0;
        if (getline(line, &size, lines) >= 0) {
            show_line(s, *line);
            continue;
        }
        if (errno != EINTR)
            return;
        clearerr(lines);
    }
}

static int run_plan(session *s, const char *plan_path, const char *executor)
{
    char threads[32];
    char memory[32];
    char *line = NULL;
    FILE *lines;
    snprintf(threads, sizeof threads, "%d", s->run.n_threads ? s->run.n_threads : 1);
    snprintf(memory, sizeof memory, "%zu", s->run.memory_limit_bytes);
    char *argv[] = {(char *)python_program(),
                    "-m",
                    "factorium.distributed",
                    "run-plan",
                    (char *)plan_path,
                    "--executor",
                    (char *)executor,
                    "--threads",
                    threads,
                    "--memory-limit",
                    memory,
                    "--progress",
                    NULL};
    pid_t child = start(argv, &lines);
    if (child < 0 || !lines) {
        fprintf(stderr, "factorium %s: error: cannot start %s: %s\n", s->invocation->verb->name,
                argv[0], strerror(errno));
        return EXIT_FAILED;
    }
    read_lines(s, lines, child, &line);
    fclose(lines);
    int code = wait_for(child);
    progress_clear(s);
    s->stage = NULL;
    free(line);
    return session_interrupted() ? EXIT_INTERRUPTED : code;
}

/* ---- The request ------------------------------------------------------------------------------ */

/* Where the shards' files go; NULL, with a message, where nobody said and no store is there to hold them. */
static char *work_folder(const invocation *in, const executor_options *at,
                         const fct_shard_request *request)
{
    char *text = NULL;
    const char *named = in->values[at->work] ? in->values[at->work] : getenv("FACTORIUM_WORK");
    const char *store = request->bars ? request->bars->store : NULL;
    if (named && *named)
        text = strdup(named);
    else if (!store || strstr(store, "://"))
        option_error(in, at->executor, "say where all nodes read and write: --work DIR");
    else if (asprintf(&text, "%s/.shards", store) < 0)
        text = NULL;
    return text;
}

static fct_status make_plan(session *s, const executor_options *at, fct_shard_request *request,
                            executor_run *run, int *code, fct_error *err)
{
    const invocation *in = s->invocation;
    int64_t n_shards = DEFAULT_SHARDS;
    char *work = NULL;
    *code = EXIT_USAGE;
    if (!option_count(in, at->shards, 1, MAX_SHARDS, &n_shards) ||
        !(work = work_folder(in, at, request)))
        return FCT_ERROR_ARGUMENT;
    *code = EXIT_OK;
    request->n_shards = (size_t)n_shards;
    request->work = work;
    fct_status made = fct_shard_plan_make(request, &s->run, &run->plan, err);
    free(work);
    request->work = NULL;
    return made;
}

fct_status executor_open(session *s, const executor_options *at, fct_shard_request *request,
                         executor_run *run, struct ArrowArrayStream *out, int *code, fct_error *err)
{
    const char *verb = s->invocation->verb->name;
    fct_error why = {0};
    *out = (struct ArrowArrayStream){0};
    *code = EXIT_OK;
    if (!has_package()) {
        *code = EXIT_INTERRUPTED;
        if (session_interrupted())
            return FCT_ERROR_ARGUMENT;
        fprintf(stderr,
                "factorium %s: error: --executor needs the Python package, which %s does not "
                "find: pip install it there, with ray, distributed or pyspark, or name another "
                "Python with FACTORIUM_PYTHON\n",
                verb, python_program());
        *code = EXIT_FAILED;
        return FCT_ERROR_ARGUMENT;
    }
    fct_status made = make_plan(s, at, request, run, code, err);
    if (!run->plan)
        return made;
    fct_status status = fct_shard_claim_take(run->plan, &s->run, &run->claim, &why);
    if (status == FCT_OK) {
        *code = run_plan(s, fct_shard_claim_path(run->claim), s->invocation->values[at->executor]);
        if (*code != EXIT_OK)
            return FCT_ERROR_ARGUMENT;
        status = fct_shard_merge(run->plan, &s->run, out, &why);
    }
    if (status == FCT_OK || status == FCT_ERROR_PARTIAL)
        return made;
    *err = why;
    return status;
}

void executor_end(executor_run *run, bool was_taken)
{
    fct_shard_claim_end(run->claim, was_taken);
    fct_shard_plan_free(run->plan);
    *run = (executor_run){0};
}
