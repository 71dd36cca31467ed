"""The cache on disk: what was put comes back, or nothing does, whatever happens to the folder."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from millesime.press.cache import entry, store
from millesime.press.cache.explain import Explained, read_parts
from millesime.press.cache.keys import digest
from millesime.press.cache.place import TAG, default_folder
from millesime.press.cache.store import NO_STORE, Counts, Recall, Store, open_store
from millesime.press.cache.upkeep import clear, list_entries, prune, verify
from tests.support import make_repository

KEY, OTHER = digest("one"), digest("other")
CONTENT = "Le modèle de la ville partagée.\n".encode() * 4
HEADER = 48
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else, or mount a disk")


def can_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, timeout=10).returncode == 0
    except OSError:
        return False


with_disks = pytest.mark.skipif(os.geteuid() != 0 or not can_mount(), reason="no disk can be mounted here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def place(folder: Path, key: str = KEY, step: str = "read") -> Path:
    return folder / step / key


def kept(folder: Path, *keys: str, content: bytes = CONTENT) -> Store:
    """Return a store in which there is something under these keys."""
    made = Store(folder)
    for key in keys or (KEY,):
        made.put("read", key, content)
        assert made.get("read", key) == content
    return Store(folder)


def set_age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then), follow_symlinks=False)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


# ---- what was put comes back -----------------------------------------------


@given(st.binary(max_size=2000))
def test_what_was_put_comes_back(content: bytes):
    with tempfile.TemporaryDirectory() as folder:
        Store(Path(folder, "c")).put("read", KEY, content)
        assert Store(Path(folder, "c")).get("read", KEY) == content


def test_steps_and_keys_are_told_apart(folder: Path):
    made = kept(folder)
    assert made.get("read", OTHER) is None and made.get("layout", KEY) is None
    made.put("layout", KEY, b"layout")
    made.put("read", KEY, b"replaced")
    assert (made.get("read", KEY), made.get("layout", KEY)) == (b"replaced", b"layout")
    assert made.counts == Counts(hits=2, misses=2, kept=2) and not made.troubles


def test_a_store_without_a_folder_keeps_nothing_and_complains_of_nothing():
    made = Store(None)
    made.put("read", KEY, CONTENT)
    assert made.get("read", KEY) is None and not made.troubles
    made.tidy()
    assert made.recall("read", "x", {"its text": "a"}).content is None
    assert made.explained[0].reason == "off" and made.counts == Counts(misses=2)


@pytest.mark.parametrize(
    ("step", "key"), [("../x", KEY), ("", KEY), ("Read", KEY), ("read", "../../etc"), ("read", "")]
)
def test_names_that_would_leave_the_folder_are_our_mistake(folder: Path, step: str, key: str):
    with pytest.raises(AssertionError):
        Store(folder).put(step, key, CONTENT)
    with pytest.raises(AssertionError):
        Store(folder).get(step, key)


def test_only_the_owner_may_read_what_is_kept(folder: Path):
    before = os.umask(0)
    try:
        kept(folder)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, folder / "read", place(folder))}
    assert modes == {"cache": 0o700, "read": 0o700, KEY: 0o600}


# ---- damage ----------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("damage") / "cache"
    kept(folder)
    return folder, place(folder).read_bytes()


def is_noticed(folder: Path) -> bool:
    """Whether the entry is a miss, is counted, and is gone."""
    made = Store(folder)
    found = made.get("read", KEY)
    return found is None and made.counts.damaged == 1 and not os.path.lexists(place(folder)) and not made.troubles


@settings(max_examples=1000)
@given(st.data())
def test_a_flipped_bit_anywhere_is_noticed(whole: tuple[Path, bytes], data: st.DataObject):
    folder, good = whole
    bad = bytearray(good)
    position = data.draw(st.integers(0, len(good) - 1) | st.integers(0, HEADER - 1))
    bad[position] ^= 1 << data.draw(st.integers(0, 7))
    place(folder).write_bytes(bad)
    os.chmod(place(folder), 0o600)
    assert is_noticed(folder)


def test_an_entry_cut_short_at_any_length_is_noticed(whole: tuple[Path, bytes]):
    folder, good = whole
    for length in range(len(good)):
        place(folder).write_bytes(good[:length])
        assert is_noticed(folder), length


@given(st.binary(min_size=1, max_size=9))
@example(b"\0")
def test_an_entry_that_goes_on_is_noticed(whole: tuple[Path, bytes], more: bytes):
    folder, good = whole
    place(folder).write_bytes(good + more)
    assert is_noticed(folder)


@given(st.binary(max_size=300))
def test_anything_else_in_an_entrys_place_is_noticed(whole: tuple[Path, bytes], content: bytes):
    folder, good = whole
    place(folder).write_bytes(content)
    assert content == good or is_noticed(folder)


def test_an_entry_under_anothers_name_is_noticed(folder: Path):
    kept(folder, OTHER)
    shutil.copy(place(folder, OTHER), place(folder))
    assert is_noticed(folder)
    (folder / "layout").mkdir()
    shutil.copy(place(folder, OTHER), place(folder, OTHER, "layout"))
    assert Store(folder).get("layout", OTHER) is None and Store(folder).get("read", OTHER) == CONTENT


def test_what_was_damaged_can_be_kept_again(folder: Path):
    kept(folder)
    place(folder).write_bytes(b"")
    made = Store(folder)
    assert made.get("read", KEY) is None
    made.put("read", KEY, CONTENT)
    assert made.get("read", KEY) == CONTENT


def test_a_link_is_not_followed_out_of_the_cache(folder: Path, tmp_path: Path):
    kept(folder)
    outside = tmp_path / "outside"
    shutil.copy(place(folder), outside)  # valid in itself
    place(folder).unlink()
    place(folder).symlink_to(outside)
    assert is_noticed(folder) and outside.is_file()
    # nor is it written through
    place(folder).symlink_to(outside)
    before = outside.read_bytes()
    Store(folder).put("read", KEY, b"new")
    assert outside.read_bytes() == before and not place(folder).is_symlink()


def test_a_steps_folder_that_is_a_link_is_not_used(folder: Path, tmp_path: Path):
    kept(folder)
    (folder / "read").rename(tmp_path / "elsewhere")
    (folder / "read").symlink_to(tmp_path / "elsewhere")
    made = Store(folder)
    made.put("read", OTHER, CONTENT)
    assert made.get("read", KEY) is None and len(made.troubles) == 1 and "this is no folder" in made.troubles[0]
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == [KEY]
    assert prune(folder, limit=0).entries == 0 and clear(folder).entries == 0
    assert (tmp_path / "elsewhere" / KEY).is_file()


def test_a_pipe_or_a_folder_in_an_entrys_place_does_not_stop_a_build(folder: Path):
    kept(folder)
    place(folder).unlink()
    os.mkfifo(place(folder))
    assert is_noticed(folder)
    place(folder).mkdir()
    made = Store(folder)
    assert made.get("read", KEY) is None
    made.put("read", KEY, CONTENT)
    made.tidy()
    assert made.get("read", KEY) is None and made.troubles


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_an_entry_that_others_may_have_written_is_not_read(folder: Path, mode: int):
    kept(folder)
    os.chmod(place(folder), mode)
    assert is_noticed(folder)


# ---- several at once -------------------------------------------------------

_KEYS = [digest(number) for number in range(20)]


def _content_of(key: str, version: int) -> bytes:
    return f"{key} {version} ".encode() * random.Random(f"{key}{version}").randrange(1, 4000)


def _put_and_get(folder: Path, seed: int, seconds: float, answers: multiprocessing.Queue) -> None:
    chance, made = random.Random(seed), Store(folder)
    wrong, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        key = chance.choice(_KEYS)
        if chance.random() < 0.5:
            made.put("read", key, _content_of(key, chance.randrange(3)))
        found = made.get("read", key)
        wrong += found is not None and found not in {_content_of(key, version) for version in range(3)}
    answers.put((wrong, made.ledger()))


def _in_processes(folder: Path, count: int, seconds: float, meanwhile: Callable[[], object]) -> list:
    """Let processes put and get; return what each says it saw."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    started = [context.Process(target=_put_and_get, args=(folder, seed, seconds, answers)) for seed in range(count)]
    for process in started:
        process.start()
    try:
        while any(process.is_alive() for process in started) and answers.qsize() < count:
            meanwhile()
        return [answers.get(timeout=30) for _ in started]
    finally:
        for process in started:
            process.join(30)


