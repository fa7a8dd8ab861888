use crate::connect;
use crate::outcome::{emit, report, rows};
use crate::scenarios::{execute, query};
use futures_util::future::{join, join_all};
use serde_json::json;
use std::env::var;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_postgres::{Client, NoTls};

pub async fn errors() {
    let mut c = connect().await;
    let tx = c.transaction().await.unwrap();
    execute(&tx, "insert", "INSERT INTO strict VALUES (1, 'a', 1)", &[]).await;
    execute(&tx, "duplicate", "INSERT INTO strict VALUES ($1, 'b', 2)", &[&1]).await;
    query(&tx, "in a failed transaction", "SELECT 1", &[]).await;
    report("rollback", tx.rollback().await, |_| json!(null));
    let tx = c.transaction().await.unwrap();
    execute(&tx, "deferred", "INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1)", &[&2]).await;
    report("commit that fails", tx.commit().await, |_| json!(null));
    let tx = c.transaction().await.unwrap();
    execute(&tx, "insert once more", "INSERT INTO strict VALUES (5, 'e', 5)", &[]).await;
    execute(&tx, "division", "UPDATE strict SET rank = rank / $1", &[&0]).await;
    report("commit of a failed transaction", tx.commit().await, |_| json!(null));
    execute(&c, "null", "INSERT INTO strict VALUES (4, $1, 4)", &[&None::<&str>]).await;
    query(&c, "deferred, by itself", "INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1) RETURNING id", &[&2]).await;
    execute(&c, "syntax", "UPDATE strict SETT v = $1", &[&"x"]).await;
    execute(&c, "no table", "UPDATE nowhere SET v = 'x'", &[]).await;
    let several = "INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0";
    report("several, the last failing", c.batch_execute(several).await, |_| json!(null));
    execute(&c, "works on", "INSERT INTO strict VALUES ($1, 'd', 4)", &[&4]).await;
}

/// The server closes such a connection once it has sent its signals. The driver does not wait for that, so that the last
/// of them may meet a statement that comes much later.
async fn cancel_now(c: &Client) {
    let server = (var("PGHOST").unwrap(), var("PGPORT").unwrap().parse::<u16>().unwrap());
    let socket = std::net::TcpStream::connect(server).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut closed = TcpStream::from_std(socket.try_clone().unwrap()).unwrap();
    c.cancel_token().cancel_query_raw(TcpStream::from_std(socket).unwrap(), NoTls).await.unwrap();
    assert_eq!(closed.read(&mut [0]).await.unwrap_or(0), 0);
}

async fn cancelled(c: &Client, watcher: &Client, step: &str, sql: &str) {
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let cancelling = async {
        while watcher.query_one(asleep, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        cancel_now(c).await;
    };
    let (result, _) = join(c.batch_execute(sql), cancelling).await;
    report(step, result, |_| json!(null));
}

pub async fn cancel() {
    let (c, watcher) = (connect().await, connect().await);
    cancelled(&c, &watcher, "read", "SELECT pg_sleep(600)").await;
    query(&c, "works on", "SELECT 1", &[]).await;
    cancelled(&c, &watcher, "write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL").await;
    report("begin", c.batch_execute("BEGIN").await, |_| json!(null));
    execute(&c, "insert", "INSERT INTO job VALUES ($1, 'never')", &[&1]).await;
    cancelled(&c, &watcher, "in a transaction", "SELECT pg_sleep(600)").await;
    report("rollback", c.batch_execute("ROLLBACK").await, |_| json!(null));
    execute(&c, "insert again", "INSERT INTO job VALUES ($1, 'done')", &[&2]).await;
}

pub async fn reconnect() {
    let mut c = connect().await;
    let tx = c.transaction().await.unwrap();
    execute(&tx, "insert", "INSERT INTO visit VALUES ($1, 'lost')", &[&1]).await;
    query(&tx, "terminate", "SELECT pg_terminate_backend(pg_backend_pid())", &[]).await;
    drop(tx);
    while !c.is_closed() {
        tokio::time::sleep(Duration::from_millis(10)).await; // the end comes behind the error
    }
    emit("closed", json!(true));
    let c = connect().await;
    query(&c, "select", "SELECT * FROM visit", &[]).await;
    execute(&c, "insert again", "INSERT INTO visit VALUES ($1, 'back')", &[&2]).await;
}

/// Futures that are polled together are sent together, a Sync behind each.
pub async fn pipeline() {
    let c = connect().await;
    let put = c.prepare("INSERT INTO ahead VALUES ($1, $2) RETURNING id").await.unwrap();
    let all = c.prepare("SELECT * FROM ahead ORDER BY id").await.unwrap();
    let update = c.prepare("UPDATE ahead SET v = v || '!'").await.unwrap();
    let put = &put;
    let insert = |id: i32, v: &'static str| {
        let c = &c;
        async move { c.query(put, &[&id, &v]).await }
    };
    let (first, (changed, (second, seen))) =
        join(insert(1, "one"), join(c.execute(&update, &[]), join(insert(2, "two"), c.query(&all, &[])))).await;
    report("first", first, |got| rows(&got));
    report("changed", changed, |count| json!(count));
    report("second", second, |got| rows(&got));
    report("seen", seen, |got| rows(&got));
    for result in join_all([insert(5, "five"), insert(1, "duplicate"), insert(6, "six")]).await {
        report("one failing", result, |got| rows(&got));
    }
    let (begun, (results, ended)) = join(
        c.batch_execute("BEGIN"),
        join(join_all([insert(3, "never"), insert(1, "duplicate"), insert(4, "skipped")]), c.batch_execute("COMMIT")),
    )
    .await;
    report("begin", begun, |_| json!(null));
    for result in results {
        report("transaction", result, |got| rows(&got));
    }
    report("commit", ended, |_| json!(null));
}
