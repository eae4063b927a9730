"""The contract, run on a layer as its author would."""

# --8<-- [start:contract]
import pytest
from tenants import TenantLayer

from nexws.layers import ChannelLayer, MemoryLayer
from nexws.testing.layer_contract import LayerContract

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class TestTenantLayer(LayerContract):
    @pytest.fixture(autouse=True)
    def _store(self) -> None:
        self.now = 0.0
        self.store = MemoryLayer(clock=lambda: self.now)

    def node(self) -> ChannelLayer:
        return TenantLayer(self.store.twin(), "acme")

    async def pass_time(self, seconds: float) -> None:
        self.now += seconds


# --8<-- [end:contract]
