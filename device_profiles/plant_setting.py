"""Which plant a program's settings name: the same words, places and faults for every program."""

from pathlib import Path

from device_profiles.catalog import ProfileFaults, builtin_plant, load_plant
from device_profiles.plant import Plant
from device_profiles.program import Settings

FILE_ENDINGS = (".yaml", ".yml")


def plant_file(name: str) -> Path:
    """A plant that comes with the product, by name, or a path that ends in .yaml."""
    return Path(name) if name.endswith(FILE_ENDINGS) else builtin_plant(name)


def read_plant_setting(
    settings: Settings, key: str, *, profiles: str, default: str | None = "kettle-works"
) -> Plant | None:
    """The plant under `key`, its own profiles in the directory under `profiles`; None with the faults added.

    Profiles are looked for in that directory, beside the plant file, and among those of the product, in that order.
    """
    name = settings.text(key, default)
    directory = settings.optional_text(profiles)
    if not name:
        return None
    file = settings.seen_from_file(name) if name.endswith(FILE_ENDINGS) else builtin_plant(name)
    if not name.endswith(FILE_ENDINGS) and not file.is_file():
        settings.fault(key, f"no plant is called {name!r}; give the path of a .yaml file")
        return None
    own = settings.seen_from_file(directory) if directory else None
    if own is not None and not own.is_dir():
        settings.fault(profiles, f"{profiles}: there is no directory {directory!r}")
        return None
    try:
        return load_plant(file, profile_directory=own)
    except ProfileFaults as faults:
        for fault in faults.faults:
            settings.fault(key, str(fault))
        return None
