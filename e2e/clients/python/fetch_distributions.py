"""Fetch the installers and the distributions of a local index, once. Usage: fetch_distributions.py FOLDER

Makes FOLDER/venv with the installers and FOLDER/files with wheels, from wherever pip is set up to ask. Several may run at once:
the first does it, the others wait. A killed one leaves nothing that counts, since the folder gets its name when it is complete.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys

here = pathlib.Path(__file__).parent


def main(folder: pathlib.Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return
        making = pathlib.Path(f"{folder}.making")
        shutil.rmtree(making, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(making / "venv")])
        pip = [str(making / "venv/bin/python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        run([*pip, "install", "--no-deps", "--only-binary", ":all:", "-r", str(here / "installers.txt")])
        for name in ["distributions.txt", "older-distributions.txt"]:
            wanted = ["--no-deps", "--only-binary", ":all:", "-r", str(here / name)]
            run([*pip, "download", *wanted, "--dest", str(making / "files")])
        making.rename(folder)


def run(argv: list[str]) -> None:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        sys.exit(f"{' '.join(argv[:4])} … failed: {' | '.join(said[-3:]) or 'it said nothing'}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
