#!/usr/bin/env python3
"""Measures the figures of docs/benchmarks.md on this machine, against 127.0.0.1 only.

    make bench            all but what builds loki anew, as a Markdown table
    tests/bench/bench.py --loki target/debug/loki [--only NAME]

Everything is bounded in time and number. Each figure is the median of several rounds where one round is short. What builds loki
(make-run, from-nothing) runs only when it is asked for by name, and is in builds.py.
"""

import argparse
import asyncio
import base64
import datetime
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import builds

HERE = Path(__file__).resolve().parent
# Python has no name for it; the same on x86 and ARM (asm-generic/socket.h).
SO_TIMESTAMPNS = 35


def row(figure, value, goal):
    print(f"| {figure} | {value} | {goal} |", flush=True)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Loki:
    """A real server on a data directory of its own."""

    def __init__(self, binary, env=None, data=None):
        self.binary = str(binary)
        self.data = data or tempfile.mkdtemp(prefix="loki-bench-")
        self.port = free_port()
        # With limits, but with ones that no bench reaches: what they cost is part of the figures.
        limits = "control=1000000,write=1000000,read=1000000000,sign-in=1000000,sockets=1000000"
        self.env = {**os.environ, "LOKI_DATA_DIR": self.data, "LOKI_LIMITS": limits, **(env or {})}
        self.process = None
        self.token = None

    def start(self):
        """Starts the server; returns the seconds until /health answered."""
        log = open(os.path.join(self.data, "bench.log"), "ab")
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}"], env=self.env, stdout=log, stderr=log)
        while time.perf_counter() - began < 20:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as stream:
                    stream.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % self.port)
                    if b" 200 " in stream.recv(4096).split(b"\r\n", 1)[0]:
                        return time.perf_counter() - began
            except OSError:
                time.sleep(0.002)
        sys.exit(f"the server did not answer within 20 s, see {log.name}")

    def make_token(self):
        made = subprocess.run([self.binary, "token", "create", "--name", f"bench-{time.time_ns()}", "--role", "admin"],
                              env=self.env, capture_output=True, text=True, check=True)
        self.token = made.stdout.strip()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text) if text else None

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            found = dict(re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M))
        return int(found["Rss"])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def project(self, name, spec):
        made = self.ask("POST", "/api/projects", {"name": name, "prd_text": spec})
        for _ in range(200):
            if self.ask("GET", f"/api/projects/{made['id']}")["status"] == "ready":
                return made["id"]
            time.sleep(0.02)
        raise RuntimeError("the project was not prepared")

    def run(self, project, provider, spec=None, wait=True):
        body = {"project_id": project, "provider": provider}
        if spec:
            body["prd_text"] = spec
        run = self.ask("POST", "/api/control/start", body)["run_id"]
        while wait and self.ask("GET", f"/api/v2/runs/{run}")["status"] not in ("finished", "failed", "stopped"):
            time.sleep(0.02)
        return run


def forks():
    with open("/proc/stat") as file:
        return int(re.search(r"^processes (\d+)", file.read(), re.M).group(1))


