import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Outcomes as lines of JSON on stdout. */
final class Outcome {
  static String scenario;

  interface Act {
    Object run() throws Exception;
  }

  /** Prints what act gives, or its error. */
  static void attempt(String step, Act act) throws Exception {
    try {
      emit(step, "result", act.run());
    } catch (SQLException error) {
      emitError(step, error);
    }
  }

  static void emit(String step, Object... pairs) {
    StringBuilder line = new StringBuilder("{\"scenario\": ").append(json(scenario)).append(", \"step\": ").append(json(step));
    for (int i = 0; i < pairs.length; i += 2) {
      line.append(", ").append(json(pairs[i])).append(": ").append(json(pairs[i + 1]));
    }
    System.out.println(line.append('}'));
  }

  static void emitError(String step, SQLException error) {
    List<Object> server = new ArrayList<>();
    if (error instanceof PSQLException && ((PSQLException) error).getServerErrorMessage() != null) {
      ServerErrorMessage m = ((PSQLException) error).getServerErrorMessage();
      server.addAll(Arrays.asList(m.getSeverity(), m.getDetail(), m.getConstraint(), m.getTable(), m.getPosition(), m.getWhere()));
    }
    Object counts = error instanceof BatchUpdateException ? ((BatchUpdateException) error).getUpdateCounts() : null;
    emit(step, "error", error.getClass().getSimpleName(), "sqlstate", error.getSQLState(), "text", error.getMessage(),
        "server", server, "counts", counts);
    if (error.getNextException() != null && error.getNextException() != error) {
      emitError(step + ": next", error.getNextException());
    }
  }

  /** Reads all rows with the types that the driver chooses. */
  static List<Object> rows(ResultSet result) throws SQLException {
    return rows(result, Integer.MAX_VALUE);
  }

  static List<Object> rows(ResultSet result, int limit) throws SQLException {
    ResultSetMetaData columns = result.getMetaData();
    List<Object> rows = new ArrayList<>();
    while (rows.size() < limit && result.next()) {
      List<Object> row = new ArrayList<>();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        Object value = result.getObject(i);
        row.add(value instanceof Array ? Arrays.asList((Object[]) ((Array) value).getArray()) : value);
      }
      rows.add(row);
    }
    return rows;
  }

  private static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof Boolean || value instanceof Integer || value instanceof Long) return value.toString();
    if (value instanceof int[]) return Arrays.toString((int[]) value);
    if (value instanceof byte[] || value instanceof String && ((String) value).length() > 1000) return quoted(digest(value));
    if (value instanceof String) return quoted((String) value);
    if (value instanceof List) {
      List<String> items = new ArrayList<>();
      for (Object item : (List<?>) value) items.add(json(item));
      return "[" + String.join(", ", items) + "]";
    }
    return quoted(value.getClass().getSimpleName() + " " + value);
  }

  private static String digest(Object value) {
    byte[] bytes = value instanceof byte[] ? (byte[]) value : ((String) value).getBytes(StandardCharsets.UTF_8);
    try {
      byte[] md5 = MessageDigest.getInstance("MD5").digest(bytes);
      return value.getClass().getSimpleName() + " of " + bytes.length + ", md5 " + new BigInteger(1, md5).toString(16);
    } catch (java.security.NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < ' ') out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  static void main(Map<String, Act> scenarios, String[] names) throws Exception {
    for (String name : names) {
      scenario = name;
      scenarios.get(name).run();
    }
  }

  private Outcome() {}
}
