"""A folder given out by HTTP: plainly with ranges, and as an S3 bucket that can be listed and written to.

    web_server.py FOLDER PORT_FILE

/web/PATH is a file; /bucket/PATH is the same file, and /bucket?list-type=2&prefix=P and /bucket?prefix=P list. Requests
for the bucket must be signed with the key "key" and the secret "secret" for the region eu-west-1; see signature.py. An
object that is put appears whole, and only where its body is what was signed. BUSY in the environment answers that many
requests for the bucket with 503 first. The port is written to PORT_FILE. Every request is a line on stderr.
"""

import http.server
import os
import pathlib
import re
import sys
import threading
import urllib.parse
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from signature import why_refused  # noqa: E402

PAGE = 3  # keys of one answer, so that lists have many pages
SECRETS = {"key": "secret"}
REGION = "eu-west-1"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        if __name__ == "__main__":
            super().log_message(*args)

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        if "Content-Length" not in dict(headers) and code != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, code, reason):
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{reason}</Code></Error>'
        self.answer(code, body.encode(), [("Content-Type", "application/xml")])

    def list_bucket(self, query):
        prefix = query.get("prefix", [""])[0]
        is_second = "list-type" in query
        after = query.get("continuation-token" if is_second else "marker", [""])[0]
        folder = self.server.folder
        keys = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        keys = [k for k in keys if k.startswith(prefix) and k > after]
        more = len(keys) > PAGE
        keys = keys[:PAGE]
        contents = "".join(
            f"<Contents><Key>{escape(k)}</Key><Size>{(folder / k).stat().st_size}</Size>"
            "<LastModified>2024-08-10T00:00:00.000Z</LastModified><ETag>\"0\"</ETag></Contents>"
            for k in keys
        )
        token = f"<NextContinuationToken>{escape(keys[-1])}</NextContinuationToken>" if more and is_second else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
            f"<Name>bucket</Name><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
        )
        self.answer(200, body.encode(), [("Content-Type", "application/xml")])

    def read_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        _, face, *rest = urllib.parse.unquote(url.path).split("/")
        query = urllib.parse.parse_qs(url.query)
        body = self.read_body()
        if face == "bucket":
            refusal = why_refused(self.command, self.path, self.headers, body, SECRETS, REGION)
            if refusal:
                return self.refuse(403, refusal)
            if self.server.is_busy():
                return self.refuse(503, "SlowDown")
        elif face != "web":
            return self.refuse(404, "NoSuchBucket")
        path = pathlib.Path(os.path.normpath(self.server.folder / "/".join(rest)))
        if face == "bucket" and self.command == "GET" and not any(rest):
            return self.list_bucket(query)
        if self.server.folder not in path.parents:
            return self.answer(404)
        if self.command in ("PUT", "DELETE"):
            return self.change(face, path, body)
        if not path.is_file():
            return self.answer(404)
        return self.give(path)

    def change(self, face, path, body):
        if face != "bucket":
            return self.answer(405)
        if self.command == "DELETE":
            path.unlink(missing_ok=True)
            return self.answer(204)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{threading.get_ident()}.part")
        temporary.write_bytes(body)
        os.rename(temporary, path)
        return self.answer(200, headers=[("ETag", '"0"')])

    def give(self, path):
        data = path.read_bytes()
        size = len(data)
        common = [("Accept-Ranges", "bytes"), ("Last-Modified", "Sat, 10 Aug 2024 00:00:00 GMT"), ("ETag", '"0"')]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, data, common + [("Content-Length", str(size))])
        first = int(wanted[1])
        last = min(int(wanted[2] or size - 1), size - 1)
        part = data[first : last + 1]
        span = [("Content-Range", f"bytes {first}-{last}/{size}"), ("Content-Length", str(len(part)))]
        return self.answer(206, part, common + span)

    do_HEAD = do_PUT = do_DELETE = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder, n_busy=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = pathlib.Path(folder).resolve()
        self.n_busy = n_busy
        self.lock = threading.Lock()

    def is_busy(self):
        with self.lock:
            self.n_busy -= 1
            return self.n_busy >= 0


if __name__ == "__main__":
    server = Server(sys.argv[1], int(os.environ.get("BUSY", "0")))
    temporary = sys.argv[2] + ".part"
    pathlib.Path(temporary).write_text(str(server.server_address[1]))
    os.rename(temporary, sys.argv[2])
    server.serve_forever()
