/*
 * Where a tick's secrets could come to light outside of what it prints and stores: in /proc, in a
 * core dump, in the server's log. What it prints and stores is test_traces.c's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define PASSWORD "pw-5ecret-Zk4"

enum { SIGHT_SIZE = 4 * 1024 * 1024 };

/* What a file holds from an offset on, up to SIGHT_SIZE bytes; to be freed. */
static char *read_bytes(const char *path, off_t offset, size_t *length)
{
    char *bytes = malloc(SIGHT_SIZE);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    ck_assert_ptr_nonnull(bytes);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_ge(lseek(fd, offset, SEEK_SET), 0);
    for (*length = 0; (n = read(fd, bytes + *length, SIGHT_SIZE - *length)) > 0;)
        *length += (size_t)n;
    ck_assert_msg(n == 0 && *length < SIGHT_SIZE, "%s is not read to its end", path);
    close(fd);
    return bytes;
}

static bool holds(const char *bytes, size_t length, const char *text)
{
    return memmem(bytes, length, text, strlen(text)) != NULL;
}

static char role[64];

/* A role that has PASSWORD, and SUPABASE_DB_URL for it; in a static buffer. */
static const char *add_role(void)
{
    static char variable[500];

    snprintf(role, sizeof role, "secret_%ld", (long)getpid());
    testdb_exec("CREATE ROLE %s LOGIN SUPERUSER PASSWORD '" PASSWORD "'", role);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=postgresql://%s:" PASSWORD "@%s:%s/%s",
             role, getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"));
    return variable;
}

/* ---- /proc ---- */

/* Looks at the environment of a process, which only root may see at all. */
static void assert_environment(pid_t pid, const char *const secrets[])
{
    char path[64];
    char *bytes;
    size_t length;

    snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    if (geteuid() != 0) {
        ck_assert_int_lt(open(path, O_RDONLY | O_CLOEXEC), 0);
        ck_assert_int_eq(errno, EACCES);
        return;
    }
    bytes = read_bytes(path, 0, &length);
    ck_assert(holds(bytes, length, "SUPABASE_URL=http://"));
    ck_assert(holds(bytes, length, "SUPABASE_SERVICE_ROLE_KEY="));
    for (size_t i = 0; secrets[i] != NULL; i++)
        ck_assert_msg(!holds(bytes, length, secrets[i]), "%s shows secret %zu", path, i);
    free(bytes);
}

/* Covers: neither key nor password in the environment of the parent or of a worker, as /proc has
 * it; with the password in SUPABASE_DB_URL, and in PGPASSWORD. */
START_TEST(test_environment)
{
    char password[200];
    const char *const secrets[] = {SCENE_KEY, _i == 0 ? password : PASSWORD, NULL};
    pid_t children[SCENE_CHILDREN_MAX];
    struct program *program;
    int workers;

    snprintf(password, sizeof password, "PGPASSWORD=%s", getenv("PGPASSWORD"));
    if (_i == 1)
        scene_set_variable(add_role());
    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* latency_ms=600");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 2);
    workers = scene_children(program_pid(program), children);
    ck_assert_int_eq(workers, 2);
    assert_environment(program_pid(program), secrets);
    for (int i = 0; i < workers; i++)
        assert_environment(children[i], secrets);
    scene_expect(scene_wait(program), 2, 0, 0, 0);
    if (_i == 1)
        testdb_drop_role(role);
}
END_TEST

/* ---- Core dumps ---- */

static char directory[64];