def test_processes_share_a_folder(folder: Path):
    seen = _in_processes(folder, 3, 1.0, lambda: time.sleep(0.05))
    for wrong, ledger in seen:
        assert (wrong, ledger.counts.damaged, ledger.troubles) == (0, 0, ())
        assert ledger.counts.kept > 20 and ledger.counts.hits > 20
    assert not [entry for entry in list_entries(folder) if entry.is_temporary]
    assert verify(folder)[1] == []


def test_a_cache_is_pruned_and_cleared_while_it_is_in_use(folder: Path):
    removed = []

    def meanwhile() -> None:
        removed.append(prune(folder, limit=20_000).entries)
        removed.append(clear(folder).entries)

    seen = _in_processes(folder, 2, 1.0, meanwhile)
    for wrong, ledger in seen:
        assert (wrong, ledger.counts.damaged, ledger.troubles) == (0, 0, ())
        assert ledger.counts.kept > 20
    assert sum(removed) > 20


def test_threads_share_a_store(folder: Path):
    made, wrong = Store(folder), []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(200):
            key = chance.choice(_KEYS)
            made.put("read", key, _content_of(key, 0))
            found = made.get("read", key)
            if found != _content_of(key, 0):
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and made.counts == Counts(hits=800, kept=800)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads change places so often that they meet in the narrowest of gaps."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_a_new_folder_is_opened_by_many_at_once(folder: Path):
    for _ in range(200):
        stores, ready = [Store(folder) for _ in range(8)], threading.Barrier(8)

        def begin(made: Store, ready: threading.Barrier = ready) -> None:
            ready.wait()
            made.put("read", KEY, CONTENT)

        threads = [threading.Thread(target=begin, args=(made,)) for made in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [made.troubles for made in stores] == [()] * 8 and Store(folder).get("read", KEY) == CONTENT
        shutil.rmtree(folder)


def test_a_writer_that_is_killed_leaves_nothing_to_be_read(folder: Path):
    code = (
        "import os, sys; from pathlib import Path; from millesime.press.cache import store\n"
        "os.replace = lambda *_: os.kill(os.getpid(), 9)\n"
        f"store.Store(Path(sys.argv[1])).put('read', '{KEY}', b'x' * 10000)"
    )
    kept(folder, OTHER)
    assert subprocess.run([sys.executable, "-c", code, folder], timeout=60).returncode == -9
    (left,) = [entry for entry in list_entries(folder) if entry.is_temporary]
    assert left.bytes == HEADER + 10000 and Store(folder).get("read", KEY) is None
    with open(left.path) as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)  # as one does that still writes
        prune(folder, limit=10**9)
        assert left.path.exists()
    prune(folder, limit=10**9)
    assert not left.path.exists() and Store(folder).get("read", OTHER) == CONTENT


