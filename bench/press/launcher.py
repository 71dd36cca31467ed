"""Run one command and report what it cost: `launcher.py REPORT STDOUT LIMIT_S COMMAND…`

A small process of its own, because Linux hands the peak memory of a parent on
to the child that it starts. It adopts what the command leaves behind, so that
the time of Chromium's helpers counts too, and looks twenty times a second at
the peak memory of each process, to tell workers from who leads them.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_WORKER = b"multiprocessing"  # in the command line of a process of Python's pools
_EVERY_S = 0.05


def main(report: str, stdout: str, limit: str, *command: str) -> None:
    ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    seen, peaks, over = {"problem": ""}, {}, threading.Event()
    with open(stdout, "wb") as out, open(f"{stdout}.err", "wb") as err:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        threading.Thread(target=_watch, args=(process.pid, peaks, over), daemon=True).start()
        try:
            process.wait(timeout=int(limit))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            seen["problem"] = f"over {limit} s"
        seen["wall_s"] = time.monotonic() - began
    over.set()
    _wait_for_adopted()
    if process.returncode and not seen["problem"]:
        with open(f"{stdout}.err", encoding="utf-8", errors="replace") as err:
            said = [line.strip() for line in err if line.strip()]
        seen["problem"] = f"status {process.returncode}: {''.join(said[-1:])[:200]}"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seen |= {"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}
    seen |= {"main_mb": peaks.get("main", 0) / 1024, "worker_mb": peaks.get("worker", 0) / 1024}
    with open(report, "w", encoding="utf-8") as out:
        json.dump(seen, out)


def _watch(root: int, peaks: dict, over: threading.Event) -> None:
    while not over.wait(_EVERY_S):
        for pid in family(root):
            kind = "main" if pid == root else "worker" if _WORKER in read(pid, "cmdline") else "other"
            for line in read(pid, "status").splitlines():
                if line.startswith(b"VmHWM:"):
                    peaks[kind] = max(peaks.get(kind, 0), int(line.split()[1]))


def family(pid: int) -> list:
    """Return a process and all below it."""
    children = [int(child) for child in read(pid, f"task/{pid}/children").split()]
    return [pid, *(found for child in children for found in family(child))]


def read(pid: int, name: str) -> bytes:
    """Return what proc(5) says of a process; nothing where it has ended."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:  # it has ended
        return b""


def _wait_for_adopted() -> None:
    """Wait for processes whose parent has ended, ten seconds at most."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(_EVERY_S)
        except ChildProcessError:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
