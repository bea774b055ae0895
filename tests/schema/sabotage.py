"""Things go wrong inside the server: at the k-th statement, its backend dies, hangs or fails.

Event triggers see each change of the catalogue, row triggers each row of the journal, a deferred
constraint trigger the COMMIT. Steps are counted by a sequence, which no rollback sets back.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.schema.world import World

#: Runs once the journal is there. {action} is a statement of PL/pgSQL.
TRAPS = """
CREATE SCHEMA sabotage;
CREATE SEQUENCE sabotage.steps;
CREATE FUNCTION sabotage.act() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('sabotage.steps') = {at} THEN {action}; END IF;
END $$;
CREATE FUNCTION sabotage.on_event() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM sabotage.act(); END $$;
CREATE FUNCTION sabotage.on_row() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM sabotage.act(); RETURN NULL; END $$;
CREATE TRIGGER sabotage AFTER INSERT OR UPDATE ON _rollback.runs
  FOR EACH ROW EXECUTE FUNCTION sabotage.on_row();
CREATE TRIGGER sabotage AFTER INSERT ON _rollback.actions
  FOR EACH ROW EXECUTE FUNCTION sabotage.on_row();
CREATE CONSTRAINT TRIGGER sabotage_commit AFTER INSERT OR UPDATE ON _rollback.runs
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sabotage.on_row();
CREATE EVENT TRIGGER sabotage_start ON ddl_command_start EXECUTE FUNCTION sabotage.on_event();
CREATE EVENT TRIGGER sabotage_end ON ddl_command_end EXECUTE FUNCTION sabotage.on_event();
"""
DISARM = "DROP EVENT TRIGGER IF EXISTS sabotage_start; DROP EVENT TRIGGER IF EXISTS sabotage_end"
KILL = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(600)"
HANG = "PERFORM pg_sleep(600)"
DISK_FULL = "RAISE 'could not extend file' USING ERRCODE = '53100'"


@contextmanager
def trap(world: World, at: int, action: str = KILL) -> Iterator[None]:
    """0: nothing happens, and the steps are counted."""
    world.make_journal()
    world.execute(TRAPS.format(at=at, action=action))
    try:
        yield
    finally:
        world.execute(
            DISARM + "; DROP TRIGGER IF EXISTS sabotage ON _rollback.runs;"
            " DROP TRIGGER IF EXISTS sabotage ON _rollback.actions;"
            " DROP TRIGGER IF EXISTS sabotage_commit ON _rollback.runs"
        )


def steps(world: World) -> int:
    return int(world.value("SELECT last_value FROM sabotage.steps"))


class LosesCommit:
    """A connection's middle man. Once, the answer to COMMIT is lost, and the connection with it."""

    def __init__(self, port: int, *, before_it_arrives: bool = False) -> None:
        self.lost = 0
        self._to = port
        self._early = before_it_arrives
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._sockets = [self._server]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                state = {"committing": False}
                self._start(self._pass_on, client, server, state, "client")
                self._start(self._pass_on, server, client, state, "server")

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        state: dict[str, bool],
        who: str,
    ) -> None:
        is_client = who == "client"
        with suppress(OSError):
            while data := source.recv(65536):
                if (
                    is_client
                    and not self.lost
                    and data.startswith(b"Q")
                    and b"COMMIT\0" in data[-8:]
                ):
                    state["committing"] = True
                    if self._early:
                        break
                elif not is_client and state["committing"]:
                    break
                target.sendall(data)
        if state["committing"]:
            self.lost = 1
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
