//! Outcomes as lines of JSON on stdout.

use md5::{Digest, Md5};
use serde_json::{json, Map, Value};
use std::cell::RefCell;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Error, Row, SimpleQueryMessage};

thread_local!(pub static SCENARIO: RefCell<String> = RefCell::default());

/// What the server sent, whatever the type.
struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw.to_vec()))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{:02x}", b)).collect()
}

pub fn bytes(value: &[u8]) -> Value {
    if value.len() <= 1000 {
        return json!(hex(value));
    }
    json!(format!("{} bytes, md5 {}", value.len(), hex(&Md5::digest(value))))
}

/// Values as sent, with the names and types of their columns; numbers and short texts readable.
pub fn row(row: &Row) -> Value {
    let mut shown = Map::new();
    for (i, column) in row.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::BOOL => json!(row.get::<_, Option<bool>>(i)),
            Type::INT4 => json!(row.get::<_, Option<i32>>(i)),
            Type::INT8 => json!(row.get::<_, Option<i64>>(i)),
            Type::VOID => Value::Null,
            _ => row.get::<_, Option<Raw>>(i).map_or(Value::Null, |raw| match String::from_utf8(raw.0) {
                Ok(text) if *column.type_() == Type::TEXT && text.len() <= 1000 => json!(text),
                Ok(text) => bytes(text.as_bytes()),
                Err(other) => bytes(other.as_bytes()),
            }),
        };
        shown.insert(format!("{} {}", column.name(), column.type_()), value);
    }
    Value::Object(shown)
}

pub fn rows(all: &[Row]) -> Value {
    all.iter().map(row).collect()
}

pub fn messages(all: &[SimpleQueryMessage]) -> Value {
    let shown = all.iter().map(|message| match message {
        SimpleQueryMessage::Row(row) => json!({"row": (0..row.len()).map(|i| row.get(i)).collect::<Vec<_>>()}),
        SimpleQueryMessage::CommandComplete(count) => json!({ "count": count }),
        _ => json!("columns"),
    });
    shown.collect()
}

pub fn emit(step: &str, outcome: Value) {
    let scenario = SCENARIO.with(|name| name.borrow().clone());
    println!("{}", json!({"scenario": scenario, "step": step, "outcome": outcome}));
}

pub fn emit_error(step: &str, error: &Error) {
    let scenario = SCENARIO.with(|name| name.borrow().clone());
    let mut line = json!({"scenario": scenario, "step": step, "text": error.to_string()});
    if let Some(server) = error.as_db_error() {
        line["sqlstate"] = json!(server.code().code());
        line["server"] = json!(format!("{:?}", server));
    }
    println!("{}", line);
}

/// Prints what came of it.
pub fn report<T>(step: &str, result: Result<T, Error>, show: impl FnOnce(T) -> Value) {
    match result {
        Ok(value) => emit(step, show(value)),
        Err(error) => emit_error(step, &error),
    }
}
