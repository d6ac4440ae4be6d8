package io.vigil.console.view;

import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds a case: its accounts' payments, the rows behind a reason, what it shares with
 * other accounts, and decided cases like it. Thread-safe.
 */
public final class Surroundings {

  private static final int DAYS = 90;
  private static final int LINK_DAYS = 30;
  private static final int TIMELINE = 1_000;
  private static final int ROWS = 200;
  private static final int ACCOUNTS = 20;
  private static final int ENTITIES = 16;
  private static final int OTHERS = 6;
  private static final int SIMILAR = 5;

  /**
   * What ties accounts together by any payment; the others only by alerts: everybody shops
   * somewhere.
   */
  private static final Set<String> BY_PAYMENT = Set.of("device", "card", "counterparty");

  private final Database database;
  private final CaseRules rules;
  private final Clock clock;

  public Surroundings(Database database, CaseRules rules, Clock clock) {
    this.database = database;
    this.rules = rules;
    this.clock = clock;
  }

  /** A payment; the schema {@code Row} of the API. */
  public record Row(
      String transactionId,
      Instant eventTime,
      String account,
      @Nullable String merchant,
      @Nullable String device,
      @Nullable String terminal,
      @Nullable String counterparty,
      long amountMinor,
      String currency,
      String channel,
      @Nullable String country,
      String outcome,
      @Nullable Double score,
      @Nullable String alertId,
      boolean inCase,
      @Nullable LabelView label) {}

  /** Rows behind a reason: of which entity, and whether there are more. */
  public record Behind(String entity, String value, List<Row> rows, boolean more) {}

  /** A node of the graph of links. */
  public record Node(
      String id,
      String kind,
      String label,
      boolean inCase,
      long payments,
      long alerts,
      long frauds,
      long genuine,
      @Nullable Long caseId,
      @Nullable String verdict) {}

  public record Edge(String from, String to, long payments) {}

  /** What the case's accounts share with others. */
  public record Links(List<Node> nodes, List<Edge> edges, boolean more) {}

  /** A decided case, how like it is, 0 to 1, and which reasons both have. */
  public record Similar(
      @com.fasterxml.jackson.annotation.JsonUnwrapped CaseRow row,
      double likeness,
      List<String> shared) {}

  private record Head(List<String> accounts, Instant first, Instant last) {}

  private static Head head(Handle handle, long caseId) {
    return handle
        .createQuery(
            "select accounts, first_event_time, last_event_time from fraud_case where case_id = :case")
        .bind("case", caseId)
        .map(
            (row, context) ->
                new Head(
                    List.of((String[]) row.getArray("accounts").getArray()),
                    Columns.instant(row, "first_event_time"),
                    Columns.instant(row, "last_event_time")))
        .findFirst()
        .orElseThrow(() -> Refusal.noCase(caseId));
  }

  private static final String ROW =
      "select d.transaction_id, d.event_time, d.account, d.merchant, d.device, d.terminal,"
          + " d.counterparty, d.amount_minor, d.currency, d.channel, d.country, d.outcome, d.score,"
          + " d.alert_id, exists (select 1 from alert a where a.alert_id = d.alert_id"
          + " and a.case_id = :case) as in_case, "
          + LabelView.COLUMNS
          + " from decision d "
          + LabelView.join("d");

  /** The accounts' payments of 90 days before the case and of the time after, newest first. */
  public List<Row> timeline(long caseId, boolean revealed) {
    return database.read(
        handle -> {
          Head head = head(handle, caseId);
          return handle
              .createQuery(
                  ROW
                      + " where d.account = any(:accounts) and d.event_time >= :from"
                      + " order by d.event_time desc, d.transaction_id limit :most")
              .bind("case", caseId)
              .bindArray(
                  "accounts", String.class, head.accounts().stream().limit(ACCOUNTS).toList())
              .bind("from", Columns.at(head.first().minus(DAYS, ChronoUnit.DAYS)))
              .bind("most", TIMELINE)
              .map((row, context) -> row(row, revealed))
              .list();
        });
  }

