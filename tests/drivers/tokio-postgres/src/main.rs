//! tokio-postgres: everything prepared under a name and described, pipelined by polling futures together, binary both ways,
//! portals read in parts, nested transactions, batch_execute and simple_query, COPY in text and binary.

mod outcome;
mod scenarios;
mod trouble;

use std::env::var;
use tokio_postgres::{Client, Config, NoTls};

pub const WORDS: &str = "é€😀";

pub async fn connect() -> Client {
    let mut config = Config::new();
    config.host(&var("PGHOST").unwrap()).port(var("PGPORT").unwrap().parse().unwrap());
    config.dbname(&var("PGDATABASE").unwrap()).user(&var("PGUSER").unwrap());
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection); // an error that ends it is told to the client, too
    client
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for name in std::env::args().skip(1) {
        outcome::SCENARIO.with(|scenario| *scenario.borrow_mut() = name.clone());
        match name.as_str() {
            "crud" => scenarios::crud().await,
            "prepared" => scenarios::prepared().await,
            "batch" => scenarios::batch().await,
            "types" => scenarios::types().await,
            "cursor" => scenarios::cursor().await,
            "parts" => scenarios::parts().await,
            "savepoint" => scenarios::savepoint().await,
            "upsert" => scenarios::upsert().await,
            "large" => scenarios::large().await,
            "copy" => scenarios::copy().await,
            "errors" => trouble::errors().await,
            "cancel" => trouble::cancel().await,
            "reconnect" => trouble::reconnect().await,
            "pipeline" => trouble::pipeline().await,
            _ => panic!("no scenario {}", name),
        }
    }
}
