"""The zips of the functions: small enough, for the right machine, complete."""

import importlib.util
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.servers.common import ROOT, TOOLS, plain_environment

MEGABYTE = 1_000_000
LIMITS = {"core": 30 * MEGABYTE, "queue": 50 * MEGABYTE}
FUNCTIONS = {"core": ("settle", "predict", "sweep"), "queue": ("poll", "ingest", "deliver")}
# The field e_machine of an ELF header.
MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
# As Lambda has it: the unpacked zip comes first, boto3 from the runtime behind it. Imports now whatever a
# function could import later, and looks that nothing came from the runtime that the zip should hold.
IMPORT_ALL = """
import pkgutil, sys
folder, runtime, absent = sys.argv[1:]
sys.path[:0] = [folder]
sys.path.append(runtime)
import sunsift
for module in pkgutil.walk_packages(sunsift.__path__, "sunsift."):
    if not module.name.startswith(absent):
        __import__(module.name)
        print(module.name)
files = {name.split(".")[0]: getattr(module, "__file__", 0) or "" for name, module in sys.modules.items()}
borrowed = {name for name, file in files.items() if file.startswith(runtime)}
assert borrowed <= {"boto3", "botocore", "dateutil", "s3transfer", "six", "jmespath"}, borrowed
"""


def package(out: Path, *options: str) -> str:
    done = subprocess.run(
        [ROOT / "tools/package", "--out", out, *options],
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def the_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("package_script", ROOT / "tools/package.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the zips for the emulator."""
    subprocess.run([ROOT / "tools/servers", "ministack"], check=True)
    out = tmp_path_factory.mktemp("zips")
    package(out, "--emulator")
    return out / "emulator"


@pytest.mark.parametrize("arch", sorted(MACHINES))
def test_zips_for_amazon_linux_are_small_and_for_the_right_machine(arch: str, tmp_path: Path) -> None:
    table = package(tmp_path, "--arch", arch)
    for name, limit in LIMITS.items():
        path = tmp_path / arch / f"{name}.zip"
        assert f"{arch}/{name}.zip" in table
        assert path.stat().st_size < limit
        with zipfile.ZipFile(path) as archive:
            libraries = [n for n in archive.namelist() if n.endswith(".so")]
            assert {archive.read(n)[18] for n in libraries} == {MACHINES[arch]}


def test_zips_hold_what_functions_need_and_nothing_else(emulator: Path) -> None:
    for name, functions in FUNCTIONS.items():
        with zipfile.ZipFile(emulator / f"{name}.zip") as archive:
            names = archive.namelist()
        tops = {n.split("/")[0] for n in names}
        assert {f"sunsift/aws/{function}.py" for function in functions} <= set(names)
        assert not tops & {"boto3", "botocore", "scipy", "sklearn", "pyarrow", "typer", "rich"}
        assert not [n for n in names if n.startswith(("sunsift/lab/", "sunsift/cli/", "numpy/f2py/"))]
        assert not [n for n in names if "/tests/" in n or n.endswith(".pyi")]
        assert [n for n in names if n.startswith("sunsift/aws/") and n.endswith(".pyc")]
        assert ("azure" in tops) == (name == "queue")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_start_from_their_zip_alone(emulator: Path, name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(emulator / f"{name}.zip") as archive:
        archive.extractall(tmp_path)
    (runtime,) = (TOOLS / "ministack/lib").glob("python*/site-packages")
    # Only the functions that speak to Azure hold what that takes.
    absent = "sunsift.adapters.azure" if name == "core" else "nothing"
    python: list[str | Path] = [TOOLS / "ministack/bin/python", "-I", "-S", "-W", "ignore"]
    done = subprocess.run(
        [*python, "-c", IMPORT_ALL, tmp_path, runtime, absent],
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert {f"sunsift.aws.{function}" for function in FUNCTIONS[name]} <= set(done.stdout.split())


@pytest.mark.usefixtures("emulator")
def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        package(tmp_path / folder, "--emulator")
    for name in LIMITS:
        first, second = (tmp_path / folder / f"emulator/{name}.zip" for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_a_zip_above_its_limit_fails_the_build(emulator: Path) -> None:
    script = the_script()
    path = emulator / "core.zip"
    assert script.weigh(path, path.stat().st_size - 1)
    assert not script.weigh(path, path.stat().st_size)
