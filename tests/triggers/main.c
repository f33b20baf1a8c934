/*
 * triggers [--suites]: tries the triggers of scripts/share/triggers as they are, with what they are
 * written for, or prints the names of the suites.
 *
 * Most of it needs a machine of its own and so root: tests/triggers/apart and
 * scripts/dev/with-postgresql run it. Each suite says on stdout what it cannot try ("not asked:
 * ..."): that is not a test.
 */
#include "support/suite.h"

int main(int argc, char **argv)
{
    return suite_main(argc, argv);
}
