/*
 * The alert of a tick (notify/alert.h) as a person reads it: a subject, and a mail of a few lines
 * with names and local times. Whatever its texts are, both drive neither a terminal nor a mail
 * program.
 */
#ifndef SYNCSCHED_REPORT_ALERT_MAIL_H
#define SYNCSCHED_REPORT_ALERT_MAIL_H

#include "base/text.h"
#include "notify/alert.h"

#include <stdint.h>

/* So many events are in the mail; of the others, how many there were. */
enum { ALERT_MAIL_EVENTS = 20 };

/* One line without its end, in which "syncsched: " is first. */
void alert_mail_add_subject(const struct alert *alert, struct text *out);

/* Lines of at most 72 columns. now_us, since 1970, says which year needs no number. */
void alert_mail_add(const struct alert *alert, int64_t now_us, struct text *out);

#endif
