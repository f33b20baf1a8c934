#include "support/relay.h"

#include "support/loopback.h"

#include "base/memory.h"
#include "time/clock.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RELAY_CHUNK = 64 * 1024, RELAY_FLIGHT_MAX = 1024 * 1024 };

/* Bytes on their way; none: the end of the stream. */
struct relay_chunk {
    struct relay_chunk *next;
    int64_t due_ms;
    size_t length;
    char bytes[];
};

struct relay_way {
    int from;
    int to;
    struct relay_chunk *first;
    struct relay_chunk *last;
    bool is_read_out; /* nothing more comes */
    bool is_over;     /* and nothing more goes */
};

struct relay_link {
    struct relay_way there; /* from the program to the server */
    struct relay_way back;
    int number;
    bool is_open;
    bool is_connected; /* the server has been ready once */
    char *flight;      /* what the program has sent since it last received something */
    size_t flight_length;
};

struct relay_state {
    struct relay *relay;
    struct relay_link links[RELAY_LINKS_MAX];
    int listener;
    int way_ms;
};

/* ---- Counting ---- */

static bool relay_holds(const char *bytes, size_t length, const char *text)
{
    return memmem(bytes, length, text, strlen(text)) != NULL;
}

static enum relay_phase relay_phase(const struct relay_link *link)
{
    static const struct {
        const char *text;
        enum relay_phase phase;
    } marks[] = {
        {"FULL JOIN sync_schedule_state", RELAY_READ},
        {"pg_try_advisory_xact_lock", RELAY_CLAIM},
        {"SET status = 'running'", RELAY_START},
        {"UPDATE sync_run_log", RELAY_FINISH},
    };

    if (!link->is_connected)
        return RELAY_CONNECT;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (relay_holds(link->flight, link->flight_length, marks[i].text))
            return marks[i].phase;
    return RELAY_OTHER;
}

static void relay_note_sent(struct relay_link *link, const struct relay_chunk *chunk)
{
    if (link->flight_length + chunk->length > RELAY_FLIGHT_MAX)
        return;
    memcpy(link->flight + link->flight_length, chunk->bytes, chunk->length);
    link->flight_length += chunk->length;
}

/* The program receives something: what it has sent until now was a round trip. */
static void relay_note_received(struct relay *relay, struct relay_link *link,
                                const struct relay_chunk *chunk)
{
    static const char ready[] = {'Z', 0, 0, 0, 5, 'I'};

    if (link->flight_length > 0)
        relay->trips[link->number][relay_phase(link)]++;
    link->flight_length = 0;
    link->is_connected |= memmem(chunk->bytes, chunk->length, ready, sizeof ready) != NULL;
}

/* ---- Passing on ---- */

static void relay_accept(struct relay_state *state)
{
    int client = loopback_accept(state->listener);
    int server = client >= 0 ? loopback_connect() : -1;
    struct relay_link *link = &state->links[state->relay->links];

    if (server < 0 || state->relay->links == RELAY_LINKS_MAX) {
        close(client);
        close(server);
        return;
    }
    *link = (struct relay_link){
        .there = {.from = client, .to = server},
        .back = {.from = server, .to = client},
        .number = state->relay->links,
        .is_open = true,
        .flight = memory_allocate(RELAY_FLIGHT_MAX, 1),
    };
    state->relay->trips[link->number][RELAY_CONNECT]++;
    state->relay->links++;
}

static struct relay_chunk *relay_take(struct relay_way *way, int64_t due_ms)
{
    struct relay_chunk *chunk = memory_allocate(1, sizeof *chunk + RELAY_CHUNK);
    ssize_t n = recv(way->from, chunk->bytes, RELAY_CHUNK, 0);

    chunk->length = n > 0 ? (size_t)n : 0;
    chunk->due_ms = due_ms;
    way->is_read_out = n <= 0;
    if (way->first == NULL)
        way->first = chunk;
    else
        way->last->next = chunk;
    way->last = chunk;
    return chunk;
}

/* Gives on what is due. */
static void relay_give(struct relay *relay, struct relay_link *link, struct relay_way *way)
{
    struct relay_chunk *chunk;

    while ((chunk = way->first) != NULL && chunk->due_ms <= clock_now_ms()) {
        if (way == &link->back && chunk->length > 0)
            relay_note_received(relay, link, chunk);
        if (chunk->length == 0 || !loopback_send(way->to, chunk->bytes, chunk->length)) {
            shutdown(way->to, SHUT_WR);
            way->is_over = true;
        }
        way->first = chunk->next;
        free(chunk);
    }
}

