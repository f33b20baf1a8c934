#include "fuzz/fuzz.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * A case takes 1 ms at most, sanitizers and libFuzzer's bookkeeping included, and several times that
 * on a slow machine. What this bound is for takes seconds: time that grows with the square of the
 * length, or worse.
 */
enum { CASE_US_MAX = 100000, CASE_REPEATS = 20 };

/* The case that is running, for the message of a check that fails. */
static struct {
    const char *bytes;
    size_t length;
    int64_t slowest_us;
} running;

/* The processor time of this process: others that want the processor do not count. */
static int64_t processor_now_us(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t case_measure_us(const struct fuzz_target *target)
{
    int64_t started_us = processor_now_us();

    target->exercise(running.bytes, running.length);
    return processor_now_us() - started_us;
}

void fuzz_case(const struct fuzz_target *target, const void *bytes, size_t length)
{
    int64_t us;

    running.bytes = bytes;
    running.length = length;
    us = case_measure_us(target);
    for (int i = 1; i < CASE_REPEATS && us > running.slowest_us; i++) {
        int64_t again_us = case_measure_us(target);

        us = again_us < us ? again_us : us;
    }
    running.slowest_us = us > running.slowest_us ? us : running.slowest_us;
    FUZZ_CHECK(us <= CASE_US_MAX, "a case of %s took %lld us", target->name, (long long)us);
    target->check(bytes, length);
}

int64_t fuzz_slowest_us(void)
{
    return running.slowest_us;
}

_Noreturn void fuzz_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    char quoted[512];
    va_list arguments;

    text_quote(running.bytes, running.length, quoted, sizeof quoted);
    fprintf(stderr, "%s:%d: does not hold: %s\n  ", file, line, condition);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n  for \"%s\"\n", quoted);
    fflush(stderr);
    abort();
}

bool fuzz_is_clean(const char *text, size_t size)
{
    size_t i = 0;

    while (i < size && text[i] >= 0x20 && text[i] < 0x7F)
        i++;
    return i < size && text[i] == '\0';
}

void fuzz_check_error(const struct error *err, enum error_kind kind)
{
    FUZZ_CHECK(err->kind == kind, "kind %d", (int)err->kind);
    FUZZ_CHECK(fuzz_is_clean(err->message, sizeof err->message), "message");
    FUZZ_CHECK(fuzz_is_clean(err->hint, sizeof err->hint), "hint of \"%s\"", err->message);
    FUZZ_CHECK(err->message[0] != '\0' && err->hint[0] != '\0', "message \"%s\"", err->message);
    FUZZ_CHECK(strlen(err->message) < sizeof err->message - 1, "cut off: %s", err->message);
    FUZZ_CHECK(strlen(err->hint) < sizeof err->hint - 1, "cut off: %s", err->hint);
}

char *fuzz_string(const char *bytes, size_t length)
{
    size_t size = strnlen(bytes, length);
    char *string = memory_allocate(size + 1, 1);

    memcpy(string, bytes, size);
    string[size] = '\0';
    return string;
}

uint64_t fuzz_number(const char *bytes, size_t length, unsigned int salt, uint64_t bound)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ salt; /* FNV-1a */

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return (hash ^ hash >> 29) % bound;
}
