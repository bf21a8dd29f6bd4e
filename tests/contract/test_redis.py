"""Redis behind the door Coordinator: on a real server, and on a cluster that refuses to mix slots."""

import pytest

from sunsift.adapters.redis.connection import connect
from sunsift.adapters.redis.coordinator import RedisCoordinator
from tests.contract.suites.coordinator import CoordinatorContract
from tests.support.servers.valkey import Valkey, ValkeyCluster


class TestPlain(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, valkey: Valkey) -> RedisCoordinator:
        valkey.flush()
        return RedisCoordinator(connect(valkey.url))

    @pytest.fixture
    def other(self, valkey: Valkey) -> RedisCoordinator:
        return RedisCoordinator(connect(valkey.url))


class TestCluster(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, valkey_cluster: ValkeyCluster) -> RedisCoordinator:
        valkey_cluster.flush()
        return RedisCoordinator(connect(valkey_cluster.url))

    @pytest.fixture
    def other(self, valkey_cluster: ValkeyCluster) -> RedisCoordinator:
        return RedisCoordinator(connect(valkey_cluster.url))
