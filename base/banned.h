/*
 * banned - functions that lose bounds, the time zone, or start a shell.
 * Force-included by meson before every file, so their use is a compile error.
 * The system headers that declare them come first, else the declarations
 * themselves would be refused.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok
#pragma GCC poison atoi atol atof gmtime localtime ctime asctime
#pragma GCC poison system popen tmpnam mktemp
