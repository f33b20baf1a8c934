/*
 * Getting a connection to the database never takes longer than the budget, whoever is silent.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { BUDGET_MS = 1000, DNS_PORT = 53 };

/* A socket on 127.x.y.z, the numbers being the process's own, so that tests do not meet. */
static int bind_own_address(int type, uint16_t port, char address_text[INET_ADDRSTRLEN])
{
    uint32_t own = ((uint32_t)getpid() & 0xFFFFFF) | 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(127U << 24 | own);
    inet_ntop(AF_INET, &address.sin_addr, address_text, INET_ADDRSTRLEN);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The tick gives up in time, as one that had no database, and says what it waited for. */
static void expect_given_up(const char *words)
{
    struct scene_tick tick = scene_run("--budget 1s");

    ck_assert_msg(strstr(tick.err, words) != NULL, "stderr: %s", tick.err);
    ck_assert_msg(tick.wall_ms < BUDGET_MS + PROGRAM_SLACK_MS, "it took %ld ms",
                  (long)tick.wall_ms);
    ck_assert_int_eq(tick.status, 3);
    ck_assert_str_eq(tick.out, "");
    scene_tick_free(&tick);
}

/* ---- A name server that never answers ---- */

static char directory[] = "/tmp/syncsched-connect-XXXXXX";
static int name_server = -1;

/* Runs the program where names are looked up in /etc/hosts and then with the silent server alone. */
#define WITH_OWN_NAME_SERVER                                                                       \
    "exec unshare -m sh -c 'mount --bind \"$0/resolv.conf\" /etc/resolv.conf &&"                   \
    " mount --bind \"$0/nsswitch.conf\" /etc/nsswitch.conf && exec \"$@\"'"                        \
    " %s \"$@\""

static void write_file(const char *name, const char *text)
{
    char path[100];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    scene_write_file(path, text);
}

static void open_with_name_server(void)
{
    static char wrapper[400];
    char address[INET_ADDRSTRLEN];
    char text[100];

    scene_open();
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    name_server = bind_own_address(SOCK_DGRAM, DNS_PORT, address);
    ck_assert_int_ge(name_server, 0);
    /* Left to itself it would take a minute. */
    snprintf(text, sizeof text, "nameserver %s\noptions timeout:30 attempts:2\n", address);
    write_file("resolv.conf", text);
    write_file("nsswitch.conf", "hosts: files dns\n");
    snprintf(wrapper, sizeof wrapper, WITH_OWN_NAME_SERVER, directory);
    scene_set_wrapper(wrapper);
}

static void close_with_name_server(void)
{
    char command[100];

    close(name_server);
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    ck_assert_int_eq(system(command), 0);
    scene_close();
}

static const char *const nameless[] = {
    "SUPABASE_DB_URL=postgresql://u:hush@db.example.invalid/d",
    "PGHOST=db.example.invalid",
    /* The first refuses; libpq looks the second up when it comes to it, in PQconnectPoll(). */
    "SUPABASE_DB_URL=postgresql://u:hush@127.0.0.1:1,db.example.invalid:5432/d",
};

/* Covers: a look-up that does not end; libpq itself waits for it as long as the resolver does. */
START_TEST(test_silent_name_server)
{
    struct pollfd asked = {.fd = name_server, .events = POLLIN};

    scene_set_variable(nameless[_i]);
    expect_given_up("(check the host in SUPABASE_DB_URL or PGHOST, and this machine's name");
    ck_assert_int_eq(poll(&asked, 1, 0), 1);
}
END_TEST

/* ---- A server that never answers ---- */

static const struct {
    const char *answer; /* to the first that it is sent: whether it speaks TLS */
    const char *sslmode;
} silent[] = {
    {"", "disable"}, /* to the start-up packet */
    {"", "prefer"},
    {"S", "require"}, /* and then nothing more of the handshake */
};

/* Accepts one connection, gives the answer, and is silent until the test ends. */
static pid_t start_silent_server(int listener, const char *answer)
{
    pid_t pid = fork();
    char asked[1000];
    int fd;

    ck_assert_int_ge(pid, 0);
    if (pid != 0)
        return pid;
    fd = accept(listener, NULL, NULL);
    if (fd < 0)
        _exit(1);
    if (recv(fd, asked, sizeof asked, 0) > 0 && *answer != '\0')
        send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    while (recv(fd, asked, sizeof asked, 0) > 0)
        continue;
    _exit(0);
}

/* Covers: every step of connecting ends with the budget, the TLS handshake's, too. */
START_TEST(test_silent_server)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    char text[INET_ADDRSTRLEN];
    char variable[200];
    int listener = bind_own_address(SOCK_STREAM, 0, text);

    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    start_silent_server(listener, silent[_i].answer);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=postgresql://u:hush@%s:%d/d?sslmode=%s",
             text, ntohs(address.sin_port), silent[_i].sslmode);
    scene_set_variable(variable);
    expect_given_up("no connection to the database in time (check host and port");
    close(listener);
}
END_TEST

/* Why there can be no name server of our own; NULL when there can. */
static const char *why_no_name_server(void)
{
    char address[INET_ADDRSTRLEN];
    int fd = bind_own_address(SOCK_DGRAM, DNS_PORT, address);

    if (fd < 0)
        return "port 53 of a loopback address is not to be had";
    close(fd);
    if (system("unshare -m mount --bind /dev/null /etc/resolv.conf 2>/dev/null") != 0)
        return "namespaces with mounts of their own are not to be had here";
    return NULL;
}

SUITE(connect)
{
    TCase *names = tcase_create("connect-names");
    TCase *servers = tcase_create("connect-servers");
    const char *why = why_no_name_server();

    if (why == NULL)
        tcase_add_loop_test(names, test_silent_name_server, 0, (int)COUNT(nameless));
    else
        printf("a name server that never answers: not asked: %s\n", why);
    tcase_add_checked_fixture(names, open_with_name_server, close_with_name_server);
    suite_add_tcase(suite, names);
    tcase_add_checked_fixture(servers, scene_open, scene_close);
    tcase_add_loop_test(servers, test_silent_server, 0, (int)COUNT(silent));
    suite_add_tcase(suite, servers);
}
