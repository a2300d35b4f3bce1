"""The database learns the plant file: site, equipment and signals, linked to the places and items that are known."""

from datetime import datetime
from typing import Any

from device_profiles.plant import Device, Equipment, Plant
from gateway.contract.equipment import level
from mes_server.operations.run_operation import Downloads
from mes_server.storage import feed, plant
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched


async def sync_plant(pool: Pool, site: Plant, *, now: datetime) -> None:
    """Bring the database to the plant file; running it again changes nothing."""
    async with pool.connection() as connection, connection.transaction():
        changed = await write_plant(connection, site)
        await feed.emit(connection, touched=Touched(units=changed), now=now)


async def write_plant(connection: Connection, site: Plant) -> frozenset[int]:
    """Write the plant in this transaction; ids of the equipment that changed.

    Places and items that do not exist yet are linked by a later call.
    """
    await plant.set_site(connection, code=site.site, name=site.name, time_zone=site.time_zone)
    changed = await plant.upsert_equipment(
        connection, [_equipment(one) for one in site.equipment.values()]
    )
    signals = [row for device in site.devices.values() for row in _signals(device)]
    await plant.upsert_signals(connection, signals)
    return changed


def downloads_of(site: Plant) -> Downloads:
    """Units whose machine takes job orders, and the agent that writes them."""
    return {
        str(device.equipment): device.agent
        for device in site.devices.values()
        if device.profile.download
    }


def _equipment(one: Equipment) -> dict[str, Any]:
    return {
        "path": one.path,
        "level": level(one.path),
        "name": dict(one.name),
        "line_side": one.line_side,
        "output": one.output,
        "ideal_cycle_s": None if one.ideal_cycle_s is None else str(one.ideal_cycle_s),
    }


def _signals(device: Device) -> list[dict[str, Any]]:
    return [
        {
            "equipment": device.equipment,
            "name": binding.name,
            "role": binding.role.value,
            "unit": device.profile.signals[binding.signal].unit,
            "item": binding.item,
            "agent": device.agent,
        }
        for binding in device.bindings
    ]
