"""Lets a real Prometheus scrape a running system and answer the query of every dashboard panel."""

import hashlib
import hmac
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/emulator"))

from support.ports import free_port  # noqa: E402
from support.waiting import until_passes  # noqa: E402

PROGRAM = os.environ.get("ELAAOMS_LOCAL_PROGRAM") or ROOT / "target/debug/elaaoms-local"
SIGNING, KEY = "wsec_monitoring", "key-monitoring"
SECONDS = 25
# The metrics of the deployment guide, and later ones.
METRICS = """
http_requests_total http_request_duration_seconds_bucket http_requests_in_progress webhook_validation_errors_total
background_jobs_total background_jobs_duration_seconds_bucket background_jobs_failed_total memory_extraction_total
memory_extraction_errors_total openmemory_api_calls_total openmemory_api_latency_seconds_bucket openmemory_api_errors_total
extraction_outcomes_total llm_api_calls_total llm_api_latency_seconds_bucket llm_api_errors_total llm_api_tokens_total
process_cpu_seconds_total process_resident_memory_bytes process_open_fds process_start_time_seconds
background_jobs_queued background_jobs_dead_letters background_jobs_oldest_seconds elaaoms_build_info
""".split()


def post(url, body, headers):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def post_call(base, number, signing=SIGNING):
    body = {"type": "post_call_transcription", "event_timestamp": 1767261633, "data": {
        "agent_id": "agent_monitoring", "conversation_id": f"conv_monitoring_{number}", "status": "done",
        "transcript": [{"role": "user", "message": "I would like the blue bicycle, please.", "time_in_call_secs": 1}],
        "metadata": {"start_time_unix_secs": 1767261000,
                     "phone_call": {"direction": "inbound", "external_number": f"+1202555{number:04}"}},
        "analysis": {"transcript_summary": f"The caller ordered bicycle number {number}."}}}
    now, raw = str(int(time.time())), json.dumps(body).encode()
    signature = hmac.new(signing.encode(), f"{now}.".encode() + raw, hashlib.sha256).hexdigest()
    return post(f"{base}/webhook/post-call", body, {"elevenlabs-signature": f"t={now},v0={signature}"})


def call(base, number):
    """Makes a whole call: it starts, the agent searches, it ends."""
    who = {"caller_id": f"+1202555{number:04}", "agent_id": "agent_monitoring"}
    assert post(f"{base}/webhook/client-data", who, {"x-api-key": KEY}) == 200
    assert post(f"{base}/webhook/search-memory", {**who, "query": "bicycle"}, {"x-api-key": KEY}) == 200
    assert post_call(base, number) == 200


def wait_for(what, condition):
    """Waits far longer than needed, because a busy machine is slow."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"timed out waiting for {what}")


class Prometheus:
    def __init__(self, folder, metrics, openmemory, machine, database):
        self.port = free_port()
        # Each group has an interval of its own, longer than this test; without it the one below
        # applies.
        rules = folder / "alert_rules.yml"
        rules.write_text(re.sub(r"^ +interval: .*\n", "", (ROOT / "monitoring/alert_rules.yml").read_text(), flags=re.M))
        # The interval is also the time limit of a scrape, which a busy machine must meet.
        config = f"""
