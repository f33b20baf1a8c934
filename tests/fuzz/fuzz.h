/*
 * Fuzzing: parsers fed with any bytes, and held to what their headers promise.
 *
 * A target is one parser. libFuzzer invents bytes for it ("make fuzz"; libfuzzer.c), and the unit
 * tests run every file of corpus/ through it, without libFuzzer and with any compiler
 * (unit/test_fuzz_corpus.c). A broken promise ends the process with abort(), which both report.
 */
#ifndef SYNCSCHED_TESTS_FUZZ_FUZZ_H
#define SYNCSCHED_TESTS_FUZZ_FUZZ_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
    const char *name; /* its seeds lie in corpus/name */
    /* Does with the bytes what the program does, and nothing else: this is what is timed. */
    void (*exercise)(const char *bytes, size_t length);
    /* Aborts unless all that is promised for the bytes holds. */
    void (*check)(const char *bytes, size_t length);
};

extern const struct fuzz_target fuzz_cron;
extern const struct fuzz_target fuzz_classify;
extern const struct fuzz_target fuzz_response;
extern const struct fuzz_target fuzz_time;
extern const struct fuzz_target fuzz_tzif;
extern const struct fuzz_target fuzz_zone;

/*
 * Runs one case: exercises the target, aborts when that takes far more processor time than it may,
 * and checks. A case that seems slow is repeated, and its fastest repetition is what it takes, since
 * a busy machine empties the caches.
 */
void fuzz_case(const struct fuzz_target *target, const void *bytes, size_t length);

/* What the slowest case of this process took. */
int64_t fuzz_slowest_us(void);

/* Aborts with a message unless the condition holds: FUZZ_CHECK(condition, format, ...). */
#define FUZZ_CHECK(condition, ...)                                                                 \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition, __VA_ARGS__))

_Noreturn void fuzz_fail(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether text is NUL-terminated within size bytes, and printable ASCII. */
bool fuzz_is_clean(const char *text, size_t size);

/* Aborts unless err is an error of that kind with a message and a hint, both clean and complete. */
void fuzz_check_error(const struct error *err, enum error_kind kind);

/* The bytes up to the first NUL as a string of its own, without a byte to spare; to be freed. */
char *fuzz_string(const char *bytes, size_t length);

/* A number below bound that depends on all the bytes, and on salt. */
uint64_t fuzz_number(const char *bytes, size_t length, unsigned int salt, uint64_t bound);

#endif
