/*
 * What libFuzzer calls (https://llvm.org/docs/LibFuzzer.html); linked into each program of
 * "make fuzz", and into nothing else.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

/* One of the targets: the linker is told which (Makefile). */
extern const struct fuzz_target fuzz_target;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* scripts/dev/fuzz reads this line. */
static void slowest_print(void)
{
    fprintf(stderr, "slowest_case_us: %lld\n", (long long)fuzz_slowest_us());
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return atexit(slowest_print);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    fuzz_case(&fuzz_target, bytes, length);
    return 0;
}
