/* Long calls: without the interpreter's lock, stoppable, with progress and messages; errors as exceptions. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core.h"

enum { SIGNAL_CHECK_MS = 50 };

typedef struct call {
    core_function function;
    void *arguments;
    fct_run run;
    PyObject *progress, *message; /* NULL: none; borrowed from the run */
    fct_status status;
    fct_error err;
    PyObject *raised; /* the first exception of `progress` or `message` */
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended;
} call;

/* ---- Forks ------------------------------------------------------------------------------------- */

/* Of this process, as forks are: calls that run, and whether it began in the middle of one of another thread's. */
static atomic_int n_running;
static atomic_bool began_amid;

static void after_fork(void)
{
    if (atomic_exchange(&n_running, 0) > 0)
        atomic_store(&began_amid, true);
}

int call_add(void)
{
    static atomic_bool is_known;
    if (atomic_exchange(&is_known, true) || pthread_atfork(NULL, NULL, after_fork) == 0)
        return 0;
    PyErr_NoMemory();
    return -1;
}

/* Locks that were held at that moment are held for ever in the child: an error is better than a call without an end. */
static int refuse_after_fork(void)
{
    core_raise("ForkedError", "this process was forked while another thread was in a call of "
                              "factorium: start it at another moment, or by spawn or forkserver");
    return -1;
}

/* ---- Callbacks, from threads of the library ---------------------------------------------------- */

static bool should_stop(void *user)
{
    return atomic_load(&((call *)user)->stop);
}

/* Keeps the exception that is set, if it is the call's first, and stops the call, as Ctrl-C would. */
static void keep_raised(call *c)
{
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value && traceback)
        PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    if (c->raised)
        Py_XDECREF(value);
    else
        c->raised = value;
    atomic_store(&c->stop, true);
}

/* Calls back with a new reference `arguments`. */
static void call_back(call *c, PyObject *function, PyObject *arguments)
{
    PyObject *result = arguments ? PyObject_CallObject(function, arguments) : NULL;
    Py_XDECREF(arguments);
    if (!result)
        keep_raised(c);
    Py_XDECREF(result);
}

static void on_progress(const fct_progress *p, void *user)
{
    call *c = user;
    PyGILState_STATE gil = PyGILState_Ensure();
    call_back(c, c->progress,
              Py_BuildValue("(szsLL)", p->stage, p->item, p->unit, (long long)p->done,
                            (long long)p->total));
    PyGILState_Release(gil);
}

static void on_message(fct_message_level level, const char *text, void *user)
{
    call *c = user;
    PyGILState_STATE gil = PyGILState_Ensure();
    call_back(c, c->message, Py_BuildValue("(is)", (int)level, text));
    PyGILState_Release(gil);
}

/* ---- Errors ------------------------------------------------------------------------------------ */

void core_raise(const char *kind, const char *message)
{
    PyObject *module = PyImport_ImportModule("factorium._errors");
    PyObject *type = module ? PyObject_GetAttrString(module, kind) : NULL;
    if (type)
        PyErr_SetString(type, message);
    Py_XDECREF(type);
    Py_XDECREF(module);
}

void core_raise_about(const char *what)
{
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    char message[256];
    bool is_type = PyErr_ExceptionMatches(PyExc_TypeError);
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *said = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    PyErr_Clear();
    snprintf(message, sizeof message, "%s: %s", what, said ? said : "it is no such value");
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    core_raise(is_type ? "ArgumentTypeError" : "ArgumentError", message);
}

static void raise_error(const fct_error *err, int wants_key)
{
    PyObject *module = PyImport_ImportModule("factorium._errors");
    PyObject *error = module
                          ? PyObject_CallMethod(module, "make", "isLi", (int)err->status,
                                                err->message, (long long)err->position, wants_key)
                          : NULL;
    if (error)
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(module);
}

