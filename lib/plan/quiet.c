#include "plan/quiet.h"

#include "base/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Hostile rows may all differ: of more texts than these nothing is remembered. */
enum { QUIET_TEXTS_MAX = 4096 };

static int quiet_compare(const void *left, const void *right)
{
    const struct quiet_text *a = left;
    const struct quiet_text *b = right;

    return strcmp(a->text, b->text);
}

const struct quiet_text *quiet_find(const struct quiet *quiet, const char *text)
{
    struct quiet_text key;
    struct quiet_text *const *found;

    memcpy(&key.text, &text, sizeof key.text); /* looked at, not kept */
    found = tfind(&key, &quiet->texts, quiet_compare);
    return found != NULL ? *found : NULL;
}

void quiet_note(struct quiet *quiet, const char *text, int64_t from, int64_t window_slot)
{
    struct quiet_text *note;
    struct quiet_text **found;

    if (quiet->count == QUIET_TEXTS_MAX)
        return;
    note = memory_allocate(1, sizeof *note);
    *note = (struct quiet_text){memory_copy_text(text), from, window_slot};
    found = memory_or_exit(tsearch(note, &quiet->texts, quiet_compare));
    if (*found == note) {
        quiet->count++;
        return;
    }
    if (from < (*found)->from)
        (*found)->from = from;
    free(note->text);
    free(note);
}

static void quiet_free_text(void *node)
{
    struct quiet_text *note = node;

    free(note->text);
    free(note);
}

void quiet_free(struct quiet *quiet)
{
    tdestroy(quiet->texts, quiet_free_text);
    *quiet = (struct quiet){0};
}
