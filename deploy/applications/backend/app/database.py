"""The tables as database/*.sql make them, and the pool of connections."""

from pathlib import Path

from sqlalchemy import Column, Date, Engine, ForeignKey, Integer, MetaData, Numeric, String, Table, create_engine, event, text
from sqlalchemy.pool import StaticPool

from app.settings import Settings

metadata = MetaData()


def table(name: str, *columns: Column) -> Table:
    return Table(name, metadata, Column("id", Integer, primary_key=True), *columns)


customers = table("customers", Column("name", String), Column("email", String), Column("address", String))
drivers = table("drivers", Column("name", String), Column("phone", String))
zones = table("zones", Column("name", String), Column("postcode", String))
products = table("products", Column("name", String), Column("price", Numeric(10, 2)))
deliveries = table(
    "deliveries",
    Column("customer_id", ForeignKey("customers.id")),
    Column("driver_id", ForeignKey("drivers.id")),
    Column("zone_id", ForeignKey("zones.id")),
    Column("product_id", ForeignKey("products.id")),
    Column("quantity", Integer),
    Column("due", Date),
)

# Connections that a process keeps, and those that it opens beside them while they are wanted.
KEPT = 5
MORE = 5

SQL = Path(__file__).parent.parent / "database"


def connect(settings: Settings) -> Engine:
    if settings.type == "postgres":
        # Checked before use, so that a database which came back is found again without a failed request.
        return create_engine(
            settings.url,
            pool_size=KEPT,
            max_overflow=MORE,
            pool_timeout=5,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 3, "options": "-c statement_timeout=5000"},
        )
    in_memory = settings.name == ":memory:"
    engine = create_engine(
        settings.url,
        connect_args={"check_same_thread": False},
        **({"poolclass": StaticPool} if in_memory else {}),
    )
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
    load(engine, "sqlite")
    return engine


def load(engine: Engine, dialect: str) -> None:
    """Schema and data, once: every statement is safe when repeated."""
    with engine.begin() as connection:
        for name in (f"schema.{dialect}.sql", "data.sql"):
            for statement in (SQL / name).read_text().split(";\n"):
                if statement.strip():
                    connection.execute(text(statement))
