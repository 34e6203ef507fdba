/*
 * file - reads a file that a user or a configuration names: an ordinary one, whole, and up to a limit.
 *
 * A FIFO would be waited for without end and a device may never end, so both are refused unread.
 */
#pragma once

#include "base/buf.h"

#define FILE_WHY_MAX 96

/*
 * Appends what is in `path` to b, whose `max` is the limit. 0; ERR_IO if it cannot be read, ERR_INVALID if it is no
 * ordinary file or larger than b->max: then `why` says it as the end of a sentence, without the full stop, and b holds
 * nothing of use.
 */
int file_read(const char *path, struct buf *b, char why[FILE_WHY_MAX]);
