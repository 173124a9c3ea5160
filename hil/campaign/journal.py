"""The journal of a campaign: one SQLite file with one transaction per case, so that a kill loses no completed case.

Table `identity` identifies the campaign; table `cases` has one canonical JSON object per case with its SHA-256, which
reveals damaged records.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 2
APPLICATION_ID = 0x50524F58  # "PROX", in the header of the file (SQLite: PRAGMA application_id)
IN_MEMORY = ":memory:"

Row = dict[str, Any]

_CREATE = (
    "CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE cases (number INTEGER PRIMARY KEY, verdict TEXT NOT NULL, digest TEXT, record TEXT NOT NULL,"
    " sha256 TEXT NOT NULL)",
)


def flown_beyond(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The models that any of these cases was flown with outside the range they hold for."""
    return sorted({model for row in rows for model in (row.get("beyond_validity") or "").split(", ") if model})


class CampaignError(RuntimeError):
    """A campaign that cannot start or continue; one line with the reason and the remedy."""


def canonical(row: Mapping[str, Any]) -> str:
    """The one text of a row: keys in order, the shortest decimals that read back to the same numbers."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Journal:
    """The journal at `path`, made when there is none. Raises CampaignError.

    A journal in memory (`IN_MEMORY`) serves a campaign that leaves nothing behind. One that is only read writes
    nothing, neither into its file nor beside it where the folder does not allow it.
    """

    def __init__(self, path: Path | str, read_only: bool = False):
        self.path = path
        with self._errors():
            self._db = _reader(Path(path)) if read_only else sqlite3.connect(str(path), isolation_level=None)
            try:
                self._check()
                if not read_only:
                    self._db.execute("PRAGMA journal_mode=WAL")
                    self._db.execute("PRAGMA synchronous=FULL")  # a case that was committed survives a power loss too
            except BaseException:
                self._db.close()
                raise

    def _check(self) -> None:
        if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise CampaignError(f"{self.path}: not the journal of a campaign; nothing was changed")
            found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise CampaignError(f"{self.path}: the journal is corrupt: {found.splitlines()[-1]}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CampaignError(f"{self.path}: {_reason(error)}") from None
        except OSError as error:
            raise CampaignError(f"{self.path}: cannot be read: {error.strerror}") from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def identity(self) -> dict[str, str]:
        """What identifies the campaign; empty for a new journal."""
        with self._errors():
            if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return {}
            if self._db.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                raise CampaignError(f"{self.path}: written by another ProxOps; expected schema {SCHEMA_VERSION}")
            return dict(self._db.execute("SELECT name, value FROM identity ORDER BY name"))

    def begin(self, identity: Mapping[str, str]) -> None:
        """Writes the identity of a new campaign, atomically."""
        with self._errors(), self._transaction():
            self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            for statement in _CREATE:
                self._db.execute(statement)
            self._db.executemany("INSERT INTO identity VALUES (?, ?)", identity.items())

    def add(self, row: Row) -> None:
        """Stores one case; it is on disk when this returns."""
        record = canonical(row)
        values = (row["case"], row["verdict"], row["digest"], record, _sha256(record))
        with self._errors(), self._transaction():
            self._db.execute("INSERT INTO cases VALUES (?, ?, ?, ?, ?)", values)

    def verdicts(self) -> dict[int, str]:
        """The verdict of every case there is, by its number."""
        with self._errors():
            return dict(self._db.execute("SELECT number, verdict FROM cases ORDER BY number"))

    def records(self) -> Iterator[tuple[int, str]]:
        """Number and canonical text of every case, in order; CampaignError names one that was damaged."""
        with self._errors():
            for number, record, sha256 in self._db.execute("SELECT number, record, sha256 FROM cases ORDER BY number"):
                if _sha256(record) != sha256:
                    raise CampaignError(f"{self.path}: the journal is corrupt: case {number} is not as it was written")
                yield number, record

    def rows(self) -> list[Row]:
        """Every case, in order."""
        return [json.loads(record) for _, record in self.records()]

    def digest(self) -> str:
        """SHA-256 over the canonical text of every case, in order of the case numbers."""
        total = hashlib.sha256()
        for _, record in self.records():
            total.update(record.encode("ascii") + b"\n")
        return total.hexdigest()

    def close(self) -> None:
        """Folds the write-ahead log into the file."""
        self._db.close()


def _reader(path: Path) -> sqlite3.Connection:
    """A journal opened to be read: SQLite then needs to write, for its locks, only while there is a log ahead."""
    uri, ahead = path.resolve().as_uri(), path.with_name(path.name + "-wal")
    if not (ahead.is_file() and ahead.stat().st_size):
        return _opened(f"{uri}?mode=ro&immutable=1")  # nobody writes, and everything is in the one file
    with suppress(sqlite3.OperationalError):
        return _opened(f"{uri}?mode=ro")
    with tempfile.TemporaryDirectory() as folder:  # of a campaign that was killed, in a folder that can only be read
        for file in (path, ahead):
            shutil.copyfile(file, Path(folder, file.name))
        copy, memory = _opened(Path(folder, path.name).as_uri()), sqlite3.connect(IN_MEMORY, isolation_level=None)
        copy.backup(memory)
        copy.close()
    return memory


def _opened(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except BaseException:
        db.close()
        raise
    return db


def _sha256(record: str) -> str:
    return hashlib.sha256(record.encode("ascii")).hexdigest()


def _reason(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        return "the disk is full; what was flown is kept: make room and use --resume"
    if name.startswith("SQLITE_IOERR"):
        return f"cannot be written ({error}); what was flown is kept: make room and use --resume"
    if name in ("SQLITE_CORRUPT", "SQLITE_NOTADB") or name.startswith("SQLITE_CORRUPT"):
        return f"the journal is corrupt: {error}"
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return f"cannot be written: {error}"
    return f"the journal cannot be used: {error}"
