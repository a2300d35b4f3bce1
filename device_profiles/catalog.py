"""The catalog: finds and reads device profiles and plant files, strictly.

Everything that is wrong is reported at once (`ProfileFaults`), each with file, line and what would be right.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from device_profiles.plant import Plant
from device_profiles.plant_yaml import read_plant
from device_profiles.profile import Profile
from device_profiles.profile_yaml import read_profile
from device_profiles.strict_yaml import Fault, ProfileFaults, Section, Sheet, nearest

__all__ = [
    "BUILTIN",
    "Fault",
    "ProfileFaults",
    "builtin_plant",
    "load_plant",
    "load_profile",
    "load_profile_by_id",
]

BUILTIN = Path(__file__).parent
"""The profiles and plants that come with the product."""

_ID = re.compile(r"""^id:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_SCHEMA = re.compile(r"^schema:[ \t]*lineside\.profile/", re.MULTILINE)


def load_profile(path: Path) -> Profile:
    """Read one profile file; raises ProfileFaults."""
    sheet, top = _open(path)
    profile = read_profile(top)
    sheet.finish()
    return profile


def load_profile_by_id(profile_id: str, roots: Sequence[Path] = (BUILTIN,)) -> Profile:
    """Find the profile with that id below `roots` (the first root wins) and read it; raises ProfileFaults."""
    known = _index(roots)
    if profile_id not in known:
        raise ProfileFaults([_unknown(profile_id, known, str(roots[0]), 1)])
    return load_profile(known[profile_id])


def load_plant(path: Path, *, profile_directory: Path | None = None) -> Plant:
    """Read one plant file and the profiles it names; raises ProfileFaults with the faults of all of them.

    Profiles are looked for in `profile_directory`, in the plant file's own directory with its subdirectory
    `profiles`, and among those of the product; the first wins.
    """
    known = _index([profile_directory] if profile_directory else [])
    known = {**_index([BUILTIN]), **_beside(path.parent), **known}
    loaded: dict[str, Profile | None] = {}
    sheet, top = _open(path)

    def find(profile_id: str, part: Section) -> Profile | None:
        if profile_id not in known:
            sheet.faults.append(_unknown(profile_id, known, sheet.file, part.line_of("profile")))
            return None
        if profile_id not in loaded:
            loaded[profile_id] = None
            try:
                loaded[profile_id] = load_profile(known[profile_id])
            except ProfileFaults as faults:
                sheet.faults.extend(faults.faults)
        return loaded[profile_id]

    plant = read_plant(top, find)
    sheet.finish()
    return plant


def builtin_plant(name: str) -> Path:
    """Path of a plant file that comes with the product, e.g. `kettle-works`."""
    return BUILTIN / "plants" / f"{name}.yaml"


def _open(path: Path) -> tuple[Sheet, Section]:
    sheet = Sheet(str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        sheet.fault(1, f"cannot be read: {error}", "give the path of a readable YAML file in UTF-8")
        raise ProfileFaults(sheet.faults) from error
    return sheet, sheet.open(text)


def _index(roots: Sequence[Path]) -> Mapping[str, Path]:
    """Profile id -> file, of every profile below the roots; the first root wins."""
    index: dict[str, Path] = {}
    for root in roots:
        index = _profiles_of(root.rglob("*.yaml")) | index
    return index


def _beside(directory: Path) -> Mapping[str, Path]:
    """The profiles that lie with a plant file: its directory is looked at, not what else is below it."""
    return _profiles_of([*directory.glob("*.yaml"), *(directory / "profiles").rglob("*.yaml")])


def _profiles_of(files: Iterable[Path]) -> dict[str, Path]:
    """Profile id -> file, by the `id:` line; each id once."""
    index: dict[str, Path] = {}
    for file in sorted(files):
        text = file.read_text(encoding="utf-8", errors="replace")
        found = _ID.search(text)
        if not found or not _SCHEMA.search(text):
            continue
        if found[1] in index:
            fault = Fault(
                file=str(file),
                line=text[: found.start()].count("\n") + 1,
                wrong=f"profile id {found[1]!r} is taken by {index[found[1]]}",
                right="give each profile its own id",
            )
            raise ProfileFaults([fault])
        index[found[1]] = file
    return index


def _unknown(profile_id: str, known: Mapping[str, Path], file: str, line: int) -> Fault:
    hint = nearest(profile_id, [*known])
    return Fault(
        file=file,
        line=line,
        wrong=f"no profile has the id {profile_id!r}",
        right=f"name a profile that exists{hint}"
        if hint
        else f"name one of {', '.join(sorted(known))}",
    )