def stamp(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def bench_start(binary):
    times, memory = [], []
    for _ in range(5):
        loki = Loki(binary)
        loki.start()
        loki.kill()
        times.append(loki.start())  # the second start: the schema is there, as on every start but the first
        time.sleep(1)
        memory.append(loki.memory_kib() / 1024)
        loki.stop()
    row("start to /health", f"{statistics.median(times):.3f} s", "≤ 0.2 s")
    row("idle memory (RSS)", f"{statistics.median(memory):.0f} MiB", "≤ 50 MB")


NOTES = 6
# What runs the project's own commands; their time is the project's.
OWN = ("build", "lint", "tests")


def bench_iteration(binary):
    python = os.path.realpath(sys.executable)
    # The sandbox shows the system's programs alone.
    python = python if python.startswith("/usr/") else "/usr/bin/python3"
    loki = Loki(binary, {"LOKI_AGENT_ACP": f"{python} {HERE / 'instant_agent.py'}"})
    loki.start()
    loki.make_token()
    spec = "# Notes\n\n## Requirements\n" + "".join(f"- `note-{number}` prints `note {number}`\n" for number in range(1, NOTES + 1))
    finished_notes(loki, loki.run(loki.project("warm", spec), "acp"))
    project = loki.project("measured", spec)
    before = forks()
    run = loki.run(project, "acp")
    spawned = forks() - before
    finished_notes(loki, run)
    timeline = loki.ask("GET", f"/api/v2/runs/{run}/timeline")
    wholes, overheads = [], []
    for iteration in timeline["iterations"]:
        whole = stamp(iteration["ended_at"]) - stamp(iteration["started_at"])
        gates = [gate for gate in timeline["gates"] if gate["iteration"] == iteration["number"] and gate["name"] in OWN]
        wholes.append(whole)
        overheads.append(whole - sum(gate["duration_ms"] for gate in gates) / 1000)
    calls, least, most = stored_calls(loki)
    count = len(wholes)
    row("engine overhead of one iteration, instant agent, without the project's own tests",
        f"{statistics.median(overheads):.3f} s ({statistics.median(wholes):.3f} s with them), "
        f"of which the agent's process {agent_seconds(loki, run):.2f} s", "≤ 0.5 s")
    row("forks of a run, all of the machine, threads included, shared out over its iterations", f"{spawned / count:.0f}", "≤ 40 processes")
    row("agent calls of one iteration", f"{calls / count:.2g}", "1")
    row("tokens of scaffold in a prompt, as stored with the calls", f"{least}" if least == most else f"{least} to {most}", "≤ 1,000")
    loki.stop()


def finished_notes(loki, run):
    """Fails unless the run did all of its tasks, one an iteration, and is verified: what was not committed is no iteration."""
    view = loki.ask("GET", f"/api/v2/runs/{run}")
    done = (view["verdict"], view["tasks_done"], view["tasks_total"], view["iteration"])
    if done != ("verified", NOTES, NOTES, NOTES):
        sys.exit(f"the run came to {done} instead of all {NOTES} tasks verified, one an iteration: {view['reason']}")


def stored_calls(loki):
    """How many calls the newest run made, and the fewest and most tokens of scaffold in their prompts."""
    with sqlite3.connect(f"file:{loki.data}/loki.db?mode=ro", uri=True) as db:
        return db.execute("select count(*), min(scaffold_tokens), max(scaffold_tokens) from run_calls"
                          " group by run_id order by max(asked_at) desc limit 1").fetchone()


def agent_seconds(loki, run):
    """How long the agent's process was there until its last word, by its own words in the transcript."""
    said = Path(loki.data, "runs", run, "transcript.jsonl").read_text()
    return statistics.median(int(ms) for ms in re.findall(r"Done after (\d+) ms", said)) / 1000


def bench_status(binary):
    if not shutil.which("wrk"):
        return row("GET /api/status", "not measured: wrk is not installed", "≥ 20,000/s")
    loki = Loki(binary)
    loki.start()
    loki.make_token()
    command = ["wrk", "-t1", "-c20", "-d5s", "--latency", "-H", f"Authorization: Bearer {loki.token}", f"http://127.0.0.1:{loki.port}/api/status"]
    rates, worst = [], []
    for _ in range(3):
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)))
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
        worst.append(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])
        if "Non-2xx" in text:
            sys.exit(f"the server refused: {text}")
    row("GET /api/status, 20 connections, one wrk thread", f"{statistics.median(rates):,.0f}/s, p99 {statistics.median(worst):.1f} ms", "≥ 20,000/s, p99 ≤ 10 ms")
    loki.stop()


