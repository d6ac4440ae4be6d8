package io.vigil.console.view;

import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.Team;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.console.store.Sealing;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The queue, a page at a time, and what is in it. Thread-safe. */
public final class QueueView {

  private static final int COUNTED = 100_000;
  private static final int COUNTED_NEW = 1_000;
  private static final int TERMS = 8;
  private static final long FACETS_MS = 1_000;
  private static final Pattern CASE_NUMBER = Pattern.compile("(?i)c-(\\d{1,15})");

  private final Database database;
  private final CaseRules rules;
  private final Clock clock;
  private final Sealing sealing;
  private volatile @Nullable Facets facets;

  public QueueView(Database database, CaseRules rules, Clock clock, Sealing sealing) {
    this.database = database;
    this.rules = rules;
    this.clock = clock;
    this.sealing = sealing;
  }

  /**
   * What of the queue is looked at.
   *
   * @param status a case status, or {@code all}
   * @param holder only cases that this person holds
   * @param words all must occur, each may be a beginning
   */
  public record Filter(
      @Nullable Team team,
      @Nullable String kind,
      String status,
      @Nullable String holder,
      @Nullable String words) {}

  /** A page; {@code next} is null on the last one, and {@code total} on all but the first. */
  public record Page(
      List<CaseRow> cases, @Nullable String next, @Nullable Long total, Instant asOf) {}

  /** Counts: of all cases by status, of the open ones by team and kind. */
  public record Counts(
      Map<String, Long> status, Map<String, Long> teams, Map<String, Long> kinds) {}

  private record Facets(Counts counts, long atMs) {}

  /** By what a view is sorted: greatest first, then by case id. */
  private enum Order {
    RANK("c.rank"),
    DECIDED("extract(epoch from c.decided_at)::float8"),
    OPENED("c.case_id::float8");

    private final String expression;

    Order(String expression) {
      this.expression = expression;
    }

    static Order of(String status) {
      return switch (status) {
        case "decided" -> DECIDED;
        case "all" -> OPENED;
        default -> RANK;
      };
    }
  }

  /**
   * A page.
   *
   * @param after {@code next} of the page before; null for the first
   * @param limit 1 to 200
   */
  public Page page(Filter filter, @Nullable String after, int limit) {
    Instant now = clock.instant();
    Order order = Order.of(filter.status());
    Where where = where(filter);
    List<String> conditions = new ArrayList<>(where.conditions());
    Map<String, Object> binds = new LinkedHashMap<>(where.binds());
    if (after != null) {
      Cursor cursor = Cursor.of(after);
      conditions.add(
          order.expression
              + " <= :cursor and ("
              + order.expression
              + " < :cursor or c.case_id > :cursor_id)");
      binds.put("cursor", cursor.value());
      binds.put("cursor_id", cursor.caseId());
    }
    return database.read(
        handle -> {
          List<Map.Entry<CaseRow, Double>> rows =
              bind(
                      handle.createQuery(
                          CaseRow.SELECT.replace(
                                  "select c.*", "select " + order.expression + " as sort, c.*")
                              + " where "
                              + String.join(" and ", conditions)
                              + " order by "
                              + order.expression
                              + " desc, c.case_id limit :limit"),
                      binds)
                  .bind("limit", limit + 1)
                  .bind("now", Columns.at(now))
                  .map(
                      (row, context) ->
                          Map.entry(CaseRow.of(row, rules, now, false), row.getDouble("sort")))
                  .list();
          String next = null;
          if (rows.size() > limit) {
            rows = rows.subList(0, limit);
            Map.Entry<CaseRow, Double> last = rows.get(limit - 1);
            next = new Cursor(last.getValue(), last.getKey().caseId()).encode();
          }
          Long total = after == null ? count(handle, where, COUNTED, now) : null;
          return new Page(rows.stream().map(Map.Entry::getKey).toList(), next, total, now);
        });
  }

  /** How many cases of a view are new, or have new alerts, since; at most 1,000 are counted. */
  public long countNew(Filter filter, Instant since) {
    Where where = where(filter);
    List<String> conditions = new ArrayList<>(where.conditions());
    conditions.add("c.changed_at > :since");
    Map<String, Object> binds = new LinkedHashMap<>(where.binds());
    binds.put("since", Columns.at(since));
    return database.read(
        handle -> count(handle, new Where(conditions, binds), COUNTED_NEW, clock.instant()));
  }

