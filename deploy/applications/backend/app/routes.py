"""GET and POST of each resource."""

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import create_model
from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError

from app import database, resources

KINDS = (
    (database.customers, resources.Customer),
    (database.drivers, resources.Driver),
    (database.zones, resources.Zone),
    (database.products, resources.Product),
    (database.deliveries, resources.Delivery),
)


def make_router(table: Table, fields: type[resources.Fields]) -> APIRouter:
    router = APIRouter(prefix=f"/{table.name}", tags=[table.name])
    shown = create_model(f"Stored{fields.__name__}", __base__=fields, id=(int, ...))

    @router.get("", response_model=list[shown])
    def list_all(request: Request, after: int = 0, limit: int = Query(default=100, ge=1, le=1000)):
        with request.app.state.engine.connect() as connection:
            rows = connection.execute(select(table).where(table.c.id > after).order_by(table.c.id).limit(limit))
            return [row._asdict() for row in rows]

    @router.get("/{id}", response_model=shown)
    def get_one(request: Request, id: int):
        with request.app.state.engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.id == id)).first()
        if row is None:
            raise HTTPException(404, f"{table.name} has no {id}")
        return row._asdict()

    @router.post("", status_code=201, response_model=shown)
    def add(request: Request, values: fields):
        try:
            with request.app.state.engine.begin() as connection:
                row = connection.execute(insert(table).values(**values.model_dump()).returning(*table.c)).one()
        except IntegrityError as error:
            raise HTTPException(409, "it names something that is not there") from error
        return row._asdict()

    return router
