"""Which symbols, which files, where from: lists, patterns, months, mirrors, proxies, certificates, --refresh."""

import hashlib
import http.server
import io
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time
import unittest
import urllib.request
import zipfile

from sync_case import FIRST_DAY, ArchiveServer, Fault, FACTORIUM, SHARED, SyncCase, environment, main

ALL = ["ADAUSDT", "BNBUSDT", "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]


class SyncLists(SyncCase):
    archive_options = ["--symbols", "6", "--days", "3", "--trades", "300", "--from", "2024-08-01"]

    def symbols(self, text, *more, code=0, **what):
        answer = self.sync("--dry-run", *more, symbols=text, code=code, **what)
        return sorted({a[0] for a in answer})

    def listed(self):
        folder = self.archive / "data/futures/um/daily/aggTrades"
        return sorted(p.name for p in folder.iterdir())

    # ---- Symbols

    def test_all_in_pages(self):
        self.assertEqual(self.symbols("all"), self.listed())
        pages = [p for p in self.requests() if "?" in p]
        self.assertEqual(len(pages), 2)
        self.assertIn("marker=data/futures/um/daily/aggTrades/", pages[1])

    def test_patterns(self):
        self.assertEqual(self.symbols("B*"), [s for s in self.listed() if s.startswith("B")])
        self.assertEqual(self.symbols("B*,ETHUSDT"), [s for s in self.listed() if s[0] == "B" or s == "ETHUSDT"])
        self.symbols("*EUR", code=1)
        self.assertIn("none of the 6 symbols listed", self.stderr)

    def test_file_of_symbols(self):
        names = self.folder / "names.txt"
        names.write_text("# the large ones\nBTCUSDT, ETHUSDT\n")
        self.assertEqual(self.symbols(f"@{names}"), ["BTCUSDT", "ETHUSDT"])
        self.symbols("@/nowhere/names", code=2)

    def test_listed_before(self):
        late = self.archive / "data/futures/um/daily/aggTrades/ETHUSDT"
        for file in late.glob("*2024-08-01*"):
            file.unlink()
        self.assertEqual(self.symbols("all", "--listed-before", "2024-08-02"), [s for s in self.listed() if s != "ETHUSDT"])
        self.assertEqual(self.symbols("BTCUSDT,ETHUSDT", "--listed-before", "2024-08-02"), ["BTCUSDT"])
        local = f"file://{self.archive}/data"
        self.assertEqual(self.symbols("BTCUSDT,ETHUSDT", "--listed-before", "2024-08-02", base_url=local), ["BTCUSDT"])

    def test_named_symbols_that_listed_before_leaves_out(self):
        """Are named; one of which there is no file at all is missing, and nothing at all is no success."""
        for file in (self.archive / "data/futures/um/daily/aggTrades/ETHUSDT").glob("*2024-08-01*"):
            file.unlink()
        for url in (None, f"file://{self.archive}/data"):
            before = ("--listed-before", "2024-08-02")
            rows = self.sync("--dry-run", *before, symbols="BTCUSDT,BTCUSTD,ETHUSDT", code=3, base_url=url)
            self.assertEqual([r[:4] for r in rows], [("BTCUSDT", "planned", "01", "01"), ("BTCUSTD", "missing", "01", "01")])
            self.assertEqual(self.answer[1]["reason"], "the archive lists no file of it")
            self.assertIn("BTCUSTD: the archive lists no file of it", self.stderr)
            self.assertIn("ETHUSDT left out: its first file is of 2024-08-02", self.stderr)
            self.assertEqual(self.sync(*before, symbols="ETHUSDT", code=3, base_url=url), [])
            self.assertIn("none was listed before that day", self.stderr)

    def test_names_that_are_no_symbols(self):
        """Are left out, and said to be."""
        names = self.archive / "data/futures/um/daily/aggTrades"
        for name in ("币安人生USDT", "龙虾USDT", "x" * 65):
            shutil.copytree(names / "BTCUSDT", names / name)
        listed = [s for s in self.listed() if len(s) < 65 and s.isascii()]
        for url in (None, f"file://{self.archive}/data"):
            self.assertEqual(self.symbols("all", base_url=url), listed)
            self.assertIn("warning: 3 of the names listed left out", self.stderr)

    def test_hostile_lists(self):
        page = "/data/futures"  # a listing is asked for at the bucket's root
        for body, words in (
            (b"<html><body>busy</body></html>", "no list of a bucket"),
            (b"<ListBucketResult><IsTruncated>true", "no list of a bucket"),
            (b"<!DOCTYPE x [<!ENTITY a 'b'>]><ListBucketResult>&a;</ListBucketResult>", "document type"),
            (b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "and not where"),
        ):
            self.server.faults["/"] = [Fault("status", 200)]
            answer = self.server.RequestHandlerClass.answer

            def other(handler, code, _body=b"", headers=(), text=body):
                answer(handler, code, text, headers)

            self.server.RequestHandlerClass.answer = other
            try:
                self.symbols("all", code=1)
            finally:
                self.server.RequestHandlerClass.answer = answer
            self.assertIn(words, self.stderr)
        self.assertTrue(page)

    def test_list_that_never_ends(self):
        answer = self.server.RequestHandlerClass.answer
        body = (b"<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>a</NextMarker>"
                b"<CommonPrefixes><Prefix>data/x/BTCUSDT/</Prefix></CommonPrefixes></ListBucketResult>")
        self.server.RequestHandlerClass.answer = lambda h, code, _b=b"", headers=(): answer(h, 200, body, ())
        try:
            self.symbols("all", code=1)
        finally:
            self.server.RequestHandlerClass.answer = answer
        self.assertIn("does not come to an end", self.stderr)

    def test_names_that_leave_the_folder(self):
        self.symbols("../../etc", code=2)
        self.symbols("BTC USDT", code=2)

    # ---- What is there

    def test_second_run_asks_for_nothing(self):
        self.assertEqual(self.sync(days=3), [("BTCUSDT", "fetched", "01", "03", 3)])
        self.assertEqual(self.sync(days=3), [("BTCUSDT", "there", "01", "03", 3)])
        self.assertEqual(self.server.log, [])
        self.assert_stored(days=3)

    def test_second_run_asks_for_what_was_missing(self):
        file = pathlib.Path(str(self.archive) + self.path("BTCUSDT", "2024-08-02"))
        kept = file.read_bytes()
        file.unlink()
        self.sync(days=3, code=3)
        self.sync(days=3, code=3)
        self.assertEqual(self.requests(), [self.path("BTCUSDT", "2024-08-02")])
        file.write_bytes(kept)
        self.assertEqual([a[1] for a in self.sync(days=3)], ["there", "fetched", "there"])
        self.assert_stored(days=3)

    def test_a_store_by_others_is_left_alone(self):
        self.sync(days=3)
        shutil.rmtree(self.store / ".factorium")
        self.assertEqual(self.sync(days=3), [("BTCUSDT", "there", "01", "03", 3)])
        self.assertEqual(self.server.log, [])

    def test_dry_run(self):
        self.assertEqual([a[1] for a in self.sync("--dry-run", days=3)], ["planned"] * 3)
        self.assertEqual(len(self.requests("HEAD")), 3)
        self.assertEqual(self.requests(), [])
        sizes = [pathlib.Path(str(self.archive) + self.path("BTCUSDT", f"2024-08-0{d}")).stat().st_size for d in (1, 2, 3)]
        self.assertEqual([r["bytes"] for r in self.answer], sizes)
        self.assertEqual(self.answer[0]["url"], self.server.url + self.path("BTCUSDT", "2024-08-01"))
        self.assertFalse(self.store.exists())

    def test_keep_archives(self):
        kept = self.folder / "kept"
        self.sync("--keep-archives", str(kept), days=3)
        theirs = self.archive / "data/futures/um/daily/aggTrades/BTCUSDT"
        ours = kept / "futures/um/daily/aggTrades/BTCUSDT"
        self.assertEqual(sorted(p.name for p in ours.iterdir()), sorted(p.name for p in theirs.iterdir()))
        for file in theirs.iterdir():
            self.assertEqual((ours / file.name).read_bytes(), file.read_bytes())
        self.assertEqual(self.parts(), [])

    # ---- Published again

    def publish(self, day, lines):
        file = pathlib.Path(str(self.archive) + self.path("BTCUSDT", day))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(file.name.replace(".zip", ".csv"), "".join(lines))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        pathlib.Path(f"{file}.CHECKSUM").write_text(f"{digest}  {file.name}\n")

    def test_refresh(self):
        self.sync(days=2)
        self.assertEqual(self.sync("--refresh", days=2), [("BTCUSDT", "unchanged", "01", "02", 2)])
        self.assertEqual(len(self.server.log), 2)
        self.assertTrue(all("If-None-Match" in h for _, _, h in self.server.log))
        self.publish("2024-08-02", ["7,1.5,1,7,7,1722556800000,true\n"])
        self.assertEqual(self.sync(days=2), [("BTCUSDT", "there", "01", "02", 2)])
        self.assertEqual(self.sync("--refresh", days=2),
                         [("BTCUSDT", "unchanged", "01", "01", 1), ("BTCUSDT", "fetched", "02", "02", 1)])
        self.assert_stored(days=2)

    def test_refresh_of_what_was_taken_away(self):
        self.sync(days=3)
        pathlib.Path(str(self.archive) + self.path("BTCUSDT", "2024-08-02")).unlink()
        self.assertEqual([r[1:4] for r in self.sync("--refresh", days=3)],
                         [("unchanged", "01", "01"), ("there", "02", "02"), ("unchanged", "03", "03")])
        self.assertEqual(self.answer[1]["reason"], "the exchange has it no more")

    def test_refresh_of_what_was_ingested(self):
        """Nothing is known of the server's words: the checksums tell."""
        subprocess.run([FACTORIUM, "ingest", str(self.archive / "data"), "--store", str(self.store), "--quiet"],
                       check=True, env=environment())
        self.assertEqual(self.sync("--refresh", days=2), [("BTCUSDT", "unchanged", "01", "02", 2)])
        self.assertEqual(sorted(self.requests()), [self.path("BTCUSDT", f"2024-08-0{d}", ".CHECKSUM") for d in (1, 2)])
        self.publish("2024-08-02", ["7,1.5,1,7,7,1722556800000,true\n"])
        self.assertEqual([a[1] for a in self.sync("--refresh", days=2)], ["unchanged", "fetched"])

    # ---- Mirrors, proxies, certificates

    def test_file_mirror(self):
        mirror = f"file://{self.archive}/data"
        self.assertEqual(self.sync(days=3, base_url=mirror), [("BTCUSDT", "fetched", "01", "03", 3)])
        self.assert_stored(days=3)
        self.assertEqual(self.sync("--refresh", days=3, base_url=mirror), [("BTCUSDT", "unchanged", "01", "03", 3)])
        self.assertEqual(self.symbols("all", base_url=mirror), self.listed())

    def test_file_mirror_with_blanks(self):
        self.archive = self.archive.rename(self.folder / "my archive")
        self.sync(base_url=f"file://{self.folder}/my%20archive/data", symbols="BTC*")
        self.assert_stored()

    def test_file_mirror_that_cannot_be_read(self):
        """Is not taken for one that lacks the file."""
        url = f"file://{self.archive}/data"
        file = pathlib.Path(str(self.archive) + self.path("BTCUSDT", FIRST_DAY))
        file.unlink()
        self.assertEqual(self.sync(base_url=url, code=3), [("BTCUSDT", "missing", "01", "01", 1)])
        for make, reason in ((lambda: file.mkdir(), "Is a directory"),
                             (lambda: file.symlink_to(file), "Too many levels of symbolic links"),
                             (lambda: os.mkfifo(file), "Invalid argument")):
            make()
            self.assertEqual(self.sync(base_url=url, code=3), [("BTCUSDT", "failed", "01", "01", 1)])
            self.assertEqual(self.answer[0]["reason"], reason)
            file.rmdir() if file.is_dir() else file.unlink()

    def test_file_mirror_that_is_not_there(self):
        self.sync(base_url=f"file://{self.folder}/unmounted/data", code=1)
        self.assertIn("cannot read the mirror", self.stderr)
        self.assertIn("No such file or directory", self.stderr)

    def test_recorded_mirror(self):
        mirror = (SHARED / "mirror/data").resolve()
        if not mirror.is_dir():
            self.skipTest("no recordings beside the project")
        run = subprocess.run([FACTORIUM, "sync", "--store", str(self.store), "-s", "all", "-m", "futures_um", "-t",
                              "trades", "--from", "2024-08-08", "--to", "2024-08-09", "--base-url", f"file://{mirror}",
                              "-q"], capture_output=True, text=True, env=environment())
        self.assertEqual(run.returncode, 0, run.stderr)
        other = self.folder / "ingested"
        files = [str(p) for p in (mirror / "futures/um/daily/trades").rglob("*2024-08-08.zip")]
        subprocess.run([FACTORIUM, "ingest", "-q", "--store", str(other), *files], check=True, env=environment())
        for file in other.rglob("data.parquet"):
            self.assertEqual(file.read_bytes(), (self.store / file.relative_to(other)).read_bytes())

    def test_bad_urls(self):
        for url in ("ftp://127.0.0.1/data", "127.0.0.1/data", "http://127.0.0.1/a b"):
            self.sync(base_url=url, code=2)

    def test_proxy(self):
        """A proxy of the environment is asked, with the whole URL."""
        asked = []
        real = self.server.url

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                        self.path.replace("http://exchange.test", real)) as answer:
                    body = answer.read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        try:
            address = f"http://127.0.0.1:{proxy.server_address[1]}"
            self.assertEqual(self.sync(base_url="http://exchange.test/data", env={"http_proxy": address}),
                             [("BTCUSDT", "fetched", "01", "01", 1)])
        finally:
            proxy.shutdown()
            proxy.server_close()
        self.assertTrue(asked[0].startswith("http://exchange.test/data/"))

    def certificate(self, name):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not there to make a certificate")
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
                        "-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(cert)],
                       check=True, capture_output=True)
        return str(cert), str(key)

    def test_tls(self):
        cert, key = self.certificate("IP:127.0.0.1")
        with ArchiveServer(self.archive, cert, key) as server:
            self.assertEqual(self.sync("--retries", "0", base_url=server.url + "/data", code=3)[0][1], "failed")
            self.assertIn("SSL certificate problem: self", self.answer[0]["reason"])
            self.assert_nothing_stored()
            for variable in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
                shutil.rmtree(self.store, ignore_errors=True)
                self.assertEqual(self.sync(base_url=server.url + "/data", env={variable: cert}),
                                 [("BTCUSDT", "fetched", "01", "01", 1)])
                self.assert_stored()

    def test_http2(self):
        """All requests of all jobs on one connection, where the server offers HTTP/2."""
        nghttpd = shutil.which("nghttpd", path=os.environ["PATH"] + ":/usr/sbin")
        if not nghttpd:
            self.skipTest("nghttpd is not there to serve HTTP/2: it comes with the package nghttp2-server")
        cert, key = self.certificate("IP:127.0.0.1")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = self.folder / "nghttpd.log"
        with open(log, "w") as file:
            server = subprocess.Popen([nghttpd, "-v", "-a", "127.0.0.1", "-d", str(self.archive), str(port), key, cert],
                                      stdout=file, stderr=file)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        rows = self.sync("--jobs", "6", symbols="BTCUSDT,ETHUSDT", days=3, base_url=f"https://127.0.0.1:{port}/data",
                         env={"SSL_CERT_FILE": cert})
        self.assertEqual([r[1:] for r in rows], [("fetched", "01", "03", 3)] * 2)
        self.assert_stored("BTCUSDT,ETHUSDT", 3)
        server.kill()
        server.wait()
        frames = re.findall(r"\[id=(\d+)\] \[[ .\d]+\] (recv|send) (\w+) frame <[^>]*stream_id=(\d+)>", log.read_text())
        asked = [(i, stream) for i, way, kind, stream in frames if (way, kind) == ("recv", "HEADERS")]
        self.assertEqual(len(asked), 12, "files and their checksums")
        self.assertEqual(len({i for i, _ in asked}), 1, "connections")

    def test_tls_of_another_host(self):
        cert, key = self.certificate("DNS:elsewhere.test")
        with ArchiveServer(self.archive, cert, key) as server:
            answer = self.sync("--retries", "0", base_url=server.url + "/data", code=3, env={"SSL_CERT_FILE": cert})
            self.assertEqual(answer[0][1], "failed")
            self.assertIn("no alternative certificate subject name matches", self.answer[0]["reason"])
            self.assertEqual(server.log, [])
            self.assert_nothing_stored()

    # ---- Pace

    def test_jobs_at_once(self):
        """No more requests at once than --jobs."""
        now, most, lock = [0], [0], threading.Lock()
        serve = self.server.RequestHandlerClass.serve

        def counted(handler, fault):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.03)
            with lock:
                now[0] -= 1
            return serve(handler, fault)

        self.server.RequestHandlerClass.serve = counted
        try:
            self.sync("--jobs", "3", symbols=",".join(self.listed()), days=3)
        finally:
            self.server.RequestHandlerClass.serve = serve
        self.assertEqual(most[0], 3)

    def test_connections_are_kept(self):
        connections = []
        accept = self.server.process_request
        self.server.process_request = lambda *a: (connections.append(1), accept(*a))[1]
        self.sync("--jobs", "2", symbols=",".join(self.listed()), days=3)
        self.assertEqual(len(self.server.log), 36)
        self.assertLessEqual(len(connections), 2)

    def test_request_rate(self):
        """12 requests at 20 a second, of which one is free, take half a second."""
        start = time.monotonic()
        self.sync("--request-rate", "20", symbols=",".join(self.listed()[:2]), days=3)
        self.assertGreater(time.monotonic() - start, 0.5)

    def limited(self, seconds, *more, **what):
        """How long a sync takes that is limited to what all of it is in so many seconds; nothing is tried again."""
        files = [p for p in (self.archive / "data").rglob("*.zip*") if re.match("BTCUSDT|ETHUSDT", p.name)]
        n_bytes = sum(p.stat().st_size for p in files)
        start = time.monotonic()
        self.sync("--limit-rate", str(int(n_bytes / seconds)), "--retries", "0", *more, symbols="BTCUSDT,ETHUSDT", days=3,
                  **what)
        self.assert_stored("BTCUSDT,ETHUSDT", 3)
        return time.monotonic() - start

    def test_limit_rate(self):
        """Of all transfers together, few or many; a quarter of a second and the last part of each are free."""
        for jobs in ("1", "8"):
            for url in (None, f"file://{self.archive}/data"):
                shutil.rmtree(self.store, ignore_errors=True)
                self.assertGreater(self.limited(2, "--jobs", jobs, base_url=url), 1)

    def test_limit_rate_is_no_stall(self):
        """What waits for its turn is not cut."""
        self.limited(3, "--jobs", "6", "--stall", "300ms")