def test_a_store_goes_to_another_process_without_its_ledger(folder: Path):
    made = kept(folder)
    made.get("read", KEY)
    sent = pickle.loads(pickle.dumps(made))
    assert sent.get("read", KEY) == CONTENT and sent.get("read", OTHER) is None
    assert made.counts == Counts(hits=1) and sent.counts == Counts(hits=1, misses=1)
    made.absorb(pickle.loads(pickle.dumps(sent.ledger())))
    assert made.counts == Counts(hits=2, misses=1)


# ---- disks that are full, folders that may not be written ------------------

_PUT_TWO = """
import resource, signal, sys
from pathlib import Path
from millesime.press.cache.store import Store
from millesime.press.cache.keys import digest
made = Store(Path(sys.argv[1]))
{setup}
made.put("read", digest("small"), b"s" * 100)
made.put("read", digest("large"), b"x" * 3_000_000)
made.put("read", digest("after"), b"s" * 100)
assert made.get("read", digest("small")) == b"s" * 100
assert made.get("read", digest("large")) is None
made.tidy()
print(made.counts.kept, len(made.troubles), *made.troubles)
"""


def run_code(*command: str) -> str:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_file_that_may_not_grow_is_said_once_and_leaves_nothing(folder: Path):
    setup = "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    said = run_code(sys.executable, "-c", _PUT_TWO.format(setup=setup), folder)
    assert said.startswith(f"1 1 {folder}: this cache cannot be written: {os.strerror(errno.EFBIG)}")
    assert len(list_entries(folder)) == 1


