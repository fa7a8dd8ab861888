import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What goes wrong: errors, cancelled statements, lost connections. */
final class Trouble {
  static Object errors() throws Exception {
    try (Connection c = Scenarios.connect()) {
      c.setAutoCommit(false);
      Scenarios.step(c, "insert", "INSERT INTO strict VALUES (1, 'a', 1)");
      Scenarios.step(c, "duplicate", "INSERT INTO strict VALUES (?, 'b', 2)", 1);
      Scenarios.step(c, "in a failed transaction", "SELECT 1");
      c.rollback();
      Scenarios.step(c, "deferred", "INSERT INTO strict VALUES (?, 'b', 1), (3, 'c', 1)", 2);
      Scenarios.commit(c, "commit that fails");
      Scenarios.step(c, "insert once more", "INSERT INTO strict VALUES (5, 'e', 5)");
      Scenarios.step(c, "division", "UPDATE strict SET rank = rank / ?", 0);
      Scenarios.commit(c, "commit of a failed transaction");
      c.setAutoCommit(true);
      Scenarios.step(c, "null", "INSERT INTO strict VALUES (4, ?, 4)", (String) null);
      Scenarios.step(c, "deferred, by itself", "INSERT INTO strict VALUES (?, 'b', 1), (3, 'c', 1) RETURNING id", 2);
      Scenarios.step(c, "syntax", "UPDATE strict SETT v = ?", "x");
      Scenarios.step(c, "no table", "UPDATE nowhere SET v = 'x'");
    }
    try (Connection c = Scenarios.connect("autosave=always", "cleanupSavepoints=true", "prepareThreshold=1")) {
      c.setAutoCommit(false);
      Scenarios.step(c, "saved insert", "INSERT INTO strict VALUES (?, 'd', 4)", 4);
      Scenarios.step(c, "saved duplicate", "INSERT INTO strict VALUES (?, 'd', 4)", 4);
      Scenarios.step(c, "saved syntax", "UPDATE strict SETT v = ?", "x");
      Scenarios.step(c, "saved select", "SELECT * FROM strict");
      Scenarios.commit(c, "commit with savepoints");
    }
    return null;
  }

  static void cancelled(Connection c, Connection watcher, String step, String sql) throws Exception {
    try (Statement s = c.createStatement(); PreparedStatement asleep = watcher.prepareStatement(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")) {
      Thread thread = new Thread(() -> {
        try {
          for (long n = 0; n == 0; Thread.sleep(10)) {
            ResultSet result = asleep.executeQuery();
            result.next();
            n = result.getLong(1);
          }
          s.cancel();
        } catch (SQLException | InterruptedException error) {
          throw new IllegalStateException(error);
        }
      });
      thread.start();
      Outcome.attempt(step, () -> s.execute(sql));
      thread.join();
    }
  }

  static Object cancel() throws Exception {
    try (Connection c = Scenarios.connect(); Connection watcher = Scenarios.connect()) {
      cancelled(c, watcher, "read", "SELECT pg_sleep(600)");
      Scenarios.step(c, "works on", "SELECT 1");
      cancelled(c, watcher, "write", "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL");
      c.setAutoCommit(false);
      Scenarios.step(c, "insert", "INSERT INTO job VALUES (?, 'never')", 1);
      cancelled(c, watcher, "in a transaction", "SELECT pg_sleep(600)");
      c.rollback();
      Scenarios.step(c, "insert again", "INSERT INTO job VALUES (?, 'done')", 2);
      Scenarios.commit(c, "commit");
    }
    return null;
  }

  static Object reconnect() throws Exception {
    try (Connection c = Scenarios.connect()) {
      c.setAutoCommit(false);
      Scenarios.step(c, "insert", "INSERT INTO visit VALUES (?, 'lost')", 1);
      Scenarios.step(c, "terminate", "SELECT pg_terminate_backend(pg_backend_pid())");
      Outcome.emit("closed", "closed", c.isClosed(), "valid", c.isValid(5));
    }
    try (Connection c = Scenarios.connect()) {
      Scenarios.step(c, "select", "SELECT * FROM visit");
      Scenarios.step(c, "insert again", "INSERT INTO visit VALUES (?, 'back')", 2);
    }
    return null;
  }

  private Trouble() {}
}
