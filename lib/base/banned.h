/*
 * Functions that this project does not use, made compile errors.
 *
 * The Makefile includes this header before every file of lib/ and main.c (-include), so the headers
 * below are read before their names are banned. Use snprintf() and text.h instead of the string
 * functions. Use the room time/ instead of the calendar functions, which read the host's time zone
 * and keep static state. Use child.h and shell.h instead of system() and popen().
 */
#ifndef SYNCSCHED_BASE_BANNED_H
#define SYNCSCHED_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(function) this_project_does_not_use_##function

#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef ctime
#define ctime(...) BANNED(ctime)
#undef asctime
#define asctime(...) BANNED(asctime)
#undef rand
#define rand(...) BANNED(rand)
#undef system
#define system(...) BANNED(system)
#undef popen
#define popen(...) BANNED(popen)

#endif
