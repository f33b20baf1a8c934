#include "support/server_script.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SCRIPT_MS_MAX = 3600 * 1000,
    SCRIPT_BODY_MAX = 64 * 1024 * 1024,
    SCRIPT_TIMES_MAX = 1 << 30
};

static const char script_blanks[] = " \t\r";

static const char *const script_actions[] = {
    [SERVER_ANSWER] = "answer",
    [SERVER_CLOSE] = "close",
    [SERVER_CLOSE_AFTER_ANSWER] = "close_after_answer",
    [SERVER_GARBAGE] = "garbage",
    [SERVER_HANG] = "hang",
    [SERVER_HANG_AFTER_HEADERS] = "hang_after_headers",
    [SERVER_NO_CONTENT] = "no_content",
    [SERVER_RAW] = "raw",
    [SERVER_REDIRECT] = "redirect",
    [SERVER_RESET] = "reset",
    [SERVER_RESET_AFTER_HEADERS] = "reset_after_headers",
    [SERVER_RESET_BEFORE_READ] = "reset_before_read",
    [SERVER_RESET_IN_BODY] = "reset_in_body",
    [SERVER_TRUNCATE] = "truncate",
};

static struct stat script_checked; /* the file that was read last; under script_lock */

/* How often each line with times= was applied, by its text; under script_lock. */
struct script_count {
    struct script_count *next;
    char *line;
    long count;
};

static struct script_count *script_counts;
static pthread_mutex_t script_lock = PTHREAD_MUTEX_INITIALIZER;

const char *server_action_name(enum server_action action)
{
    return script_actions[action];
}

void server_rule_free(struct server_rule *rule)
{
    free(rule->line);
    text_free(&rule->headers);
    text_free(&rule->body);
    *rule = (struct server_rule){0};
}

static int script_hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* The byte that two hexadecimal digits name; -1 when they are none. */
static int script_hex_byte(const char *digits)
{
    int high = script_hex_digit(digits[0]);
    int low = high < 0 ? -1 : script_hex_digit(digits[1]);

    return low < 0 ? -1 : high * 16 + low;
}

/* Resolves \n \r \t \\ \xNN. */
static bool script_add_escaped(struct text *text, const char *raw, struct text *complaint)
{
    static const char letters[] = "nrt\\";
    static const char meanings[] = "\n\r\t\\";

    text_append(text, "", 0);
    while (*raw != '\0') {
        const char *letter = raw[0] == '\\' && raw[1] != '\0' ? strchr(letters, raw[1]) : NULL;
        int byte = raw[0] == '\\' && raw[1] == 'x' ? script_hex_byte(raw + 2) : -1;
        char c = letter != NULL ? meanings[letter - letters] : byte >= 0 ? (char)byte : raw[0];

        if (raw[0] == '\\' && letter == NULL && byte < 0) {
            text_addf(complaint, "unknown escape in body= at \"%.4s\"", raw);
            return false;
        }
        text_append(text, &c, 1);
        raw += letter != NULL ? 2 : byte >= 0 ? 4 : 1;
    }
    return true;
}

/* Resolves %NN in place; a percent sign without two digits stays. */
static void script_resolve_percent(char *value)
{
    char *to = value;

    for (const char *from = value; *from != '\0'; to++) {
        int byte = from[0] == '%' ? script_hex_byte(from + 1) : -1;

        *to = byte > 0 ? (char)byte : *from;
        from += byte > 0 ? 3 : 1;
    }
    *to = '\0';
}

static bool script_set_number(long *number, long max, const char *key, const char *value,
                              struct text *complaint)
{
    char *end = NULL;

    errno = 0;
    *number = strtol(value, &end, 10);
    if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0 && *number <= max)
        return true;
    text_addf(complaint, "%s takes a number from 0 to %ld, not \"%s\"", key, max, value);
    return false;
}

static bool script_set_action(struct server_rule *rule, const char *value, struct text *complaint)
{
    for (size_t i = 0; i < sizeof script_actions / sizeof *script_actions; i++) {
        if (strcmp(value, script_actions[i]) == 0) {
            rule->action = (enum server_action)i;
            return true;
        }
    }
    text_addf(complaint, "unknown action \"%s\"", value);
    return false;
}

