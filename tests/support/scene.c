#include "support/scene.h"

#include "support/testdb.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SCENE_TEXTS = 8, SCENE_TEXT_SIZE = 64, SCENE_OPTIONS_MAX = 28 };

static struct function *scene_server;
static const char *scene_url;
static const char *scene_key_name;
static const char *scene_key;
static const char *scene_variable;
static const char *scene_wrapper;

void scene_open(void)
{
    testdb_create();
    scene_begin();
}

void scene_begin(void)
{
    scene_server = function_start();
    scene_url = NULL;
    scene_key_name = "SUPABASE_SERVICE_ROLE_KEY";
    scene_key = SCENE_KEY;
    scene_variable = NULL;
    scene_wrapper = NULL;
    testdb_exec("INSERT INTO organizations (id, name) VALUES ('" SCENE_ORG "', 'Nordlys')");
}

void scene_close(void)
{
    function_stop(scene_server);
    testdb_drop();
}

struct function *scene_function(void)
{
    return scene_server;
}

void scene_set_url(const char *url)
{
    scene_url = url;
}

void scene_set_key(const char *name, const char *key)
{
    scene_key_name = name;
    scene_key = key;
}

void scene_set_variable(const char *variable)
{
    scene_variable = variable;
}

void scene_set_wrapper(const char *line)
{
    scene_wrapper = line;
}

/* ---- Time ---- */

static char *scene_next_text(void)
{
    static char texts[SCENE_TEXTS][SCENE_TEXT_SIZE];
    static int next;

    next = (next + 1) % SCENE_TEXTS;
    return texts[next];
}

