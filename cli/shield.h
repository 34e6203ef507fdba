/*
 * shield - memory that holds secrets: not in core files, not for other processes, overwritten when it is given back.
 */
#pragma once

/*
 * Called once, before anything is allocated by a library, and before curl is used: it starts curl too. From here on
 * the process leaves no core file, neither beside it nor with a collector of the system's, which a limit of size
 * alone does not keep from taking one. That also forbids other programs of the same user to look into it (a debugger
 * that starts berth itself still may).
 */
void shield_memory(void);
