#include "plan/capacity.h"

#include <stdio.h>
#include <string.h>

/* The kind of a type, or NULL: no call of it has begun. Types without room share the last. */
static const struct capacity_kind *capacity_find_kind(const struct capacity *capacity,
                                                      const char *type)
{
    for (size_t i = 0; i < capacity->kind_count; i++)
        if (i == CAPACITY_KINDS_MAX - 1 || strcmp(capacity->kinds[i].type, type) == 0)
            return &capacity->kinds[i];
    return NULL;
}

static struct capacity_kind *capacity_make_kind(struct capacity *capacity, const char *type)
{
    const struct capacity_kind *found = capacity_find_kind(capacity, type);
    struct capacity_kind *kind;

    if (found != NULL)
        return &capacity->kinds[found - capacity->kinds];
    kind = &capacity->kinds[capacity->kind_count++];
    snprintf(kind->type, sizeof kind->type, "%s", type);
    return kind;
}

int64_t capacity_expect_ms(const struct capacity *capacity, const struct capacity_call *call,
                           int64_t now_ms)
{
    const struct capacity_kind *kind = capacity_find_kind(capacity, call->type);
    int64_t mean_ms = 0;
    int64_t longest_ms = 0;

    if (kind != NULL && kind->ended > 0) {
        mean_ms = kind->sum_ms / (int64_t)kind->ended;
        longest_ms = kind->longest_ms;
    } else if (kind != NULL && kind->in_flight > 0) {
        longest_ms = now_ms - kind->first_began_ms; /* it takes longer than that, as one sees */
    }
    if (call->takes_ms == CAPACITY_NOT_KNOWN)
        return longest_ms;
    return call->takes_ms > mean_ms ? call->takes_ms : mean_ms;
}

int64_t capacity_begin_until_ms(const struct capacity *capacity, const struct capacity_call *call,
                                int64_t now_ms)
{
    int64_t whole_ms = capacity->deadline_ms - capacity->began_ms;
    int64_t need_ms = capacity_expect_ms(capacity, call, now_ms);
    bool is_first = capacity->ended == 0 && now_ms < capacity->began_ms + whole_ms / 10;

    if (is_first || need_ms == 0)
        return INT64_MAX;
    need_ms += need_ms / 10;
    if (capacity->timeout_ms > 0 && need_ms > capacity->timeout_ms)
        need_ms = capacity->timeout_ms;
    return capacity->deadline_ms - need_ms;
}

void capacity_begin(struct capacity *capacity, struct capacity_call *call, int64_t now_ms)
{
    struct capacity_kind *kind = capacity_make_kind(capacity, call->type);

    call->began_ms = now_ms;
    if (kind->in_flight++ == 0)
        kind->first_began_ms = now_ms;
}

void capacity_end(struct capacity *capacity, const struct capacity_call *call, int64_t now_ms)
{
    struct capacity_kind *kind = capacity_make_kind(capacity, call->type);
    int64_t took_ms = now_ms - call->began_ms;

    kind->in_flight--;
    kind->ended++;
    kind->sum_ms += took_ms;
    if (took_ms > kind->longest_ms)
        kind->longest_ms = took_ms;
    capacity->ended++;
    capacity->sum_ms += took_ms;
}

void capacity_withdraw(struct capacity *capacity, const struct capacity_call *call)
{
    capacity_make_kind(capacity, call->type)->in_flight--;
}
