#include "fault/postgres.h"

#include "support/scene.h"
#include "support/testdb.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POSTGRES_WORDS_MAX = 32, POSTGRES_PATIENCE_MS = 120000, POSTGRES_PAUSE_MS = 20 };

struct postgres {
    pid_t pid;
    uid_t user;
    gid_t group;
    char directory[4096];
    char words[4096]; /* its command line, each word ended by NUL */
    size_t length;
};

static void postgres_find(struct postgres *postgres)
{
    char path[4200];
    char *directory = testdb_text("SHOW data_directory");
    struct stat owner;
    long pid = 0;
    FILE *file;

    snprintf(postgres->directory, sizeof postgres->directory, "%s", directory);
    free(directory);
    snprintf(path, sizeof path, "%s/postmaster.pid", postgres->directory);
    file = fopen(path, "re");
    ck_assert_msg(file != NULL && fscanf(file, "%ld", &pid) == 1, "no process id in \"%s\"", path);
    fclose(file);
    postgres->pid = (pid_t)pid;
    snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    file = fopen(path, "re");
    ck_assert_msg(file != NULL && stat(path, &owner) == 0, "no server %ld", pid);
    postgres->length = fread(postgres->words, 1, sizeof postgres->words - 1, file);
    fclose(file);
    postgres->user = owner.st_uid;
    postgres->group = owner.st_gid;
}

/* First the children, which cannot be replaced while the server is stopped. */
static void postgres_kill(const struct postgres *postgres)
{
    pid_t children[SCENE_CHILDREN_MAX];
    int count;

    ck_assert_int_eq(kill(postgres->pid, SIGSTOP), 0);
    count = scene_children(postgres->pid, children);
    for (int i = 0; i < count; i++)
        kill(children[i], SIGKILL);
    kill(postgres->pid, SIGKILL);
    for (int waited_ms = 0; scene_is_alive(postgres->pid); waited_ms += POSTGRES_PAUSE_MS) {
        ck_assert_int_lt(waited_ms, POSTGRES_PATIENCE_MS);
        scene_sleep_ms(POSTGRES_PAUSE_MS);
    }
    waitpid(postgres->pid, NULL, WNOHANG); /* where it was started here */
}

/* With its other groups: a certificate's key may be readable for one of them only. */
static bool postgres_take_user(const struct postgres *postgres)
{
    const struct passwd *user = geteuid() == 0 ? getpwuid(postgres->user) : NULL;

    return geteuid() != 0 || (user != NULL && initgroups(user->pw_name, postgres->group) == 0 &&
                              setgid(postgres->group) == 0 && setuid(postgres->user) == 0);
}

/* The child's side. */
_Noreturn static void postgres_become(struct postgres *postgres)
{
    char *words[POSTGRES_WORDS_MAX] = {0};
    size_t count = 0;
    int null = open("/dev/null", O_RDWR);

    for (size_t at = 0; at < postgres->length && count < POSTGRES_WORDS_MAX - 1;
         at += strlen(postgres->words + at) + 1)
        words[count++] = postgres->words + at;
    setsid();
    if (count > 0 && null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0 &&
        postgres_take_user(postgres) && chdir(postgres->directory) == 0)
        execv(words[0], words);
    _exit(127);
}

static pid_t postgres_start(struct postgres *postgres)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        postgres_become(postgres);
    return pid;
}

/* It refuses to start as long as a process of its predecessor lives, so it may take some tries. */
static void postgres_wait_until_up(struct postgres *postgres)
{
    pid_t pid = postgres_start(postgres);

    for (int waited_ms = 0; waited_ms < POSTGRES_PATIENCE_MS; waited_ms += POSTGRES_PAUSE_MS) {
        PQreset(testdb_connection());
        if (PQstatus(testdb_connection()) == CONNECTION_OK)
            return;
        if (waitpid(pid, NULL, WNOHANG) == pid)
            pid = postgres_start(postgres);
        scene_sleep_ms(POSTGRES_PAUSE_MS);
    }
    ck_abort_msg("the server does not come back: %s", PQerrorMessage(testdb_connection()));
}

void postgres_crash(int down_ms)
{
    struct postgres postgres = {0};

    postgres_find(&postgres);
    postgres_kill(&postgres);
    scene_sleep_ms(down_ms);
    postgres_wait_until_up(&postgres);
    testdb_exec("SET synchronous_commit = on");
}
