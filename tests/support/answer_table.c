#include "support/answer_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE "tests/data/answers.txt"

enum { ROWS_MAX = 500, TABLE_SIZE = 128 * 1024 };

static char table[TABLE_SIZE]; /* the file; the rows point into it */
static struct answer_row rows[ROWS_MAX];
static int row_count;

/* The table is read before any test runs, so Check does not know of this yet. */
static void require(bool ok, int line)
{
    if (ok)
        return;
    fprintf(stderr, TABLE ":%d: not a row of the table\n", line);
    exit(1);
}

/* Cuts the next column off *rest and takes the blanks off its ends. */
static char *column_take(char **rest, int line)
{
    char *column = *rest;
    char *end;

    require(column != NULL, line);
    end = strstr(column, " | ");
    *rest = end != NULL ? end + 3 : NULL;
    end = end != NULL ? end : column + strlen(column);
    while (end > column && end[-1] == ' ')
        end--;
    *end = '\0';
    return column + strspn(column, " ");
}

static enum answer_again again_parse(const char *word, int line)
{
    static const char *const words[ANSWER_KINDS] = {"never", "tick", "max-attempts", "while-held",
                                                    "retry-unknown"};
    size_t i = 0;

    while (i < ANSWER_KINDS && strcmp(words[i], word) != 0)
        i++;
    require(i < ANSWER_KINDS, line);
    return (enum answer_again)i;
}

static void rows_split(void)
{
    char *rest = table;
    int number = 0;

    while (rest != NULL && *rest != '\0') {
        char *line = strsep(&rest, "\n");
        struct answer_row *row = &rows[row_count];

        number++;
        if (*line == '\0' || *line == '#')
            continue;
        require(row_count < ROWS_MAX, number);
        row->line = number;
        row->status = strtol(column_take(&line, number), NULL, 10);
        row->headers = column_take(&line, number);
        row->body = column_take(&line, number);
        row->log = column_take(&line, number);
        row->again = again_parse(column_take(&line, number), number);
        require(line == NULL, number);
        row_count++;
    }
}

const struct answer_row *answer_table_read(int *count)
{
    FILE *file = row_count == 0 ? fopen(TABLE, "re") : NULL;

    if (file != NULL) {
        require(fread(table, 1, sizeof table - 1, file) < sizeof table - 1, 0);
        fclose(file);
        rows_split();
    }
    require(row_count > 0, 0);
    *count = row_count;
    return rows;
}

bool answer_table_next_header(const char **headers, char *line, size_t size)
{
    const char *end = strstr(*headers, "; ");
    size_t length = end != NULL ? (size_t)(end - *headers) : strlen(*headers);

    require(length < size, 0);
    memcpy(line, *headers, length);
    line[length] = '\0';
    *headers += end != NULL ? length + 2 : length;
    return length > 0;
}

void answer_table_add_body(struct text *text, const char *body)
{
    for (; *body != '\0'; body++) {
        char c = *body;

        if (c == '\\' && body[1] == 'x') {
            c = (char)strtol((char[]){body[2], body[3], '\0'}, NULL, 16);
            body += 3;
        } else if (c == '\\') {
            body++;
        }
        text_append(text, &c, 1);
    }
}
