"""A whole screen as one component: it takes a message at most twice a second and asks for what people tap."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import events, ui

Asked = Callable[[dict[str, Any]], Awaitable[None]]


class LivePanel(ui.element, component="live_panel.js", esm={"lineside-screens": "screens"}):
    """`receive` patches the view model; `settle` answers one request of the browser."""

    def __init__(
        self,
        *,
        screen: str,
        labels: Mapping[str, str],
        page: Mapping[str, Any],
        on_ask: Asked,
    ) -> None:
        super().__init__()
        self._props["screen"] = screen
        self._props["labels"] = dict(labels)
        self._props["page"] = dict(page)

        async def handle(event: events.GenericEventArguments) -> None:
            await on_ask(event.args)

        self.on("ask", handle)

    def receive(self, message: Mapping[str, Any]) -> None:
        """`patch`: the top-level parts of the view model that changed; `link`: how fresh it is."""
        self.run_method("receive", dict(message))

    def settle(self, answer: Mapping[str, Any]) -> None:
        """The outcome of the request with this id."""
        self.run_method("settle", dict(answer))
