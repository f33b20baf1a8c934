#include "time/tzif.h"

#include "base/memory.h"
#include "time/instant.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 44,
    VERSION_AT = 4,
    COUNTS_AT = 20,
    TYPE_SIZE = 6,
    OFFSET_MOST = 26 * 3600, /* RFC 9636, 3.2: utoff lies strictly between -25 and 26 hours */
};

/* A million years: any time beyond is a way of writing "always". Their years fit into an int. */
#define TIME_MOST (INT64_C(1) << 45)

/* One of the blocks of a file, from its header to the end of its data. */
struct tzif_block {
    const unsigned char *times;
    const unsigned char *types_of_times;
    const unsigned char *types;
    size_t time_size; /* 4 or 8 bytes */
    size_t time_count;
    size_t type_count;
    size_t leap_count;
    size_t size; /* all of it */
};

static uint32_t tzif_read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t tzif_read_time(const struct tzif_block *block, size_t i)
{
    const unsigned char *at = block->times + i * block->time_size;

    if (block->time_size == 4)
        return (int32_t)tzif_read_u32(at);
    return (int64_t)((uint64_t)tzif_read_u32(at) << 32 | tzif_read_u32(at + 4));
}

/* Lays a block out over the bytes; says what is wrong, or NULL. */
static const char *tzif_read_block(const unsigned char *bytes, size_t length, size_t time_size,
                                   struct tzif_block *block)
{
    /* In the order of the header: UT and standard indicators, leap seconds, times, types, names. */
    size_t sizes[] = {1, 1, time_size + 4, time_size + 1, TYPE_SIZE, 1};
    size_t counts[6];

    if (length < HEADER_SIZE || memcmp(bytes, "TZif", 4) != 0)
        return "is not time zone data";
    block->size = HEADER_SIZE;
    for (int i = 0; i < 6; i++) {
        counts[i] = tzif_read_u32(bytes + COUNTS_AT + 4 * i);
        block->size += counts[i] * sizes[i]; /* 6 * 2^32 * 12 at most: no overflow */
    }
    if (block->size > length)
        return "has time zone data that are cut off";
    block->time_size = time_size;
    block->leap_count = counts[2];
    block->time_count = counts[3];
    block->type_count = counts[4];
    block->times = bytes + HEADER_SIZE;
    block->types_of_times = block->times + block->time_count * time_size;
    block->types = block->types_of_times + block->time_count;
    return NULL;
}

int64_t tzif_minute_from(int64_t seconds)
{
    return -instant_divide_down(-seconds, 60);
}

int tzif_offset_minutes(int offset_seconds)
{
    return (int)instant_divide_down(offset_seconds, 60);
}

/* The offset of a type; says whether it is one that can be. */
static bool tzif_read_offset(const struct tzif_block *block, size_t type, int *offset_minutes)
{
    int32_t seconds;

    if (type >= block->type_count)
        return false;
    seconds = (int32_t)tzif_read_u32(block->types + type * TYPE_SIZE);
    if (seconds <= -OFFSET_MOST || seconds >= OFFSET_MOST)
        return false;
    *offset_minutes = tzif_offset_minutes(seconds);
    return true;
}

/* Appends a change unless it changes nothing; one of the same minute takes the last one's place. */
static void tzif_add(struct tzif *tzif, int64_t from, int offset_minutes)
{
    if (tzif->count > 1 && tzif->changes[tzif->count - 1].from == from)
        tzif->count--;
    if (tzif->count > 0 && tzif->changes[tzif->count - 1].offset_minutes == offset_minutes)
        return;
    tzif->changes[tzif->count++] = (struct tzif_change){from, offset_minutes};
}

/* Says what is wrong, or NULL. */
static const char *tzif_read_changes(const struct tzif_block *block, struct tzif *tzif)
{
    int64_t before = INT64_MIN;
    int offset_minutes;

    tzif->changes = memory_allocate(block->time_count + 1, sizeof *tzif->changes);
    if (!tzif_read_offset(block, 0, &offset_minutes))
        return "has time zone data with an impossible offset";
    tzif_add(tzif, INT64_MIN, offset_minutes);
    tzif->rule_from = INT64_MIN;
    for (size_t i = 0; i < block->time_count; i++) {
        int64_t time = tzif_read_time(block, i);

        if (time <= before || time > TIME_MOST)
            return "has time zone data that are out of order";
        before = time;
        if (!tzif_read_offset(block, block->types_of_times[i], &offset_minutes))
            return "has time zone data with an impossible offset";
        tzif->rule_from = tzif_minute_from(time < -TIME_MOST ? -TIME_MOST : time);
        tzif_add(tzif, tzif->rule_from, offset_minutes);
    }
    return NULL;
}

/* Reads the rule between two line ends; an empty one says nothing. */
static const char *tzif_read_footer(const unsigned char *bytes, size_t length, struct tzif *tzif)
{
    const unsigned char *end;

    if (length < 2 || bytes[0] != '\n' || (end = memchr(bytes + 1, '\n', length - 1)) == NULL)
        return "has time zone data that are cut off";
    if (end == bytes + 1 ||
        posix_tz_parse((const char *)bytes + 1, (size_t)(end - bytes - 1), &tzif->rule))
        return NULL;
    return "has time zone data with a rule that cannot be read";
}

/* Whether the rule can go on from the last change, to which it must agree (RFC 9636, 3.3). */
static bool tzif_rule_fits(const struct tzif *tzif)
{
    int offset_minutes = tzif->changes[tzif->count - 1].offset_minutes;

    return !tzif->rule.has_summer ||
           offset_minutes == tzif_offset_minutes(tzif->rule.offset_seconds) ||
           offset_minutes == tzif_offset_minutes(tzif->rule.summer_offset_seconds);
}

bool tzif_parse(const void *bytes, size_t length, struct tzif *tzif, struct error *err)
{
    const unsigned char *at = bytes;
    struct tzif_block block;
    const char *wrong = tzif_read_block(at, length, 4, &block);
    bool is_new = wrong == NULL && at[VERSION_AT] >= '2';

    *tzif = (struct tzif){0};
    if (is_new) { /* the same once more, with 64-bit times */
        at += block.size;
        length -= block.size;
        wrong = tzif_read_block(at, length, 8, &block);
    }
    if (wrong == NULL && block.leap_count > 0)
        wrong = "counts leap seconds, which POSIX time does not have";
    if (wrong == NULL)
        wrong = tzif_read_changes(&block, tzif);
    if (wrong == NULL && is_new)
        wrong = tzif_read_footer(at + block.size, length - block.size, tzif);
    if (wrong == NULL && !tzif_rule_fits(tzif))
        wrong = "has time zone data with a rule that does not fit";
    if (wrong == NULL)
        return true;
    tzif_free(tzif);
    return error_set(err, ERROR_INVALID, "%s", wrong);
}

void tzif_free(struct tzif *tzif)
{
    free(tzif->changes);
    *tzif = (struct tzif){0};
}
