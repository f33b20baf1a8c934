/*
 * The suites of the integration tests; main.c runs them all.
 */
#ifndef SYNCSCHED_INTEGRATION_SUITES_H
#define SYNCSCHED_INTEGRATION_SUITES_H

#include <check.h>

Suite *suite_schema(void);
Suite *suite_schema_access(void);
Suite *suite_schema_version(void);
Suite *suite_upgrade(void);
Suite *suite_scale(void);
Suite *suite_tick(void);
Suite *suite_tick_faults(void);
Suite *suite_tick_answers(void);
Suite *suite_tick_tls(void);
Suite *suite_tick_proxy(void);
Suite *suite_tick_stops(void);
Suite *suite_tick_marks(void);
Suite *suite_tick_locks(void);
Suite *suite_tick_debts(void);
Suite *suite_tick_late(void);
Suite *suite_tick_retries(void);
Suite *suite_tick_attempts(void);
Suite *suite_tick_connections(void);
Suite *suite_tick_guards(void);
Suite *suite_connect(void);
Suite *suite_roles(void);
Suite *suite_tls(void);
Suite *suite_hostile_rows(void);
Suite *suite_passwords(void);
Suite *suite_round_trips(void);
Suite *suite_pooled(void);
Suite *suite_prune(void);
Suite *suite_prune_races(void);
Suite *suite_traces(void);
Suite *suite_audit(void);
Suite *suite_keys(void);
Suite *suite_secrets(void);
Suite *suite_warm(void);
Suite *suite_probe(void);
Suite *suite_probe_week(void);
Suite *suite_health_probe(void);
Suite *suite_usage(void);
Suite *suite_output(void);
Suite *suite_log(void);
Suite *suite_monitor(void);
Suite *suite_alert(void);
Suite *suite_alert_hurt(void);
Suite *suite_manual(void);
Suite *suite_reference(void);
Suite *suite_configuration(void);
Suite *suite_completion(void);
Suite *suite_release(void);
Suite *suite_check_cron(void);
Suite *suite_check_cron_lines(void);
Suite *suite_next(void);
Suite *suite_zones(void);
Suite *suite_window(void);
Suite *suite_status(void);
Suite *suite_status_text(void);
Suite *suite_status_cost(void);
Suite *suite_doctor(void);
Suite *suite_doctor_settings(void);
Suite *suite_doctor_asks(void);
Suite *suite_doctor_output(void);

/* Adds to a suite what may be possible for root alone: alone it would be a suite without a test. */
void offline_add_tests(Suite *suite);

#endif
