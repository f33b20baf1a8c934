#include "integration/suites.h"
Suite *suite_tick_marks(void)
{
    return suite_create("tick_marks");
}
