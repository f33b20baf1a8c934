/* Covers lib/call/ask.c. */
#include "support/suite.h"

#include "call/ask.h"

#include <string.h>

#define KEY "sb_secret_scene"

static const struct {
    struct response response;
    const char *body;
    enum ask_state state;
    int64_t records;
    const char *why;
} answers[] = {
    {{.status = 200}, "{\"state\":\"completed\",\"recordsExported\":7}", ASK_COMPLETED, 7, ""},
    {{.status = 200}, "{\"state\":\"completed\",\"recordsExported\":0}", ASK_COMPLETED, 0, ""},
    {{.status = 200},
     "{\"state\":\"completed\",\"recordsExported\":9223372036854775807}",
     ASK_COMPLETED,
     INT64_MAX,
     ""},
    {{.status = 200}, "{\"state\":\"completed\",\"recordsExported\":-1}", ASK_COMPLETED, -1, ""},
    {{.status = 200}, "{\"state\":\"completed\",\"recordsExported\":\"7\"}", ASK_COMPLETED, -1, ""},
    {{.status = 200}, "{\"state\":\"completed\"}", ASK_COMPLETED, -1, ""},
    {{.status = 200}, "{\"state\":\"absent\",\"recordsExported\":7}", ASK_ABSENT, -1, ""},
    {{.status = 200}, " {\"state\":\"held\",\"leftS\":9} ", ASK_HELD, -1, ""},
    /* No answer: no word that is known, and as it stands. */
    {{.status = 200},
     "{\"state\":\"Absent\"}",
     ASK_UNANSWERED,
     -1,
     "HTTP status 200 without a state that is known"},
    {{.status = 200}, "{\"state\":\"absent\\u0000\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "{\"state\":\"\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "{\"state\":1}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "{\"state\":\"completed\",\"state\":\"absent\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "{\"data\":{\"state\":\"absent\"}}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "[{\"state\":\"absent\"}]", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "\"absent\"", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "absent", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "{\"state\":\"absent\"", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "{\"state\":\"absent\"} x", ASK_UNANSWERED, -1, NULL},
    {{.status = 200}, "", ASK_UNANSWERED, -1, "HTTP status 200 without a state that is known"},
    /* Not the function's word for it: another status, somebody else's answer, or half of one. */
    {{.status = 202}, "{\"state\":\"absent\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 404}, "{\"state\":\"absent\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 405},
     "{\"code\":\"METHOD_NOT_ALLOWED\",\"message\":\"only POST\"}",
     ASK_UNANSWERED,
     -1,
     "METHOD_NOT_ALLOWED: only POST"},
    {{.status = 500},
     "{\"message\":\"\\u001b[31m " KEY "\"}",
     ASK_UNANSWERED,
     -1,
     "HTTP_500: \xEF\xBF\xBD[31m ***************"},
    {{.status = 200, .has_relay_error = true}, "{\"state\":\"absent\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200, .platform_code = "X"}, "{\"state\":\"absent\"}", ASK_UNANSWERED, -1, NULL},
    {{.status = 200, .end = RESPONSE_CONNECTION_LOST},
     "{\"state\":\"absent\"}",
     ASK_UNANSWERED,
     -1,
     "CONNECTION_LOST: the connection was lost before the answer was whole"},
    {{.status = 200, .end = RESPONSE_TOO_LARGE},
     "{\"state\":\"absent\"}",
     ASK_UNANSWERED,
     -1,
     NULL},
    {{.end = RESPONSE_TIMEOUT}, "", ASK_UNANSWERED, -1, "TIMEOUT: no answer in time"},
    {{.end = RESPONSE_DNS_FAILED},
     "",
     ASK_UNANSWERED,
     -1,
     "DNS_FAILED: the function's host was not found"},
};

START_TEST(test_ask)
{
    struct response response = answers[_i].response;
    struct ask_answer answer;

    response.secret = KEY;
    response_take_body(&response, answers[_i].body, strlen(answers[_i].body));
    ask_read(&response, &answer);
    response_free(&response);
    ck_assert_int_eq(answer.state, answers[_i].state);
    ck_assert_int_eq(answer.records_exported, answers[_i].records);
    ck_assert_msg((answer.state == ASK_UNANSWERED) == (*answer.why != '\0'), "%s", answer.why);
    if (answers[_i].why != NULL)
        ck_assert_str_eq(answer.why, answers[_i].why);
}
END_TEST

SUITE(ask)
{
    TCase *tcase = tcase_create("answers");

    tcase_add_loop_test(tcase, test_ask, 0, sizeof answers / sizeof *answers);
    suite_add_tcase(suite, tcase);
}
