"""What tests of `factorium sync` share: an archive, a server, the program, stores compared by their values."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("FACTORIUM_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
FACTORIUM = os.environ.get("FACTORIUM", str(ROOT / "build/factorium"))
SHARED = ROOT / "../shared/data"
sys.path.insert(0, str(ROOT / "tests/support"))

from archive_server import ArchiveServer, Fault  # noqa: E402, F401

FIRST_DAY = "2024-08-01"


def environment(**more):
    """Nothing of the user's own settings."""
    ours = re.compile(r"FACTORIUM_|.*proxy|CURL_CA_BUNDLE|SSL_CERT", re.IGNORECASE)
    own = {k: v for k, v in os.environ.items() if not ours.match(k)}
    return {**own, "XDG_CONFIG_HOME": "/nowhere", "NO_COLOR": "1", **more}


def simulate(folder, *options):
    subprocess.run([FACTORIUM, "simulate", str(folder), "--quiet", *options], check=True, env=environment())


class SyncCase(unittest.TestCase):
    """Two symbols of three days on a server; `self.sync` runs the program against it."""

    archive_options = ["--symbols", "2", "--days", "3", "--trades", "2000", "--from", FIRST_DAY]

    @classmethod
    def setUpClass(cls):
        cls.class_folder = pathlib.Path(tempfile.mkdtemp(prefix="factorium-sync-"))
        cls.pristine = cls.class_folder / "pristine"
        simulate(cls.pristine / "data", *cls.archive_options)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.class_folder, ignore_errors=True)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.class_folder))
        self.archive = self.folder / "archive"
        shutil.copytree(self.pristine, self.archive)
        self.store = self.folder / "store"
        self.server = ArchiveServer(self.archive)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)

    @staticmethod
    def path(symbol, day, suffix=""):
        return f"/data/futures/um/daily/aggTrades/{symbol}/{symbol}-aggTrades-{day}.zip{suffix}"

    def arguments(self, *more, symbols="BTCUSDT", days=1, base_url=None):
        return [FACTORIUM, "sync", "--store", str(self.store), "--symbols", symbols, "--market", "futures_um",
                "--type", "aggTrades", "--from", FIRST_DAY, "--to", f"2024-08-{1 + days:02}", "--format", "json",
                "--base-url", base_url or self.server.url + "/data", "--retry-wait", "1ms", *more]

    def sync(self, *more, code=0, env=None, **what):
        """Runs a sync that must end with `code`; its answer as [(symbol, outcome, first day, last day, files)]."""
        self.server.log.clear()
        run = subprocess.run(self.arguments(*more, **what), capture_output=True, text=True, timeout=120,
                             env=environment(**(env or {})))
        self.stderr = run.stderr
        self.assertEqual(run.returncode, code, run.stderr + run.stdout)
        self.answer = json.loads(run.stdout) if run.stdout.strip() else []
        return [(r["symbol"], r["outcome"], r["first_day"][-2:], r["last_day"][-2:], r["files"]) for r in self.answer]

    def requests(self, method="GET"):
        return [path for m, path, _ in self.server.log if m == method]

    def values(self, store=None):
        """All of a store's rows, as one text; no store is no rows."""
        store = store or self.store
        if not any(pathlib.Path(store).glob("market=*")):
            return ""
        query = 'SELECT * FROM "aggTrades" ORDER BY symbol, agg_trade_id'
        run = subprocess.run([FACTORIUM, "sql", "--store", str(store), "--format", "csv", query],
                             capture_output=True, text=True, check=True, env=environment())
        return run.stdout

    def expected_values(self, symbols="BTCUSDT", days=1):
        """The same from the archive's files, by ingest."""
        store = self.folder / "expected"
        shutil.rmtree(store, ignore_errors=True)
        files = [str(self.archive) + self.path(s, f"2024-08-{d + 1:02}") for s in symbols.split(",") for d in range(days)]
        subprocess.run([FACTORIUM, "ingest", "--store", str(store), "--quiet", *files], check=True, env=environment())
        return self.values(store)

    def parts(self):
        return sorted(p.name for p in (self.store / ".factorium/parts").rglob("*") if p.is_file())

    def assert_stored(self, symbols="BTCUSDT", days=1):
        self.assertEqual(self.values(), self.expected_values(symbols, days))
        self.assertEqual(self.parts(), [])

    def assert_nothing_stored(self):
        self.assertEqual(self.values(), "")


def main():
    unittest.main(verbosity=1)
