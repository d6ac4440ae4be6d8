package io.vigil.console.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Values on their way into columns and out of them. Stateless. */
public final class Columns {

  private Columns() {}

  /** For a column of type timestamptz. */
  public static @Nullable OffsetDateTime at(@Nullable Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }

  /** Of a column that is never null. */
  public static Instant instant(ResultSet row, String column) throws SQLException {
    Instant instant = instantOrNull(row, column);
    if (instant == null) {
      throw new IllegalStateException("column " + column + " is null");
    }
    return instant;
  }

  /** Of a column that may be null. */
  public static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    Timestamp value = row.getTimestamp(column);
    return value == null ? null : value.toInstant();
  }

  /**
   * Text that PostgreSQL takes: U+FFFD, the replacement character, in place of each U+0000. What
   * comes from a topic may hold any character.
   */
  public static String clean(String text) {
    return text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
  }

  /** As {@link #clean}; null stays null. */
  public static @Nullable String cleanOrNull(@Nullable String text) {
    return text == null ? null : clean(text);
  }
}
