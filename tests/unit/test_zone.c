/* Covers lib/clock/zone.c. */
#include "suites.h"

#include "clock/zone.h"

#include <string.h>

static const struct {
    const char *text;
    int offset_seconds;
} good[] = {
    {NULL, 0},         {"UTC", 0},         {"utc", 0},         {"Z", 0},          {"z", 0},
    {"+00:00", 0},     {"-00:00", 0},      {"+02:00", 7200},   {"+0200", 7200},   {"+02", 7200},
    {"-0330", -12600}, {"-03:30", -12600}, {"-00:30", -1800},  {"+05:45", 20700}, {"+14:00", 50400},
    {"-12", -43200},   {"+15:59", 57540},  {"-15:59", -57540},
};

static const struct {
    const char *text;
    const char *wrong; /* part of the message */
} bad[] = {
    {"+16:00", "is outside -15:59 to +15:59"},
    {"-16", "is outside -15:59 to +15:59"},
    {"+99:00", "is outside -15:59 to +15:59"},
    {"+02:60", "has more than 59 minutes"},
    {"+15:60", "has more than 59 minutes"},
    {"+", "is not an offset"},
    {"-", "is not an offset"},
    {"+2", "is not an offset"},
    {"+2:00", "is not an offset"},
    {"+02:", "is not an offset"},
    {"+02:0", "is not an offset"},
    {"+02:000", "is not an offset"},
    {"+02000", "is not an offset"},
    {"+020", "is not an offset"},
    {"+02:00:00", "is not an offset"},
    {"+-2:00", "is not an offset"},
    {"+02:00 ", "is not an offset"},
    {"", "\"\" is not a time zone"},
    {" ", "is not a time zone"},
    {"02:00", "is not a time zone"},
    {" +02:00", "is not a time zone"},
    {"UTC ", "is not a time zone"},
    {"\xe2\x88\x92"
     "02:00",
     "\"\\xe2\\x88\\x9202:00\" is not a time zone"},
    {"\n", "\"\\x0a\" is not a time zone"},
    {"../etc/passwd", "is not a time zone"},
    {"Europe/Oslo", "\"Europe/Oslo\" is a name, which this version does not support yet"},
    {"America/Port-au-Prince", "is a name, which this version does not support yet"},
    {"CET", "is a name, which this version does not support yet"},
    {"UTC+2", "is a name, which this version does not support yet"},
    {"Etc/GMT-14", "is a name, which this version does not support yet"},
};

START_TEST(test_zone_good)
{
    struct error err = {0};
    struct zone zone = {.offset_seconds = 1};

    ck_assert_msg(zone_parse(good[_i].text, &zone, &err), "%s", err.message);
    ck_assert_int_eq(zone.kind, ZONE_FIXED);
    ck_assert_int_eq(zone.offset_seconds, good[_i].offset_seconds);
    ck_assert_int_eq(zone_offset_seconds_at(&zone, 28578840), good[_i].offset_seconds);
    ck_assert_int_eq(zone_wall_minute(&zone, 28578840), 28578840 + good[_i].offset_seconds / 60);
}
END_TEST

START_TEST(test_zone_bad)
{
    struct error err = {0};
    struct zone zone = {0};

    ck_assert_msg(!zone_parse(bad[_i].text, &zone, &err), "%s", bad[_i].text);
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    ck_assert_msg(strstr(err.message, bad[_i].wrong) != NULL, "%s", err.message);
    ck_assert_str_eq(err.hint, "use a fixed offset such as \"+02:00\"");
}
END_TEST

START_TEST(test_zone_long_text_is_cut)
{
    char text[5000];
    struct error err = {0};
    struct zone zone = {0};

    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert(!zone_parse(text, &zone, &err));
    ck_assert_uint_lt(strlen(err.message), 200);
    ck_assert_ptr_nonnull(strstr(err.message, "aaa...\""));
}
END_TEST

Suite *suite_zone(void)
{
    Suite *suite = suite_create("zone");
    TCase *cases = tcase_create("zone");

    tcase_add_loop_test(cases, test_zone_good, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, test_zone_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, test_zone_long_text_is_cut);
    suite_add_tcase(suite, cases);
    return suite;
}
