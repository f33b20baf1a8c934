/*
 * A proxy that makes tunnels, or does not, in a process of its own that ends with the test. Whatever
 * host it is asked for, its tunnels lead to one port of this machine.
 */
#ifndef TESTS_SUPPORT_TUNNEL_H
#define TESTS_SUPPORT_TUNNEL_H

/* What the proxy is to do, and saw; shared with it. Set before the first connection. */
struct tunnel {
    volatile int status;    /* its answer; 200: there is a tunnel; 0: hangs up without one */
    volatile int delay_ms;  /* before it answers */
    volatile int count;     /* connections that it was asked something on */
    char request[8 * 1024]; /* the head of the last request */
    char address[64];       /* "127.0.0.1:PORT" */
};

/* Starts it; url is that of the server behind it, whose port alone counts. */
struct tunnel *tunnel_start(const char *url);

#endif
