#include "command/setting.h"

#include "base/text.h"
#include "time/duration.h"
#include "time/instant.h"
#include "time/moment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool setting_read_switch(struct setting_value *value, struct error *err)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value->text, words[i]) == 0) {
            value->number = i % 2;
            return true;
        }
    }
    return error_set(err, ERROR_CONFIG, "it is a switch: set its variable to 1 or 0");
}

static bool setting_read_duration(const struct setting *setting, struct setting_value *value,
                                  struct error *err)
{
    if (!duration_parse(value->text, &value->number, err))
        return false;
    if (value->number >= setting->least && value->number <= setting->most)
        return true;
    error_set(err, ERROR_USAGE, "%.40s is out of range", value->text);
    return error_hint(err, "from %s", setting->limits);
}

static bool setting_read_number(const struct setting *setting, struct setting_value *value,
                                struct error *err)
{
    char *end;

    errno = 0;
    value->number = strtol(value->text, &end, 10);
    if (*value->text != '\0' && *end == '\0' && errno == 0 && value->number >= setting->least &&
        value->number <= setting->most)
        return true;
    return error_set(err, ERROR_USAGE, "'%.40s' is not a whole number from %s", value->text,
                     setting->limits);
}

static bool setting_check_word(const char *text, struct error *err)
{
    size_t length = strlen(text);
    uint32_t character;
    size_t size;

    if (length == 0)
        return error_set(err, ERROR_USAGE, "it is empty");
    for (size_t at = 0; at < length; at += size)
        if ((size = text_decode(text + at, length - at, &character)) == 0)
            return error_set(err, ERROR_USAGE, "it is not UTF-8");
    return true;
}

static bool setting_check_name(const char *text, struct error *err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";

    return (strlen(text) <= SETTING_NAME_MAX && text[strspn(text, letters)] == '\0') ||
           error_set(err, ERROR_USAGE, "at most %d letters, digits and any of _.:-",
                     SETTING_NAME_MAX);
}

static bool setting_check_choice(const struct setting *setting, const char *text, struct error *err)
{
    size_t length = strlen(text);

    for (const char *at = setting->limits; *at != '\0'; at += strspn(at, "|")) {
        size_t width = strcspn(at, "|");

        if (width == length && strncmp(at, text, length) == 0)
            return true;
        at += width;
    }
    error_set(err, ERROR_USAGE, "'%.40s' is not one of the choices", text);
    return error_hint(err, "choose one of %s", setting->limits);
}

bool setting_read(const struct setting *setting, struct setting_value *value, struct error *err)
{
    struct moment moment;

    switch (setting->type) {
    case SETTING_TYPE_SWITCH:
        return setting_read_switch(value, err);
    case SETTING_TYPE_DURATION:
        return setting_read_duration(setting, value, err);
    case SETTING_TYPE_NUMBER:
        return setting_read_number(setting, value, err);
    case SETTING_TYPE_MOMENT:
    case SETTING_TYPE_SINCE:
        if (!moment_parse(value->text, setting->type == SETTING_TYPE_SINCE, &moment, err))
            return false;
        value->number = moment.form == MOMENT_INSTANT ? moment.number : 0;
        return true;
    case SETTING_TYPE_WORD:
        return setting_check_word(value->text, err);
    case SETTING_TYPE_NAME:
        return setting_check_name(value->text, err);
    case SETTING_TYPE_CHOICE:
        return setting_check_choice(setting, value->text, err);
    case SETTING_TYPE_TEXT:
        break;
    }
    return true;
}

enum setting_name setting_find(const char *variable)
{
    enum setting_name name = 0;

    while (name < SETTINGS && strcmp(settings[name].variable, variable) != 0)
        name++;
    return name;
}

/* How many letters must be put in, left out or exchanged to make one of the other (Levenshtein). */
static size_t setting_distance(const char *a, const char *b)
{
    enum { LETTERS_MAX = 64 };
    size_t row[LETTERS_MAX + 1];
    size_t length = strlen(b);

    if (length > LETTERS_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0]; /* of the row above, whose rest is still in place */

        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            bool is_same = toupper((unsigned char)a[i]) == toupper((unsigned char)b[j]);
            size_t least = diagonal + (is_same ? 0 : 1);

            diagonal = row[j + 1];
            if (row[j] + 1 < least)
                least = row[j] + 1;
            if (diagonal + 1 < least)
                least = diagonal + 1;
            row[j + 1] = least;
        }
    }
    return row[length];
}

enum setting_name setting_find_nearest(const char *variable)
{
    static const char prefix[] = "SYNCSCHED_";
    size_t length = strlen(variable);
    size_t differing = length > strlen(prefix) ? (length - strlen(prefix)) / 3 : 0;
    size_t least = (differing < 3 ? differing : 3) + 1; /* further off is not alike */
    enum setting_name nearest = SETTINGS;

    for (enum setting_name name = 0; name < SETTINGS; name++) {
        size_t distance = setting_distance(variable, settings[name].variable);

        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}
