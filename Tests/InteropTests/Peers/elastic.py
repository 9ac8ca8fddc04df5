"""Starts a training program under torchrun with one restart, kills one worker after the first checkpoint, and prints
torchrun's exit code.

usage: elastic.py FOLDER CHECKPOINT PROGRAM ARGUMENT...
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

folder, checkpoint, *command = sys.argv[1:]
launcher = subprocess.Popen(
    [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1",
     "--no-python", *command],
    cwd=folder)


def workers():
    """Process numbers of the launcher's children."""
    children = pathlib.Path(f"/proc/{launcher.pid}/task").glob("*/children")
    return [int(pid) for child in children for pid in child.read_text().split()]


deadline = time.time() + 120
while not pathlib.Path(folder, checkpoint).exists() and launcher.poll() is None and time.time() < deadline:
    time.sleep(0.05)
if launcher.poll() is None:
    os.kill(workers()[-1], signal.SIGKILL)
print(launcher.wait(timeout=240))
