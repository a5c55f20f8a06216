"""Offers to agents in one daemon: the desktop port, and what the API asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry

from dialerd.core.commands import DesktopCommand
from dialerd.core.offers import Offers
from dialerd.core.preview import Decided
from dialerd.core.preview_view import OfferView, offers_seen
from dialerd.core.webhook import WebhookSettings
from dialerd.providers.offer_hooks import OfferHooks
from dialerd.providers.webhooks import Sent
from dialerd.telemetry.preview_metrics import PreviewMetrics


class PreviewRoom:
    """Implements :class:`dialerd.ports.Desktop` and :class:`dialerd.control.preview_service.PreviewService`;
    ``hooks`` is to be run as a task."""

    def __init__(
        self,
        offers: Offers,
        webhooks: Callable[[], Mapping[str, WebhookSettings]],
        registry: CollectorRegistry,
        *,
        tell: Callable[..., None],
        sent: Sent,
    ) -> None:
        """``webhooks``: those in force; ``tell``: notices; ``sent``: is told how each try went."""
        self._offers = offers
        self._metrics = PreviewMetrics(registry)
        self.hooks = OfferHooks(lambda name: webhooks().get(name), tell=tell, sent=sent)

    def submit(self, command: DesktopCommand) -> None:
        """An offer was made, or is over."""
        self._metrics.observe(command)
        self.hooks.submit(command)

    def open(self) -> Sequence[OfferView]:
        """Every open offer, the oldest first."""
        return offers_seen(self._offers)

    def decided(self, attempt_id: str) -> Decided | None:
        """What one of the latest offers came to; None: it is open, or not known."""
        return self._offers.decided.get(attempt_id)
