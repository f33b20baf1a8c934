#include "support/front.h"

#include "base/memory.h"
#include "support/program.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FRONT_PATH_SIZE = 256, FRONT_WAIT_MS = 120 * 1000, FRONT_PAUSE_MS = 5 };

struct front {
    struct program *socat;
    unsigned port;
    char directory[FRONT_PATH_SIZE];
    char ca_file[FRONT_PATH_SIZE + 16];
    char url[FRONT_PATH_SIZE];
};

static void front_make_directory(struct front *front)
{
    const char *parent = getenv("TMPDIR");

    snprintf(front->directory, sizeof front->directory, "%s/front.XXXXXX",
             parent != NULL ? parent : "/tmp");
    if (mkdtemp(front->directory) == NULL)
        ck_abort_msg("front: cannot make \"%s\": %s", front->directory, strerror(errno));
    snprintf(front->ca_file, sizeof front->ca_file, "%s/ca.pem", front->directory);
}

static void front_run(const char *const argv[])
{
    struct program_result result = program_run(argv, NULL);

    if (result.status != 0)
        ck_abort_msg("front: \"%s\" ended with %d: %s", argv[0], result.status, result.err);
    program_result_free(&result);
}

/* The port that socat says it listens on; 0 while it says none. */
static unsigned front_read_port(const char *log)
{
    FILE *file = fopen(log, "re");
    char line[512];
    unsigned port = 0;

    while (file != NULL && port == 0 && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strrchr(line, ':');

        if (strstr(line, "listening on") != NULL && sscanf(colon, ":%5u", &port) != 1)
            port = 0; /* still being written */
    }
    if (file != NULL)
        fclose(file);
    return port;
}

static void front_wait_for_port(struct front *front, const char *log)
{
    struct timespec pause = {.tv_nsec = FRONT_PAUSE_MS * 1000000};

    for (int waited_ms = 0; waited_ms < FRONT_WAIT_MS; waited_ms += FRONT_PAUSE_MS) {
        front->port = front_read_port(log);
        if (front->port != 0)
            return;
        if (!program_is_running(front->socat))
            break;
        nanosleep(&pause, NULL);
    }
    ck_abort_msg("front: socat does not listen, see %s", log);
}

struct front *front_start(const char *kind, const char *http_url)
{
    struct front *front = memory_allocate(1, sizeof *front);
    const char *source = getenv("TEST_SOURCE");
    char script[FRONT_PATH_SIZE];
    char log[FRONT_PATH_SIZE + 16];
    char listen[3 * FRONT_PATH_SIZE];
    char connect[64];
    const char *const make[] = {script, front->directory, kind, NULL};
    const char *const serve[] = {"socat", "-d", "-d", "-lf", log, listen, connect, NULL};

    front_make_directory(front);
    snprintf(script, sizeof script, "%s/tests/support/certificates", source != NULL ? source : ".");
    front_run(make);
    snprintf(log, sizeof log, "%s/log", front->directory);
    snprintf(listen, sizeof listen,
             "OPENSSL-LISTEN:0,bind=127.0.0.1,fork,backlog=64,verify=0,cert=%s/server.pem,"
             "key=%s/server.key",
             front->directory, front->directory);
    snprintf(connect, sizeof connect, "TCP:127.0.0.1%s", strrchr(http_url, ':'));
    front->socat = program_start(serve, NULL);
    front_wait_for_port(front, log);
    return front;
}

const char *front_url(struct front *front, const char *host)
{
    snprintf(front->url, sizeof front->url, "https://%s:%u", host, front->port);
    return front->url;
}

const char *front_ca_file(const struct front *front)
{
    return front->ca_file;
}

void front_stop(struct front *front)
{
    const char *const remove[] = {"rm", "-r", front->directory, NULL};
    struct program_result result;

    program_signal(front->socat, SIGTERM);
    result = program_wait(front->socat);
    program_result_free(&result);
    front_run(remove);
    free(front);
}
