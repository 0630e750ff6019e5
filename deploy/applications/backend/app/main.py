"""The application: routes, health, metrics."""

import logging
import os
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, QueuePool

from app.database import KEPT, MORE, connect
from app.routes import KINDS, make_router
from app.settings import Settings

log = logging.getLogger("backend")


def create_app(settings: Settings | None = None) -> FastAPI:
    engine = connect(settings or Settings.from_environment())

    @asynccontextmanager
    async def lifespan(_):
        yield
        engine.dispose()

    app = FastAPI(title="Training backend", version="1.0.0", lifespan=lifespan)
    app.state.engine = engine
    add_metrics(app, engine.pool)
    # The page comes from another address than the API.
    origins = os.environ.get("ALLOWED_ORIGINS", "*").split(",")
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["Content-Type"])
    for table, fields in KINDS:
        app.include_router(make_router(table, fields))

    @app.exception_handler(OperationalError)
    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeout)
    def database_is_away(_: Request, error: Exception):
        log.error("the database does not answer: %s", type(error).__name__)
        return JSONResponse({"detail": "the database does not answer; try again"}, 503, {"Retry-After": "2"})

    @app.get("/healthz", include_in_schema=False)
    def is_alive():
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def is_ready():
        with engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM customers LIMIT 1"))
        return {"status": "ok"}

    return app


def add_metrics(app: FastAPI, pool: Pool) -> None:
    registry = CollectorRegistry()
    add_pool(registry, pool)
    took = Histogram("http_request_duration_seconds", "How long requests took", ["method", "route", "status"], registry=registry)

    @app.middleware("http")
    async def measure(request: Request, call_next):
        began = time.perf_counter()
        status = 500
        try:
            response = await call_next(request)
            status = response.status_code
            return response
        finally:
            # The route's pattern, not the path: paths have ids, and unknown ones are anybody's.
            route = getattr(request.scope.get("route"), "path", "none")
            took.labels(request.method, route, status).observe(time.perf_counter() - began)

    @app.get("/metrics", include_in_schema=False)
    def metrics():
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def add_pool(registry: CollectorRegistry, pool: Pool) -> None:
    """Of PostgreSQL; SQLite in memory has the one connection that it is."""
    if isinstance(pool, QueuePool):
        Gauge("db_pool_connections_in_use", "Connections to the database that requests have", registry=registry).set_function(pool.checkedout)
        Gauge("db_pool_connections_max", "Connections to the database that requests may have", registry=registry).set(KEPT + MORE)
