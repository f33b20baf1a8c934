/*
 * TLS in front of the scripted function server, with certificates of the test's own. Whatever goes
 * wrong in here fails the running test.
 */
#ifndef TESTS_SUPPORT_FRONT_H
#define TESTS_SUPPORT_FRONT_H

struct front;

/*
 * Makes certificates of this kind (tests/support/certificates lists them) and starts a front on a
 * free port that passes on to the server at http_url. It ends with front_stop() or with the calling
 * process.
 */
struct front *front_start(const char *kind, const char *http_url);

/* "https://HOST:PORT", the host being this machine by any of its names; valid until the next call. */
const char *front_url(struct front *front, const char *host);

/* The certificate of the authority that a caller may trust. */
const char *front_ca_file(const struct front *front);

void front_stop(struct front *front);

#endif
