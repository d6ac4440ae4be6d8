package io.vigil.console.view;

import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.Verdict;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What a lead looks at: ages, throughput, precision, and the blind re-review. Thread-safe. */
public final class LeadView {

  private static final int REVIEWS = 20;

  /** One decided case in this many is in the sample, by its id: nobody can choose which. */
  private static final int SAMPLED = 10;

  private final Database database;
  private final CaseRules rules;
  private final Clock clock;

  public LeadView(Database database, CaseRules rules, Clock clock) {
    this.database = database;
    this.rules = rules;
    this.clock = clock;
  }

  /** The schema {@code Lead} of the API. */
  public record Figures(
      List<Open> open,
      List<Day> days,
      List<Source> rules,
      List<Source> models,
      List<Analyst> analysts,
      long unreadable,
      long expired) {}

  /** Of a team. */
  public record Open(
      String team, long open, long overdue, long oldestS, long medianS, long expectedLossMinor) {}

  /** Of a day, UTC. */
  public record Day(
      LocalDate day,
      long opened,
      long decided,
      long fraud,
      long genuine,
      long unclear,
      @Nullable Double precision,
      @Nullable Long medianHandlingS,
      @Nullable Double withinSla) {}

  /** Of a rule or a model: how many of its alerts turned out to be what. */
  public record Source(
      String name, long alerts, long fraud, long genuine, @Nullable Double precision) {}

  /** Of a person. */
  public record Analyst(
      String name,
      long decided,
      long fraud,
      long genuine,
      long unclear,
      long undone,
      @Nullable Long medianHandlingS,
      long reviewed,
      long agreed) {}

  /** A verdict as the CSV file has it. */
  public record Decision(
      long caseId,
      String account,
      String kind,
      long alerts,
      long amountMinor,
      String currency,
      String verdict,
      @Nullable String scheme,
      String decidedBy,
      Instant decidedAt) {}

  /** Whether a reviewer agrees, and with what. */
  public record Reviewed(boolean agrees, String verdict) {}

  /** The figures of the last days, 1 to 90. */
  public Figures figures(int days) {
    Instant now = clock.instant();
    Instant from = now.truncatedTo(ChronoUnit.DAYS).minus(days - 1L, ChronoUnit.DAYS);
    return database.read(
        handle ->
            new Figures(
                open(handle, now),
                days(handle, from),
                sources(handle, "unnest(a.rules)", from),
                sources(handle, "a.model", from),
                analysts(handle, from),
                one(handle, "select count(*) from unreadable where why <> 'expired'"),
                one(
                    handle,
                    "select coalesce(sum(next_offset - first_offset), 0)::bigint from unreadable"
                        + " where why = 'expired'")));
  }

  private static long one(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(Long.class).one();
  }

  private static List<Open> open(Handle handle, Instant now) {
    return handle
        .createQuery(
            """
            select team, count(*) as n, count(*) filter (where due_at < :now) as overdue,
              extract(epoch from :now - min(opened_at))::bigint as oldest,
              extract(epoch from :now - percentile_disc(0.5) within group (order by opened_at))::bigint
                as median,
              sum(expected_loss_minor)::bigint as loss
            from fraud_case where status = 'open' group by team order by team
            """)
        .bind("now", Columns.at(now))
        .map(
            (row, context) ->
                new Open(
                    row.getString("team"),
                    row.getLong("n"),
                    row.getLong("overdue"),
                    Math.max(0, row.getLong("oldest")),
                    Math.max(0, row.getLong("median")),
                    row.getLong("loss")))
        .list();
  }

  private static List<Day> days(Handle handle, Instant from) {
    return handle
        .createQuery(
            """
            select d.day::date as day,
              (select count(*) from fraud_case where opened_at >= d.day
                and opened_at < d.day + interval '1 day' and status <> 'merged') as opened,
              count(c.case_id) as decided,
              count(*) filter (where c.verdict = 'fraud') as fraud,
              count(*) filter (where c.verdict = 'genuine') as genuine,
              count(*) filter (where c.verdict = 'unclear') as unclear,
              extract(epoch from percentile_disc(0.5)
                within group (order by c.decided_at - c.claimed_at))::bigint as handling,
              avg((c.decided_at <= c.due_at)::int)::float8 as within_sla
            from generate_series(:from, now(), interval '1 day') d (day)
            left join fraud_case c on c.status = 'decided' and c.decided_at >= d.day
              and c.decided_at < d.day + interval '1 day'
            group by d.day order by d.day
            """)
        .bind("from", Columns.at(from))
        .map(
            (row, context) ->
                new Day(
                    row.getObject("day", LocalDate.class),
                    row.getLong("opened"),
                    row.getLong("decided"),
                    row.getLong("fraud"),
                    row.getLong("genuine"),
                    row.getLong("unclear"),
                    precision(row.getLong("fraud"), row.getLong("genuine")),
                    row.getObject("handling", Long.class),
                    row.getObject("within_sla", Double.class)))
        .list();
  }

  private static @Nullable Double precision(long fraud, long genuine) {
    return fraud + genuine == 0 ? null : (double) fraud / (fraud + genuine);
  }