static int warn_partial(const fct_error *err)
{
    PyObject *module = PyImport_ImportModule("factorium._errors");
    PyObject *category = module ? PyObject_GetAttrString(module, "PartialWarning") : NULL;
    PyObject *text = category ? PyObject_CallMethod(module, "in_python", "s", err->message) : NULL;
    const char *message = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    int result = message ? PyErr_WarnEx(category, message, 2) : -1;
    Py_XDECREF(text);
    Py_XDECREF(category);
    Py_XDECREF(module);
    return result;
}

int core_check(fct_status status, const fct_error *err, int wants_key)
{
    if (status == FCT_OK)
        return FCT_OK;
    if (status == FCT_ERROR_PARTIAL)
        return warn_partial(err) < 0 ? -1 : (int)status;
    raise_error(err, wants_key);
    return -1;
}

/* ---- The call ---------------------------------------------------------------------------------- */

static int read_run(PyObject *run, call *c)
{
    PyObject *progress = Py_None;
    PyObject *message = Py_None;
    int n_threads = 0;
    Py_ssize_t memory_limit = 0;
    const char *temp_dir = NULL;
    if (run != Py_None && !PyArg_ParseTuple(run, "inzOO;a run is a tuple of five", &n_threads,
                                            &memory_limit, &temp_dir, &progress, &message))
        return -1;
    if (memory_limit < 0) {
        core_raise("ArgumentError", "a memory limit is at least 0");
        return -1;
    }
    c->progress = progress;
    c->message = message;
    c->run = (fct_run){
        .n_threads = n_threads,
        .memory_limit_bytes = (size_t)memory_limit,
        .temp_dir = temp_dir,
        .should_stop = should_stop,
        .on_progress = progress == Py_None ? NULL : on_progress,
        .on_message = message == Py_None ? NULL : on_message,
        .user = c,
    };
    return 0;
}

static void *run_in_thread(void *user)
{
    call *c = user;
    c->status = c->function(c->arguments, &c->run, &c->err);
    pthread_mutex_lock(&c->lock);
    c->has_ended = true;
    pthread_cond_signal(&c->ended);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static bool wait_a_moment(call *c)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += SIGNAL_CHECK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&c->lock);
    int code = 0;
    while (!c->has_ended && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&c->ended, &c->lock, &until);
    bool has_ended = c->has_ended;
    pthread_mutex_unlock(&c->lock);
    return has_ended;
}

/* Only the main thread hears of signals; the library's should_stop may be asked by any. */
static int run_call(call *c)
{
    pthread_t thread;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->ended, NULL);
    int code = pthread_create(&thread, NULL, run_in_thread, c);
    bool interrupted = false;
    while (code == 0) {
        PyThreadState *state = PyEval_SaveThread();
        bool has_ended = wait_a_moment(c);
        PyEval_RestoreThread(state);
        if (has_ended)
            break;
        if (!interrupted && PyErr_CheckSignals() < 0) {
            interrupted = true;
            atomic_store(&c->stop, true);
        }
    }
    if (code == 0)
        pthread_join(thread, NULL);
    else
        PyErr_Format(PyExc_RuntimeError, "cannot start a thread: %s", strerror(code));
    pthread_cond_destroy(&c->ended);
    pthread_mutex_destroy(&c->lock);
    return code == 0 && !interrupted ? 0 : -1;
}

int core_call(PyObject *run, core_function function, void *arguments, int wants_key)
{
    call c = {.function = function, .arguments = arguments, .err = {.position = -1}};
    if (atomic_load(&began_amid))
        return refuse_after_fork();
    if (read_run(run, &c) < 0)
        return -1;
    atomic_fetch_add(&n_running, 1);
    int done = run_call(&c);
    atomic_fetch_sub(&n_running, 1);
    /* Of two, the one that is set is Ctrl-C's. */
    if (c.raised && done == 0)
        PyErr_SetObject((PyObject *)Py_TYPE(c.raised), c.raised);
    bool was_raised = c.raised != NULL;
    Py_XDECREF(c.raised);
    if (done < 0 || was_raised)
        return -1;
    return core_check(c.status, &c.err, wants_key);
}