class SyncMonths(SyncCase):
    """August 2024 in 31 daily files, from which a monthly one is made."""

    archive_options = ["--symbols", "1", "--days", "31", "--trades", "50", "--from", "2024-08-01"]
    month = "/data/futures/um/monthly/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-08.zip"

    def publish_month(self, without=()):
        lines = []
        for day in sorted(set(range(1, 32)) - set(without)):
            file = str(self.archive) + self.path("BTCUSDT", f"2024-08-{day:02}")
            with zipfile.ZipFile(file) as z:
                rows = z.read(z.namelist()[0]).decode().splitlines(True)
            lines += [r for r in rows if r[0].isdigit()]
        file = pathlib.Path(str(self.archive) + self.month)
        file.parent.mkdir(parents=True)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("BTCUSDT-aggTrades-2024-08.csv", "".join(lines))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        pathlib.Path(f"{file}.CHECKSUM").write_text(f"{digest}  {file.name}\n")

    def sync_month(self, *more, first="2024-08-01", end="2024-09-01", code=0):
        arguments = self.arguments(*more)
        arguments[arguments.index("--from") + 1] = first
        arguments[arguments.index("--to") + 1] = end
        self.server.log.clear()
        run = subprocess.run(arguments, capture_output=True, text=True, env=environment())
        self.assertEqual(run.returncode, code, run.stderr)
        self.stderr = run.stderr
        return run.stdout

    def outcomes(self, text):
        return [(r["outcome"], r["first_day"][-2:], r["last_day"][-2:]) for r in json.loads(text)]

    def of_day(self, day):
        return [self.path("BTCUSDT", f"2024-08-{day}"), self.path("BTCUSDT", f"2024-08-{day}", ".CHECKSUM")]

    def test_month_saves_requests(self):
        self.publish_month()
        self.sync_month()
        self.assertEqual(self.requests(), [self.month, self.month + ".CHECKSUM"])
        self.assert_stored(days=31)
        self.sync_month()
        self.assertEqual(self.server.log, [])
        self.sync_month(first="2024-08-10", end="2024-08-20")
        self.assertEqual(self.server.log, [])
        self.sync_month("--refresh")
        self.assertEqual(self.requests(), [self.month])

    def test_month_that_lacks_a_day(self):
        """Whose own file is asked for, now and, while there is none, with each sync."""
        self.publish_month(without=[16, 20])
        hidden = pathlib.Path(str(self.archive) + self.path("BTCUSDT", "2024-08-20"))
        data = hidden.read_bytes()
        hidden.unlink()
        rows = self.outcomes(self.sync_month(code=3))
        self.assertEqual(rows, [("fetched", "01", "31"), ("missing", "20", "20")])
        month = [self.month, self.month + ".CHECKSUM"]
        self.assertEqual(sorted(self.requests()), sorted(self.of_day(16) + self.of_day(20)[:1] + month))
        for more in ([], ["--period", "monthly"]):
            rows = self.outcomes(self.sync_month(*more, code=3))
            self.assertEqual(rows, [("there", "01", "19"), ("missing", "20", "20"), ("there", "21", "31")])
            self.assertEqual(self.requests(), self.of_day(20)[:1])
        self.sync_month("--refresh", code=3)
        self.assertEqual(sorted(self.requests()), sorted([self.month] + self.of_day(20)[:1]))
        hidden.write_bytes(data)
        self.assertEqual(self.outcomes(self.sync_month(first="2024-08-20", end="2024-08-21")), [("fetched", "20", "20")])
        self.assert_stored(days=31)
        self.sync_month()
        self.assertEqual(self.server.log, [])

    def test_month_taken_away(self):
        """What the store has is not missing."""
        self.publish_month()
        self.sync_month()
        pathlib.Path(str(self.archive) + self.month).unlink()
        answer = self.sync_month("--refresh")
        self.assertEqual(self.outcomes(answer), [("there", "01", "31")])
        self.assertEqual(json.loads(answer)[0]["reason"], "the exchange has it no more")
        self.assertEqual(self.requests(), [self.month])
        self.assert_stored(days=31)

    def test_monthly_with_a_part_of_a_month(self):
        """Takes the days, and says so once."""
        self.publish_month()
        self.sync_month("--period", "monthly", first="2024-08-10", end="2024-08-12")
        self.assertEqual(self.stderr.count("only a part of 2024-08 is asked for: its daily files"), 1)
        self.assertNotIn(self.month, self.requests())
        self.sync_month("--period", "monthly")
        self.assertNotIn("only a part", self.stderr)
        self.assertIn(self.month, self.requests())

    def test_no_month_yet(self):
        self.sync_month()
        self.assertEqual(self.requests()[0], self.month)
        self.assertEqual(len(self.requests()), 1 + 2 * 31)
        self.assert_stored(days=31)

    def test_part_of_a_month_is_daily(self):
        self.publish_month()
        self.sync_month(end="2024-08-31")
        self.assertNotIn(self.month, self.requests())
        self.sync_month()
        self.assertEqual(self.requests(), [self.path("BTCUSDT", "2024-08-31"), self.path("BTCUSDT", "2024-08-31", ".CHECKSUM")])
        self.assert_stored(days=31)

    def test_daily_is_asked_for(self):
        self.publish_month()
        self.sync_month("--period", "daily")
        self.assertNotIn(self.month, self.requests())

    def test_month_that_fails_is_not_replaced(self):
        self.publish_month()
        self.server.faults[self.month] = [Fault("status", 403)]
        self.assertIn("HTTP 403", self.sync_month(code=3))
        self.assertEqual(self.requests(), [self.month])


if __name__ == "__main__":
    main()
