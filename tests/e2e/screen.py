"""A terminal to watch berth on: a pty, and what a screen of that size would show."""
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

TOKEN = re.compile(rb"\x1b\[(\d*)([A-Za-z])|\x1b.|[\r\n\x07]|[^\x1b\r\n\x07]+", re.S)
HALF = re.compile(rb"(\x1b(\[\d*)?|\r)?\Z")


class Screen:
    """Lines so far, scrolled-out ones included. Knows the few sequences that berth may use; others raise."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""], 0, 0
        self.wrapped = []
        self.lost = []  # lines that were erased
        self.colours = 0
        self.resizing = False  # what was drawn for another size may still come: the cursor stops at the upper end
        self._begun = b""   # a sequence, or half a line end, of which the rest is to come

    def feed(self, data):
        data = self._begun + data
        whole = HALF.search(data).start()
        self._begun = data[whole:]
        for token in TOKEN.finditer(data[:whole].replace(b"\r\n", b"\n")):
            self._one(token)

    def _one(self, token):
        number, letter = token.group(1), token.group(2)
        text = token.group().decode(errors="replace")
        if letter == b"m":
            self.colours += 1
        elif letter == b"A":
            self.row -= int(number or 1)
            top = max(0, len(self.lines) - self.rows)
            if self.row < top and not self.resizing:
                raise AssertionError("the cursor was moved out of the screen")
            self.row = max(self.row, top)
        elif letter == b"J" and not number:
            self.lost += [self.lines[self.row][self.column:], *self.lines[self.row + 1:]]
            self.lines[self.row:] = [self.lines[self.row][:self.column]]
        elif text == "\r":
            self.column = 0
        elif text == "\n":
            self.row, self.column = self.row + 1, 0
            if self.row == len(self.lines):
                self.lines.append("")
        elif text[0] in "\x1b\x07":
            raise AssertionError(f"unknown sequence {text!r}")
        else:
            line = self.lines[self.row]
            self.lines[self.row] = line[:self.column].ljust(self.column) + text + line[self.column + len(text):]
            self.column += len(text)
            if self.column >= self.columns:
                self.wrapped.append(self.lines[self.row])


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, cwd, env, columns=100, rows=40, **streams):
        self.master, slave = os.openpty()
        self.screen = Screen(columns, rows)
        self.raw = b""
        self.resize(columns, rows)

        def own():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(command, cwd=cwd, env=env, preexec_fn=own, close_fds=True,
                                        **{"stdin": slave, "stdout": slave, "stderr": slave, **streams})
        os.close(slave)

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.columns, self.screen.rows = columns, rows

    def more(self, seconds):
        """What it prints within that time: None for nothing, empty at its end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return None
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return b""
        self.raw += data
        self.screen.feed(data)
        return data

    def until(self, text, seconds=60, after=""):
        """Reads on until the text was printed, behind the last `after`."""
        limit = time.monotonic() + seconds
        while text.encode() not in self.raw[max(0, self.raw.rfind(after.encode()) if after else 0):]:
            data = self.more(max(0, limit - time.monotonic()))
            if not data:
                raise AssertionError(f"no {text!r} in:\n" + "\n".join(self.screen.lines))

    def resize_live(self, columns, rows):
        """
        Resizes while lines are drawn over. It is not known how much was drawn for the old size by then; from the first
        running step on that is as short as the new size demands (in the old one its clock begins behind that), all is.
        """
        self.screen.resizing = True
        self.resize(columns, rows)
        begin, limit = len(self.raw), time.monotonic() + 60
        while not re.search(rb"(?m)(?:^|J)  creating [^\r\n]{1,%d}\r\n" % (columns - 12), self.raw[begin:]):
            if not self.more(max(0, limit - time.monotonic())):
                raise AssertionError("nothing was drawn for the new size:\n" + "\n".join(self.screen.lines))
        self.screen.resizing = False
        self.screen.wrapped.clear()

    def type(self, text):
        os.write(self.master, text.encode())

    def stop(self):
        """Ends what still runs, as after a failed test."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self, seconds=60):
        """Reads to the end; the exit code, negative for a signal."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.more(max(0, limit - time.monotonic())) == b"":
                break
        else:
            self.process.send_signal(signal.SIGKILL)
            raise AssertionError("it does not end:\n" + "\n".join(self.screen.lines))
        os.close(self.master)
        return self.process.wait()
