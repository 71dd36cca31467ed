"""Run one command and report what it cost: `launcher.py REPORT STDOUT CPU_LIMIT_S COMMAND…`

A process of its own, because Linux hands the peak memory of a parent on to
the child that it starts: this one is small. A command that knows better
(which part of its time is reading) writes `cpu_s` or `peak_mb` to the file
named by BENCH_REPORT.
"""

import json
import os
import resource
import signal
import subprocess
import sys

PATIENCE = 5  # times the CPU seconds: what a command may take on the clock, where others use the machine too


def main(report: str, stdout: str, limit: str, *command: str) -> None:
    seen, limit_s = {"problem": ""}, int(limit)
    with open(stdout, "wb") as out, open(f"{stdout}.err", "wb") as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            env={**os.environ, "BENCH_REPORT": f"{report}.own"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1)),
        )
        try:
            process.wait(timeout=PATIENCE * limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        seen["problem"] = f"over {limit_s} s of CPU"
    with open(f"{stdout}.err", encoding="utf-8", errors="replace") as err:
        complaints = [line.strip() for line in err if line.strip()]
    # git diff and wdiff say 1 where there is a difference, and complain of nothing
    if not seen["problem"] and process.returncode and (process.returncode != 1 or complaints):
        seen["problem"] = f"status {process.returncode}: {''.join(complaints[-1:])[:200]}"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # those of the command's own children as well
    seen |= {"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}
    if os.path.exists(f"{report}.own"):
        with open(f"{report}.own", encoding="utf-8") as own:
            seen |= json.load(own)
    with open(report, "w", encoding="utf-8") as out:
        json.dump(seen, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