@with_disks
def test_a_full_disk_is_said_once_and_leaves_room_for_the_report(tmp_path: Path):
    # In a mount namespace of its own: the disk goes with the process.
    script = 'mount -t tmpfs -o size=1m tmpfs "$1" && "$2" -c "$3" "$1/cache" && ls "$1/cache/read" && df "$1"'
    said = run_code("unshare", "--mount", "sh", "-c", script, "sh", tmp_path, sys.executable, _PUT_TWO.format(setup=""))
    lines = said.splitlines()
    assert lines[0].startswith(f"1 1 {tmp_path}/cache: this cache cannot be written: {os.strerror(errno.ENOSPC)}")
    assert lines[1] == digest("small") and int(lines[3].split()[4].rstrip("%")) < 50


@with_disks
def test_a_disk_that_is_read_only_is_read(tmp_path: Path):
    kept(tmp_path / "cache", digest("small"), content=b"s" * 100)
    set_age(place(tmp_path / "cache", digest("small")), 90_000)  # old enough to be marked as used
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && "$2" -c "$3" "$1/cache"'
    said = run_code("unshare", "--mount", "sh", "-c", script, "sh", tmp_path, sys.executable, _PUT_TWO.format(setup=""))
    assert said.startswith(f"0 1 {tmp_path}/cache: this cache cannot be written: {os.strerror(errno.EROFS)}")


@pytest.fixture
def somebody() -> Iterator[Callable[[Callable[[Path], None]], None]]:
    """Run a function in a folder that can be entered, as a user who is not root."""
    folder = Path(tempfile.mkdtemp(prefix="millesime-test-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)

    def run(function: Callable[[Path], None]) -> None:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if os.geteuid() == 0:
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                function(folder)
                status = 0
            except BaseException as error:
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    yield run
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            os.chmod(path, 0o700)
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_is_read(somebody):
    def work(folder: Path) -> None:
        kept(folder / "cache")
        os.chmod(folder / "cache/read", 0o500)
        os.chmod(folder / "cache", 0o500)
        made = Store(folder / "cache")
        assert made.get("read", KEY) == CONTENT
        for key in (OTHER, KEY):
            made.put("read", key, b"new")
            made.put("layout", key, b"new")
        made.tidy()
        assert made.get("read", KEY) == CONTENT and made.counts.kept == 0
        (trouble,) = made.troubles
        assert "cache cannot be written: Permission denied" in trouble

    somebody(work)


def test_a_folder_that_may_not_be_read_is_a_build_without_a_cache(somebody):
    def work(folder: Path) -> None:
        kept(folder / "cache")
        os.chmod(folder / "cache", 0)
        made = Store(folder / "cache")
        assert made.get("read", KEY) is None and len(made.troubles) == 1
        made.put("read", KEY, CONTENT)
        made.tidy()
        assert len(made.troubles) == 1 and made.recall("read", "x", {}).content is None

    somebody(work)


def test_a_folder_that_cannot_be_made_is_said_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "cache", tmp_path / "file", Path("/proc/none/cache")):
        made = Store(folder)
        made.put("read", KEY, CONTENT)
        assert made.get("read", KEY) is None
        made.tidy()
        (trouble,) = made.troubles
        assert str(folder.parent) in trouble and "--cache" in trouble and "building without" in trouble


# ---- whose folder it is ----------------------------------------------------


def refused(folder: Path) -> str:
    made = Store(folder)
    before = files(folder)
    assert made.get("read", KEY) is None
    made.put("read", OTHER, CONTENT)
    made.tidy()
    assert files(folder) == before and made.counts.kept == 0
    assert made.recall("read", "x", {}).content is None and made.explained[0].reason == "off"
    (trouble,) = made.troubles
    return trouble


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o720, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(folder: Path, mode: int):
    kept(folder)
    os.chmod(folder, mode)
    assert "others may write to it" in refused(folder)


def test_a_folder_that_others_may_only_read_is_not(folder: Path):
    kept(folder)
    os.chmod(folder, 0o755)
    assert Store(folder).get("read", KEY) == CONTENT


@as_root
def test_a_folder_of_somebody_else_is_refused(folder: Path):
    kept(folder)
    os.chown(folder, NOBODY, NOBODY)
    assert f"belongs to another user (number {NOBODY})" in refused(folder)


@as_root
def test_an_entry_of_somebody_else_is_not_read(folder: Path):
    kept(folder)
    os.chown(place(folder), NOBODY, NOBODY)
    assert is_noticed(folder)


def test_a_folder_of_other_things_is_not_made_a_cache(folder: Path):
    folder.mkdir(mode=0o700)
    (folder / "letters.txt").write_text("private")
    assert "holds files" in refused(folder)
    # Other programs tag their caches too.
    (folder / TAG).write_bytes(b"Signature: 8a477f597d28d172789f06886806bc55\n# pytest's\n")
    assert "holds files" in refused(folder)


def test_backups_know_the_folder_as_a_cache(folder: Path):
    kept(folder)
    # https://bford.info/cachedir/: the first 43 octets
    assert (folder / TAG).read_bytes()[:43] == b"Signature: 8a477f597d28d172789f06886806bc55"


def test_git_does_not_see_a_cache_in_a_repository(tmp_path: Path):
    made = make_repository(tmp_path)
    kept(made.root / ".cache" / "millesime")
    assert made.git("status", "--porcelain", "--untracked-files=all") == ""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_CACHE_HOME": "/x/cache", "HOME": "/home/me"}, Path("/x/cache/millesime")),
        ({"HOME": "/home/me"}, Path("/home/me/.cache/millesime")),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/me"}, Path("/home/me/.cache/millesime")),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, Path("/home/me/.cache/millesime")),
    ],
)
def test_the_folder_is_where_the_system_keeps_caches(environment: dict[str, str], expected: Path):
    assert default_folder(environment) == expected


