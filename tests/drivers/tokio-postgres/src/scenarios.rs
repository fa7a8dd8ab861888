use crate::outcome::{bytes, emit, messages, report, rows};
use crate::{connect, WORDS};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::try_join_all;
use futures_util::{pin_mut, stream, SinkExt, StreamExt, TryStreamExt};
use serde_json::json;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, IsolationLevel};

pub type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

pub async fn query(c: &impl GenericClient, step: &str, sql: &str, values: Values<'_>) {
    report(step, c.query(sql, values).await, |all| rows(&all));
}

pub async fn execute(c: &impl GenericClient, step: &str, sql: &str, values: Values<'_>) {
    report(step, c.execute(sql, values).await, |count| json!(count));
}

pub async fn crud() {
    let mut c = connect().await;
    let insert = "INSERT INTO account (name, balance, note) VALUES ($1, $2::text::numeric, $3) RETURNING id";
    query(&c, "insert", insert, &[&"ann", &"12.50", &None::<&str>]).await;
    query(&c, "insert defaults", "INSERT INTO account (name) VALUES ($1) RETURNING *", &[&"bob"]).await;
    let plain = "INSERT INTO account (name, balance, note) VALUES ($1, 7.25, 'x')";
    execute(&c, "insert without returning", plain, &[&"cid"]).await;
    query(&c, "select", "SELECT * FROM account ORDER BY id", &[]).await;
    let tx = c.build_transaction().isolation_level(IsolationLevel::Serializable).start().await.unwrap();
    let update = "UPDATE account SET balance = balance + $1::text::numeric WHERE id = $2";
    execute(&tx, "update", update, &[&"1.25", &1]).await;
    execute(&tx, "update none", "UPDATE account SET note = 'never' WHERE id = -1", &[]).await;
    let returning = "UPDATE account SET note = $1 WHERE name = 'cid' RETURNING note, doubled";
    query(&tx, "update returning", returning, &[&WORDS]).await;
    execute(&tx, "delete", "DELETE FROM account WHERE id = ANY($1)", &[&vec![2, 77]]).await;
    report("commit", tx.commit().await, |_| json!(null));
    let tx = c.transaction().await.unwrap();
    execute(&tx, "update in vain", "UPDATE account SET note = 'never'", &[]).await;
    drop(tx); // rolls back, without waiting
    let typed = c.query_typed("UPDATE account SET note = $1 WHERE id = 3 RETURNING id", &[(&WORDS, Type::TEXT)]).await;
    report("unnamed, with types", typed, |all| rows(&all));
    query(&c, "select again", "SELECT id, name, balance, note FROM account ORDER BY id", &[]).await;
}

pub async fn prepared() {
    let c = connect().await;
    let put = c.prepare_typed("INSERT INTO prepared VALUES ($1, $2)", &[Type::INT4, Type::TEXT]).await.unwrap();
    let more = c.prepare("UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v").await.unwrap();
    emit("described", json!({"parameters": format!("{:?}", more.params()), "columns": format!("{:?}", more.columns())}));
    for i in 1..=8 {
        report(&format!("insert {}", i), c.execute(&put, &[&i, &format!("row {}", i)]).await, |count| json!(count));
        report(&format!("update {}", i), c.query(&more, &[&i]).await, |all| rows(&all));
    }
    report("deallocate", c.batch_execute("DEALLOCATE ALL").await, |_| json!(null));
    report("what is gone", c.query(&more, &[&1]).await, |all| rows(&all));
    drop(put); // sends a Close of what is not there
    execute(&c, "update again", "UPDATE prepared SET v = v || '+' WHERE id = $1", &[&1]).await;
}

pub async fn batch() {
    let mut c = connect().await;
    let insert = c.prepare("INSERT INTO entry VALUES ($1, $2)").await.unwrap();
    let entries: Vec<(i32, String)> = (1..=300).map(|i| (i, format!("entry {}", i))).collect();
    let tx = c.transaction().await.unwrap();
    let counts = try_join_all(entries[..200].iter().map(|(id, v)| async { tx.execute(&insert, &[id, v]).await })).await;
    report("pipelined in a transaction", counts, |all| json!(all));
    report("commit", tx.commit().await, |_| json!(null));
    let (ids, texts): (Vec<i32>, Vec<String>) = entries[200..].iter().cloned().unzip();
    let unnest = "INSERT INTO entry SELECT * FROM unnest($1::int[], $2::text[]) RETURNING id";
    query(&c, "unnest", unnest, &[&ids, &texts]).await;
    let update = c.prepare("UPDATE entry SET v = v || '!' WHERE id = $1").await.unwrap();
    let counts = try_join_all(ids.iter().map(|id| id - 200).map(|id| {
        let (c, update) = (&c, &update);
        async move { c.execute(update, &[&id]).await }
    }));
    report("pipelined", counts.await, |all| json!(all));
    let several = "DELETE FROM entry WHERE id BETWEEN 201 AND 250; SELECT count(*) FROM entry; \
                   DELETE FROM entry WHERE id > 250 RETURNING id";
    report("simple query", c.simple_query(several).await, |all| messages(&all));
    let failing = "INSERT INTO entry VALUES (1001, 'a'); INSERT INTO entry VALUES (1, 'b'); SELECT 1";
    report("failing", c.batch_execute(failing).await, |_| json!(null));
    query(&c, "left", "SELECT count(*), max(id) FROM entry", &[]).await;
}

