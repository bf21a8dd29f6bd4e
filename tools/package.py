"""Make the zips of the Lambda functions, for Amazon Linux or for the emulator of the tests.

tools/package --arch arm64 --python 3.13 --out dist    writes dist/arm64/core.zip and dist/arm64/queue.zip
tools/package --emulator --out dist                    writes dist/emulator/..., for the emulator's Python
PYTHON=/path/to/python3.13 tools/package ...           compiles with this interpreter of the same version

Wheels of the target are unpacked, never built; nothing runs but pip and the compiler of the target's
Python. The same sources and pins give the same bytes. Needs a Python with pip and nothing else.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints/constraints.txt"
REQUIREMENTS = ROOT / "infra/requirements"
WHEELS = ROOT / ".servers/wheels"
EMULATOR_PYTHON = ROOT / ".servers/ministack/bin/python"
MEGABYTE = 1_000_000
# Zipped; Lambda's own limit is 50 MB. core is what settle, predict and sweep start from cold.
LIMITS = {"core": 30 * MEGABYTE, "queue": 50 * MEGABYTE}
UNZIPPED_LIMIT = 250 * MEGABYTE
AMAZON_LINUX_2023_GLIBC = 34
OLDEST_GLIBC = 17
# boto3 and what only boto3 needs come with Lambda's runtime.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "python_dateutil", "six")
# Of Sunsift: tables are migrated by the command, not by functions.
MIGRATIONS = "adapters/postgres/migrations"
NOT_IN_THE_CLOUD = (
    "lab", "web", "cli", "__main__.py", "local.py", "prometheus.py",
    f"{MIGRATIONS}/env.py", f"{MIGRATIONS}/versions",
)  # fmt: skip
USELESS_FOLDERS = ("bin", "numpy/distutils", "numpy/f2py", "numpy/random/_examples")
USELESS_SUFFIXES = (".pyi", ".h", ".hpp", ".c", ".pyx", ".pxd", ".a", ".lib")


@dataclass(frozen=True, slots=True)
class Target:
    """What the zips are for. glibc: the newest minor version of glibc 2 that is there."""

    name: str
    arch: str
    python: str
    glibc: int

    @property
    def pip_options(self) -> list[str]:
        """What makes pip choose wheels of this target."""
        machine = {"arm64": "aarch64"}.get(self.arch, self.arch)
        versions = [f"_2_{minor}" for minor in range(self.glibc, OLDEST_GLIBC - 1, -1)] + ["2014"]
        chosen = [f"--platform=manylinux{version}_{machine}" for version in versions]
        return [*chosen, f"--python-version={self.python}", "--implementation=cp", "--only-binary=:all:"]


def run(*command: str | Path) -> None:
    """Run a command; stop with its words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def pip(*options: str | Path) -> None:
    """Run pip with the pins."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--constraint", CONSTRAINTS)
    run(sys.executable, "-m", "pip", options[0], *quiet, *options[1:])


def wheels_of(target: Target) -> Path:
    """Return a folder with the wheels of everything, downloaded once for the same pins."""
    said = b"".join(p.read_bytes() for p in [CONSTRAINTS, *sorted(REQUIREMENTS.glob("*.txt"))])
    kind = f"{target.arch}-{target.python}-glibc{target.glibc}-"
    folder = WHEELS / (kind + hashlib.sha256(said).hexdigest()[:12])
    if not folder.exists():
        WHEELS.mkdir(parents=True, exist_ok=True)
        for old in WHEELS.glob(f"{kind}*"):
            shutil.rmtree(old)
        with tempfile.TemporaryDirectory(dir=WHEELS) as scratch:
            for name in LIMITS:
                wanted = REQUIREMENTS / f"{name}.txt"
                pip("download", *target.pip_options, "--requirement", wanted, "--dest", f"{scratch}/wheels")
            Path(scratch, "wheels").replace(folder)
    return folder


def dependencies(name: str, target: Target, python: str | None) -> Path:
    """Return a zip of the packages of a set without what nobody runs; made once for the same pins."""
    wheels = wheels_of(target)
    this_file = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    kind = "compiled" if python else "plain"
    path = wheels / f"{name}-{this_file}-{kind}.zip"
    if path.exists():
        return path
    for old in wheels.glob(f"{name}-*-{kind}.zip"):
        old.unlink()
    with tempfile.TemporaryDirectory(dir=wheels) as scratch:
        tree = Path(scratch, "tree")
        source = ("--no-index", "--find-links", wheels, "--requirement", REQUIREMENTS / f"{name}.txt")
        pip("install", *target.pip_options, *source, "--no-compile", "--target", tree)
        for top in tree.iterdir():
            if package_of(top.name) in IN_THE_RUNTIME:
                remove(top)
        for useless in USELESS_FOLDERS:
            remove(tree / useless)
        for file in sorted(tree.rglob("*")):
            if file.name in ("tests", "RECORD") or file.suffix in USELESS_SUFFIXES:
                remove(file)
        compile_all(tree, python)
        add(tree, part := Path(scratch, "part.zip"))
        part.replace(path)
    return path


def build(name: str, target: Target, python: str | None, path: Path) -> None:
    """Write the zip of a set: its packages, and the parts of Sunsift that functions run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(dependencies(name, target, python), path)
    with tempfile.TemporaryDirectory() as scratch:
        sunsift = Path(scratch, "sunsift")
        shutil.copytree(ROOT / "src/sunsift", sunsift, ignore=shutil.ignore_patterns("__pycache__"))
        for part in NOT_IN_THE_CLOUD:
            remove(sunsift / part)
        compile_all(Path(scratch), python)
        add(Path(scratch), path)


