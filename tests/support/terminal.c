#include "support/terminal.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

/*
 * A new pseudo-terminal's master. A bare chroot has no devpts: one is mounted then, in a mount
 * namespace of this test's own process.
 */
static int terminal_open_master(void)
{
    char directory[] = "/tmp/devpts.XXXXXX";
    char path[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (master < 0 && mkdtemp(directory) != NULL && unshare(CLONE_NEWNS) == 0 &&
        mount("devpts", directory, "devpts", 0, "newinstance,ptmxmode=0666") == 0) {
        snprintf(path, sizeof path, "%s/ptmx", directory);
        master = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        umount2(directory, MNT_DETACH); /* what is open goes on working */
        rmdir(directory);
    }
    ck_assert_msg(master >= 0, "no pseudo-terminal to be had: %s", strerror(errno));
    ck_assert_int_eq(unlockpt(master), 0);
    return master;
}

struct terminal terminal_open(void)
{
    struct terminal terminal = {.master = terminal_open_master()};

    /* Open until all is read: what is left is dropped with the last one. */
    terminal.fd = ioctl(terminal.master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal.fd, 0);
    snprintf(terminal.path, sizeof terminal.path, "/proc/self/fd/%d", terminal.fd);
    return terminal;
}

size_t terminal_read(const struct terminal *terminal, char *shown, size_t size)
{
    size_t length = 0;
    ssize_t n;

    while ((n = read(terminal->master, shown + length, size - 1 - length)) > 0)
        length += (size_t)n;
    shown[length] = '\0';
    return length;
}

void terminal_close(struct terminal *terminal)
{
    close(terminal->fd);
    close(terminal->master);
}
