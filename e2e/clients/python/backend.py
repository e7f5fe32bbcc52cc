"""A build backend (PEP 517) without dependencies, for what the tests of PyPA's build make."""

import base64
import hashlib
import io
import pathlib
import tarfile
import tomllib
import zipfile

PROJECT = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
NAME = PROJECT["name"].replace("-", "_")
STEM = f"{NAME}-{PROJECT['version']}"
METADATA = f"Metadata-Version: 2.4\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\nSummary: {PROJECT['description']}\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = f"{STEM}.dist-info"
    files = {
        f"{NAME}/__init__.py": f"version = {PROJECT['version']!r}\n",
        f"{info}/METADATA": METADATA,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},{digest(text)},{len(text.encode())}\n" for path, text in files.items()]
    name = f"{STEM}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": "".join(lines) + f"{info}/RECORD,,\n"}.items():
            wheel.writestr(path, text)
    return name


def build_sdist(sdist_directory, config_settings=None):
    name = f"{STEM}.tar.gz"
    with tarfile.open(pathlib.Path(sdist_directory) / name, "w:gz", format=tarfile.PAX_FORMAT) as sdist:
        for path in ("pyproject.toml", "backend.py"):
            sdist.add(path, f"{STEM}/{path}")
        member = tarfile.TarInfo(f"{STEM}/PKG-INFO")
        member.size = len(METADATA.encode())
        sdist.addfile(member, io.BytesIO(METADATA.encode()))
    return name


def digest(text):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
