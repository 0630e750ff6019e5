"""What is listed and added: the fields of each, as they come and go."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Customer(Fields):
    name: Name
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
    address: Name


class Driver(Fields):
    name: Name
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ]{3,30}$")]


class Zone(Fields):
    name: Name
    postcode: Annotated[str, Field(min_length=1, max_length=20)]


class Product(Fields):
    name: Name
    price: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]


class Delivery(Fields):
    customer_id: int
    driver_id: int
    zone_id: int
    product_id: int
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    due: date
