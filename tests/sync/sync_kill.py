"""kill -9 at random moments, and two syncs at once: nothing is lost, nothing is wrong.

KILLS=100 FILES=200 is what `scripts/check.sh sync_kill` runs.
"""

import os
import random
import shutil
import signal
import subprocess
import time

from sync_case import ArchiveServer, Fault, SyncCase, environment, main

KILLS = int(os.environ.get("KILLS", "12"))
FILES = int(os.environ.get("FILES", "40"))
SEED = int(os.environ.get("SEED", str(random.randrange(1 << 30))))
SYMBOLS = "BTCUSDT,ETHUSDT"
DAYS = FILES // 2


class SyncKill(SyncCase):
    archive_options = ["--symbols", "2", "--days", str(DAYS), "--trades", "3000", "--from", "2024-08-01"]

    def command(self):
        end = time.strftime("%Y-%m-%d", time.gmtime(1722470400 + DAYS * 86400))
        arguments = self.arguments("--jobs", "4", "--period", "daily", symbols=SYMBOLS)
        arguments[arguments.index("--to") + 1] = end
        return arguments

    def run_to_end(self, code=0):
        run = subprocess.run(self.command(), capture_output=True, text=True, timeout=300, env=environment())
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stderr

    def expected(self):
        """By ingest of the whole archive."""
        store = self.folder / "expected"
        subprocess.run([self.arguments()[0], "ingest", str(self.archive / "data"), "--store", str(store), "--quiet"],
                       check=True, env=environment())
        return self.values(store)

    def test_kills(self):
        expected = self.expected()
        self.server.delay = 0.02  # so that there is something to be killed
        start = time.monotonic()
        self.run_to_end()
        whole = time.monotonic() - start
        self.assertEqual(self.values(), expected)
        shutil.rmtree(self.store)
        dice = random.Random(SEED)
        n_killed = 0
        while n_killed < KILLS:
            process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=environment())
            time.sleep(dice.random() * whole * 0.6)
            process.send_signal(signal.SIGKILL)
            code = process.wait()
            n_killed += code == -signal.SIGKILL
            if code == 0:  # it came to its end, through all the kills before
                self.assertEqual(self.values(), expected, f"SEED={SEED}")
                shutil.rmtree(self.store)
        self.run_to_end()
        self.assertEqual(self.values(), expected, f"SEED={SEED}")
        self.assertEqual(self.parts(), [])
        verified = subprocess.run([self.arguments()[0], "verify", "--store", str(self.store)], capture_output=True,
                                  text=True, env=environment())
        self.assertEqual(verified.returncode, 0, verified.stdout)

    def test_what_came_is_not_fetched_again(self):
        """Killed in the middle of a file: the next sync asks for the rest of it."""
        path = self.path("BTCUSDT", "2024-08-01")
        self.server.faults[path] = [Fault("stall", 5000)]
        process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=environment())
        name = "BTCUSDT-aggTrades-2024-08-01.zip.part"
        part = self.store / ".factorium/parts/futures_um/aggTrades/BTCUSDT" / name
        for _ in range(500):
            if part.exists() and part.stat().st_size == 5000 and part.with_name(name + ".from").exists():
                break
            time.sleep(0.02)
        process.kill()
        process.wait()
        self.server.log.clear()
        self.run_to_end()
        ranges = [h.get("Range") for _, p, h in self.server.log if p == path]
        self.assertEqual(ranges, ["bytes=5000-"])
        self.assertEqual(self.values(), self.expected())

    def test_two_at_once(self):
        expected = self.expected()
        self.server.delay = 0.01
        both = [subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env=environment()) for _ in range(2)]
        for process in both:
            _, words = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, words)
        self.assertEqual(self.values(), expected)
        self.assertEqual(self.parts(), [])
        # The two shared the work: hardly a file was fetched twice, and none is asked for again.
        bodies = [p for p in self.requests() if p.endswith(".zip")]
        self.assertLessEqual(len(bodies), len(set(bodies)) + 4)
        self.server.log.clear()
        self.run_to_end()
        self.assertEqual(self.server.log, [])

    def test_interrupted(self):
        """SIGTERM ends it soon, with its code, and leaves whole days only."""
        self.server.delay = 0.05
        process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=environment())
        time.sleep(0.4)
        process.terminate()
        _, words = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, words)
        self.run_to_end()
        self.assertEqual(self.values(), self.expected())


if __name__ == "__main__":
    main()
