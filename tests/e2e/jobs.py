"""As little of a shell as has job control: runs a command as a job, and says when it stopped and how it ended.

It never mends the modes of the terminal, as some shells do, but tells whether they are what they were.
"""
import os
import signal
import sys
import termios


def run(command):
    """In a process group of its own, in the foreground."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(command[0], command)
    return pid


def say(what, before):
    os.tcsetpgrp(0, os.getpgrp())
    kept = termios.tcgetattr(0) == before
    print(f"[{what}, modes {'kept' if kept else 'changed'}]", flush=True)


def main(command):
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    before = termios.tcgetattr(0)
    pid = run(command)
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        say("stopped", before)
        sys.stdin.readline()
        os.tcsetpgrp(0, pid)
        os.killpg(pid, signal.SIGCONT)
    say(f"ended {os.waitstatus_to_exitcode(status)}", before)


if __name__ == "__main__":
    main(sys.argv[1:])
