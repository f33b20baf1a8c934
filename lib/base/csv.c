#include "base/csv.h"

#include <string.h>

/* Whether a spreadsheet would compute the cell; also where its first sign is a wide one. */
static bool csv_is_formula(const char *cell)
{
    static const char *const starts[] = {
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "\xEF\xBC\x9D",
        "\xEF\xBC\x8B",
        "\xEF\xBC\x8D",
        "\xEF\xBC\xA0",
    };

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(cell, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

void csv_add_cell(struct text *line, const char *cell, bool is_first)
{
    size_t length = cell != NULL ? strlen(cell) : 0;
    bool is_quoted;

    text_add(line, is_first ? "" : ",");
    if (length == 0)
        return;
    is_quoted =
        cell[strcspn(cell, ",;\"\r\n\t")] != '\0' || *cell == ' ' || cell[length - 1] == ' ';
    text_add(line, is_quoted ? "\"" : "");
    text_add(line, csv_is_formula(cell) ? "'" : "");
    for (const char *at = cell; *at != '\0'; at++) {
        text_add(line, *at == '"' ? "\"" : "");
        text_append(line, at, 1);
    }
    text_add(line, is_quoted ? "\"" : "");
}

void csv_end_line(struct text *line)
{
    text_add(line, "\r\n");
}