static bool script_set(struct server_rule *rule, const char *key, char *value,
                       struct text *complaint)
{
    const struct {
        const char *key;
        long *number;
        long max;
    } numbers[] = {
        {"latency_ms", &rule->latency_ms, SCRIPT_MS_MAX},
        {"drip_ms", &rule->drip_ms, SCRIPT_MS_MAX},
        {"head_ms", &rule->head_ms, SCRIPT_MS_MAX},
        {"unasked_ms", &rule->unasked_ms, SCRIPT_MS_MAX},
        {"unasked_fin", &rule->unasked_fin, 1},
        {"status", &rule->status, 999},
        {"body_bytes", &rule->body_bytes, SCRIPT_BODY_MAX},
        {"chunked", &rule->chunked, 1},
        {"times", &rule->times, SCRIPT_TIMES_MAX},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0)
            return script_set_number(numbers[i].number, numbers[i].max, key, value, complaint);
    if (strcmp(key, "action") == 0)
        return script_set_action(rule, value, complaint);
    if (strcmp(key, "location") == 0) {
        rule->location = value;
    } else if (strcmp(key, "unasked") == 0) {
        script_resolve_percent(value);
        rule->unasked = value;
    } else if (strcmp(key, "content_type") == 0) {
        script_resolve_percent(value);
        rule->content_type = value;
    } else if (strcmp(key, "count") == 0) {
        text_free(&rule->body);
        text_addf(&rule->body, "{\"recordsExported\": %s}", value);
        rule->has_body = true;
    } else if (strcmp(key, "header") == 0 && strchr(value, ':') != NULL) {
        char *name = strsep(&value, ":");

        script_resolve_percent(value);
        text_addf(&rule->headers, "%s: %s\r\n", name, value);
    } else {
        text_addf(complaint, "unknown or incomplete \"%s=%s\"", key, value);
        return false;
    }
    return true;
}

/* What the line left open: the status that the action implies, and a body. */
static void script_complete(struct server_rule *rule)
{
    if (rule->status == 0)
        rule->status = rule->action == SERVER_REDIRECT     ? 302
                       : rule->action == SERVER_NO_CONTENT ? 204
                                                           : 200;
    if (rule->action == SERVER_NO_CONTENT) {
        text_free(&rule->body);
    } else if (rule->body_bytes >= 0) {
        char *filler = memory_allocate((size_t)rule->body_bytes, 1);

        memset(filler, 'x', (size_t)rule->body_bytes);
        text_free(&rule->body);
        text_append(&rule->body, filler, (size_t)rule->body_bytes);
        free(filler);
    } else if (!rule->has_body && rule->status / 100 == 2) {
        text_add(&rule->body, "{\"recordsExported\": 1}");
    } else if (!rule->has_body) {
        text_addf(&rule->body, "{\"error\": \"scripted status %ld\"}", rule->status);
    }
}

static void script_start_rule(struct server_rule *rule, const char *line)
{
    static char content_type[] = "application/json";

    *rule = (struct server_rule){.body_bytes = -1, .content_type = content_type};
    rule->line = memory_copy_text(line);
}

/* Takes one line apart. An empty line or a comment gives a rule without integration_id. */
static bool script_parse_line(const char *line, struct server_rule *rule, struct text *complaint)
{
    char *rest;

    script_start_rule(rule, line);
    rest = rule->line + strspn(rule->line, script_blanks);
    if (*rest == '\0' || *rest == '#')
        return true;
    rule->integration_id = strsep(&rest, script_blanks);
    while (rest != NULL && *(rest += strspn(rest, script_blanks)) != '\0') {
        char *value;
        char *key;

        if (strncmp(rest, "body=", 5) == 0) {
            text_free(&rule->body);
            rule->has_body = true;
            return script_add_escaped(&rule->body, rest + 5, complaint);
        }
        value = strsep(&rest, script_blanks);
        key = strsep(&value, "=");
        if (value == NULL) {
            text_addf(complaint, "\"%s\" is not key=value", key);
            return false;
        }
        if (!script_set(rule, key, value, complaint))
            return false;
    }
    return true;
}

/* Whether the rule's times= are not used up; counts this time when it is taken. */
static bool script_use(const struct server_rule *rule, const char *line, bool take)
{
    struct script_count *count = script_counts;

    if (rule->times == 0)
        return true;
    while (count != NULL && strcmp(count->line, line) != 0)
        count = count->next;
    if (count == NULL) {
        count = memory_allocate(1, sizeof *count);
        *count = (struct script_count){.next = script_counts, .line = memory_copy_text(line)};
        script_counts = count;
    }
    if (count->count >= rule->times)
        return false;
    count->count += take ? 1 : 0;
    return true;
}

