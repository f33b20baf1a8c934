/*
 * unit [--suites]: runs the unit tests, or prints the names of their suites.
 */
#include "support/suite.h"

int main(int argc, char **argv)
{
    return suite_main(argc, argv);
}
