#include "integration/suites.h"
Suite *suite_tick_stops(void)
{
    return suite_create("tick_stops");
}
