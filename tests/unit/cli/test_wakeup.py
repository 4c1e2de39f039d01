"""A signal that another thread has handled ends the main thread's wait for a key all the same."""

import os
import sys
from pathlib import Path

from tests.support.env import isolated_env
from tests.support.raw_pty import RawPty

PROGRAM = """
import os, signal, sys, threading
from ipcom_chat.cli.wakeup import Wakeup

def take_it_elsewhere():
    open(sys.argv[1], "rb").read()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

with Wakeup({signal.SIGINT}) as wakeup:
    for number in range(2):
        threading.Thread(target=take_it_elsewhere).start()
        try:
            with wakeup.listening():
                input("ready ")
        except KeyboardInterrupt:
            print("heard", number, flush=True)
    try:
        with wakeup.listening():
            os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        print("heard when nobody waits", flush=True)
print("urgent:", signal.getsignal(signal.SIGURG).name, signal.set_wakeup_fd(-1))
"""


def test_a_signal_that_another_thread_handled_ends_the_wait_for_a_key(tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    command = [sys.executable, "-c", PROGRAM, str(go)]
    with RawPty(command, env=isolated_env(tmp_path)) as terminal:
        for number in range(2):
            terminal.wait_for("ready ", times=number + 1)
            with go.open("wb"):
                pass  # the thread goes on when its reading ends
            terminal.wait_for(f"heard {number}")
        terminal.wait_for("heard when nobody waits")
        terminal.wait_for("urgent: SIG_DFL -1")
        assert terminal.process.wait(timeout=30) == 0
