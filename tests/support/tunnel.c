#include "support/tunnel.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in tunnel_loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int tunnel_connect(uint16_t port)
{
    struct sockaddr_in address = tunnel_loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads a request's head, byte by byte: what follows is not ours. False when there is none. */
static bool tunnel_read_request(int fd, struct tunnel *tunnel)
{
    size_t length = 0;

    while (length + 1 < sizeof tunnel->request && recv(fd, tunnel->request + length, 1, 0) == 1) {
        tunnel->request[++length] = '\0';
        if (length >= 4 && strcmp(tunnel->request + length - 4, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

/* Passes on what is there to be read; false when one side is done. */
static bool tunnel_pass_on(int from, int to)
{
    char bytes[16 * 1024];
    ssize_t n = recv(from, bytes, sizeof bytes, 0);

    return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void tunnel_run(int client, int server)
{
    struct pollfd ready[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    bool goes_on = server >= 0;

    while (goes_on && poll(ready, 2, -1) > 0) {
        if (ready[0].revents != 0)
            goes_on = tunnel_pass_on(client, server);
        if (goes_on && ready[1].revents != 0)
            goes_on = tunnel_pass_on(server, client);
    }
    if (server >= 0)
        close(server);
}

/* One connection. A refusal looks like the platform's own word: it is not for the function's. */
static void tunnel_serve(int client, struct tunnel *tunnel, uint16_t port)
{
    char answer[200];
    int status = tunnel->status;
    int length;

    if (!tunnel_read_request(client, tunnel))
        return;
    tunnel->count++;
    usleep((useconds_t)tunnel->delay_ms * 1000);
    if (status == 0)
        return;
    length = snprintf(answer, sizeof answer, "HTTP/1.1 %d Scripted\r\n%s\r\n", status,
                      status == 200 ? "" : "sb-error-code: BOOT_ERROR\r\nContent-Length: 0\r\n");
    if (send(client, answer, (size_t)length, MSG_NOSIGNAL) == length && status == 200)
        tunnel_run(client, tunnel_connect(port));
}

/* One connection at a time, as one worker makes them. */
_Noreturn static void tunnel_accept(int listener, struct tunnel *tunnel, uint16_t port)
{
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (client < 0)
            continue;
        tunnel_serve(client, tunnel, port);
        close(client);
    }
}

struct tunnel *tunnel_start(const char *url)
{
    struct tunnel *tunnel =
        mmap(NULL, sizeof *tunnel, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sockaddr_in address = tunnel_loopback(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    ck_assert_ptr_ne(tunnel, MAP_FAILED);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, SOMAXCONN), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    tunnel->status = 200;
    snprintf(tunnel->address, sizeof tunnel->address, "127.0.0.1:%u", ntohs(address.sin_port));
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        tunnel_accept(listener, tunnel, (uint16_t)atoi(strrchr(url, ':') + 1));
    }
    close(listener);
    return tunnel;
}
