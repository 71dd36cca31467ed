"""LibreOffice without a window: what it makes of a Word file, with all tracked changes accepted or rejected."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Runs in the Python that LibreOffice's `uno` is made for. Reads one request per line and answers each with one line.
_SERVER = r'''
import json, os, subprocess, sys, time
import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

profile = sys.argv[1]
pipe = "millesime-%d" % os.getpid()
subprocess.Popen(
    ["soffice", "--headless", "--invisible", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
     "-env:UserInstallation=file://" + profile, "--accept=pipe,name=" + pipe + ";urp;"],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
for _ in range(300):
    try:
        context = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
        break
    except NoConnectException:
        time.sleep(0.1)
manager = context.ServiceManager
desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
dispatcher = manager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)

def lines(text):
    """Paragraphs as {"style", "level" in a list, "text"}; a table as a list of rows of cells of lines."""
    found = []
    enumeration = text.createEnumeration()
    while enumeration.hasMoreElements():
        one = enumeration.nextElement()
        if one.supportsService("com.sun.star.text.TextTable"):
            rows = {}
            for name in one.getCellNames():
                row = int("".join(c for c in name if c.isdigit()))
                rows.setdefault(row, []).append(lines(one.getCellByName(name)))
            found.append([rows[row] for row in sorted(rows)])
        else:
            level = one.NumberingLevel if one.NumberingIsNumber and one.ListId else None
            found.append({"style": one.ParaStyleName, "level": level, "text": one.String})
    return found

for line in sys.stdin:
    wanted = json.loads(line)
    hidden = PropertyValue(); hidden.Name, hidden.Value = "Hidden", True
    kind = PropertyValue(); kind.Name, kind.Value = "FilterName", "MS Word 2007 XML"  # else any bytes are plain text
    try:
        document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(wanted["path"]), "_blank", 0, (hidden, kind))
    except Exception:
        document = None
    if document is None:
        print(json.dumps({"error": "cannot be opened"}), flush=True)
        continue
    if wanted["command"]:
        dispatcher.executeDispatch(document.CurrentController.Frame, wanted["command"], "", 0, ())
    notes = document.Footnotes
    for index in range(notes.Count):
        notes.getByIndex(index).setLabel("*")  # its number would depend on pages that are not laid out yet
    print(json.dumps({
        "lines": lines(document.Text),
        "notes": [lines(notes.getByIndex(index)) for index in range(notes.Count)],
        "pictures": document.GraphicObjects.Count,
        "formulas": document.EmbeddedObjects.Count,
        "changes": document.Redlines.hasElements(),
    }), flush=True)
    document.close(True)
try:
    desktop.terminate()
except Exception:
    pass
'''
ACCEPT, REJECT = ".uno:AcceptAllTrackedChanges", ".uno:RejectAllTrackedChanges"


@contextmanager
def office(folder: Path) -> Iterator[Callable[..., dict]]:
    """Start LibreOffice once; what is yielded opens a file, does one command, and says what the document then holds.

    `folder` takes its profile, and a copy of each file: LibreOffice locks what it opens.
    """
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else "python3"
    process = subprocess.Popen(
        [python, "-c", _SERVER, str(folder / "profile")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def ask(path: Path, command: str = "") -> dict:
        copy = shutil.copy(path, folder / "opened.docx")
        process.stdin.write(json.dumps({"path": str(copy), "command": command}) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("LibreOffice stopped")
        said = json.loads(answer)
        if "error" in said:
            raise ValueError(f"{path.name}: {said['error']}")
        return said

    try:
        yield ask
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
