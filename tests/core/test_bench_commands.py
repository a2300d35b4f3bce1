"""The bench's commands that need no device: check, schema, profiles, replay, and what they say when misused."""

import json
from pathlib import Path

import pytest

from device_profiles.catalog import BUILTIN, builtin_plant, load_plant
from device_profiles.json_schema import KINDS, schema_file
from device_profiles.overview import overview
from edge.bench.replay import replay
from edge.bench.trace import TraceFault, read_trace
from edge.compose import main
from gateway.contract.fact import Cause, CountFact, WeightFact

pytestmark = pytest.mark.usefixtures("own_logging")
ROOT = Path(__file__).parents[2]
TRACE = Path(__file__).parent / "traces" / "kettle-works.jsonl"
FACTS = Path(__file__).parent / "traces" / "kettle-works.facts.jsonl"
PLANT = builtin_plant("kettle-works")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_check_names_what_is_right_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = BUILTIN / "machines" / "kepware.yaml"
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("type: bool", "type: bol"))
    status, out, err = run(capsys, "check", str(good), str(bad), str(PLANT))
    assert status == 1
    assert f"{good}: profile kepware, 3 signals, no faults" in out
    assert f"{PLANT}: plant kettle-works, 5 devices, no faults" in out
    assert f"{bad}:31: type is 'bol'; write one of" in err
    assert "did you mean 'bool'?" in err


@pytest.mark.parametrize("kind", KINDS)
def test_schema_prints_the_published_schema(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "schema", kind)
    assert (status, out) == (0, schema_file(kind).read_text(encoding="utf-8"))


def test_the_page_of_all_profiles_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "profiles")
    page = ROOT / "docs" / "device-profiles.md"
    assert status == 0
    assert page.read_text(encoding="utf-8") == out == overview(), (
        "write it anew: lineside-edge profiles > docs/device-profiles.md"
    )


def test_a_committed_trace_replays_to_its_committed_facts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "replay", str(TRACE), "--plant", str(PLANT))
    assert (status, err) == (0, "")
    replayed = [json.loads(line) for line in out.splitlines()]
    assert replayed == [json.loads(line) for line in FACTS.read_text().splitlines()]


def test_the_trace_holds_a_wrap_a_stale_read_an_outage_and_a_dose() -> None:
    """The committed facts, checked against what the trace was written to show."""
    with TRACE.open(encoding="utf-8") as lines:
        header, entries = read_trace(lines)
        facts = [*replay(load_plant(PLANT), header, entries)]
    produced = [f for f in facts if isinstance(f, CountFact) and f.signal == "produced"]
    assert [(fact.cause, fact.delta) for fact in produced] == [
        (Cause.BASELINE, 0),
        (Cause.STEP, 2),
        (Cause.WRAP, 9),
        (Cause.STEP, 1),
        (Cause.STEP, 2),
        (Cause.LATE, 12),
        (Cause.STEP, 1),
    ]
    assert produced[-1].total == 27
    assert [str(f.delta) for f in facts if isinstance(f, WeightFact)] == ["0", "0.125"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "line 1: the file is empty"),
        ("hello\n", "line 1: JSON is malformed"),
        (TRACE.read_text().replace("trace/1", "trace/9"), "line 1: schema is 'lineside.trace/9'"),
        (TRACE.read_text().replace('"device": "asm1"', '"device": 5', 1), "line 2: Expected `str`"),
        (TRACE.read_text().replace('"said"', '"sayd"', 1), "line 2: Object contains unknown field"),
        (TRACE.read_text().replace("kettle-works", "teapots"), "the trace is of site 'teapots'"),
        (TRACE.read_text().replace("asm1", "asm9", 1), "the plant file has no device 'asm9'"),
    ],
)
def test_a_broken_trace_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, wrong: str
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(text)
    status, _, err = run(capsys, "replay", str(broken), "--plant", str(PLANT))
    assert status == 1
    assert err.startswith(wrong)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["probe"], "write probe PROFILE ENDPOINT, or probe --plant FILE --device ID"),
        (["probe", "--plant", str(PLANT)], "--device ID; devices: imm1, resin-scale"),
        (["probe", "--plant", str(PLANT), "--device", "asm9"], "devices: imm1, resin-scale"),
        (["probe", "kepware", "mqtt://h:1/x"], "'mqtt://h:1/x' does not suit opcua; write opc.tcp"),
        (["probe", "kepware", "opc.tcp://h:1", "--set", "chanel=x"], "words: channel, device"),
        (["probe", "kepware", "opc.tcp://h:1", "--set", "channel"], "write --set word=text"),
        (["browse", "http://h:1"], "write opc.tcp://host:port/path"),
        (["browse"], "write opc.tcp://host:port/path"),
        (["browse", "--config", "/nowhere.toml", "--device", "imm1"], "cannot be read"),
        (["record", "--config", "/nowhere.toml", "--out", "/dev/null"], "cannot be read"),
    ],
)
def test_a_misused_command_says_what_would_be_right(
    capsys: pytest.CaptureFixture[str], arguments: list[str], advice: str
) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert advice in err


def test_a_profile_that_does_not_exist_is_named_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, _, err = run(capsys, "probe", "kepwear", "opc.tcp://h:1")
    assert status == 1
    assert "did you mean 'kepware'?" in err


@pytest.mark.parametrize(
    "command", ["check", "schema", "profiles", "probe", "browse", "record", "replay"]
)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"lineside-edge {command}" in capsys.readouterr().out


def test_an_entry_is_judged_as_soon_as_it_is_taken() -> None:
    header, entries = read_trace([TRACE.read_text().splitlines()[0], "{}"])
    with pytest.raises(TraceFault, match="line 2"):
        list(replay(load_plant(PLANT), header, entries))
