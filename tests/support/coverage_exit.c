/*
 * For "make check-instrumented" only: _exit() that writes the coverage counters first.
 *
 * Workers end with _exit(), so that they do not flush their parent's stdio a second time; gcov
 * writes its counters from exit(). The instrumented build links with --wrap=_exit and gets this in
 * between; no other build contains it.
 */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
