/*
 * A test that only root can run, and not in every container: so it is no suite, but a part of one.
 */
#ifndef SYNCSCHED_TESTS_INTEGRATION_OFFLINE_H
#define SYNCSCHED_TESTS_INTEGRATION_OFFLINE_H

#include <check.h>

void offline_add_tests(Suite *suite);

#endif
