#include "tick/asker.h"

#include "base/log.h"
#include "base/memory.h"
#include "tick/child.h"
#include "time/clock.h"

#include <string.h>

enum {
    ASKER_ANSWER_MS = 10000, /* for each slot */
    ASKER_GRACE_MS = 1000,
    ASKER_UNANSWERED_MAX = 5, /* then this function, or this moment, is not one to ask */
};

struct asker {
    const struct http_target *function;
    const struct held *held;
    int64_t until_ms;
    struct ask_answer *answers; /* shared with the helper */
};

/* The helper's life. It may have to leave its handle behind (http_client.h), and ends anyway. */
static void asker_work(void *context)
{
    const struct asker *asker = context;
    struct error ignored;
    struct http_client *client = http_client_open(asker->function, &ignored);
    bool is_usable = client != NULL;
    int unanswered = 0;

    for (size_t i = 0; is_usable && i < asker->held->count; i++) {
        int64_t now_ms = clock_now_ms();
        int64_t deadline_ms = now_ms + ASKER_ANSWER_MS;
        struct ask_answer answer;

        if (now_ms >= asker->until_ms || unanswered == ASKER_UNANSWERED_MAX)
            return;
        if (deadline_ms > asker->until_ms)
            deadline_ms = asker->until_ms;
        is_usable = http_client_ask_function(client, asker->held->runs[i].idempotency_key,
                                             deadline_ms, &answer);
        unanswered += answer.state == ASK_UNANSWERED ? 1 : 0;
        asker->answers[i] = answer;
    }
}

/* One line for all. */
static void asker_warn(const struct asker *asker)
{
    size_t counts[ASK_HELD + 1] = {0};
    const char *why = "";

    for (size_t i = 0; i < asker->held->count; i++) {
        counts[asker->answers[i].state]++;
        if (*why == '\0')
            why = asker->answers[i].why;
    }
    log_warning("asked about %zu slots that are held since the database was restored, the function "
                "says that %zu are done and %zu are not; %zu stay held%s%s",
                asker->held->count, counts[ASK_COMPLETED], counts[ASK_ABSENT],
                counts[ASK_HELD] + counts[ASK_UNANSWERED],
                *why != '\0' ? ", since it does not answer: " : "", why);
}

struct held_answer *asker_ask(const struct http_target *function, const struct held *held,
                              int64_t until_ms, size_t *count)
{
    struct asker asker = {function, held, until_ms,
                          memory_share(held->count, sizeof *asker.answers)};
    struct held_answer *answers = memory_allocate(held->count, sizeof *answers);
    struct child helper;

    *count = 0;
    if (asker.answers == NULL)
        return answers;
    if (child_start(&helper, asker_work, &asker)) {
        child_tell(&helper, (struct child_message){0});
        child_wait(&helper, until_ms + ASKER_GRACE_MS);
    }
    for (size_t i = 0; i < held->count; i++) {
        const struct ask_answer *answer = &asker.answers[i];

        if (answer->state != ASK_COMPLETED && answer->state != ASK_ABSENT)
            continue;
        memcpy(answers[*count].run_id, held->runs[i].run_id, sizeof answers[*count].run_id);
        answers[*count].is_done = answer->state == ASK_COMPLETED;
        answers[(*count)++].records_exported = answer->records_exported;
    }
    asker_warn(&asker);
    memory_unshare(asker.answers, held->count, sizeof *asker.answers);
    return answers;
}
