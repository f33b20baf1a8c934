/*
 * A relay between the program and PostgreSQL: it makes the way longer, and counts how often the
 * program waited for the other end. It runs in a process of its own, which ends with the test.
 *
 * A round trip is what is sent after something was received, and then answered; opening the
 * connection counts as one, too. The relay reads what it passes on, so there is no TLS on the way.
 */
#ifndef TESTS_SUPPORT_RELAY_H
#define TESTS_SUPPORT_RELAY_H

/* What a round trip was for. */
enum relay_phase {
    RELAY_CONNECT, /* up to the server's first ReadyForQuery */
    RELAY_READ,    /* the schedules */
    RELAY_CLAIM,
    RELAY_START,  /* pending -> running */
    RELAY_FINISH, /* running -> completed or failed */
    RELAY_OTHER,
    RELAY_PHASES,
};

enum { RELAY_LINKS_MAX = 32 };

/* Where PostgreSQL is for a program in the relay's own network. */
#define RELAY_REMOTE "192.0.2.1"

/* Shared with the relay's process. */
struct relay {
    volatile int links;                                /* connections so far */
    volatile int trips[RELAY_LINKS_MAX][RELAY_PHASES]; /* of each */
    char url[512];                                     /* "postgresql://..." by way of the relay */
    char network[64];                                  /* a file for nsenter --net=; "": this one */
};

/* Each direction takes half of round_trip_ms. */
struct relay *relay_start(int round_trip_ms);

/*
 * The same for a program on another host, as it were: the network of that name, in which there is
 * nothing but PostgreSQL, at RELAY_REMOTE. NULL where no such networks are to be had.
 */
struct relay *relay_start_remote(void);

/* All round trips of one connection. */
int relay_trips(const struct relay *relay, int link);

#endif