def remove(path: Path) -> None:
    """Remove a file or a folder that may be there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def package_of(name: str) -> str:
    """Return the package that a file or folder of site-packages belongs to: numpy.libs to numpy."""
    return name.split(".")[0].split("-")[0].lower()


def python_of(version: str) -> str | None:
    """Return an interpreter of this machine of the version, such as 3.13."""
    for candidate in (os.environ.get("PYTHON", ""), sys.executable, str(EMULATOR_PYTHON), f"python{version}"):
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        try:
            done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        except OSError:  # not there
            continue
        if done.stdout.strip() == version:
            return candidate
    return None


def compile_all(tree: Path, python: str | None) -> None:
    """Compile what Lambda could not keep, if its Python is here: it starts up to three times faster."""
    if python is not None:
        quietly = ("-q", "-s", tree, "-p", "/var/task", "--invalidation-mode", "unchecked-hash")
        run(python, "-m", "compileall", *quietly, tree)


def add(tree: Path, path: Path) -> None:
    """Add files to a zip whose bytes depend on them alone: sorted, of one date."""
    with zipfile.ZipFile(path, "a") as archive:
        for file in sorted(p for p in tree.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(tree)), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if ".so" in file.suffixes else 0o644) << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def weigh(path: Path, limit: int) -> bool:
    """Print what a zip weighs; return whether that is too much."""
    unzipped, packages = 0, Counter[str]()
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            unzipped += entry.file_size
            packages[package_of(entry.filename.split("/")[0])] += entry.compress_size
    size = path.stat().st_size
    biggest = ", ".join(f"{name} {part / MEGABYTE:.1f}" for name, part in packages.most_common(6))
    where = "/".join(path.parts[-2:])
    say(f"{where:22}{size / MEGABYTE:8.1f}{limit / MEGABYTE:8.0f}{unzipped / MEGABYTE:10.1f}  {biggest}")
    return size > limit or unzipped > UNZIPPED_LIMIT


def target_of(options: argparse.Namespace) -> Target:
    """Return what to build for."""
    if not options.emulator:
        return Target(options.arch, options.arch, options.python, AMAZON_LINUX_2023_GLIBC)
    if not EMULATOR_PYTHON.exists():
        sys.exit("The emulator is not there; get it with: tools/servers ministack")
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.run([EMULATOR_PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout
    glibc = int(os.confstr("CS_GNU_LIBC_VERSION").split(".")[1])  # type: ignore[union-attr]
    return Target("emulator", platform.machine(), version.strip(), glibc)


def main() -> int:
    """Build what the command line asks for; return 1 if something weighs too much."""
    parser = argparse.ArgumentParser(description="Make the zips of the Lambda functions.")
    parser.add_argument("--arch", choices=("x86_64", "arm64"), default="arm64")
    parser.add_argument("--python", default="3.13", help="version of the runtime, such as 3.13")
    parser.add_argument("--emulator", action="store_true", help="for the emulator of the tests instead")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write to")
    options = parser.parse_args()
    # Two at once would clear away each other's folders. The lock ends with this process, however it ends.
    lock = WHEELS.parent / ".package.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        return build_all(options)


def build_all(options: argparse.Namespace) -> int:
    """Build the zips; return 1 if something weighs too much."""
    target = target_of(options)
    python = python_of(target.python)
    if python is None:
        say(f"No Python {target.python} is here (PYTHON=... says where): not compiled, so it starts slower.")
    say(f"{'[MB]':22}{'zipped':>8}{'limit':>8}{'unzipped':>10}  biggest, zipped")
    too_much = False
    for name, limit in LIMITS.items():
        path = options.out / target.name / f"{name}.zip"
        build(name, target, python, path)
        too_much |= weigh(path, limit)
    return int(too_much)


if __name__ == "__main__":
    sys.exit(main())
