"""Finding and reading the file; the generated secret."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.config.faults import ConfigurationError
from gateway.config.load import EXAMPLE, SECRET_FILE, VARIABLE, Found, find_config, load
from gateway.config.outbound import Directory
from gateway.config.settings import Settings
from tests.config.reading import SECRET, SMALLEST


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    yield tmp_path


def write(directory: Path, text: str, name: str = "config.toml") -> Path:
    path = directory / name
    path.write_text(text)
    return path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return [str(fault) for fault in caught.value.faults]


def secret_of(settings: Settings) -> str:
    assert settings.desk.secret is not None
    return settings.desk.secret.get_secret_value()


def test_the_file_is_found_in_the_order_of_the_contract(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = find_config()
    assert (built_in.path, built_in.base) == (EXAMPLE, here)
    assert built_in.notice is not None
    assert str(EXAMPLE) in built_in.notice

    write(here, SMALLEST)
    assert find_config() == Found(Path("config.toml"), here)

    monkeypatch.setenv(VARIABLE, "/etc/deskgate/config.toml")
    assert find_config() == Found(Path("/etc/deskgate/config.toml"), Path("/etc/deskgate"))
    assert find_config("other/desk.toml") == Found(Path("other/desk.toml"), here / "other")


def test_paths_start_from_the_directory_of_the_file(here: Path) -> None:
    (here / "etc").mkdir()
    path = write(
        here / "etc", f'{SMALLEST}[outbound]\nrelay = "directory:out"\n[database]\ndata_dir = "/srv/desk"\n[desk]\nsecret = "{SECRET}"'
    )
    settings = load(find_config(str(path))).settings
    assert settings.outbound.relay == Directory(here / "etc" / "out")
    assert settings.database.data_dir == Path("/srv/desk")


def test_the_data_directory_is_beside_the_file_by_default(here: Path) -> None:
    assert load(write(here, SMALLEST)).settings.database.data_dir == here / "data"


def test_paths_of_the_built_in_example_start_from_the_current_directory(here: Path) -> None:
    settings = load(find_config()).settings
    assert settings.database.data_dir == here / "data"
    assert settings.outbound.relay == Directory(here / "data" / "outgoing")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = 1\nb 4\n", "line 2: this is not TOML, at column 3: expected '=' after a key in a key/value pair"),
        (b"a = 1\na = 2\n", "line 2: this is not TOML, at column 6: cannot overwrite a value"),
        (b"a = [\n", "this is not TOML, at its end: invalid value"),
        (b"a = '\xff'\n", "expected UTF-8; byte 6 is none"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(here: Path, content: bytes, expected: str) -> None:
    path = here / "config.toml"
    path.write_bytes(content)
    assert faults_of(path) == [expected]


def test_a_file_that_is_not_there_is_told(here: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(find_config("absent.toml"))
    assert str(caught.value) == (
        f"absent.toml: one fault\n  cannot be read: No such file or directory; name a file with --config or ${VARIABLE}"
    )


def test_faults_come_in_the_order_of_the_file_with_their_lines(here: Path) -> None:
    path = write(
        here, '[server]\nprocesses = 0\nlisten = [\n  "a",\n]\n[desk]\n\nlanguage = "de"\n[[gateway]]\nname = "x"\n[web]\nlisten = 1\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    first, *lines = str(caught.value).splitlines()
    assert first == f"{path}: 5 faults"
    assert [line.partition(" = ")[0].partition(": missing")[0] for line in lines] == [
        "  line 2: server.processes",
        "  line 3: server.listen[0]",
        "  line 8: desk.language",
        "  line 9: gateway[0].address",
        "  line 12: web.listen",
    ]


def test_a_secret_is_generated_once_and_kept_for_its_owner_alone(here: Path) -> None:
    path = write(here, SMALLEST)
    first = load(path)
    assert len(secret_of(first.settings)) >= 32
    assert load(path) == first
    kept = here / "data" / SECRET_FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [each.name for each in kept.parent.iterdir()] == [SECRET_FILE]


def test_processes_that_start_together_agree_on_the_secret(here: Path) -> None:
    path = write(here, SMALLEST)
    with ThreadPoolExecutor(8) as threads:
        secrets = {secret_of(loaded.settings) for loaded in threads.map(lambda _: load(path), range(16))}
    assert len(secrets) == 1
    assert [each.name for each in (here / "data").iterdir()] == [SECRET_FILE]


def test_a_command_that_only_looks_leaves_no_trace(here: Path) -> None:
    path = write(here, SMALLEST)
    made_up = load(path, leave_no_trace=True)
    assert not (here / "data").exists()
    kept = load(path)
    assert secret_of(made_up.settings) != secret_of(kept.settings)
    assert load(path, leave_no_trace=True) == kept


def test_a_damaged_secret_is_never_replaced(here: Path) -> None:
    path = write(here, SMALLEST)
    load(path)
    kept = here / "data" / SECRET_FILE
    kept.write_text("")
    assert faults_of(path) == [f"desk.secret: missing, and the generated one in {kept} is damaged; restore that file, or set desk.secret"]
    assert kept.read_text() == ""


def test_a_data_directory_that_cannot_be_made_is_told(here: Path) -> None:
    path = write(here, f'{SMALLEST}[database]\ndata_dir = "config.toml/data"')
    kept = here / "config.toml" / "data" / SECRET_FILE
    assert faults_of(path) == [
        f"desk.secret: missing, and the generated one in {kept} cannot be used: Not a directory; run as its owner, or set desk.secret"
    ]


def test_the_fingerprint_changes_with_the_values_alone(here: Path) -> None:
    text = f'{SMALLEST}[desk]\nsecret = "{SECRET}"\n'
    first = load(write(here, text)).fingerprint
    assert load(write(here, f"# as before\n{text}")).fingerprint == first
    assert load(write(here, text + 'language = "pl"')).fingerprint != first
    assert load(write(here, text.replace(SECRET, SECRET[::-1]))).fingerprint != first


def test_warnings_are_told_with_their_lines(here: Path) -> None:
    loaded = load(write(here, f'{SMALLEST}[desk]\nsecret = "{SECRET}"\n[trust]\nrelays = ["192.0.2.1"]\n'))
    assert loaded.warnings == (
        'line 1: gateway[0].department: department "support" has no active agent with notify; nobody learns of its new tickets',
        'line 6: trust.relays = ["192.0.2.1"]: without trust.authserv_id, none of their Authentication-Results is believed',
    )


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "desk.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (directory / f"{name}.crt").write_bytes(pem)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / f"{name}.key").write_bytes(private)
    return directory / f"{name}.crt", directory / f"{name}.key"


def test_a_certificate_and_its_key_are_tried_out(here: Path) -> None:
    certificate(here, "ours")
    certificate(here, "other")
    tls = load(write(here, f'{SMALLEST}[tls]\ncertificate = "ours.crt"\nkey = "ours.key"\nrequired = true')).settings.tls
    assert (tls.certificate, tls.key) == (here / "ours.crt", here / "ours.key")

    (fault,) = faults_of(write(here, f'{SMALLEST}[tls]\ncertificate = "ours.crt"\nkey = "other.key"'))
    told = "expected the key of tls.certificate, both in PEM and without a passphrase: KEY_VALUES_MISMATCH"
    assert fault == f'line 5: tls.key = "{here}/other.key": {told}'


def test_a_certificate_that_cannot_be_read_is_told_with_the_other_faults(here: Path) -> None:
    assert faults_of(write(here, f'{SMALLEST}[tls]\ncertificate = "ours.crt"\nkey = "ours.key"\n[server]\nprocesses = 0')) == [
        'line 4: tls.certificate = "ours.crt": expected a file that can be read: No such file or directory',
        'line 5: tls.key = "ours.key": expected a file that can be read: No such file or directory',
        "line 7: server.processes = 0: expected a whole number from 1 to 64",
    ]


def test_the_room_loads_without_the_rest_of_the_service() -> None:
    # It is imported by every command and every child: nothing of the database or the network may come with it.
    program = "import sys, gateway.config.load, gateway.config.convert; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "asyncpg", "aiosmtpd", "aiosmtplib", "starlette", "asyncio"} & set(modules)
