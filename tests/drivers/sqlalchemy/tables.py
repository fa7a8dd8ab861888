"""The tables of schema.sql, as SQLAlchemy maps them."""

import datetime
import decimal
import uuid
from typing import Optional

from sqlalchemy import BigInteger, Computed, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSON, JSONB, REAL
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, Integer, Text


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    balance: Mapped[decimal.Decimal] = mapped_column(Numeric(12, 2), server_default=text("0"))
    note: Mapped[Optional[str]] = mapped_column(server_default=text("'none'"))
    doubled: Mapped[decimal.Decimal] = mapped_column(Numeric, Computed("balance * 2"))


class Prepared(Base):
    __tablename__ = "prepared"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    v: Mapped[Optional[str]]


class Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    v: Mapped[Optional[str]]


class Typed(Base):
    __tablename__ = "typed"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    b: Mapped[Optional[bool]]
    i2: Mapped[Optional[int]] = mapped_column(SmallInteger)
    i4: Mapped[Optional[int]]
    i8: Mapped[Optional[int]] = mapped_column(BigInteger)
    f4: Mapped[Optional[float]] = mapped_column(REAL)
    f8: Mapped[Optional[float]]
    n: Mapped[Optional[decimal.Decimal]] = mapped_column(Numeric)
    t: Mapped[Optional[str]]
    y: Mapped[Optional[bytes]]
    d: Mapped[Optional[datetime.date]]
    ts: Mapped[Optional[datetime.datetime]]
    tz: Mapped[Optional[datetime.datetime]] = mapped_column(DateTime(timezone=True))
    iv: Mapped[Optional[datetime.timedelta]]
    u: Mapped[Optional[uuid.UUID]]
    j: Mapped[Optional[dict]] = mapped_column(JSON(none_as_null=True))
    jb: Mapped[Optional[dict]] = mapped_column(JSONB(none_as_null=True))
    ia: Mapped[Optional[list]] = mapped_column(ARRAY(Integer))
    ta: Mapped[Optional[list]] = mapped_column(ARRAY(Text))


class Number(Base):
    __tablename__ = "number"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    v: Mapped[int]


class Step(Base):
    __tablename__ = "step"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    v: Mapped[Optional[str]]


class Counter(Base):
    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[int]
    last: Mapped[Optional[str]]


class Strict(Base):
    __tablename__ = "strict"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    v: Mapped[Optional[str]]
    rank: Mapped[Optional[int]]


class Blob(Base):
    __tablename__ = "blob"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    y: Mapped[Optional[bytes]] = mapped_column(BYTEA)
    t: Mapped[Optional[str]]


class Job(Base):
    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]


class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    v: Mapped[Optional[str]]