  /**
   * The rows behind a reason.
   *
   * @throws Refusal {@code no_alert} when the case has no such alert
   */
  public Behind rows(long caseId, String alertId, String reason, boolean revealed) {
    return database.read(
        handle -> {
          record Subject(Map<String, @Nullable String> entities, Instant at) {}
          Subject subject =
              handle
                  .createQuery("select * from alert where case_id = :case and alert_id = :alert")
                  .bind("case", caseId)
                  .bind("alert", Columns.clean(alertId))
                  .map(
                      (row, context) -> {
                        Map<String, @Nullable String> entities = new LinkedHashMap<>();
                        for (String name :
                            List.of("account", "device", "merchant", "terminal", "counterparty")) {
                          entities.put(name, row.getString(name));
                        }
                        return new Subject(entities, Columns.instant(row, "event_time"));
                      })
                  .findFirst()
                  .orElseThrow(
                      () ->
                          new Refusal(
                              Refusal.Kind.NOT_FOUND,
                              "no_alert",
                              "case C-" + caseId + " has no such alert"));
          String entity = Evidence.entity(reason);
          String value = subject.entities().get(entity);
          if (value == null) {
            entity = "account";
            value = subject.entities().get(entity);
          }
          if (value == null) {
            throw new IllegalStateException("alert " + alertId + " has no account");
          }
          List<Row> rows =
              handle
                  .createQuery(
                      ROW
                          + " where d."
                          + entity
                          + " = :value and d.event_time between :from and :to"
                          + " order by d.event_time desc, d.transaction_id limit :most")
                  .bind("case", caseId)
                  .bind("value", value)
                  .bind("from", Columns.at(subject.at().minus(DAYS, ChronoUnit.DAYS)))
                  .bind("to", Columns.at(subject.at()))
                  .bind("most", ROWS + 1)
                  .map((row, context) -> row(row, revealed))
                  .list();
          boolean person = entity.equals("account") || entity.equals("counterparty");
          return new Behind(
              entity,
              revealed || !person ? value : Mask.id(value),
              rows.size() > ROWS ? rows.subList(0, ROWS) : rows,
              rows.size() > ROWS);
        });
  }

  private static Row row(ResultSet row, boolean revealed) throws SQLException {
    return new Row(
        row.getString("transaction_id"),
        Columns.instant(row, "event_time"),
        revealed ? row.getString("account") : Mask.id(row.getString("account")),
        row.getString("merchant"),
        row.getString("device"),
        row.getString("terminal"),
        Mask.idOrNull(row.getString("counterparty"), revealed),
        row.getLong("amount_minor"),
        row.getString("currency"),
        row.getString("channel"),
        row.getString("country"),
        row.getString("outcome"),
        row.getObject("score", Double.class),
        row.getString("alert_id"),
        row.getBoolean("in_case"),
        LabelView.of(row));
  }

  private record Entity(String kind, String value) {}

  /** What the case's alerts touched, and which other accounts touched it within 30 days. */
  public Links links(long caseId, boolean revealed) {
    return database.read(
        handle -> {
          Head head = head(handle, caseId);
          Instant from = head.first().minus(LINK_DAYS, ChronoUnit.DAYS);
          Graph graph = new Graph(revealed);
          graph.more = head.accounts().size() > ACCOUNTS;
          for (String account : head.accounts().stream().limit(ACCOUNTS).toList()) {
            graph.account(handle, account, true, caseId);
          }
          List<Entity> entities = entities(handle, caseId);
          graph.more |= entities.size() > ENTITIES;
          for (Entity entity : entities.stream().limit(ENTITIES).toList()) {
            graph.entity(handle, entity, from, caseId);
          }
          return new Links(List.copyOf(graph.nodes.values()), graph.edges, graph.more);
        });
  }

  /** Those of most alerts first. */
  private static List<Entity> entities(Handle handle, long caseId) {
    return handle
        .createQuery(
            """
            select e.kind, e.value, count(*) as n
            from alert a, lateral (values ('device', a.device), ('card', a.card),
              ('counterparty', a.counterparty), ('merchant', a.merchant),
              ('terminal', a.terminal)) e (kind, value)
            where a.case_id = :case and e.value is not null
            group by 1, 2 order by n desc, 1, 2 limit :most
            """)
        .bind("case", caseId)
        .bind("most", ENTITIES + 1)
        .map((row, context) -> new Entity(row.getString("kind"), row.getString("value")))
        .list();
  }

  /** Nodes are named by numbers: an id in the answer would tell what is masked. */
  private static final class Graph {
    private final Map<Entity, Node> nodes = new LinkedHashMap<>();
    private final List<Edge> edges = new ArrayList<>();
    private final boolean revealed;
    private boolean more;

    Graph(boolean revealed) {
      this.revealed = revealed;
    }

