/*
 * Asks the function, beside the tick, what became of the slots that are held since the database
 * was restored.
 */
#ifndef SYNCSCHED_TICK_ASKER_H
#define SYNCSCHED_TICK_ASKER_H

#include "call/http_client.h"
#include "store/held.h"

/*
 * Asks about one after the other, in a helper, until until_ms (monotonic clock), and warns of what
 * it heard. Returns what the function says of those that it is sure of, count of them, to be
 * freed. No connection may be open.
 */
struct held_answer *asker_ask(const struct http_target *function, const struct held *held,
                              int64_t until_ms, size_t *count);

#endif