def sign_in(loki, binary):
    made = subprocess.run([binary, "user", "create", "--email", "bench@example.org", "--role", "admin", "--password-stdin"],
                          input="a long enough password\n", env=loki.env, capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stderr)
    connection = http.client.HTTPConnection("127.0.0.1", loki.port)
    body = "email=bench%40example.org&password=a+long+enough+password"
    connection.request("POST", "/login", body, {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{loki.port}"})
    answer = connection.getresponse()
    cookie = answer.getheader("Set-Cookie")
    if not cookie:
        sys.exit(f"signing in failed: {answer.status}")
    return cookie.split(";", 1)[0]


def bench_pages(binary):
    loki = Loki(binary)
    loki.start()
    loki.make_token()
    for number in range(100):
        loki.ask("POST", "/api/projects", {"name": f"Project {number}", "description": "Measured"})
    cookie = sign_in(loki, str(binary))
    request = f"GET /projects?limit=100 HTTP/1.1\r\nHost: 127.0.0.1:{loki.port}\r\nCookie: {cookie}\r\nAccept: text/html\r\nConnection: keep-alive\r\n\r\n".encode()
    firsts, sizes = asyncio.run(load_pages(loki.port, request, rate=200, seconds=10))
    row("SSR of the projects page with 100 rows, 200 requests/s, first byte", f"p50 {percentile(firsts, .5) * 1000:.1f} ms, p99 {percentile(firsts, .99) * 1000:.1f} ms ({len(firsts)} answers of {sizes // 1000} kB)", "p50 ≤ 5 ms, p99 ≤ 25 ms")
    loki.stop()


async def load_pages(port, request, rate, seconds):
    """Opens a request every 1/rate s whatever the answers do, so that a slow answer is not hidden by waiting for it."""
    pool, firsts, sizes = asyncio.Queue(), [], []

    async def one(due):
        try:
            reader, writer = pool.get_nowait()
        except asyncio.QueueEmpty:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        firsts.append(time.perf_counter() - due)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        total = 0
        length = re.search(rb"content-length: (\d+)", head.lower())
        if length:
            total = len(await reader.readexactly(int(length.group(1))))
        else:
            while True:
                size = int((await reader.readline()).strip(), 16)
                await reader.readexactly(size + 2)
                total += size
                if size == 0:
                    break
        sizes.append(total)
        pool.put_nowait((reader, writer))

    began, tasks = time.perf_counter(), []
    for number in range(rate * seconds):
        due = began + number / rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    return firsts, sizes[-1]


def bench_events(binary, subscribers=1000):
    loki = Loki(binary)
    loki.start()
    loki.make_token()
    before = loki.memory_kib()
    sockets = [open_socket(loki) for _ in range(subscribers)]
    time.sleep(2)
    after = loki.memory_kib()
    project = loki.project("measured", "# Measured\n\n- `greet` prints `Hello!`\n")
    delays = [delay for _, _, delays in deliveries(loki, project, sockets) for delay in delays]
    row(f"event commit → subscriber, {subscribers} subscribers", f"p50 {percentile(delays, .5) * 1000:.1f} ms, p99 {percentile(delays, .99) * 1000:.1f} ms ({len(delays)} deliveries, from the event's own time in its transaction until the subscriber's kernel has its last byte)", "p99 ≤ 20 ms")
    row("memory of a subscriber", f"{(after - before) / subscribers:.1f} KiB", "≤ 35 KiB")
    in_tab(loki, binary, project, sockets)
    for socket_ in sockets:
        socket_.close()
    loki.stop()


def in_tab(loki, binary, project, sockets):
    """One real tab among the subscribers: until the page shows what the event tells. After the others, since it takes cores."""
    figure = f"event commit → shown in a Chromium tab, one among {len(sockets)} subscribers"
    if not shutil.which("node") or not (HERE / "../../end2end/node_modules/playwright-core").exists():
        return row(figure, "not measured: Node or Playwright is not installed; `make e2e` installs them", "")
    url = f"http://127.0.0.1:{loki.port}"
    command = ["node", HERE / "tab.mjs", url, sign_in(loki, str(binary))]
    tab = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ready = tab.stdout.readline().strip()
    if ready != "ready":
        tab.kill()
        return row(figure, f"not measured: {ready or 'the tab did not come up, see above'}", "")
    committed = [(mark, at) for mark, at, _ in deliveries(loki, project, sockets)]
    shown = json.loads(tab.communicate("\n", timeout=30)[0])
    missing = [mark for mark, _ in committed if mark not in shown]
    if missing:
        sys.exit(f"the tab did not show {missing}")
    delays = [shown[mark] / 1000 - at for mark, at in committed]
    row(figure, f"p50 {percentile(delays, .5) * 1000:.0f} ms, at most {max(delays) * 1000:.0f} ms ({len(delays)} events)", "")


def open_socket(loki):
    stream = socket.create_connection(("127.0.0.1", loki.port))
    stream.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    stream.sendall((f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{loki.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {loki.token}\r\n\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(4096)
    if b" 101 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(head.decode())
    stream.setblocking(False)
    return stream


def deliveries(loki, project, sockets, events=10):
    """Of each event its mark, its own time, which is taken within the transaction that commits it, and the seconds from then until
    the kernel had its last byte for each subscriber: its time stamps (SO_TIMESTAMPNS) are exact, and reading, which would take the
    server's cores, waits until then."""
    time.sleep(1)
    told = []
    for number in range(events):
        for stream in sockets:  # pings and other events of before
            read_stamped(stream)
        # A change that is one event: where others follow, the kernel tells when the last of them came.
        mark = f"measured-{number}-{time.time_ns()}"
        loki.ask("PUT", f"/api/projects/{project}", {"name": mark})
        time.sleep(1)
        delays, at = [], None
        for stream in sockets:
            read, arrived = read_stamped(stream)
            if mark.encode() not in read:
                raise RuntimeError("a subscriber heard nothing for a second")
            at = time_of(read, mark.encode())
            delays.append(arrived - at)
        told.append((mark, at, delays))
    return told


def read_stamped(stream):
    """What lies there, and when the last of it came."""
    read, arrived = b"", None
    while True:
        try:
            part, notes, _, _ = stream.recvmsg(65536, 256)
        except BlockingIOError:
            return read, arrived
        if not part:
            raise RuntimeError("the server closed a socket")
        read += part
        for level, kind, data in notes:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", data[:16])
                arrived = seconds + nanoseconds / 1e9


def time_of(read, wanted):
    """When the event that names `wanted` happened, by its own `at`, among the frames of one read."""
    at = re.findall(rb'"at":"([^"]+)"', read[:read.index(wanted)])[-1].decode()
    return datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()


def bench_resume(binary):
    times, same = [], True
    for _ in range(3):
        loki = Loki(binary, {"LOKI_DEMO_AGENT_ARGS": "--pace 200"})
        loki.start()
        loki.make_token()
        project = loki.project("resume", "# Greeter\n\n## Requirements\n- `greet NAME` prints `Hello, NAME!`\n- `greet` exits with 2\n")
        run = loki.run(project, "demo", wait=False)
        while True:
            view = loki.ask("GET", f"/api/v2/runs/{run}")
            if view["step"] == "act":
                break
            time.sleep(0.01)
        time.sleep(0.2)
        loki.kill()
        iteration, seq = view["iteration"], loki_seq(loki)
        began = time.perf_counter()
        loki.start()
        while loki_seq(loki) == seq and time.perf_counter() - began < 10:
            time.sleep(0.005)
        times.append(time.perf_counter() - began)
        same &= loki.ask("GET", f"/api/v2/runs/{run}")["iteration"] == iteration
        loki.stop()
    row("kill -9 → resumed (first new event, from the start of the process)", f"{statistics.median(times):.2f} s, {'same' if same else 'another'} iteration", "≤ 1 s, same iteration")


def loki_seq(loki):
    with sqlite3.connect(f"file:{loki.data}/loki.db?mode=ro", uri=True) as db:
        return db.execute("select seq from event_position").fetchone()[0]


def bench_weight(binary):
    loki = Loki(binary)
    loki.start()
    cookie = sign_in(loki, str(binary))
    connection = http.client.HTTPConnection("127.0.0.1", loki.port)
    headers = {"Cookie": cookie, "Accept-Encoding": "br", "Accept": "text/html"}

    def get(path):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()

    answer, body = get("/projects")
    html = len(body)
    if answer.getheader("Content-Encoding") == "br":
        brotli = subprocess.run(["brotli", "-d", "-c"], input=body, capture_output=True, check=True)
        body = brotli.stdout
    parts = {"HTML": html}
    # What the page names, and what the scripts among that import in turn.
    waiting, seen = {path.decode() for path in re.findall(rb'/pkg/[\w./-]+\.(?:js|wasm|css)', body)}, set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        kind = path.rsplit(".", 1)[1].upper()
        answer, loaded = get(path)
        parts[kind] = parts.get(kind, 0) + len(loaded)
        if kind == "JS":
            script = subprocess.run(["brotli", "-d", "-c"], input=loaded, capture_output=True, check=True).stdout.decode()
            folder = path.rsplit("/", 1)[0]
            waiting |= {f"{folder}/{name}" for name in re.findall(r'from\s*["\']\./([\w./-]+\.js)["\']', script)} - seen
    for path in set(re.findall(rb'(/icons[\w.-]*\.svg)', body)):
        parts["icons"] = len(get(path.decode())[1])
    detail = ", ".join(f"{name} {size / 1000:.1f}" for name, size in parts.items())
    row("first load over the wire, brotli", f"{sum(parts.values()) / 1000:.1f} kB ({detail})", "≤ 200 kB")
    loki.stop()


def bench_audit(binary):
    data = tempfile.mkdtemp(prefix="loki-bench-")
    measured = []
    for number in range(3):
        folder = os.path.join(data, str(number))
        said = subprocess.run([binary, "audit", "measure", "--data-dir", folder, "--entries", "200000"],
                              capture_output=True, text=True, check=True).stdout
        measured.append(json.loads(said))
    if not all(one["valid"] for one in measured):
        sys.exit(f"the trail does not hold: {measured}")
    median = lambda name: statistics.median(one[name] for one in measured)
    row("audit trail: append in batches of 5,000, SQLite", f"{median('append_per_second'):,.0f} entries/s", "≥ 10,000/s")
    row("audit trail: verify 200,000 entries", f"{median('verify_per_second'):,.0f} entries/s", "≥ 200,000/s")
    # On the same trail: how long it is tells in both.
    request = statistics.mean(changes(binary, folder))
    shutil.rmtree(data, ignore_errors=True)
    one = median("append_one_seconds")
    row("audit trail: append of one entry, share of the request that changes a project",
        f"{one / request:.1%} ({one * 1e6:.0f} µs of {request * 1e6:.0f} µs)", "≤ 5 %")


def changes(binary, data, count=300):
    """Seconds that requests take which change a project's description, one after the other over one connection."""
    loki = Loki(binary, data=data)
    loki.start()
    loki.make_token()
    project = loki.project("measured", "# Measured\n\n- `greet` prints `Hello!`\n")
    connection, took = http.client.HTTPConnection("127.0.0.1", loki.port, timeout=30), []
    for number in range(count):
        body, headers = json.dumps({"description": f"change {number}"}), {"Authorization": f"Bearer {loki.token}", "Content-Type": "application/json"}
        began = time.perf_counter()
        connection.request("PUT", f"/api/projects/{project}", body, headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            sys.exit(f"a change was answered with {answer.status}")
    loki.stop()
    return took


def bench_access(binary):
    example = binary.parent / "examples" / "permission_check"
    said = json.loads(subprocess.run([example], capture_output=True, text=True, check=True).stdout)
    row("permission check of a request, person with 100 teams and 1,000 shares, without a query", f"{said['microseconds']:.2f} µs", "≤ 50 µs")


BENCHES = {
    "start": bench_start, "iteration": bench_iteration, "status": bench_status, "pages": bench_pages,
    "events": bench_events, "weight": bench_weight, "resume": bench_resume, "audit": bench_audit, "access": bench_access,
}


# Only when asked for: they build loki.
BUILDS = {"make-run": builds.make_run, "from-nothing": builds.from_nothing}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loki", required=True, type=Path)
    parser.add_argument("--only", choices=[*BENCHES, *BUILDS])
    chosen = parser.parse_args()
    binary = chosen.loki.resolve()
    print("| figure | measured | goal |\n|---|---|---|", flush=True)
    if chosen.only in BUILDS:
        for measured in BUILDS[chosen.only]():
            row(*measured)
    for name, bench in BENCHES.items():
        if chosen.only in (None, name):
            bench(binary)


if __name__ == "__main__":
    main()