    private String account(Handle handle, String account, boolean inCase, long caseId) {
      Entity key = new Entity("account", account);
      Node known = nodes.get(key);
      if (known != null) {
        return known.id();
      }
      String id = "n" + nodes.size();
      Node node =
          handle
              .createQuery(
                  """
                  select (select count(*) from alert where account = :account) as alerts,
                    (select count(*) from (select distinct on (transaction_id) value from label
                      where account = :account
                      order by transaction_id, label_time desc, label_id desc) l
                      where value = 'FRAUD') as frauds,
                    (select count(*) from (select distinct on (transaction_id) value from label
                      where account = :account
                      order by transaction_id, label_time desc, label_id desc) l
                      where value = 'GENUINE') as genuine,
                    (select count(*) from decision where account = :account) as payments,
                    o.case_id, o.verdict
                  from (values (1)) v left join lateral (
                    select case_id, verdict from fraud_case
                    where accounts @> array[cast(:account as text)] and case_id <> :case and status <> 'merged'
                    order by opened_at desc limit 1) o on true
                  """)
              .bind("account", account)
              .bind("case", caseId)
              .map(
                  (row, context) ->
                      new Node(
                          id,
                          "account",
                          revealed ? account : Mask.id(account),
                          inCase,
                          row.getLong("payments"),
                          row.getLong("alerts"),
                          row.getLong("frauds"),
                          row.getLong("genuine"),
                          row.getObject("case_id", Long.class),
                          row.getString("verdict")))
              .one();
      nodes.put(key, node);
      return id;
    }

    private void entity(Handle handle, Entity entity, Instant from, long caseId) {
      String column = entity.kind();
      boolean byPayment = BY_PAYMENT.contains(column);
      // Column names are this class's own.
      List<Map.Entry<String, Long>> users =
          handle
              .createQuery(
                  "select account, count(*) as n from %s where %s = :value and event_time >= :from group by 1 order by 2 desc, 1 limit :most"
                      .formatted(byPayment ? "decision" : "alert", column))
              .bind("value", entity.value())
              .bind("from", Columns.at(from))
              .bind("most", ACCOUNTS + OTHERS + 1)
              .map((row, context) -> Map.entry(row.getString("account"), row.getLong("n")))
              .list();
      boolean personal = column.equals("counterparty") || column.equals("card");
      String id = "n" + nodes.size();
      nodes.put(
          entity,
          new Node(
              id,
              column,
              revealed || !personal ? entity.value() : Mask.id(entity.value()),
              true,
              users.stream().mapToLong(Map.Entry::getValue).sum(),
              byPayment ? 0 : users.stream().mapToLong(Map.Entry::getValue).sum(),
              0,
              0,
              null,
              null));
      int others = 0;
      for (Map.Entry<String, Long> user : users) {
        boolean known = nodes.containsKey(new Entity("account", user.getKey()));
        if (!known && ++others > OTHERS) {
          more = true;
          continue;
        }
        edges.add(new Edge(account(handle, user.getKey(), false, caseId), id, user.getValue()));
      }
    }
  }

  /**
   * Decided cases with the same reasons: the share of reasons that both have (Jaccard), and a
   * little for the same strongest reason, channel, and size.
   */
  public List<Similar> similar(long caseId) {
    Instant now = clock.instant();
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    select c.*, l.person as held_by, l.until as held_until, s.likeness, s.shared
                    from fraud_case x cross join lateral (
                      select o.case_id, i.shared,
                        0.7 * cardinality(i.shared)
                            / (cardinality(o.codes) + cardinality(x.codes) - cardinality(i.shared))
                          + 0.1 * (o.kind = x.kind)::int + 0.1 * (o.channel = x.channel)::int
                          + 0.1 / (1 + abs(ln((1 + o.amount_minor)::float8 / (1 + x.amount_minor))))
                          as likeness
                      from (select * from fraud_case where status = 'decided' and codes && x.codes
                          and case_id <> x.case_id order by decided_at desc limit 2000) o,
                        lateral (select array(select unnest(o.codes) intersect select unnest(x.codes))
                          as shared) i
                      order by likeness desc, o.case_id desc limit :most) s
                    join fraud_case c on c.case_id = s.case_id
                    left join claim l on l.case_id = c.case_id and l.until > :now
                    where x.case_id = :case order by s.likeness desc, c.case_id desc
                    """)
                .bind("case", caseId)
                .bind("most", SIMILAR)
                .bind("now", Columns.at(now))
                .map(
                    (row, context) ->
                        new Similar(
                            CaseRow.of(row, rules, now, false),
                            row.getDouble("likeness"),
                            List.of((String[]) row.getArray("shared").getArray())))
                .list());
  }
}
