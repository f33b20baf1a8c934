#include "fault/proxy.h"

#include "fault/chance.h"
#include "support/loopback.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROXY_LINKS_MAX = 64, PROXY_CHUNK = 64 * 1024 };

/* The text of the statement, and what the server says of it when it is done. */
static const char proxy_commit[] = "COMMIT"; /* with its NUL */
static const char proxy_rollback[] = "ROLLBACK";

struct proxy_link {
    int client; /* -1: the place is free */
    int server;
    bool is_meant;     /* its transaction is one to look for */
    bool is_held;      /* nothing more goes to the server */
    bool hides_answer; /* nothing more comes from it */
};

struct proxy_state {
    struct proxy *proxy;
    struct chance chance;
    struct proxy_link links[PROXY_LINKS_MAX];
    int listener;
};

static void proxy_accept(struct proxy_state *state)
{
    int client = loopback_accept(state->listener);
    int server = client >= 0 ? loopback_connect() : -1;

    for (int i = 0; server >= 0 && i < PROXY_LINKS_MAX; i++) {
        if (state->links[i].client >= 0)
            continue;
        state->links[i] = (struct proxy_link){.client = client, .server = server};
        return;
    }
    if (client >= 0)
        close(client);
    if (server >= 0)
        close(server);
}

static void proxy_close(struct proxy_link *link)
{
    close(link->client);
    close(link->server);
    link->client = link->server = -1;
}

/* What is done to this COMMIT; PROXY_CUT_COUNT: nothing. */
static enum proxy_cut proxy_choose(struct proxy_state *state)
{
    int drawn = chance_pick(&state->chance, 1, 100);

    for (int cut = 0; cut < PROXY_CUT_COUNT; cut++) {
        drawn -= state->proxy->percent[cut];
        if (drawn > 0)
            continue;
        state->proxy->done[cut]++;
        return (enum proxy_cut)cut;
    }
    return PROXY_CUT_COUNT;
}

/* Bytes of the client with a COMMIT, `before` of them in front of it; false: all is over. */
static bool proxy_commit_or_cut(struct proxy_state *state, struct proxy_link *link,
                                const char *bytes, size_t length, size_t before)
{
    switch (proxy_choose(state)) {
    case PROXY_CUT_BEFORE:
        return false;
    case PROXY_CUT_AFTER:
        loopback_send(link->server, bytes, length);
        return false;
    case PROXY_CUT_ANSWER:
        link->hides_answer = true;
        break;
    case PROXY_HOLD:
        link->is_held = true;
        length = before;
        break;
    case PROXY_CUT_COUNT:
        break;
    }
    return loopback_send(link->server, bytes, length);
}

static bool proxy_to_server(struct proxy_state *state, struct proxy_link *link)
{
    static char bytes[PROXY_CHUNK];
    ssize_t n = recv(link->client, bytes, sizeof bytes, 0);
    const char *only_with = state->proxy->only_with;
    const char *commit;

    if (n <= 0 || link->is_held)
        return false; /* gone, whatever it still had to say */
    commit = memmem(bytes, (size_t)n, proxy_commit, sizeof proxy_commit);
    link->is_meant |= memmem(bytes, (size_t)n, only_with, strlen(only_with)) != NULL;
    if (commit == NULL || !link->is_meant)
        return loopback_send(link->server, bytes, (size_t)n);
    link->is_meant = false;
    /* Before the text stand a statement's empty name, a length of four bytes and the kind 'P'. */
    return proxy_commit_or_cut(state, link, bytes, (size_t)n, (size_t)(commit - bytes) - 6);
}

static bool proxy_to_client(struct proxy_link *link)
{
    static char bytes[PROXY_CHUNK];
    ssize_t n = recv(link->server, bytes, sizeof bytes, 0);

    if (n <= 0)
        return false;
    if (!link->hides_answer)
        return loopback_send(link->client, bytes, (size_t)n);
    /* The server answers when all is done: by now it has committed, or rolled back. */
    return memmem(bytes, (size_t)n, proxy_commit, sizeof proxy_commit) == NULL &&
           memmem(bytes, (size_t)n, proxy_rollback, sizeof proxy_rollback) == NULL;
}

static void proxy_serve_link(struct proxy_state *state, struct proxy_link *link,
                             const struct pollfd ready[2])
{
    bool is_over = false;

    if (ready[0].revents != 0)
        is_over = !proxy_to_server(state, link);
    if (!is_over && ready[1].revents != 0)
        is_over = !proxy_to_client(link);
    if (is_over)
        proxy_close(link);
}

static void proxy_serve(struct proxy_state *state)
{
    struct pollfd ready[1 + 2 * PROXY_LINKS_MAX];

    for (;;) {
        ready[0] = (struct pollfd){.fd = state->listener, .events = POLLIN};
        for (int i = 0; i < PROXY_LINKS_MAX; i++) {
            const struct proxy_link *link = &state->links[i];

            ready[1 + 2 * i] =
                (struct pollfd){.fd = link->client, .events = link->is_held ? POLLRDHUP : POLLIN};
            ready[2 + 2 * i] = (struct pollfd){.fd = link->server, .events = POLLIN};
        }
        if (poll(ready, 1 + 2 * PROXY_LINKS_MAX, -1) < 0)
            continue;
        for (int i = 0; i < PROXY_LINKS_MAX; i++)
            if (state->links[i].client >= 0)
                proxy_serve_link(state, &state->links[i], &ready[1 + 2 * i]);
        if (ready[0].revents != 0)
            proxy_accept(state);
    }
}

struct proxy *proxy_start(uint64_t seed)
{
    struct proxy *proxy =
        mmap(NULL, sizeof *proxy, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct proxy_state state = {.proxy = proxy, .chance = chance_seed(seed, "proxy")};
    uint16_t port;
    pid_t pid;

    ck_assert_ptr_ne(proxy, MAP_FAILED);
    state.listener = loopback_listen("127.0.0.1", &port);
    /* Without TLS, so that the proxy can read what it passes on. */
    snprintf(proxy->url, sizeof proxy->url,
             "SUPABASE_DB_URL=postgresql://%s:%s@127.0.0.1:%u/%s?sslmode=disable", getenv("PGUSER"),
             getenv("PGPASSWORD"), port, getenv("PGDATABASE"));
    for (int i = 0; i < PROXY_LINKS_MAX; i++)
        state.links[i].client = state.links[i].server = -1;
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        proxy_serve(&state);
    }
    close(state.listener);
    return proxy;
}
