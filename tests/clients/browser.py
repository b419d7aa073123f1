"""A real browser that posts forms: Chromium, from pages of other sites, with and without a script.

Each page tells this program how it went by asking its own server for an address.
"""

import json
import os
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from common import WORK_DIR, client, document, empty, same

BUCKET = "formas"
PATIENCE = 60

# What both pages do first: a file as a user would have chosen it.
CHOOSE = """
const bytes = new Uint8Array(await (await fetch('/acta')).arrayBuffer());
const file = new File([bytes], 'acta ñ.pdf', { type: 'application/pdf' });
const tell = (said) => fetch('/told?' + new URLSearchParams(said));
"""

FETCH = """<!doctype html><meta charset=utf-8><script type=module>
const { url, fields } = FORM;
%s
const form = new FormData();
Object.entries(fields).forEach(([name, value]) => form.append(name, value));
form.append('file', file);
try {
  const answer = await fetch(url, { method: 'POST', body: form });
  await tell({ status: answer.status, etag: answer.headers.get('etag'), text: await answer.text() });
} catch (error) {
  await tell({ status: 0, error: error.name });
}
</script>""" % CHOOSE

SUBMIT = """<!doctype html><meta charset=utf-8><body><script type=module>
const { url, fields } = FORM;
%s
const form = document.createElement('form');
Object.assign(form, { action: url, method: 'post', enctype: 'multipart/form-data' });
const add = (properties) => form.append(Object.assign(document.createElement('input'), properties));
Object.entries(fields).forEach(([name, value]) => add({ type: 'hidden', name, value }));
add({ type: 'file', name: 'file' });
const chosen = new DataTransfer();
chosen.items.add(file);
form.elements.file.files = chosen.files;
document.body.append(form);
form.submit();
</script>""" % CHOOSE


class Site:
    """A web site on a port of its own, hence an origin of its own."""

    def __init__(self, data):
        self.pages, self.told = {}, queue.Queue()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                if parts.path in ("/told", "/listo"):
                    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
                    site.told.put((parts.path, said))
                body = data if parts.path == "/acta" else site.pages.get(parts.path, "")
                body = body if isinstance(body, bytes) else body.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, template, form):
        self.pages["/pagina"] = template.replace("FORM", json.dumps(form))
        return f"{self.origin}/pagina"


def visit(site, url):
    """Opens a page in a browser without a window and waits for what it tells."""
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    arguments += ["--no-first-run", "--disable-background-networking", "--remote-debugging-port=0"]
    profile = os.path.join(WORK_DIR, "profile")
    command = [os.environ["CLIENT"], *arguments, f"--user-data-dir={profile}", url]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return site.told.get(timeout=PATIENCE)
    finally:
        browser.kill()
        browser.wait()


def main():
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    data = document(3_000_000)
    site, stranger = Site(data), Site(data)
    rule = {
        "AllowedOrigins": [site.origin],
        "AllowedMethods": ["POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})

    named = {"success_action_status": "201", "Content-Type": "application/pdf"}
    form = presigned(s3, "por-script/${filename}", named)
    where, said = visit(site, site.page(FETCH, form))
    same((where, said["status"]), ("/told", "201"), str(said))
    assert "<Key>por-script/acta ñ.pdf</Key>" in said["text"], said
    stored = s3.get_object(Bucket=BUCKET, Key="por-script/acta ñ.pdf")
    same(stored["Body"].read(), data)
    same((stored["ETag"], stored["ContentType"]), (said["etag"], "application/pdf"))

    # A page that the bucket does not name is not told anything.
    where, said = visit(stranger, stranger.page(FETCH, form))
    same((where, said["status"]), ("/told", "0"), str(said))

    done = f"{site.origin}/listo?folio=7"
    form = presigned(s3, "por-forma/${filename}", {"success_action_redirect": done})
    where, said = visit(site, site.page(SUBMIT, form))
    same((where, said["folio"], said["bucket"]), ("/listo", "7", BUCKET), str(said))
    same(said["key"], "por-forma/acta ñ.pdf")
    stored = s3.get_object(Bucket=BUCKET, Key=said["key"])
    same((stored["Body"].read(), stored["ETag"]), (data, said["etag"]))
    same(stored["ContentType"], "binary/octet-stream")
    empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def presigned(s3, key, fields):
    conditions = [{name: value} for name, value in fields.items()]
    conditions += [["content-length-range", 1, 5_000_000]]
    return s3.generate_presigned_post(BUCKET, key, Fields=fields, Conditions=conditions)


if __name__ == "__main__":
    main()
