#include "tick/pool_channel.h"

#include "tick/pool.h"

#include <errno.h>
#include <sys/socket.h>

ssize_t pool_receive(int fd, struct pool_message *message, int flags)
{
    ssize_t n;

    do /* a reset hides what came before it */
        n = recv(fd, message, sizeof *message, flags);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    return n;
}

bool pool_next(struct pool_channel *channel, struct pool_task *task)
{
    struct pool_message message;

    if (pool_receive(channel->fd, &message, 0) != (ssize_t)sizeof message ||
        message.kind != POOL_TASK)
        return false;
    *task = (struct pool_task){message.job, message.predecessor, message.is_wound_up};
    return true;
}

void pool_report(struct pool_channel *channel, size_t job, int verdict)
{
    struct pool_message message = {.kind = POOL_REPORT, .job = job, .verdict = verdict};

    /* Without a parent nobody wants to know; pool_next() will notice. */
    (void)send(channel->fd, &message, sizeof message, MSG_NOSIGNAL);
}

enum pool_word pool_listen(struct pool_channel *channel)
{
    struct pool_message message;
    ssize_t n = pool_receive(channel->fd, &message, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN ? POOL_WORD_NONE : POOL_WORD_GONE;
    return n == 0 ? POOL_WORD_GONE : POOL_WORD_STOP;
}