def test_the_environment_is_asked_when_a_store_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert open_store().folder == tmp_path / "millesime"
    assert open_store(tmp_path / "own").folder == tmp_path / "own"
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_home_builds_without_a_cache(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "default_folder", lambda: None)
    made = open_store()
    made.put("read", KEY, CONTENT)
    assert made.get("read", KEY) is None and "HOME" in made.troubles[0]


# ---- limits ----------------------------------------------------------------


def test_the_longest_unused_goes_first(folder: Path):
    keys = [digest(number) for number in range(5)]
    made = kept(folder, *keys, content=b"x" * 952)  # with its header, 1000
    for age, key in zip((50_000, 10_000, 40_000, 20_000, 30_000), keys, strict=True):
        set_age(place(folder, key), age)
    assert made.get("read", keys[0]) is not None  # now the newest
    removed = prune(folder, limit=2999)
    assert (removed.entries, removed.bytes) == (3, 3000)
    assert {entry.path.name for entry in list_entries(folder)} == {keys[0], keys[1]}


def test_nothing_goes_that_is_in_the_limit(folder: Path):
    kept(folder, KEY, OTHER, content=b"x" * 952)
    assert prune(folder, limit=2000).entries == 0 and prune(folder, limit=1999).entries == 1


def test_what_was_not_used_for_so_long_goes_although_there_is_room(folder: Path):
    kept(folder, KEY, OTHER)
    set_age(place(folder), 10 * 86400)
    assert prune(folder, limit=10**9, unused_for_s=11 * 86400).entries == 0
    assert prune(folder, limit=10**9, unused_for_s=9 * 86400).entries == 1
    assert Store(folder).get("read", OTHER) == CONTENT


def test_reading_marks_an_entry_as_used_but_not_at_every_time(folder: Path):
    made = kept(folder)
    for age, is_marked in ((7200, True), (60, False)):
        set_age(place(folder), age)
        before = place(folder).stat().st_mtime
        made.get("read", KEY)
        assert (place(folder).stat().st_mtime != before) is is_marked


def test_a_build_prunes_what_it_made_too_much_of(folder: Path):
    made = Store(folder, limit=2500)
    for number in range(4):
        made.put("read", digest(number), b"x" * 952)
        set_age(place(folder, digest(number)), 4000 - number)
    made.tidy()
    assert {entry.path.name for entry in list_entries(folder)} == {digest(2), digest(3)}


