#include "report/spool.h"

#include "base/memory.h"

#include <stdlib.h>

enum { SPOOL_BYTES = 2 * 1024 * 1024 }; /* in memory */

struct spool_line {
    int64_t number;
    size_t begin; /* in the text */
    size_t length;
};

/* Its lines follow one another in the file, each behind its head. */
struct spool_head {
    int64_t number;
    size_t length;
};

struct spool_part {
    FILE *file;
    struct spool_head head; /* of its next line */
    bool has_next;
};

/* Of one number as they came. */
static int spool_compare(const void *one, const void *other)
{
    const struct spool_line *a = one;
    const struct spool_line *b = other;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->begin < b->begin ? -1 : 1;
}

static void spool_sort(struct spool *spool)
{
    if (spool->count > 0)
        qsort(spool->lines, spool->count, sizeof *spool->lines, spool_compare);
}

static bool spool_write_lines(const struct spool *spool, FILE *file)
{
    for (size_t i = 0; i < spool->count; i++) {
        const struct spool_line *line = &spool->lines[i];
        struct spool_head head = {.number = line->number, .length = line->length};

        if (fwrite(&head, sizeof head, 1, file) != 1 ||
            fwrite(spool->text.data + line->begin, 1, line->length, file) != line->length)
            return false;
    }
    return fflush(file) == 0;
}

/* Moves what is in memory into a file, if that can be. */
static void spool_put_away(struct spool *spool)
{
    FILE *file = tmpfile();

    spool_sort(spool);
    if (file == NULL || !spool_write_lines(spool, file)) {
        if (file != NULL)
            (void)fclose(file);
        spool->is_kept = true;
        return;
    }
    spool->parts =
        memory_grow(spool->parts, spool->part_count, &spool->part_capacity, sizeof *spool->parts);
    spool->parts[spool->part_count++] = (struct spool_part){.file = file};
    spool->count = 0;
    text_clear(&spool->text);
}

void spool_add(struct spool *spool, int64_t number, const char *line, size_t length)
{
    struct spool_line *added;

    spool->lines = memory_grow(spool->lines, spool->count, &spool->capacity, sizeof *spool->lines);
    added = &spool->lines[spool->count++];
    *added = (struct spool_line){number, spool->text.length, length};
    text_append(&spool->text, line, length);
    if (!spool->is_kept && spool->text.length + spool->count * sizeof *added > SPOOL_BYTES)
        spool_put_away(spool);
}

/* ---- Printing ---- */

static bool spool_read_head(struct spool_part *part)
{
    part->has_next = fread(&part->head, sizeof part->head, 1, part->file) == 1;
    return part->has_next || !ferror(part->file);
}

static bool spool_open_parts(struct spool *spool)
{
    for (size_t i = 0; i < spool->part_count; i++)
        if (fseek(spool->parts[i].file, 0, SEEK_SET) != 0 || !spool_read_head(&spool->parts[i]))
            return false;
    return true;
}

/* The part with the least number, the earliest of these; NULL: none has lines left. */
static struct spool_part *spool_find_first(struct spool *spool)
{
    struct spool_part *first = NULL;

    for (size_t i = 0; i < spool->part_count; i++) {
        struct spool_part *part = &spool->parts[i];

        if (part->has_next && (first == NULL || part->head.number < first->head.number))
            first = part;
    }
    return first;
}

static bool spool_copy_line(struct spool_part *part, FILE *out)
{
    char bytes[4096];
    size_t left = part->head.length;

    while (left > 0) {
        size_t length = left < sizeof bytes ? left : sizeof bytes;

        if (fread(bytes, 1, length, part->file) != length)
            return false;
        (void)fwrite(bytes, 1, length, out);
        left -= length;
    }
    return spool_read_head(part);
}

bool spool_print(struct spool *spool, const char *before, const char *between, FILE *out)
{
    const struct spool_line *line = spool->lines;
    const struct spool_line *end = line + spool->count;
    const char *separator = before;
    bool ok = spool_open_parts(spool);

    spool_sort(spool);
    while (ok) {
        struct spool_part *part = spool_find_first(spool);
        bool is_in_memory = line < end && (part == NULL || line->number < part->head.number);

        if (part == NULL && !is_in_memory)
            break;
        (void)fputs(separator, out);
        separator = between;
        if (is_in_memory)
            (void)fwrite(spool->text.data + line->begin, 1, line->length, out);
        else
            ok = spool_copy_line(part, out);
        line += is_in_memory ? 1 : 0;
    }
    return ok;
}

bool spool_is_empty(const struct spool *spool)
{
    return spool->count == 0 && spool->part_count == 0;
}

void spool_free(struct spool *spool)
{
    for (size_t i = 0; i < spool->part_count; i++)
        (void)fclose(spool->parts[i].file);
    text_free(&spool->text);
    free(spool->lines);
    free(spool->parts);
    *spool = (struct spool){0};
}
