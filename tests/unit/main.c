/*
 * unit [--suites]: runs the unit tests, or prints the names of their suites.
 */
#include "support/suite.h"

#include "base/json.h"

int main(int argc, char **argv)
{
    json_set_memory();
    return suite_main(argc, argv);
}
