"""What the environment says of the database."""

import os
from dataclasses import dataclass

from sqlalchemy import URL


@dataclass(frozen=True)
class Settings:
    type: str
    user: str
    password: str
    host: str
    port: int
    name: str

    @staticmethod
    def from_environment(environment=os.environ) -> "Settings":
        kind = environment.get("DB_TYPE", "sqlite")
        if kind not in ("postgres", "sqlite"):
            raise SystemExit(f"DB_TYPE is {kind!r}; it must be postgres or sqlite")
        wanted = ["DB_USER", "DB_PASSWORD", "DB_HOST", "DB_NAME"] if kind == "postgres" else []
        missing = [name for name in wanted if not environment.get(name)]
        if missing:
            raise SystemExit(f"DB_TYPE is postgres, and {', '.join(missing)} not set")
        return Settings(
            type=kind,
            user=environment.get("DB_USER", ""),
            password=environment.get("DB_PASSWORD", ""),
            host=environment.get("DB_HOST", ""),
            port=int(environment.get("DB_PORT") or 5432),
            name=environment.get("DB_NAME") or ":memory:",
        )

    @property
    def url(self) -> URL:
        if self.type == "sqlite":
            return URL.create("sqlite", database=self.name)
        return URL.create("postgresql+psycopg", self.user, self.password, self.host, self.port, self.name)