/* The whole file in one text; a missing file is an empty one. */
static bool script_read(const char *path, struct text *text, struct text *complaint)
{
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    char block[4096];
    size_t n;

    text_append(text, "", 0);
    if (file == NULL && (path == NULL || errno == ENOENT))
        return true;
    while (file != NULL && (n = fread(block, 1, sizeof block, file)) > 0)
        text_append(text, block, n);
    if (file == NULL || ferror(file)) {
        text_addf(complaint, "cannot read script \"%s\": %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return false;
    }
    fclose(file);
    return true;
}

/* What a walk through the script looks for. */
struct script_search {
    const char *integration_id; /* NULL: the first line that still applies to anybody */
    struct server_rule *found;  /* NULL: nothing, only check */
    bool has_found;
};

static bool script_is_method(const char *id)
{
    return strcmp(id, SERVER_SCRIPT_OPTIONS) == 0 || strcmp(id, SERVER_SCRIPT_HEAD) == 0 ||
           strcmp(id, SERVER_SCRIPT_GET) == 0 ||
           strncmp(id, SERVER_SCRIPT_GET_KEY, strlen(SERVER_SCRIPT_GET_KEY)) == 0;
}

/* Whether a rule for id applies to what is looked for. */
static bool script_matches(const struct script_search *search, const char *id)
{
    if (search->integration_id == NULL)
        return !script_is_method(id);
    if (strcmp(id, SERVER_SCRIPT_GET) == 0 &&
        strncmp(search->integration_id, SERVER_SCRIPT_GET_KEY, strlen(SERVER_SCRIPT_GET_KEY)) == 0)
        return true;
    if (script_is_method(id) || script_is_method(search->integration_id))
        return strcmp(id, search->integration_id) == 0;
    return strcmp(id, "*") == 0 || strcmp(id, search->integration_id) == 0;
}

/* Keeps the rule when it is the one that is looked for, and frees it otherwise. */
static void script_consider(struct script_search *search, struct server_rule *rule,
                            const char *line)
{
    const char *id = rule->integration_id;
    bool unread = search->integration_id == NULL;
    bool matches = id != NULL && script_matches(search, id);

    if (search->found != NULL && !search->has_found && matches) {
        bool take = !unread || (strcmp(id, "*") == 0 && rule->action == SERVER_RESET_BEFORE_READ);

        if (script_use(rule, line, take)) {
            *search->found = *rule;
            search->has_found = true;
            return;
        }
    }
    server_rule_free(rule);
}

/* Whether this very file has been read to its end without a complaint; a new script is a new file. */
static bool script_was_checked(const char *path, struct stat *file)
{
    return path != NULL && stat(path, file) == 0 && file->st_dev == script_checked.st_dev &&
           file->st_ino == script_checked.st_ino && file->st_size == script_checked.st_size &&
           file->st_mtim.tv_sec == script_checked.st_mtim.tv_sec &&
           file->st_mtim.tv_nsec == script_checked.st_mtim.tv_nsec;
}

/* Whether a line is for what is looked for, as far as its first word tells. */
static bool script_line_matches(const struct script_search *search, const char *line)
{
    const char *id = line + strspn(line, script_blanks);
    size_t length = strcspn(id, script_blanks);
    char word[64];

    if (length >= sizeof word)
        return true;
    memcpy(word, id, length);
    word[length] = '\0';
    return script_matches(search, word);
}

/* Megabytes of script, once checked, are not taken apart again for each request. */
static bool script_search(const char *path, struct script_search *search, struct text *complaint)
{
    struct text script = {0};
    struct text fault = {0};
    struct stat file = {0};
    bool was_checked = script_was_checked(path, &file);
    char *rest;
    bool ok = script_read(path, &script, complaint);
    int number = 0;

    rest = script.data;
    while (ok && rest != NULL) {
        const char *line = strsep(&rest, "\n");
        struct server_rule rule;

        number++;
        if (was_checked && (search->has_found || !script_line_matches(search, line)))
            continue;
        ok = script_parse_line(line, &rule, &fault);
        if (ok)
            script_consider(search, &rule, line);
        else
            server_rule_free(&rule);
    }
    if (fault.length > 0)
        text_addf(complaint, "script \"%s\", line %d: %s", path, number, fault.data);
    if (ok)
        script_checked = file;
    else if (search->has_found)
        server_rule_free(search->found);
    text_free(&fault);
    text_free(&script);
    return ok;
}

bool server_script_match(const char *path, const char *integration_id, struct server_rule *rule,
                         struct text *complaint)
{
    struct script_search search = {.integration_id = integration_id, .found = rule};
    bool ok;

    *rule = (struct server_rule){0};
    pthread_mutex_lock(&script_lock);
    ok = script_search(path, &search, complaint);
    pthread_mutex_unlock(&script_lock);
    if (!ok)
        return false;
    if (!search.has_found)
        script_start_rule(rule, "");
    script_complete(rule);
    return true;
}

bool server_script_resets_unread(const char *path)
{
    struct server_rule rule = {0};
    struct script_search search = {.found = &rule};
    struct text complaint = {0};
    bool resets;

    pthread_mutex_lock(&script_lock);
    resets = script_search(path, &search, &complaint) && search.has_found &&
             strcmp(rule.integration_id, "*") == 0 && rule.action == SERVER_RESET_BEFORE_READ;
    pthread_mutex_unlock(&script_lock);
    text_free(&complaint);
    server_rule_free(&rule);
    return resets;
}

bool server_script_check(const char *path, struct text *complaint)
{
    struct script_search search = {0};
    bool ok;

    pthread_mutex_lock(&script_lock);
    ok = script_search(path, &search, complaint);
    pthread_mutex_unlock(&script_lock);
    return ok;
}
