#include "base/signals.h"

#include <stddef.h>

static const int signals_numbers[SIGNALS_COUNT] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};

static volatile sig_atomic_t signals_came;

static void signals_note(int number)
{
    if (number != SIGCHLD)
        signals_came = 1;
}

void signals_block(sigset_t *inherited_mask)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS_COUNT; i++)
        sigaddset(&set, signals_numbers[i]);
    sigprocmask(SIG_BLOCK, &set, inherited_mask);
}

void signals_take_over(struct signals *signals)
{
    struct sigaction action = {.sa_handler = signals_note};

    signals_came = 0;
    sigemptyset(&action.sa_mask);
    signals_block(&signals->inherited_mask);
    for (size_t i = 0; i < SIGNALS_COUNT; i++) {
        sigaction(signals_numbers[i], &action, &signals->inherited[i]);
        if (signals_numbers[i] == SIGHUP && signals->inherited[i].sa_handler == SIG_IGN)
            sigaction(SIGHUP, &signals->inherited[i], NULL);
    }
}

bool signals_ask_to_end(void)
{
    return signals_came != 0;
}

void signals_give_back(const struct signals *signals)
{
    sigprocmask(SIG_SETMASK, &signals->inherited_mask, NULL);
    for (size_t i = 0; i < SIGNALS_COUNT; i++)
        sigaction(signals_numbers[i], &signals->inherited[i], NULL);
}
