#include "integration/suites.h"
Suite *suite_traces(void)
{
    return suite_create("traces");
}
