/*
 * Covers lib/call/response.c and classify.c with the table of answers, tests/data/answers.txt, a
 * test a row. The head of the table explains how to read it.
 */
#include "support/answer_table.h"
#include "support/suite.h"

#include "call/classify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_WANTED = 120 };

/* Takes an answer as libcurl hands it over. */
static void take_row(struct response *response, const struct answer_row *row)
{
    const char *headers = row->headers;
    char line[200];
    char header[210];
    struct text body = {0};

    *response = (struct response){.was_sent = true, .status = row->status};
    snprintf(header, sizeof header, "HTTP/1.1 %ld Scripted\r\n", row->status);
    response_take_header(response, header, strlen(header));
    while (answer_table_next_header(&headers, line, sizeof line)) {
        snprintf(header, sizeof header, "%s\r\n", line);
        response_take_header(response, header, strlen(header));
    }
    response_take_header(response, "\r\n", 2);
    answer_table_add_body(&body, row->body);
    response_take_body(response, text_string(&body), body.length);
    text_free(&body);
}

/* The outcome as the table has it. */
static void format_log(const struct outcome *outcome, char *log, size_t size)
{
    if (outcome->error_class != OUTCOME_NONE)
        snprintf(log, size, "%s %s", outcome_class_name(outcome->error_class), outcome->error_code);
    else if (outcome->is_accepted)
        snprintf(log, size, "accepted");
    else if (outcome->records_exported >= 0)
        snprintf(log, size, "completed %" PRId64, outcome->records_exported);
    else
        snprintf(log, size, "completed");
}

/* What sends such an outcome again. */
static enum answer_again find_again(const struct outcome *outcome)
{
    return outcome->error_class == OUTCOME_NONE                         ? ANSWER_NEVER
           : outcome->error_class == OUTCOME_UNKNOWN                    ? ANSWER_RETRY_UNKNOWN
           : outcome->may_retry                                         ? ANSWER_TICK
           : outcome->http_status == 409 && outcome->retry_after_ms > 0 ? ANSWER_WHILE_HELD
                                                                        : ANSWER_MAX_ATTEMPTS;
}

START_TEST(test_answer)
{
    int count;
    const struct answer_row *row = &answer_table_read(&count)[_i];
    struct response response;
    struct outcome outcome;
    char log[100];

    take_row(&response, row);
    classify_response(&response, 0, &outcome);
    format_log(&outcome, log, sizeof log);
    ck_assert_msg(strcmp(log, row->log) == 0, "line %d: %s", row->line, log);
    ck_assert_msg(find_again(&outcome) == row->again, "line %d: sent again", row->line);
    ck_assert_int_eq(outcome.http_status, row->status);
    ck_assert_int_eq(outcome.message != NULL, outcome.error_class != OUTCOME_NONE);
    ck_assert_int_eq(outcome.warning != NULL, strcmp(log, "completed") == 0);
    ck_assert(!outcome.may_retry || outcome.error_class == OUTCOME_NOT_DELIVERED);
    outcome_free(&outcome);
    response_free(&response);
}
END_TEST

START_TEST(test_enough)
{
    int count;

    answer_table_read(&count);
    ck_assert_int_ge(count, ROWS_WANTED);
}
END_TEST

SUITE(answers)
{
    TCase *cases = tcase_create("answers");
    int count;

    answer_table_read(&count);
    tcase_add_test(cases, test_enough);
    tcase_add_loop_test(cases, test_answer, 0, count);
    suite_add_tcase(suite, cases);
}
