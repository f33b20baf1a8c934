/*
 * cost COMMAND [ARGUMENT...]: runs the command and says what it cost, as the last line on stderr:
 *
 *     cost: WALL_US CPU_US MOST_KIB
 *
 * CPU is that of user and system, of the command and all processes it waited for; the memory is the
 * most that one of them held. A program of its own, because a child's memory counts from the fork:
 * that of a large parent would hide a small child's. The exit status is the command's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long cost_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long cost_us(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char *argv[])
{
    long long started_us = cost_now_us();
    struct rusage usage;
    long long wall_us;
    int status;
    pid_t child;

    if (argc < 2)
        return EXIT_FAILURE;
    child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("cost");
        return EXIT_FAILURE;
    }
    wall_us = cost_now_us() - started_us;
    fprintf(stderr, "cost: %lld %lld %ld\n", wall_us,
            cost_us(usage.ru_utime) + cost_us(usage.ru_stime), usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
