/*
 * What a run by hand would send, and why not the rest, in lines for people.
 */
#ifndef SYNCSCHED_REPORT_BY_HAND_H
#define SYNCSCHED_REPORT_BY_HAND_H

#include "base/text.h"
#include "plan/by_hand.h"

#include <stddef.h>
#include <stdint.h>

/* All of it, as --dry-run prints it, integration by integration. now_us: the database's clock. */
void by_hand_report(const struct by_hand_subject *subjects, size_t count, int64_t now_us,
                    struct text *out);

/* Of what is left alone one line for a message, without an end. */
void by_hand_report_left(const struct by_hand_subject *subject, const struct by_hand_item *item,
                         int64_t now_us, struct text *out);

#endif
