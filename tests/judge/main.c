/*
 * judge [--suites]: compares every minute with an independent judge, and with Debian's cron when
 * ASK_CRON names the script that asks it (tests/judge/ask-cron).
 */
#include "support/suite.h"

int main(int argc, char **argv)
{
    return suite_main(argc, argv);
}
