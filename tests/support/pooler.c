#include "support/pooler.h"

#include "support/loopback.h"
#include "support/program.h"
#include "support/scene.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct program *pooler;
static char port_text[16];

/* A port that was free a moment ago. */
static uint16_t pooler_find_port(void)
{
    uint16_t port;
    int listener = loopback_listen("127.0.0.1", &port);

    ck_assert_int_ge(listener, 0);
    close(listener);
    return port;
}

static bool pooler_answers(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

    close(fd);
    return ok;
}

void pooler_start(const char *silent, const char *wait_s)
{
    const char *const argv[] = {
        "scripts/dev/old-pooler", port_text, pooler_server_port(), silent, wait_s, NULL};
    uint16_t port = pooler_find_port();

    snprintf(port_text, sizeof port_text, "%u", (unsigned)port);
    pooler = program_start(argv, NULL);
    while (!pooler_answers(port)) {
        ck_assert_msg(program_is_running(pooler), "the pooler does not run");
        scene_sleep_ms(20);
    }
}

void pooler_stop(void)
{
    struct program_result result;

    if (pooler == NULL)
        return;
    program_signal(pooler, SIGTERM);
    result = program_wait(pooler);
    program_result_free(&result);
    pooler = NULL;
}

const char *pooler_port(void)
{
    return port_text;
}

const char *pooler_server_port(void)
{
    return getenv("SERVER_PORT") != NULL ? getenv("SERVER_PORT") : getenv("PGPORT");
}

const char *pooler_variable(const char *port, const char *user, const char *password)
{
    static char variable[300];

    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=postgresql://%s:%s@127.0.0.1:%s/%s", user,
             password, port, getenv("PGDATABASE"));
    return variable;
}
