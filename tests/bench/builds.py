"""How long `make run` takes until the server answers: from a built tree, after one changed line, and from nothing."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# One changed line each: a word that people read, and a statement of the server's edge. What it stands for, what it becomes.
WORD = ("app/src/pages/not_found.rs", "It may have been moved or deleted.", "It may have been renamed or deleted.")
STATEMENT = ("server/src/guard.rs", "    let began = Instant::now();\n", '    let began = Instant::now();\n    tracing::trace!("began");\n')


# What an outer make or deploy/setup.sh has set, and would not be there in a new shell.
INHERITED = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS")


def make_run():
    changed = git("status", "--porcelain", "--", WORD[0], STATEMENT[0])
    if changed:
        sys.exit(f"commit or stash these first, the bench edits them:\n{changed}")
    # Who is told to end still puts the files back, as after Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("ended"))
    seconds_of_make_run(ROOT, limit=3600)
    yield "`make run` from a built tree, to /health", f"{seconds_of_make_run(ROOT):.1f} s", "≤ 10 s"
    for what, edit in (("a word of the interface", WORD), ("a statement of the server's edge", STATEMENT)):
        with edited(*edit):
            seconds = seconds_of_make_run(ROOT)
        yield f"`make run` after one changed line, to /health: {what}", f"{seconds:.0f} s", "≤ 60 s"
        say("building the line as it was")
        seconds_of_make_run(ROOT)


def from_nothing():
    """A clean checkout of what is committed, with no cache of loki's and none of cargo's. What apt installed stays installed."""
    say("this takes half an hour and several GB below TMPDIR, and downloads every crate")
    with tempfile.TemporaryDirectory(prefix="loki-from-nothing-") as folder:
        clone, cargo = Path(folder, "loki"), Path(folder, "cargo")
        git("clone", "--quiet", "--no-checkout", ROOT, clone)
        git("-C", clone, "checkout", "--quiet", "--detach", git("rev-parse", "HEAD"))
        cargo.mkdir()
        # Where this machine gets its crates from is no cache.
        settings = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"), "config.toml")
        if settings.exists():
            shutil.copy(settings, cargo)
        own = {"LOKI_BUILD_CACHE": f"{folder}/cache", "CARGO_HOME": str(cargo), "CARGO_TARGET_DIR": f"{clone}/target"}
        seconds = seconds_of_make_run(clone, own, limit=2 * 3600)
        yield "`make run` from nothing, to /health", f"{seconds / 60:.1f} min", "≤ 25 min"


@contextlib.contextmanager
def edited(name, old, new):
    path = ROOT / name
    was = path.read_bytes()
    if was.count(old.encode()) != 1:
        sys.exit(f"{name} has {old.strip()!r} {was.count(old.encode())} times: the bench needs another line to change")
    try:
        path.write_bytes(was.replace(old.encode(), new.encode()))
        yield
    finally:
        # With a new time, or cargo would take what it built of the changed line for this.
        path.write_bytes(was)


def seconds_of_make_run(folder, own=(), limit=1200):
    """Seconds from the command until /health answers, with `own` in its environment."""
    is_ours = lambda name: name in INHERITED or name.startswith("LOKI_") and name != "LOKI_BUILD_CACHE"
    env = {name: value for name, value in os.environ.items() if not is_ours(name)} | dict(own)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="loki-bench-") as data:
        env["LOKI_DATA_DIR"] = data
        began = time.perf_counter()
        # Its words go where they are seen; the table alone is on standard output.
        make = subprocess.Popen(["make", "run", f"RUN_ARGS=--listen 127.0.0.1:{port}"],
                                cwd=folder, env=env, stdout=sys.stderr, start_new_session=True)
        try:
            while not answers(port):
                if make.poll() is not None or time.perf_counter() - began > limit:
                    sys.exit(f"make run did not come to /health (exit {make.poll()}, limit {limit} s)")
                time.sleep(0.02)
            return time.perf_counter() - began
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(make.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                make.wait(30)


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as stream:
            stream.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
            return b" 200 " in stream.recv(4096).split(b"\r\n", 1)[0]
    except OSError:
        return False


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)