pub async fn types() {
    let c = connect().await;
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = day.and_hms_micro_opt(12, 34, 56, 789012).unwrap();
    let zoned = DateTime::<Utc>::from_naive_utc_and_offset(time, Utc);
    let uuid = uuid::Uuid::parse_str("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").unwrap();
    let insert = "INSERT INTO typed VALUES (1, $1, $2, $3, $4, $5, $6, $7::text::numeric, $8, $9, $10, $11, $12, \
                  $13::text::interval, $14, $15, $16, $17, $18) RETURNING *";
    let values: Values = &[
        &true,
        &-32768i16,
        &i32::MAX,
        &i64::MIN,
        &1.5f32,
        &0.1f64,
        &"12345678901234567890.123456789",
        &WORDS,
        &&[0u8, 255, 16][..],
        &day,
        &time,
        &zoned,
        &"1 day 02:03:04",
        &uuid,
        &json!({"a": [1, null]}),
        &json!({"b": "c"}),
        &vec![Some(1), None, Some(3)],
        &vec!["x", "y,\"z\"", ""],
    ];
    query(&c, "insert", insert, values).await;
    query(
        &c,
        "insert nulls",
        "INSERT INTO typed (id, t, ia) VALUES (2, $1, $2) RETURNING *",
        &[&None::<&str>, &None::<Vec<i32>>],
    )
    .await;
    query(&c, "update", "UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *", &[]).await;
    query(&c, "wrong type", "UPDATE typed SET t = $1", &[&1]).await;
    query(&c, "select", "SELECT * FROM typed ORDER BY id", &[]).await;
    let text = c.simple_query("UPDATE typed SET t = t RETURNING *").await;
    report("all in text", text, |all| messages(&all));
}

pub async fn cursor() {
    let mut c = connect().await;
    let tx = c.transaction().await.unwrap();
    let portal = tx.bind("SELECT id, v FROM number WHERE id > $1 ORDER BY id", &[&0]).await.unwrap();
    report("ten", tx.query_portal(&portal, 10).await, |all| rows(&all));
    execute(&tx, "update meanwhile", "UPDATE number SET v = v + 1000 WHERE id <= $1", &[&5]).await;
    report("twenty", tx.query_portal(&portal, 20).await, |all| rows(&all));
    report("the rest", tx.query_portal(&portal, 0).await, |all| rows(&all));
    let update = "UPDATE number SET v = -v WHERE id BETWEEN $1 AND $2 RETURNING id, v";
    let portal = tx.bind(update, &[&101, &110]).await.unwrap();
    report("update in parts", tx.query_portal(&portal, 3).await, |all| rows(&all));
    report("update in parts, the rest", tx.query_portal(&portal, 100).await, |all| rows(&all));
    report("commit", tx.commit().await, |_| json!(null));
    let tx = c.transaction().await.unwrap();
    report(
        "declare",
        tx.batch_execute("DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE").await,
        |_| json!(null),
    );
    query(&tx, "fetch", "FETCH locking", &[]).await;
    query(&tx, "update where current", "UPDATE number SET v = $1 WHERE CURRENT OF locking RETURNING id", &[&0]).await;
    report("commit again", tx.commit().await, |_| json!(null));
    let streamed = c.query_raw("UPDATE number SET v = v WHERE id <= $1 RETURNING id, v", &[&5i32]).await.unwrap();
    pin_mut!(streamed);
    let first = streamed.next().await.unwrap().unwrap(); // the others are thrown away
    emit("one row read", rows(&[first]));
    query(&c, "sum", "SELECT sum(v)::int8 FROM number", &[]).await;
}

pub async fn parts() {
    let mut c = connect().await;
    let tx = c.transaction().await.unwrap();
    let portal = tx.bind("UPDATE part SET v = $1 * v WHERE id <= 10 RETURNING id, v", &[&-1]).await.unwrap();
    report("in parts", tx.query_portal(&portal, 3).await, |all| rows(&all));
    report("the rest", tx.query_portal(&portal, 0).await, |all| rows(&all));
    report("commit", tx.commit().await, |_| json!(null));
    let update = "UPDATE part SET v = v - $1 WHERE id BETWEEN 11 AND 19 RETURNING id, v";
    query(&c, "all at once", update, &[&1]).await;
}

