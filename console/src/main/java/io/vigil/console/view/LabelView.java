package io.vigil.console.view;

import io.vigil.console.store.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The label in force of a transaction; the schema {@code Label} of the API. */
public record LabelView(
    String value,
    @Nullable String scheme,
    String source,
    Instant labelTime,
    @Nullable Instant appliedAt) {

  static final String COLUMNS =
      "t.value as label_value, t.scheme as label_scheme, t.source as label_source,"
          + " t.label_time, t.applied_at as label_applied";

  /** Joins as {@code t} the label in force of a table's transaction: the latest one. */
  static String join(String table) {
    return """
        left join lateral (
          select * from label l where l.transaction_id = %s.transaction_id
          order by l.label_time desc, l.label_id desc limit 1) t on true
        """
        .formatted(table);
  }

  static @Nullable LabelView of(ResultSet row) throws SQLException {
    String value = row.getString("label_value");
    if (value == null || value.equals("WITHDRAWN")) {
      return null;
    }
    return new LabelView(
        value,
        row.getString("label_scheme"),
        row.getString("label_source"),
        Columns.instant(row, "label_time"),
        Columns.instantOrNull(row, "label_applied"));
  }
}
