/*
 * The triggers' tests: what scripts/share/triggers holds, as it is, tried with what it is written for.
 *
 * Most of it needs a machine of its own (tests/triggers/apart) and so root; what cannot be tried is
 * said on stdout ("not asked: ...") and is no test.
 */
#ifndef TESTS_TRIGGERS_SUITES_H
#define TESTS_TRIGGERS_SUITES_H

#include <check.h>

Suite *suite_cron(void);
Suite *suite_pg_cron(void);
Suite *suite_side_by_side(void);
Suite *suite_systemd(void);
Suite *suite_units(void);
Suite *suite_kubernetes(void);

#endif