def test_a_build_that_kept_nothing_does_not_look_through_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch):
    made = kept(folder)
    past = time.time_ns() - 10**9
    looked = []
    monkeypatch.setattr("millesime.press.cache.upkeep.prune", lambda folder, limit: looked.append(limit))
    made.tidy()
    os.utime(folder / "read", ns=(past, past))
    Store(folder).get("read", KEY)
    Store(folder).tidy()
    assert len(looked) == 1
    Store(folder).put("layout", KEY, CONTENT)  # as another process would
    Store(folder).tidy()
    assert len(looked) == 2


def test_what_is_larger_than_the_cache_is_not_kept(folder: Path):
    made = Store(folder, limit=100)
    made.put("read", KEY, b"x" * 101)
    assert made.get("read", KEY) is None and made.counts.kept == 0 and not made.troubles


def test_clearing_takes_what_is_the_caches_and_nothing_else(folder: Path):
    kept(folder, KEY, OTHER)
    Store(folder).put("layout", KEY, CONTENT)
    for name in ("notes.txt", "read/notes.txt", "Photos/" + KEY):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    assert clear(folder).entries == 3
    assert (
        files(folder) == {TAG, ".gitignore", "notes.txt", "read/notes.txt", "Photos/" + KEY}
        and not (folder / "layout").exists()
    )
    assert Store(folder).get("read", KEY) is None


def test_verifying_removes_what_is_damaged_and_marks_nothing_as_used(folder: Path):
    kept(folder, KEY, OTHER)
    place(folder).write_bytes(place(folder).read_bytes()[:-1] + b"?")
    set_age(place(folder, OTHER), 90_000)
    used = place(folder, OTHER).stat().st_mtime
    read, damaged = verify(folder)
    assert read.entries == 2 and damaged == [(place(folder), "its checksum is wrong")]
    assert verify(folder)[1] == [] and place(folder, OTHER).stat().st_mtime == used


# ---- why -------------------------------------------------------------------

PARTS = {"its text": "Il était une fois", "the theme": b"css", "Millésime's own code": "1"}


def ask(folder: Path, parts: dict, *, label: str = "modele of 2020", scope: str = "/report") -> Explained:
    """Do a step as a build does it, and return what it says about why."""
    made = Store(folder, scope=scope)
    recall = made.recall("layout", label, parts)
    if recall.content is None:
        made.keep(recall, repr(parts).encode())
    else:
        assert recall.content == repr(parts).encode()
    assert not made.troubles
    (explained,) = made.explained
    return explained


def test_a_step_says_why_it_ran(folder: Path):
    first = ask(folder, PARTS)
    assert (first.hit, first.reason, first.changed) == (False, "new", ())
    assert str(first) == "layout of modele of 2020: made, not made before"
    again = ask(folder, PARTS)
    assert (again.hit, str(again)) == (True, "layout of modele of 2020: kept, nothing changed")
    edited = ask(folder, PARTS | {"its text": "Il était deux fois"})
    assert (edited.hit, edited.reason, edited.why) == (False, "changed", "its text changed")
    both = ask(folder, PARTS | {"its text": "x", "the theme": b"other"})
    assert (both.changed, both.why) == (("its text", "the theme"), "its text and the theme changed")
    three = ask(folder, dict.fromkeys(PARTS, 0))
    assert three.why == "its text, the theme and Millésime's own code changed"


def test_a_step_that_went_back_is_compared_with_where_it_was(folder: Path):
    ask(folder, PARTS)
    ask(folder, PARTS | {"its text": "edited"})
    back = ask(folder, PARTS)
    assert (back.hit, back.reason, back.changed) == (True, "earlier", ("its text",))
    assert ask(folder, PARTS).reason == "unchanged"
    assert ask(folder, PARTS | {"the theme": b"x"}).changed == ("the theme",)


def test_what_a_step_made_the_last_time_is_at_hand_where_one_part_alone_differs(folder: Path):
    store = Store(folder)

    def ask_for(parts: dict) -> Recall:
        return store.recall("layout", "modele of 2020", parts)

    assert store.last(ask_for(PARTS), but="its text") is None, "there was no last time"
    store.keep(ask_for(PARTS), b"made")
    edited = ask_for(PARTS | {"its text": "edited"})
    assert edited.content is None and store.last(edited, but="its text") == b"made"
    assert store.last(edited, but="the theme") is None
    assert store.last(ask_for(PARTS | {"its text": "edited", "the theme": b"other"}), but="its text") is None
    assert store.last(ask_for(PARTS | {"its picture": b"png"}), but="its text") is None
    store.keep(edited, b"made again")
    assert store.last(ask_for(PARTS | {"its text": "once more"}), but="its text") == b"made again"
    (folder / "layout" / edited.key).unlink()
    assert store.last(ask_for(PARTS | {"its text": "once more"}), but="its text") is None
    assert NO_STORE.last(edited, but="its text") is None