void scene_sleep_ms(int ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

int64_t scene_settle(int margin_ms)
{
    struct timespec now;
    int64_t half_ms; /* since the window's beginning, which is at half past a minute */
    int64_t now_ms;

    for (;;) {
        clock_gettime(CLOCK_REALTIME, &now);
        now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
        half_ms = (now_ms + 30000) % 60000;
        if (half_ms > 100 && half_ms + margin_ms < 60000)
            return (now_ms + 30000) / 60000;
        scene_sleep_ms(half_ms <= 100 ? 101 : (int)(60000 - half_ms) + 101);
    }
}

int64_t scene_settle_behind_slot(void)
{
    int64_t slot = scene_settle(20000);

    while (time(NULL) <= (time_t)(slot * 60))
        scene_sleep_ms(100);
    return slot;
}

static struct tm scene_civil_time(int64_t minute)
{
    time_t seconds = (time_t)(minute * 60);
    struct tm utc;

    ck_assert_ptr_nonnull(gmtime_r(&seconds, &utc));
    return utc;
}

const char *scene_minute_text(int64_t minute)
{
    struct tm utc = scene_civil_time(minute);
    char *text = scene_next_text();

    ck_assert_uint_gt(strftime(text, SCENE_TEXT_SIZE, "%Y-%m-%dT%H:%M:00Z", &utc), 0);
    return text;
}

const char *scene_minute_cron(int64_t minute)
{
    struct tm utc = scene_civil_time(minute);
    char *text = scene_next_text();

    ck_assert_uint_gt(strftime(text, SCENE_TEXT_SIZE, "%M %H %d %m *", &utc), 0);
    return text;
}

void scene_write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

char *scene_read_file(const char *path, size_t size)
{
    char *text = calloc(size, 1);
    FILE *file = fopen(path, "re");

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_lt(fread(text, 1, size - 1, file), size - 1);
    fclose(file);
    return text;
}

static char scene_pipe_directory[32];
static char scene_pipe[48];
static int scene_pipe_fd; /* an end of it at which nobody reads */

const char *scene_open_full_pipe(void)
{
    static const char filler[4096];

    strcpy(scene_pipe_directory, "/tmp/syncsched-pipe-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scene_pipe_directory));
    snprintf(scene_pipe, sizeof scene_pipe, "%s/full", scene_pipe_directory);
    ck_assert_int_eq(mkfifo(scene_pipe, 0600), 0);
    scene_pipe_fd = open(scene_pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(scene_pipe_fd, 0);
    while (write(scene_pipe_fd, filler, sizeof filler) > 0)
        continue;
    return scene_pipe;
}

void scene_close_full_pipe(void)
{
    close(scene_pipe_fd);
    unlink(scene_pipe);
    rmdir(scene_pipe_directory);
}

/* ---- Rows ---- */

const char *scene_integration(int n)
{
    char *text = scene_next_text();

    snprintf(text, SCENE_TEXT_SIZE, "10000000-0000-4000-8000-%012d", n);
    return text;
}

void scene_seed(int first, int last, const char *cron)
{
    for (int n = first; n <= last; n++)
        testdb_exec("INSERT INTO organization_integrations"
                    " (org_id, integration_id, integration_type, cron_schedule)"
                    " VALUES ('" SCENE_ORG "', '10000000-0000-4000-8000-%012d', 'xledger', '%s')",
                    n, cron); /* cron may be in one of the buffers: takes none */
}

void scene_seed_tick(void)
{
    testdb_exec(
        "INSERT INTO sync_trigger_state VALUES ('seed', 'scene', now()) ON CONFLICT DO NOTHING");
}

void scene_seed_state(int n, const char *schedule, int64_t mark)
{
    scene_seed_tick();
    testdb_exec("INSERT INTO sync_schedule_state VALUES ('" SCENE_ORG "', '%s', '%s', '%s');"
                "DO $$ BEGIN"
                "    IF to_regclass('sync_schedule_journal') IS NOT NULL THEN"
                "        INSERT INTO sync_schedule_journal"
                "        SELECT org_id, integration_id, mark, schedule FROM sync_schedule_state"
                "         WHERE schedule <> '' ON CONFLICT DO NOTHING;"
                "    END IF;"
                "END $$",
                scene_integration(n), schedule, scene_minute_text(mark));
}

char *scene_seed_run(int n, const char *status, int64_t slot, int started_minutes_ago)
{
    const char *id = scene_integration(n);
    const char *at = scene_minute_text(slot);
    bool is_started = strcmp(status, "pending") != 0;
    bool is_completed = strcmp(status, "completed") == 0;
    char started[64] = "NULL";

    if (is_started)
        snprintf(started, sizeof started, "now() - interval '%d minutes'", started_minutes_ago);
    return testdb_text(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at,"
        " started_at, completed_at)"
        " VALUES ('" SCENE_ORG "', '%s', 'xledger', '%s', '%s', 1, '%s',"
        " '" SCENE_ORG "/%s/%s', 'schedule', %s, now() - interval '%d minutes', %s, %s)"
        " RETURNING run_id",
        id, at, at, status, id, at, is_started ? "'stranger'" : "NULL", started_minutes_ago,
        started, is_completed ? "now()" : "NULL");
}

long scene_count(const char *status)
{
    return testdb_number("SELECT count(*) FROM sync_run_log WHERE status LIKE '%s'",
                         status != NULL ? status : "%");
}

char *scene_failure(int n)
{
    char *text = testdb_text("SELECT error_class || '/' || error_code FROM sync_run_log"
                             " WHERE status = 'failed' AND integration_id = '%s'",
                             scene_integration(n));

    ck_assert_msg(text != NULL, "integration %d has no failed run", n);
    return text;
}

int64_t scene_mark(int n)
{
    return testdb_number("SELECT (extract(epoch FROM mark) / 60)::bigint FROM sync_schedule_state"
                         " WHERE integration_id = '%s'",
                         scene_integration(n));
}

void scene_wait_for(const char *sql)
{
    for (int waited_ms = 0; waited_ms < 120000; waited_ms += 20) {
        char *answer = testdb_text("%s", sql);
        bool is_true = answer != NULL && strcmp(answer, "t") == 0;

        free(answer);
        if (is_true)
            return;
        scene_sleep_ms(20);
    }
    ck_abort_msg("waited in vain for: %s", sql);
}

PGconn *scene_stranger(const char *sql)
{
    PGconn *stranger = testdb_connect(NULL);
    PGresult *result;

    PQclear(PQexec(stranger, "BEGIN"));
    result = PQexec(stranger, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK ||
                      PQresultStatus(result) == PGRES_COMMAND_OK,
                  "%s", PQerrorMessage(stranger));
    PQclear(result);
    return stranger;
}

/* ---- The program ---- */

const char *scene_program(void)
{
    static char path[4096];
    const char *build = getenv("BUILD");

    snprintf(path, sizeof path, "%s/syncsched", build != NULL ? build : TEST_BUILD_DIR);
    return path;
}

struct program_result scene_command(const char *line, const char *const env[])
{
    char script[1000];
    const char *const argv[] = {"sh", "-c", script, scene_program(), NULL};
    int length = snprintf(script, sizeof script, "exec \"$0\" %s", line);

    ck_assert_int_lt(length, (int)sizeof script);
    return program_run(argv, env);
}

struct program *scene_start(const char *options)
{
    const char *argv[SCENE_OPTIONS_MAX] = {"sh",  "-c",       scene_wrapper, "sh", scene_program(),
                                           "run", "--config", "/dev/null"};
    const char *const *first = scene_wrapper != NULL ? argv : argv + 4;
    char url[4096];
    char key[4096];
    const char *env[] = {url,
                         key,
                         "SYNCSCHED_FUNCTION",
                         "SYNCSCHED_FUNCTION_URL",
                         scene_variable != NULL ? scene_variable : "SUPABASE_DB_URL",
                         NULL};
    char *words = strdup(options);
    char *rest = NULL;
    struct program *program;
    int count = 8;

    ck_assert_ptr_nonnull(words);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        ck_assert_int_lt(count, SCENE_OPTIONS_MAX - 1);
        argv[count++] = word;
    }
    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    unsetenv("SUPABASE_SECRET_KEY");
    unsetenv("SUPABASE_SERVICE_ROLE_KEY_FILE");
    snprintf(url, sizeof url, "SUPABASE_URL=%s",
             scene_url != NULL ? scene_url : function_url(scene_server));
    snprintf(key, sizeof key, "%s=%s", scene_key_name, scene_key);
    program = program_start(first, env);
    free(words);
    return program;
}

static long scene_number(const json_t *summary, const char *name)
{
    const json_t *value = json_object_get(summary, name);

    ck_assert_msg(json_is_integer(value), "the summary has no number \"%s\"", name);
    return (long)json_integer_value(value);
}

struct scene_tick scene_wait(struct program *program)
{
    struct program_result result = program_wait(program);
    struct scene_tick tick = {
        result.status, result.out, result.err, result.wall_ms, NULL, -1, -1, -1, -1};

    if (*tick.out == '\0')
        return tick;
    ck_assert_msg(strchr(tick.out, '\n') == tick.out + strlen(tick.out) - 1, "not one line: %s",
                  tick.out);
    tick.summary = json_loads(tick.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_object_size(tick.summary) == 4, "not a summary: %s", tick.out);
    tick.triggered = scene_number(tick.summary, "triggered");
    tick.skipped = scene_number(tick.summary, "skipped");
    tick.failed = scene_number(tick.summary, "failed");
    ck_assert(json_is_array(json_object_get(tick.summary, "runIds")));
    tick.run_ids = (long)json_array_size(json_object_get(tick.summary, "runIds"));
    return tick;
}

struct scene_tick scene_run(const char *options)
{
    return scene_wait(scene_start(options));
}

void scene_check(const struct scene_tick *tick, long triggered, long skipped, long failed,
                 int status)
{
    ck_assert_msg(
        tick->triggered == triggered && tick->skipped == skipped && tick->failed == failed &&
            tick->status == status,
        "expected %ld triggered, %ld skipped, %ld failed, exit %d; got exit %d\n%.1000s%.1000s",
        triggered, skipped, failed, status, tick->status, tick->out, tick->err);
}

void scene_expect(struct scene_tick tick, long triggered, long skipped, long failed, int status)
{
    scene_check(&tick, triggered, skipped, failed, status);
    scene_tick_free(&tick);
}

void scene_tick_free(struct scene_tick *tick)
{
    json_decref(tick->summary);
    free(tick->out);
    free(tick->err);
    *tick = (struct scene_tick){0};
}

char *scene_without_failures(char *err)
{
    char *to = err;

    for (const char *line = err; *line != '\0';) {
        size_t end = strcspn(line, "\n");
        size_t length = end + (line[end] == '\n' ? 1 : 0);
        const char *failed = strstr(line, ": failed ");
        const char *more = strstr(line, " more runs failed: ");
        bool is_failure =
            (failed != NULL && failed < line + length) || (more != NULL && more < line + length);

        if (!is_failure)
            memmove(to, line, length);
        to += is_failure ? 0 : length;
        line += length;
    }
    *to = '\0';
    return err;
}

/* The process's state letter and parent from /proc/PID/stat; false when there is no such process. */
static bool scene_look_at(pid_t pid, char *state, pid_t *parent)
{
    char path[64];
    char line[512] = "";
    const char *end;
    FILE *file;
    int number;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fgets(line, sizeof line, file) == NULL)
        *line = '\0';
    fclose(file);
    end = strrchr(line, ')'); /* the name before it may hold anything */
    if (end == NULL || sscanf(end + 1, " %c %d", state, &number) != 2)
        return false;
    *parent = (pid_t)number;
    return true;
}

bool scene_is_alive(pid_t pid)
{
    char state;
    pid_t parent;

    return scene_look_at(pid, &state, &parent) && state != 'Z' && state != 'X';
}

int scene_children(pid_t parent, pid_t children[SCENE_CHILDREN_MAX])
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(processes);
    while ((entry = readdir(processes)) != NULL && count < SCENE_CHILDREN_MAX) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        pid_t its_parent;
        char state;

        if (pid > 0 && scene_look_at(pid, &state, &its_parent) && its_parent == parent)
            children[count++] = pid;
    }
    closedir(processes);
    return count;
}