global: {{scrape_interval: 2s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - {{job_name: elaaoms-app, static_configs: [{{targets: ["{metrics}"]}}]}}
  - {{job_name: openmemory, static_configs: [{{targets: ["{openmemory}"]}}]}}
  - {{job_name: node, static_configs: [{{targets: ["{machine}"]}}]}}
  - {{job_name: postgres, static_configs: [{{targets: ["{database}"]}}]}}
"""
        (folder / "prometheus.yml").write_text(config)
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"])

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=60) as answer:
            return json.load(answer)["data"]

    def values(self, expression):
        return self.ask("query", query=expression)["result"]

    def curve(self, expression):
        now = time.time()
        return self.ask("query_range", query=expression, start=now - SECONDS, end=now, step=1)["result"]


def start_provider():
    """Starts a model with unparseable answers, so that memories come from the call's analysis."""
    code = (
        "import http.server,json,sys\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "  def do_POST(self):\n"
        "    self.rfile.read(int(self.headers['content-length']))\n"
        "    b=json.dumps({'choices':[{'message':{'content':'none'},'finish_reason':'stop'}],"
        "'usage':{'prompt_tokens':800,'completion_tokens':400}}).encode()\n"
        "    self.send_response(200);self.send_header('content-length',str(len(b)));self.end_headers();self.wfile.write(b)\n"
        "  def do_GET(self):\n"
        "    self.send_response(200);self.send_header('content-length','2');self.end_headers();self.wfile.write(b'{}')\n"
        "  def log_message(self,*a): pass\n"
        "http.server.ThreadingHTTPServer.request_queue_size=128\n"
        "s=http.server.ThreadingHTTPServer(('127.0.0.1',0),H)\n"
        "print(s.server_port,flush=True)\n"
        "s.serve_forever()\n")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def start_database(folder):
    """Starts the PostgreSQL of OpenMemory's tests with an empty database.

    Returns the process and the exporter's data source.
    """
    programs = next((ROOT / "openmemory/.venv/lib").glob("python*/site-packages/pgserver/pginstall/bin"))
    home = folder / "postgres"
    home.mkdir()
    # PostgreSQL refuses to run as root.
    unprivileged = {"user": "nobody"} if os.geteuid() == 0 else {}
    if unprivileged:
        folder.chmod(0o755)
        shutil.chown(home, "nobody")
    initdb = [programs / "initdb", "--username=postgres", "--auth=trust", "--no-sync", "-D", home / "data"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=home, **unprivileged)
    start = [programs / "postgres", "-D", home / "data", "-k", home, "-c", "listen_addresses="]
    process = subprocess.Popen(start, stderr=subprocess.DEVNULL, cwd=home, **unprivileged)
    create = [programs / "psql", "-h", home, "-U", "postgres", "-c", "CREATE DATABASE openmemory"]
    wait_for("PostgreSQL", lambda: subprocess.run(create, capture_output=True).returncode == 0)
    return process, f"host={home} user=postgres dbname=openmemory sslmode=disable"


def start_exporter(name, **environment):
    port = free_port()
    command = [f"prometheus-{name}-exporter", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    process = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL)
    return process, f"127.0.0.1:{port}"


def start_system(folder, provider):
    """Returns the process, and the addresses of webhooks, OpenMemory and metrics, which it chooses itself."""
    environment = {
        "ELEVENLABS_POST_CALL_HMAC_KEY": SIGNING, "WEBHOOK_API_KEY": KEY, "CALLER_ID_PEPPER": "pepper-monitoring",
        "METRICS_PORT": "0", "LOG_LEVEL": "ERROR",
        # The longest time limits that are allowed, so that a busy machine answers with memories.
        "CLIENT_DATA_DEADLINE_MS": "9000", "SEARCH_DEADLINE_MS": "9000",
        "LLM_PROVIDER": "openai", "LLM_MODEL": "gpt-4.1-mini", "LLM_API_KEY": "key-of-the-model", "LLM_API_URL": provider}
    output = folder / "system.out"
    with output.open("w") as file:
        process = subprocess.Popen(
            [PROGRAM, "--port", "0", "--openmemory-port", "0", "--data-dir", str(folder / "data")],
            env=environment, cwd=folder, stdout=file)
    wanted = re.compile(
        r"^ELAAOMS listens on http://(\S+)$.*^OpenMemory \(embedded\) is at http://(\S+)$.*"
        r"^Metrics are on http://(\S+)/metrics$", re.MULTILINE | re.DOTALL)
    try:
        found = wait_for("the system", lambda: process.poll() is not None or wanted.search(output.read_text()))
        assert found is not True, f"the system ended with {process.returncode}"
        addresses = dict(zip(("webhooks", "openmemory", "metrics"), found.groups()))
        health = f"http://{addresses['webhooks']}/health?wait=true"
        wait_for("health", lambda: urllib.request.urlopen(health, timeout=30).status == 200)
    except BaseException:
        process.kill()
        raise
    return process, addresses


def number(prometheus, expression):
    """Returns the value of an expression with one result."""
    results = prometheus.values(expression)
    assert results, f"no value: {expression}"
    return results[0]["value"][1]


def check(prometheus):
    missing = [name for name in METRICS if not prometheus.values(name)]
    assert not missing, f"missing metrics: {missing}"
    posted = number(prometheus, 'sum(http_requests_total{endpoint="/webhook/post-call",status="200"})')
    jobs = number(prometheus, 'sum(background_jobs_total{job_type="memory_extraction",outcome="ok"})')
    refused = number(prometheus, "webhook_validation_errors_total")
    assert (posted, refused) == (str(CALLS), "2"), (posted, refused)
    assert jobs == posted, f"{jobs} jobs of {posted} calls"
    firing = [alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"] if alert["state"] == "firing"]
    # This model's answers are unparseable, so exactly this alert must fire.
    assert firing == ["ModelNotHeard"], firing


CALLS = 40


def panels():
    dashboard = json.loads((ROOT / "monitoring/grafana/dashboards/elaaoms-overview.json").read_text())
    for panel in dashboard["panels"]:
        if panel.get("datasource", {}).get("type") == "prometheus":
            yield panel


def answer_panels(prometheus):
    """Returns every panel with its time series. Fails if one is empty."""
    answered = []
    for panel in panels():
        curves = []
        for target in panel["targets"]:
            found = prometheus.curve(target["expr"])
            curves += found
            assert found, f"panel “{panel['title']}” is empty: {target['expr']}"
        answered.append((panel, curves))
    return answered


def draw(answered, file):
    """Draws the time series of each panel as a small chart."""
    parts = ["<style>body{font:12px sans-serif;display:grid;grid-template-columns:repeat(5,1fr);gap:10px}</style>"]
    for panel, curves in answered:
        lines, numbers = [], [float(v) for c in curves for _, v in c["values"] if v not in ("NaN", "+Inf")]
        top = max(numbers, default=0) or 1
        for index, curve in enumerate(curves):
            points = [(t, float(v)) for t, v in curve["values"] if v not in ("NaN", "+Inf")]
            start = time.time() - SECONDS - 5
            path = " ".join(f"{(t - start) * 200 / (SECONDS + 5):.0f},{90 - v * 80 / top:.0f}" for t, v in points)
            lines.append(f'<polyline fill="none" stroke="hsl({index * 67 % 360},70%,45%)" points="{path}"/>')
        title = html.escape(panel["title"])
        parts.append(f'<div><b>{title}</b> max {top:.3g} ({len(curves)})<svg width=200 height=95>{"".join(lines)}</svg></div>')
    file.write_text("".join(parts))


def main(tools, drawn):
    folder = pathlib.Path(tempfile.mkdtemp())
    started = []
    try:
        provider, url = start_provider()
        started.append(provider)
        system, addresses = start_system(folder, url)
        started.append(system)
        base = f"http://{addresses['webhooks']}"
        database, source = start_database(folder)
        started.append(database)
        exporters = [start_exporter("node"), start_exporter("postgres", DATA_SOURCE_NAME=source)]
        started += [process for process, _ in exporters]
        own = addresses["metrics"], addresses["openmemory"]
        prometheus = Prometheus(folder, *own, *(address for _, address in exporters))
        started.append(prometheus.process)
        wait_for("Prometheus", lambda: prometheus.values('up{job="elaaoms-app"} == 1'))
        for caller in range(CALLS):
            call(base, caller)
            if caller == 0:
                # A rate or an increase needs a value before those of the other calls.
                wait_for("the first job", lambda: prometheus.values("extraction_outcomes_total"))
            time.sleep(SECONDS / CALLS / 2)
        for caller in range(2):
            assert post_call(base, caller, "another secret") == 401
        wait_for("the jobs", lambda: len(list((folder / "data/extractions").glob("*.done"))) == CALLS)
        # A finished call is counted a little later, and scraped and evaluated later still.
        until_passes(lambda: check(prometheus))
        answered = until_passes(lambda: answer_panels(prometheus))
        if drawn:
            draw(answered, tools / "dashboard.html")
        print(f"{len(METRICS)} metrics found, {len(answered)} panels answered")
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), "--draw" in sys.argv[2:])
