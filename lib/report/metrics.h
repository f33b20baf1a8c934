/*
 * The status for a machine: OpenMetrics, which node_exporter's textfile collector reads, too.
 *
 * Sources: OpenMetrics 1.0, "ABNF" and "Gauge"; Prometheus, "Text-based format". All are gauges and
 * no sample has a time of its own, where the two formats agree.
 */
#ifndef SYNCSCHED_REPORT_METRICS_H
#define SYNCSCHED_REPORT_METRICS_H

#include "base/text.h"
#include "inspect/status.h"

/* Of the last runs of each integration, so many tell how long the last completed one took. */
enum { METRICS_RUNS = 5 };

/* Appends the metrics of a status that has METRICS_RUNS runs of each integration. */
void metrics_add(const struct status *status, struct text *out);

#endif
