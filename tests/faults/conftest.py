from __future__ import annotations

import pytest

from tests.faults.scene import Scene, make_scene


@pytest.fixture(scope="session")
def build_scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("faults") / "build", "build")


@pytest.fixture(scope="session")
def publish_scene(build_scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("faults") / "publish", "publish", warm=build_scene.cache)