static void open_directory(void)
{
    scene_open();
    strcpy(directory, "/tmp/syncsched-test-core-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

/* The files in it, removed on the way. */
static int empty_directory(void)
{
    DIR *files = opendir(directory);
    const struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(files);
    while ((entry = readdir(files)) != NULL) {
        char path[400];

        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        count += unlink(path) == 0 ? 1 : 0;
    }
    closedir(files);
    return count;
}

static void close_directory(void)
{
    empty_directory();
    rmdir(directory);
    scene_close();
}

/* Whether this system dumps the core of a process that is killed so, and will of another's. */
static bool dumps_cores(void)
{
    char line[200];
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct program_result result;
    bool answer;

    snprintf(line, sizeof line, "ulimit -c unlimited; cd %s; kill -ABRT $$", directory);
    result = program_run(argv, NULL);
    answer = result.left_core;
    program_result_free(&result);
    empty_directory();
    return answer;
}

/* Covers: neither a tick nor a worker that dies of a signal leaves a core. */
START_TEST(test_core)
{
    pid_t children[SCENE_CHILDREN_MAX];
    struct program_result result;
    struct program *program;
    char wrapper[300];

    if (!dumps_cores())
        return; /* nobody could tell */
    snprintf(
        wrapper, sizeof wrapper,
        "ulimit -c unlimited; program=$(realpath \"$1\"); shift; cd %s; exec \"$program\" \"$@\"",
        directory);
    scene_set_wrapper(wrapper);
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=1500");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    ck_assert_int_eq(scene_children(program_pid(program), children), 1);
    program_signal(program, SIGABRT);
    result = program_wait(program);
    ck_assert_int_eq(result.status, 128 + SIGABRT);
    ck_assert(!result.left_core);
    ck_assert_int_eq(kill(children[0], SIGABRT), 0);
    while (scene_is_alive(children[0]))
        scene_sleep_ms(10);
    ck_assert_int_eq(empty_directory(), 0);
    program_result_free(&result);
}
END_TEST

/* ---- The server's log ---- */

/* The file that the server writes its log to, as its standard error. */
static void find_log(char path[64])
{
    char *pid = testdb_text("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");

    snprintf(path, 64, "/proc/%s/fd/2", pid);
    free(pid);
}

static const char *const answers[] = {
    "*",
    "* status=500 body={\"code\": \"echo\", \"message\": \"Bearer " SCENE_KEY " is refused\"}",
    "* action=garbage",
};

/* Covers: with every statement and parameter logged, the server's log has neither key nor password. */
START_TEST(test_server_log)
{
    char path[64];
    struct stat before;
    struct scene_tick tick;
    char *log;
    size_t length;

    scene_set_variable(add_role());
    testdb_exec("ALTER DATABASE %s SET log_statement = 'all';"
                "ALTER DATABASE %s SET log_min_duration_statement = 0;"
                "ALTER DATABASE %s SET log_error_verbosity = 'verbose'",
                getenv("PGDATABASE"), getenv("PGDATABASE"), getenv("PGDATABASE"));
    find_log(path);
    ck_assert_int_eq(stat(path, &before), 0);
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), answers[_i]);
    tick = scene_run("--at " AT);
    ck_assert_int_eq(tick.triggered, 1);
    scene_tick_free(&tick);
    log = read_bytes(path, before.st_size, &length);
    ck_assert(holds(log, length, "UPDATE sync_run_log"));
    ck_assert(holds(log, length, SCENE_ORG)); /* the parameters are there, too */
    ck_assert(!holds(log, length, SCENE_KEY));
    ck_assert(!holds(log, length, PASSWORD));
    free(log);
    testdb_drop_role(role);
}
END_TEST

SUITE(secrets)
{
    TCase *sight = tcase_create("secrets-sight");
    TCase *core = tcase_create("secrets-core");

    tcase_add_checked_fixture(sight, scene_open, scene_close);
    tcase_add_loop_test(sight, test_environment, 0, 2);
    tcase_add_loop_test(sight, test_server_log, 0, (int)(sizeof answers / sizeof answers[0]));
    suite_add_tcase(suite, sight);
    tcase_add_checked_fixture(core, open_directory, close_directory);
    tcase_add_test(core, test_core);
    suite_add_tcase(suite, core);
}