pub async fn savepoint() {
    let mut c = connect().await;
    let mut tx = c.transaction().await.unwrap();
    execute(&tx, "outer", "INSERT INTO step VALUES (1, $1)", &[&"outer"]).await;
    let mut a = tx.savepoint("a").await.unwrap();
    execute(&a, "kept", "INSERT INTO step VALUES (2, $1)", &[&"kept"]).await;
    let b = a.transaction().await.unwrap();
    execute(&b, "lost", "INSERT INTO step VALUES (3, $1)", &[&"lost"]).await;
    drop(b); // rolls back, without waiting
    execute(&a, "kept twice", "UPDATE step SET v = $1 WHERE id = 2", &[&"kept twice"]).await;
    a.commit().await.unwrap();
    let inner = tx.transaction().await.unwrap();
    execute(&inner, "duplicate", "INSERT INTO step VALUES (1, $1)", &[&"again"]).await;
    inner.rollback().await.unwrap();
    execute(&tx, "after", "INSERT INTO step VALUES (4, $1)", &[&"after"]).await;
    report("commit", tx.commit().await, |_| json!(null));
    query(&c, "select", "SELECT * FROM step ORDER BY id", &[]).await;
}

pub async fn upsert() {
    let c = connect().await;
    let sql = "INSERT INTO counter VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, \
               last = excluded.last RETURNING hits, xmax = 0 AS is_new";
    for i in 0..5 {
        query(&c, &format!("home {}", i), sql, &[&"home", &"first"]).await;
    }
    query(&c, "nothing", "INSERT INTO counter VALUES ('home', $1) ON CONFLICT DO NOTHING RETURNING hits", &[&99]).await;
    let two = "INSERT INTO counter SELECT n, 1, 'first' FROM unnest($1::text[]) n ON CONFLICT (name) \
               DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits";
    query(&c, "two", two, &[&vec!["home", "away"]]).await;
    let condition = "INSERT INTO counter VALUES ('away', $1) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false";
    execute(&c, "condition", condition, &[&5]).await;
}

pub async fn large() {
    let c = connect().await;
    let (first, second) = ([0u8, 1, 2, 3].repeat(4 << 20), [255u8, 254, 253, 252].repeat(8 << 20));
    let text = "öx€".repeat(1_000_000);
    query(&c, "insert", "INSERT INTO blob VALUES (1, $1, $2) RETURNING y, t", &[&first, &text]).await;
    execute(&c, "update", "UPDATE blob SET y = $1 WHERE t = $2", &[&second, &text]).await;
    query(&c, "select", "SELECT * FROM blob", &[]).await;
}

pub async fn copy() {
    let c = connect().await;
    let sink = c.copy_in("COPY copied FROM STDIN").await.unwrap();
    pin_mut!(sink);
    let lines = (1..=50).map(|i| Ok(Bytes::from(format!("{}\tcopied {}\t{}.00\n", i, i, i))));
    sink.send_all(&mut stream::iter(lines)).await.unwrap();
    report("in", sink.finish().await, |count| json!(count));
    let sink = c.copy_in("COPY copied (id, v) FROM STDIN BINARY").await.unwrap();
    let writer = BinaryCopyInWriter::new(sink, &[Type::INT4, Type::TEXT]);
    pin_mut!(writer);
    for i in 51..=100 {
        writer.as_mut().write(&[&i, &format!("copied {}", i)]).await.unwrap();
    }
    report("in, binary", writer.finish().await, |count| json!(count));
    execute(&c, "update what was copied", "UPDATE copied SET n = id + 0.00 WHERE n IS NULL", &[]).await;
    for format in ["TEXT", "BINARY"] {
        let out = c.copy_out(&format!("COPY copied TO STDOUT (FORMAT {})", format)).await.unwrap();
        let chunks: Vec<Bytes> = out.try_collect().await.unwrap();
        emit(&format!("out as {}", format), bytes(&chunks.concat()));
    }
    let sink = c.copy_in("COPY copied FROM STDIN").await.unwrap();
    pin_mut!(sink);
    sink.send(Bytes::from("one\tx\t1\n")).await.unwrap();
    report("bad row", sink.finish().await, |count| json!(count));
    let sink = c.copy_in::<_, Bytes>("COPY copied FROM STDIN").await.unwrap();
    drop(sink); // breaks it off
    query(&c, "works on", "SELECT count(*) FROM copied", &[]).await;
}