def test_a_part_that_came_or_went_is_a_change(folder: Path):
    ask(folder, PARTS)
    assert ask(folder, PARTS | {"its picture": b"png"}).changed == ("its picture",)
    assert ask(folder, {"its text": PARTS["its text"]}).changed == ("the theme", "Millésime's own code", "its picture")


def test_what_is_gone_or_damaged_is_said_to_be(folder: Path):
    ask(folder, PARTS)
    (made,) = (folder / "layout").iterdir()
    made.unlink()
    assert ask(folder, PARTS).why == "nothing changed, but what was kept is gone"
    made.write_bytes(b"?")
    os.chmod(made, 0o600)
    assert ask(folder, PARTS).reason == "damaged"
    assert ask(folder, PARTS).hit


def test_the_last_time_is_that_of_the_last_success(folder: Path):
    ask(folder, PARTS)
    failed = Store(folder, scope="/report")
    failed.recall("layout", "modele of 2020", PARTS | {"its text": "breaks"})  # and nothing is kept
    assert ask(folder, PARTS | {"its text": "breaks", "the theme": b"x"}).changed == ("its text", "the theme")


def test_content_is_shared_between_labels_and_reports_but_explanations_are_not(folder: Path):
    ask(folder, PARTS)
    for other in ({"label": "modele of 2021"}, {"scope": "/fork"}):
        shared = ask(folder, PARTS, **other)
        assert (shared.hit, shared.reason, shared.changed) == (True, "earlier", ())
    assert ask(folder, PARTS | {"its text": "x"}, scope="/fork").changed == ("its text",)
    assert ask(folder, PARTS).reason == "unchanged"


def test_parts_make_the_key_by_their_names_too(folder: Path):
    made = Store(folder)
    keys = [
        made.recall(step, "x", parts).key
        for step, parts in (
            ("read", {"a": "1", "b": "2"}), ("read", {"a": "2", "b": "1"}), ("read", {"a": "1"}),
            ("layout", {"a": "1", "b": "2"}), ("read", {"a": 1, "b": "2"}), ("read", {}),
        )
    ]  # fmt: skip
    assert len(set(keys)) == 6
    assert made.recall("read", "y", {"b": "2", "a": "1"}).key == keys[0]


def test_a_record_of_the_last_time_that_cannot_be_read_is_none(folder: Path):
    ask(folder, PARTS)
    (record,) = (folder / "explain").iterdir()
    made = Store(folder)
    made.put("explain", record.name, b"[1]")
    assert ask(folder, PARTS | {"its text": "x"}).reason == "new"
    assert read_parts(b'{"a": 1}') is None and read_parts(b"{") is None and read_parts(b"\xff") is None


def test_an_explanation_is_for_programs_too(folder: Path):
    ask(folder, PARTS)
    assert ask(folder, PARTS | {"its text": "x"}).as_json() == {
        "step": "layout", "label": "modele of 2020", "hit": False, "reason": "changed",
        "changed": ["its text"], "why": "its text changed",
    }  # fmt: skip


def test_the_disk_is_not_asked_to_wait(folder: Path, monkeypatch: pytest.MonkeyPatch):
    # A power cut may leave an entry of zeros; it costs more to prevent that than to make the entry again.
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("fsync"))
    kept(folder)
    place(folder).write_bytes(bytes(place(folder).stat().st_size))
    assert is_noticed(folder)


def test_no_handle_is_left_open(folder: Path):
    made = kept(folder)
    place(folder, OTHER).mkdir()
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else pytest.skip("no /proc")
    for number in range(50):
        made.get("read", KEY)
        made.get("read", OTHER)
        place(folder, digest(number)).write_bytes(b"short")
        made.get("read", digest(number))
        made.put("read", digest(number), CONTENT)
    assert len(os.listdir("/proc/self/fd")) == before
    assert entry.TEMPORARY not in "".join(files(folder))
