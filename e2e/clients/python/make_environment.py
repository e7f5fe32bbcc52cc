"""Make the Python environment of the clients, once. Usage: make_environment.py FOLDER REQUIREMENTS

Prints FOLDER/bin/python. Several may run at once: the first makes it, the others wait for it. A killed one leaves
nothing that counts, since the environment gets its name when it is complete.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys
import tempfile


def main(folder: pathlib.Path, requirements: pathlib.Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = pathlib.Path(f"{folder}.making")
            shutil.rmtree(making, ignore_errors=True)
            make(making, requirements)
            making.rename(folder)
    print(folder / "bin" / "python")


def make(folder: pathlib.Path, requirements: pathlib.Path) -> None:
    run([sys.executable, "-m", "venv", str(folder)])
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--no-deps", "--only-binary", ":all:", "-r", str(requirements)])
    purelib = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    site = pathlib.Path(purelib.strip())
    if (site / "conda_lock").exists():
        restore_conda(site)
        run([*pip, "uninstall", "--yes", "conda-lock"])


def restore_conda(site: pathlib.Path) -> None:
    """Give the conda that conda-lock carries its own name again: its wheel is where a registry has a recent conda."""
    vendored = "conda_lock._vendor.conda"
    shutil.copytree(site / "conda_lock" / "_vendor" / "conda", site / "conda")
    for source in (site / "conda").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        if vendored in text:
            source.write_text(text.replace(vendored, "conda"), encoding="utf-8")


def run(argv: list[str]) -> str:
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True)
        if done.returncode == 0:
            return done.stdout
        errors.seek(0)
        said = (done.stdout + errors.read()).strip().splitlines()
        sys.exit(f"{' '.join(argv[:4])} … failed: {' | '.join(said[-3:]) or 'it said nothing'}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
