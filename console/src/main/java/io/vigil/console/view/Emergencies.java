package io.vigil.console.view;

import io.vigil.console.store.Database;
import java.sql.Array;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What was put in force by breaking the glass and nobody has looked at yet. Thread-safe. */
public final class Emergencies {
  private static final int MOST = 20;

  private final Database database;

  public Emergencies(Database database) {
    this.database = database;
  }

  /**
   * An emergency.
   *
   * @param kind of the artefact, such as rule_set
   * @param alias the place that it took
   * @param persons who broke the glass
   * @param until when what was there before is back; null for no end
   */
  public record Emergency(
      String request,
      String kind,
      String name,
      String version,
      String alias,
      List<String> persons,
      @Nullable Instant until) {}

  /** Those that are not reviewed, the latest to end first; 20 at most. */
  public List<Emergency> unreviewed() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    select request_id, kind, name, version, alias, persons, ends_at
                    from broken_glass where reviewed_by is null
                    order by ends_at desc nulls first, request_id limit :most
                    """)
                .bind("most", MOST)
                .map(
                    (row, context) -> {
                      Array persons = row.getArray("persons");
                      OffsetDateTime until = row.getObject("ends_at", OffsetDateTime.class);
                      return new Emergency(
                          row.getString("request_id"),
                          row.getString("kind").toLowerCase(Locale.ROOT),
                          row.getString("name"),
                          row.getString("version"),
                          row.getString("alias").toLowerCase(Locale.ROOT),
                          List.of((String[]) persons.getArray()),
                          until == null ? null : until.toInstant());
                    })
                .list());
  }
}