  /** How many cases there are; at most a second old. */
  public Counts counts() {
    Facets known = facets;
    long nowMs = clock.millis();
    if (known != null && nowMs - known.atMs() < FACETS_MS) {
      return known.counts();
    }
    Counts counts =
        database.read(
            handle ->
                new Counts(
                    counts(handle, "status", "status <> 'merged'"),
                    counts(handle, "team", "status = 'open'"),
                    counts(handle, "kind", "status = 'open'")));
    facets = new Facets(counts, nowMs);
    return counts;
  }

  private static Map<String, Long> counts(Handle handle, String column, String condition) {
    Map<String, Long> counts = new LinkedHashMap<>();
    handle
        .createQuery(
            "select %s as name, count(*) as n from fraud_case where %s group by 1 order by 2 desc, 1"
                .formatted(column, condition))
        .map((row, context) -> Map.entry(row.getString("name"), row.getLong("n")))
        .forEach(each -> counts.put(each.getKey(), each.getValue()));
    return counts;
  }

  private static long count(Handle handle, Where where, int most, Instant now) {
    return bind(
            handle.createQuery(
                "select count(*) from (select 1 from fraud_case c left join claim l"
                    + " on l.case_id = c.case_id and l.until > :now where "
                    + String.join(" and ", where.conditions())
                    + " limit :most) t"),
            where.binds())
        .bind("now", Columns.at(now))
        .bind("most", most)
        .mapTo(Long.class)
        .one();
  }

  private record Where(List<String> conditions, Map<String, Object> binds) {}

  private Where where(Filter filter) {
    List<String> conditions = new ArrayList<>();
    Map<String, Object> binds = new LinkedHashMap<>();
    Matcher number = CASE_NUMBER.matcher(filter.words() == null ? "" : filter.words().strip());
    if (number.matches()) {
      conditions.add("c.case_id = :number");
      binds.put("number", Long.parseLong(number.group(1)));
      return new Where(conditions, binds);
    }
    // A literal, so that the partial indexes apply.
    conditions.add(
        switch (filter.status()) {
          case "open", "waiting", "snoozed", "pending", "decided" ->
              "c.status = '" + filter.status() + "'";
          case "all" -> "c.status <> 'merged'";
          default ->
              throw new Refusal(
                  Refusal.Kind.BAD_REQUEST,
                  "bad_request",
                  "status: expected open, waiting, snoozed, pending, decided or all");
        });
    if (filter.team() != null) {
      conditions.add("c.team = :team");
      binds.put("team", filter.team().wire());
    }
    if (filter.kind() != null) {
      conditions.add("c.kind = :kind");
      binds.put("kind", filter.kind());
    }
    if (filter.holder() != null) {
      conditions.add("l.person = :holder");
      binds.put("holder", filter.holder());
    }
    if (filter.words() != null) {
      // Who calls names the account as it is, and cases have its pseudonym.
      String words = filter.words();
      search(sealing.pseudonym(words.strip()).orElse(words), conditions, binds);
    }
    return new Where(conditions, binds);
  }

  /**
   * Each word as the beginning of an id or word as it stands, or as words that a text is split
   * into.
   */
  private static void search(String words, List<String> conditions, Map<String, Object> binds) {
    String[] terms = words.strip().toLowerCase(Locale.ROOT).split("\\s+", TERMS);
    for (int i = 0; i < terms.length; i++) {
      if (terms[i].isEmpty()) {
        continue;
      }
      conditions.add(
          "c.words @@ (cast(:begins%1$d as tsquery) || plainto_tsquery('simple', :plain%1$d))"
              .formatted(i));
      String literal = terms[i].replace("\\", "\\\\").replace("'", "''");
      binds.put("begins" + i, "'" + literal + "':*");
      binds.put("plain" + i, terms[i]);
    }
  }

  private static Query bind(Query query, Map<String, Object> binds) {
    binds.forEach(query::bind);
    return query;
  }

  /** Where a page ended. */
  private record Cursor(double value, long caseId) {
    String encode() {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString((value + "|" + caseId).getBytes(StandardCharsets.US_ASCII));
    }

    static Cursor of(String text) {
      try {
        String[] parts =
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII)
                .split("\\|", 2);
        return new Cursor(Double.parseDouble(parts[0]), Long.parseLong(parts[1]));
      } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
        throw new Refusal(
            Refusal.Kind.BAD_REQUEST, "bad_request", "after: expected `next` of the page before");
      }
    }
  }

  /** The instant of a query parameter. */
  public static Instant instant(@Nullable String text, String name) {
    try {
      return Instant.parse(text == null ? "" : text);
    } catch (DateTimeException e) {
      throw new Refusal(
          Refusal.Kind.BAD_REQUEST,
          "bad_request",
          name + ": expected an ISO 8601 time in UTC such as 2026-01-31T12:00:00Z");
    }
  }
}
