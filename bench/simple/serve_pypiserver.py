"""Serve a folder of packages to everybody. Usage: serve_pypiserver.py FOLDER PORT

It is waitress that serves, with devpi's number of threads: what pypiserver starts by itself here takes one request at a time.
"""

import sys

import pypiserver
import waitress

folder, port = sys.argv[1:]
app = pypiserver.app(
    roots=[folder], hash_algo="sha256", backend_arg="cached-dir", disable_fallback=True, authenticate=[], password_file="."
)
waitress.serve(app, host="127.0.0.1", port=int(port), threads=50)
