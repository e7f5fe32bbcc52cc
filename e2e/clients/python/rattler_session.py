"""What the rattler drivers share: a client with the authentication asked for, and a solve."""

import json
import os
import pathlib
from typing import Any

import rattler
from rattler.networking import AddHeadersMiddleware, AuthenticationMiddleware, Client
from rattler.repo_data.gateway import SourceConfig


class Session:
    """Request keys: work (own caches), bearer {host: token}, headers {name: value}, sharded; all but work optional."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.work = pathlib.Path(request["work"])
        self.asked: list[str] = []
        auth_file = self.work / "auth.json"
        auth_file.write_text(json.dumps({host: {"BearerToken": token} for host, token in request.get("bearer", {}).items()}))
        os.environ["RATTLER_AUTH_FILE"] = str(auth_file)
        headers = request.get("headers", {})

        def note(_host: str, path: str) -> dict[str, str]:
            self.asked.append(path)
            return headers

        # No retries: a refusal shows at once, and every request is counted as it is.
        self.client = Client([AuthenticationMiddleware(), AddHeadersMiddleware(note)])
        source = SourceConfig(sharded_enabled=request.get("sharded", True))
        self.gateway = rattler.Gateway(cache_dir=self.work / "repodata", default_config=source, client=self.client)

    async def solve(self, request: dict[str, Any]) -> list[rattler.RepoDataRecord]:
        """Request keys: channels, specs, platform, virtual_packages {name: version} (optional)."""
        virtual = [
            rattler.GenericVirtualPackage(rattler.PackageName(name), rattler.Version(version), rattler.BuildString("0"))
            for name, version in request.get("virtual_packages", {}).items()
        ]
        return await rattler.solve(
            request["channels"],
            request["specs"],
            gateway=self.gateway,
            platforms=[request["platform"], "noarch"],
            virtual_packages=virtual,
        )

    async def records(self, request: dict[str, Any]) -> list[rattler.RepoDataRecord]:
        """Those of the lock file, request key lock, or a new solution."""
        if "lock" not in request:
            return await self.solve(request)
        environment = rattler.LockFile.from_path(pathlib.Path(request["lock"])).default_environment()
        return environment.conda_repodata_records()[request["platform"]]


def write_lock(file: str, request: dict[str, Any], records: list[rattler.RepoDataRecord]) -> None:
    platform = rattler.LockPlatform(request["platform"])
    lock = rattler.LockFile([platform])
    lock.set_channels("default", [rattler.LockChannel(channel) for channel in request["channels"]])
    for record in records:
        lock.add_conda_package("default", platform, record)
    lock.to_path(pathlib.Path(file))


def describe(record: rattler.RepoDataRecord) -> dict[str, Any]:
    return {
        "name": record.name.source,
        "version": str(record.version),
        "build": str(record.build),
        "subdir": record.subdir,
        "file": record.file_name,
        "url": record.url,
        "sha256": record.sha256.hex() if record.sha256 else None,
    }
