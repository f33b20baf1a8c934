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

#pragma GCC poison strcpy strcat strncpy strtok sprintf vsprintf gets
#pragma GCC poison localtime gmtime ctime asctime rand system popen

#endif
