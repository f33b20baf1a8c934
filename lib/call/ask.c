#include "call/ask.h"

#include "call/classify.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ASK_WHY_CHARACTERS = 100 };

static enum ask_state ask_parse_state(const char *word)
{
    static const char *const words[] = {
        [ASK_COMPLETED] = "completed", [ASK_ABSENT] = "absent", [ASK_HELD] = "held"};

    for (size_t i = 1; word != NULL && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return (enum ask_state)i;
    return ASK_UNANSWERED;
}

/* In the words that an outcome would have. */
static void ask_explain(const struct response *response, struct ask_answer *answer)
{
    struct response asked = *response;
    struct outcome outcome = {.records_exported = -1};
    struct text why = {0};

    asked.was_sent = response->end == RESPONSE_TIMEOUT; /* for its words alone */
    classify_response(&asked, 0, &outcome);
    if (outcome.error_class == OUTCOME_NONE) {
        text_addf(&why, "HTTP status %ld without a state that is known", response->status);
    } else {
        text_addf(&why, "%s: ", outcome.error_code);
        text_add_clean(&why, outcome.message, strlen(outcome.message), ASK_WHY_CHARACTERS);
    }
    snprintf(answer->why, sizeof answer->why, "%s", text_string(&why));
    outcome_free(&outcome);
    text_free(&why);
}

void ask_read(const struct response *response, struct ask_answer *answer)
{
    bool is_whole = response->end == RESPONSE_WHOLE && response->status == 200 &&
                    !response->has_relay_error && *response->platform_code == '\0';
    json_t *body = is_whole ? json_loadb(text_string(&response->body), response->body.length,
                                         JSON_REJECT_DUPLICATES, NULL)
                            : NULL;
    const json_t *records = json_object_get(body, "recordsExported");

    *answer = (struct ask_answer){
        .state = ask_parse_state(json_string_value(json_object_get(body, "state"))),
        .records_exported = -1,
    };
    if (answer->state == ASK_COMPLETED && json_is_integer(records) &&
        json_integer_value(records) >= 0)
        answer->records_exported = json_integer_value(records);
    if (answer->state == ASK_UNANSWERED)
        ask_explain(response, answer);
    json_decref(body);
}
