/* Covers lib/notify/monitor.c: addresses; its pings are tests/integration/test_monitor.c's. */
#include "support/suite.h"

#include "notify/monitor.h"

#include <stdlib.h>

static const struct {
    const char *address;
    const char *suffix;
    const char *url;
} urls[] = {
    {"https://hc.example/uuid", "/start", "https://hc.example/uuid/start?rid=ID"},
    {"https://hc.example/uuid", "", "https://hc.example/uuid?rid=ID"},
    {"https://hc.example/uuid/", "/fail", "https://hc.example/uuid/fail?rid=ID"},
    {"https://hc.example/key/slug?create=1", "/fail",
     "https://hc.example/key/slug/fail?create=1&rid=ID"},
    {"https://hc.example/key/slug?create=1#top", "", "https://hc.example/key/slug?create=1&rid=ID"},
    {"https://hc.example", "/start", "https://hc.example/start?rid=ID"},
    {"https://hc.example#?", "/start", "https://hc.example/start?rid=ID"},
    {"https://hc.example/a?b/c", "/start", "https://hc.example/a/start?b/c&rid=ID"},
};

START_TEST(test_monitor_url)
{
    char *url = monitor_url(urls[_i].address, urls[_i].suffix, "ID");

    ck_assert_str_eq(url, urls[_i].url);
    free(url);
}
END_TEST

SUITE(monitor)
{
    TCase *cases = tcase_create("monitor");

    tcase_add_loop_test(cases, test_monitor_url, 0, sizeof urls / sizeof urls[0]);
    suite_add_tcase(suite, cases);
}
