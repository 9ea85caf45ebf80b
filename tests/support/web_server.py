"""A folder given out by HTTP: plainly with ranges, and as an S3 bucket that can be listed.

    web_server.py FOLDER PORT_FILE

/web/PATH is a file; /bucket/PATH is the same file, and /bucket?list-type=2&prefix=P lists. Requests for the bucket
must be signed (by anyone). The port is written to PORT_FILE. Every request is a line on stderr.
"""

import http.server
import os
import pathlib
import re
import sys
import urllib.parse
from xml.sax.saxutils import escape

FOLDER = pathlib.Path(sys.argv[1]).resolve()
PAGE = 3  # keys of one answer, so that lists have many pages


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        if "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def list_bucket(self, query):
        prefix = query.get("prefix", [""])[0]
        after = query.get("continuation-token", [""])[0]
        keys = sorted(str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file())
        keys = [k for k in keys if k.startswith(prefix) and k > after]
        more = len(keys) > PAGE
        keys = keys[:PAGE]
        contents = "".join(
            f"<Contents><Key>{escape(k)}</Key><Size>{(FOLDER / k).stat().st_size}</Size>"
            "<LastModified>2024-08-10T00:00:00.000Z</LastModified><ETag>\"0\"</ETag></Contents>"
            for k in keys
        )
        token = f"<NextContinuationToken>{escape(keys[-1])}</NextContinuationToken>" if more else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
            f"<Name>bucket</Name><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
        )
        self.answer(200, body.encode(), [("Content-Type", "application/xml")])

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        _, face, *rest = urllib.parse.unquote(url.path).split("/")
        query = urllib.parse.parse_qs(url.query)
        if face == "bucket" and "Authorization" not in self.headers:
            return self.answer(403)
        if face == "bucket" and "list-type" in query:
            return self.list_bucket(query)
        path = (FOLDER / "/".join(rest)).resolve()
        if FOLDER not in path.parents or not path.is_file():
            return self.answer(404)
        size = path.stat().st_size
        data = path.read_bytes()
        common = [("Accept-Ranges", "bytes"), ("Last-Modified", "Sat, 10 Aug 2024 00:00:00 GMT"), ("ETag", '"0"')]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, data, common + [("Content-Length", str(size))])
        first = int(wanted[1])
        last = min(int(wanted[2] or size - 1), size - 1)
        part = data[first : last + 1]
        span = [("Content-Range", f"bytes {first}-{last}/{size}"), ("Content-Length", str(len(part)))]
        return self.answer(206, part, common + span)

    do_HEAD = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
temporary = sys.argv[2] + ".part"
pathlib.Path(temporary).write_text(str(server.server_address[1]))
os.rename(temporary, sys.argv[2])
server.serve_forever()