  private static List<Source> sources(Handle handle, String expression, Instant from) {
    // The expression is this class's own.
    return handle
        .createQuery(
            """
            select s.name, count(*) as n, count(*) filter (where t.value = 'FRAUD') as fraud,
              count(*) filter (where t.value = 'GENUINE') as genuine
            from (select %s as name, a.transaction_id from alert a where a.received_at >= :from) s
            left join lateral (
              select value from label l where l.transaction_id = s.transaction_id
              order by l.label_time desc, l.label_id desc limit 1) t on true
            group by 1 order by 2 desc, 1 limit 100
            """
                .formatted(expression))
        .bind("from", Columns.at(from))
        .map(
            (row, context) ->
                new Source(
                    row.getString("name"),
                    row.getLong("n"),
                    row.getLong("fraud"),
                    row.getLong("genuine"),
                    precision(row.getLong("fraud"), row.getLong("genuine"))))
        .list();
  }

  private static List<Analyst> analysts(Handle handle, Instant from) {
    return handle
        .createQuery(
            """
            select c.decided_by as name, count(*) as n,
              count(*) filter (where c.verdict = 'fraud') as fraud,
              count(*) filter (where c.verdict = 'genuine') as genuine,
              count(*) filter (where c.verdict = 'unclear') as unclear,
              (select count(*) from verdict v where v.person = c.decided_by and v.undone_at is not null
                and v.at >= :from) as undone,
              extract(epoch from percentile_disc(0.5)
                within group (order by c.decided_at - c.claimed_at))::bigint as handling,
              (select count(*) from review r join fraud_case x on x.case_id = r.case_id
                where x.decided_by = c.decided_by and r.at >= :from) as reviewed,
              (select count(*) from review r join fraud_case x on x.case_id = r.case_id
                where x.decided_by = c.decided_by and r.agrees and r.at >= :from) as agreed
            from fraud_case c where c.status = 'decided' and c.decided_at >= :from
            group by c.decided_by order by n desc, 1
            """)
        .bind("from", Columns.at(from))
        .map(
            (row, context) ->
                new Analyst(
                    row.getString("name"),
                    row.getLong("n"),
                    row.getLong("fraud"),
                    row.getLong("genuine"),
                    row.getLong("unclear"),
                    row.getLong("undone"),
                    row.getObject("handling", Long.class),
                    row.getLong("reviewed"),
                    row.getLong("agreed")))
        .list();
  }

  /** Verdicts of the last days, oldest first; accounts are masked. */
  public List<Decision> decisions(int days) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    select * from fraud_case where status = 'decided' and decided_at >= :from
                    order by decided_at, case_id
                    """)
                .bind("from", Columns.at(from(days)))
                .map(
                    (row, context) ->
                        new Decision(
                            row.getLong("case_id"),
                            Mask.id(row.getString("account")),
                            row.getString("kind"),
                            row.getLong("alerts"),
                            row.getLong("amount_minor"),
                            row.getString("base_currency"),
                            row.getString("verdict"),
                            row.getString("scheme"),
                            row.getString("decided_by"),
                            Columns.instant(row, "decided_at")))
                .list());
  }

  private Instant from(int days) {
    return clock
        .instant()
        .atOffset(ZoneOffset.UTC)
        .truncatedTo(ChronoUnit.DAYS)
        .minusDays(days - 1L)
        .toInstant();
  }

  /** Decided cases of others that the person has not reviewed, without who decided what. */
  public List<CaseRow> sample(String person) {
    Instant now = clock.instant();
    return database.read(
        handle ->
            handle
                .createQuery(
                    CaseRow.SELECT
                        + """
                         where c.status = 'decided' and c.decided_by <> :person
                           and c.case_id % :sampled = 0
                           and not exists (select 1 from review r
                             where r.case_id = c.case_id and r.reviewer = :person)
                         order by c.decided_at desc limit :most
                        """)
                .bind("now", Columns.at(now))
                .bind("person", person)
                .bind("sampled", SAMPLED)
                .bind("most", REVIEWS)
                .map((row, context) -> CaseRow.of(row, rules, now, false).blind())
                .list());
  }

  /**
   * A second verdict, given without having seen the first.
   *
   * @throws Refusal {@code not_in_sample}
   */
  public Reviewed review(String person, long caseId, Verdict verdict) {
    return database.inTransaction(
        handle -> {
          String decided =
              handle
                  .createQuery(
                      """
                      select verdict from fraud_case where case_id = :case and status = 'decided'
                        and decided_by <> :person and case_id % :sampled = 0
                      """)
                  .bind("case", caseId)
                  .bind("person", person)
                  .bind("sampled", SAMPLED)
                  .mapTo(String.class)
                  .findFirst()
                  .orElseThrow(
                      () ->
                          Refusal.conflict(
                              "not_in_sample",
                              "case C-" + caseId + " is not in your sample of decided cases"));
          boolean agrees = decided.equals(verdict.wire());
          handle
              .createUpdate(
                  "insert into review (case_id, reviewer, verdict, agrees)"
                      + " values (:case, :person, :verdict, :agrees) on conflict do nothing")
              .bind("case", caseId)
              .bind("person", person)
              .bind("verdict", verdict.wire())
              .bind("agrees", agrees)
              .execute();
          return new Reviewed(agrees, decided);
        });
  }
}