static void relay_serve_link(struct relay_state *state, struct relay_link *link,
                             const struct pollfd ready[2])
{
    int64_t due_ms = clock_now_ms() + state->way_ms;

    if (ready[0].revents != 0)
        relay_note_sent(link, relay_take(&link->there, due_ms));
    if (ready[1].revents != 0)
        relay_take(&link->back, due_ms);
    relay_give(state->relay, link, &link->there);
    relay_give(state->relay, link, &link->back);
    if (link->there.is_over && link->back.is_over) {
        close(link->there.from);
        close(link->there.to);
        free(link->flight);
        link->is_open = false;
    }
}

static struct pollfd relay_want(const struct relay_link *link, const struct relay_way *way)
{
    return (struct pollfd){.fd = link->is_open && !way->is_read_out ? way->from : -1,
                           .events = POLLIN};
}

static void relay_serve(struct relay_state *state)
{
    struct pollfd ready[1 + 2 * RELAY_LINKS_MAX];

    for (;;) {
        ready[0] = (struct pollfd){.fd = state->listener, .events = POLLIN};
        for (int i = 0; i < RELAY_LINKS_MAX; i++) {
            ready[1 + 2 * i] = relay_want(&state->links[i], &state->links[i].there);
            ready[2 + 2 * i] = relay_want(&state->links[i], &state->links[i].back);
        }
        poll(ready, 1 + 2 * RELAY_LINKS_MAX, 1); /* each millisecond something may be due */
        for (int i = 0; i < RELAY_LINKS_MAX; i++)
            if (state->links[i].is_open)
                relay_serve_link(state, &state->links[i], &ready[1 + 2 * i]);
        if (ready[0].revents != 0)
            relay_accept(state);
    }
}

/* ---- Starting ---- */

static struct relay *relay_start_on(int listener, const char *address, uint16_t port, int way_ms)
{
    struct relay *relay =
        mmap(NULL, sizeof *relay, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct relay_state *state = memory_allocate(1, sizeof *state);
    pid_t pid;

    ck_assert_ptr_ne(relay, MAP_FAILED);
    *state = (struct relay_state){.relay = relay, .listener = listener, .way_ms = way_ms};
    snprintf(relay->url, sizeof relay->url, "postgresql://%s:%s@%s:%u/%s?sslmode=disable",
             getenv("PGUSER"), getenv("PGPASSWORD"), address, port, getenv("PGDATABASE"));
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        relay_serve(state);
    }
    free(state);
    close(listener);
    return relay;
}

struct relay *relay_start(int round_trip_ms)
{
    uint16_t port;
    int listener = loopback_listen("127.0.0.1", &port);

    return relay_start_on(listener, "127.0.0.1", port, round_trip_ms / 2);
}

/* Gives the loopback interface of a new network the address, and starts it. */
static bool relay_furnish_network(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct ifreq request = {.ifr_name = "lo:1"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok;

    inet_pton(AF_INET, RELAY_REMOTE, &address.sin_addr);
    memcpy(&request.ifr_addr, &address, sizeof address);
    ok = ioctl(fd, SIOCSIFADDR, &request) == 0;
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return ok;
}

/* What listens was made there, and stays there; what connects is made here. */
struct relay *relay_start_remote(void)
{
    int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int there = -1;
    struct relay *relay;
    uint16_t port = 0;
    int listener = -1;

    if (unshare(CLONE_NEWNET) == 0) {
        there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (relay_furnish_network())
            listener = loopback_listen(RELAY_REMOTE, &port);
        ck_assert_int_eq(setns(here, CLONE_NEWNET), 0);
    }
    close(here);
    if (listener < 0)
        return NULL;
    relay = relay_start_on(listener, RELAY_REMOTE, port, 0);
    snprintf(relay->network, sizeof relay->network, "/proc/%ld/fd/%d", (long)getpid(), there);
    return relay;
}

int relay_trips(const struct relay *relay, int link)
{
    int count = 0;

    for (int phase = 0; phase < RELAY_PHASES; phase++)
        count += relay->trips[link][phase];
    return count;
}
