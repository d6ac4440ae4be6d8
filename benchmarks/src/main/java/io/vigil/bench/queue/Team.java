package io.vigil.bench.queue;

import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.CaseStore;
import io.vigil.console.cases.Claims;
import io.vigil.console.cases.Intake;
import io.vigil.console.cases.Verdict;
import io.vigil.console.cases.VerdictRequest;
import io.vigil.console.cases.Verdicts;
import io.vigil.console.store.Database;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A team of limited capacity, spread evenly over the day, that works through the console's own
 * cases on a database of its own. It sees the truth: a case with a fraud in it gets the verdict
 * fraud, and its accounts are blocked. What a block prevents raises no alert. Where four eyes are
 * required a second person approves at once, which takes the same time again. Not thread-safe.
 */
final class Team {
  private static final String ANALYST = "analyst";
  private static final String SECOND = "second";
  private static final double MINUTE_MS = 60_000;
  private static final double MINUTES_A_DAY = 1440;

  private final Database database;
  private final Period period;
  private final WorkTime work;
  private final Map<String, SimAlert> alerts;
  private final HandClock clock;
  private final Intake intake;
  private final Claims claims;
  private final Verdicts verdicts;

  private final Map<String, Long> decidedMs = new HashMap<>();
  private final Map<Episode, Long> blockedMs = new HashMap<>();
  private int fed;
  private int arrived;
  private int decisions;
  private int needlessBlocks;
  private double minutes;

  /**
   * @param database empty, with the console's schema
   */
  Team(Database database, Period period, CaseRules rules, WorkTime work) {
    this.database = database;
    this.period = period;
    this.work = work;
    this.alerts =
        period.alerts().stream().collect(Collectors.toMap(SimAlert::id, Function.identity()));
    this.clock = new HandClock(period.startMs());
    CaseStore store = new CaseStore(rules, clock);
    this.intake = new Intake(store);
    this.claims = new Claims(database, store);
    this.verdicts = new Verdicts(database, store, claims);
  }

  /** Takes in the whole period without deciding anything. */
  Groups groups() {
    feed(period.endMs());
    return Groups.of(cases().values(), work);
  }

  /**
   * Works through the period.
   *
   * @param minutesADay what the team can do
   */
  Worked work(Order order, double minutesADay) {
    return work(order.sql(), minutesADay);
  }

  /**
   * As {@link #work(Order, double)}.
   *
   * @param sql by what open cases are sorted; empty for the console's own order
   */
  Worked work(String sql, double minutesADay) {
    long freeMs = period.startMs();
    while (freeMs < period.endMs()) {
      feed(freeMs);
      clock.moveTo(freeMs);
      Optional<Long> taken = take(sql);
      if (taken.isEmpty()) {
        if (fed == period.alerts().size()) {
          break;
        }
        freeMs = period.alerts().get(fed).timeMs();
        continue;
      }
      long caseId = taken.get();
      double needed = work.minutes(alertsOf(caseId).size());
      long doneMs = freeMs + Math.round(needed * MINUTE_MS);
      if (doneMs >= period.endMs()) {
        break;
      }
      // What joins meanwhile is decided with it.
      feed(doneMs);
      clock.moveTo(doneMs);
      double took = decide(caseId, needed);
      freeMs =
          Math.max(doneMs, freeMs + Math.round(took * MINUTE_MS * MINUTES_A_DAY / minutesADay));
    }
    feed(period.endMs());
    return new Worked(
        arrived,
        decidedMs,
        blockedMs,
        decisions,
        needlessBlocks,
        minutes,
        Groups.of(cases().values(), work));
  }

  /** Alerts up to a time reach the console, each at its own. */
  private void feed(long untilMs) {
    while (fed < period.alerts().size() && period.alerts().get(fed).timeMs() <= untilMs) {
      SimAlert next = period.alerts().get(fed++);
      if (next.episode() == null || !blockedMs.containsKey(next.episode())) {
        clock.moveTo(next.timeMs());
        database.transact(
            handle -> {
              long unused = intake.accept(handle, next.alert(), next.record());
            });
        arrived++;
      }
    }
  }

  private Optional<Long> take(String sql) {
    if (sql.isEmpty()) {
      return claims.next(ANALYST, null, null);
    }
    Optional<Long> first =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "select case_id from fraud_case where status = 'open' order by "
                            + sql
                            + " limit 1")
                    .mapTo(Long.class)
                    .findFirst());
    first.ifPresent(
        caseId -> {
          var unused = claims.claim(ANALYST, caseId);
        });
    return first;
  }

  /** Returns the minutes that it took. */
  private double decide(long caseId, double needed) {
    List<SimAlert> of = alertsOf(caseId);
    boolean fraud = of.stream().anyMatch(SimAlert::fraud);
    long version =
        database.read(
            handle ->
                handle
                    .createQuery("select version from fraud_case where case_id = :id")
                    .bind("id", caseId)
                    .mapTo(Long.class)
                    .one());
    Verdicts.Done done =
        verdicts.decide(
            ANALYST,
            new VerdictRequest(
                List.of(new VerdictRequest.Seen(caseId, version)),
                fraud ? Verdict.FRAUD : Verdict.GENUINE,
                null,
                fraud ? List.of("BLOCK") : List.of(),
                null));
    double took = needed;
    if (!done.pending().isEmpty()) {
      verdicts.approve(SECOND, caseId, true, null);
      took += needed;
    }
    long nowMs = clock.millis();
    Set<String> victims = new HashSet<>();
    for (SimAlert each : of) {
      decidedMs.put(each.id(), nowMs);
      if (each.episode() != null) {
        blockedMs.putIfAbsent(each.episode(), nowMs);
        victims.add(each.episode().account());
      }
    }
    if (fraud) {
      needlessBlocks +=
          (int)
              of.stream()
                  .map(each -> each.alert().getTransaction().getAccount())
                  .filter(account -> !victims.contains(account))
                  .distinct()
                  .count();
    }
    decisions++;
    minutes += took;
    return took;
  }

  private List<SimAlert> alertsOf(long caseId) {
    return database.read(
        handle ->
            handle
                .createQuery("select alert_id from alert where case_id = :id")
                .bind("id", caseId)
                .mapTo(String.class)
                .map(this::alert)
                .list());
  }

  Map<Long, List<SimAlert>> cases() {
    Map<Long, List<SimAlert>> cases = new LinkedHashMap<>();
    database.read(
        handle ->
            handle
                .createQuery("select case_id, alert_id from alert order by case_id, event_time")
                .map(
                    (row, context) ->
                        cases
                            .computeIfAbsent(row.getLong("case_id"), id -> new ArrayList<>())
                            .add(alert(row.getString("alert_id"))))
                .list());
    return cases;
  }

  private SimAlert alert(String id) {
    SimAlert alert = alerts.get(id);
    if (alert == null) {
      throw new IllegalStateException("alert " + id + " is none of the period");
    }
    return alert;
  }
}
