"""What every page of this process shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from device_profiles.program import Clock
from hmi.i18n import Language
from hmi.live.plant_model import PlantModel
from hmi.scrap_reasons import ScrapReasons
from hmi.server_client import ServerClient
from hmi.session import Sessions

ACTION_HEIGHT_MM = 20
ACTION_HEIGHT_MIN_PX = 104


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSettings:
    """What differs from plant to plant."""

    default_language: Language = "en"
    scanner_prefix: str = ""
    """What the scanners type before a code, if anything."""
    calibrations: Mapping[str, float] = field(default_factory=dict[str, float])
    """Unit path -> pixels per millimetre of its terminal."""

    def action_height_px(self, unit: str) -> int:
        """Buttons are at least 20 mm high, for gloves."""
        return max(ACTION_HEIGHT_MIN_PX, round(self.calibrations.get(unit, 0.0) * ACTION_HEIGHT_MM))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One model of the plant, one door to the server, one book of sessions."""

    model: PlantModel
    server: ServerClient
    sessions: Sessions
    reasons: ScrapReasons
    clock: Clock
    settings: ScreenSettings
