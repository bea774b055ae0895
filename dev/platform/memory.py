"""Keeps the state: on disk, so that it survives a restart, and in snapshots for tests."""

from pathlib import Path

from dev.platform.state import State

FILE = "state.json"


class Memory:
    def __init__(self, data_dir: Path | None) -> None:
        self.data_dir = data_dir
        self.state = self._load()
        self._snapshots: dict[str, str] = {}

    def save(self) -> None:
        """Write it whole and rename: a crash leaves the old file or the new one."""
        if self.data_dir is None:
            return
        partial = self.data_dir / f"{FILE}.partial"
        partial.write_text(self.state.model_dump_json(indent=1))
        partial.replace(self.data_dir / FILE)

    def snapshot(self, name: str) -> None:
        # Events on their way belong to the moment, not to the state one comes back to.
        self._snapshots[name] = self.state.model_dump_json(exclude={"outbox"})

    def restore(self, name: str) -> None:
        """Raises KeyError if there is no such snapshot."""
        self.state = State.model_validate_json(self._snapshots[name])
        self.save()

    def _load(self) -> State:
        if self.data_dir is None:
            return State()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        file = self.data_dir / FILE
        return State.model_validate_json(file.read_text()) if file.exists() else State()
