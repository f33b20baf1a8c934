#include "tick/helper.h"

#include "tick/child.h"
#include "time/wait.h"

#include <signal.h>
#include <unistd.h>

bool helper_start(struct helper *helper, void (*work)(void *context), void *context)
{
    struct helper_word word;

    helper->pid = child_fork(&helper->fd);
    if (helper->pid == 0) {
        if (helper_hear(helper, &word))
            work(context);
        _exit(0);
    }
    if (helper->pid > 0)
        return true;
    *helper = (struct helper){0};
    return false;
}

void helper_tell(const struct helper *helper, struct helper_word word)
{
    if (helper->pid > 0)
        child_send(helper->fd, &word, sizeof word);
}

bool helper_hear(const struct helper *helper, struct helper_word *word)
{
    return child_receive(helper->fd, word, sizeof *word, true) == CHILD_SPOKE;
}

bool helper_wait(struct helper *helper, int64_t until_ms)
{
    bool has_ended = helper->pid <= 0 || wait_for(helper->fd, POLLIN, until_ms);

    helper_end(helper);
    return has_ended;
}

void helper_end(struct helper *helper)
{
    if (helper->pid > 0) {
        kill(helper->pid, SIGKILL);
        child_reap(helper->pid, helper->fd);
    }
    *helper = (struct helper){0};
}
