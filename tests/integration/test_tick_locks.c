#include "integration/suites.h"
Suite *suite_tick_locks(void)
{
    return suite_create("tick_locks");
}
