package io.vigil.cli.simulate;

import io.vigil.cli.simulate.FraudScripts.Victim;
import io.vigil.cli.simulate.Reports.Report;
import io.vigil.schema.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Launches campaigns so that each kind takes its share of the stream, and holds their rows until
 * their time. Each campaign is followed by a pause that its own rows pay for, jittered by half, so
 * that shares keep close to what was asked. The rows held are those of at most three weeks. Not
 * thread-safe.
 */
final class Campaigns {
  /** A row of a campaign before its time; the order breaks ties. */
  record Planned(Draft draft, FraudKind kind, String cause, @Nullable Report report, long order) {}

  /** A merchant that leaks, and the cards that were used there meanwhile. */
  private record Leak(int merchant, String cause, long untilMs, int wanted, List<Victim> victims) {}

  /** When the next campaign of a kind begins, and how many began before. */
  private static final class Schedule {
    final FraudKind kind;
    double nextMs;
    int launched;

    Schedule(FraudKind kind) {
      this.kind = kind;
    }
  }

  private final double rowsPerMs;
  private final SimulatorOptions options;
  private final FraudScripts scripts;
  private final Reports reports;
  private final SimRandom random;
  private final List<Schedule> schedules = new ArrayList<>();
  private final Schedule compromises = new Schedule(FraudKind.MERCHANT_COMPROMISE);
  private final PriorityQueue<Planned> rows =
      new PriorityQueue<>(
          Comparator.comparingLong((Planned row) -> row.draft().timeMs())
              .thenComparingLong(Planned::order));
  private final PriorityQueue<Leak> leaks =
      new PriorityQueue<>(Comparator.comparingLong(Leak::untilMs).thenComparingInt(Leak::merchant));
  private final @Nullable Leak[] leakAt;

  /** Leaks that still wait for their merchant: how long each will last, ms. */
  private final Deque<Long> leaksToCome = new ArrayDeque<>();

  private long order;

  Campaigns(
      SimulatorOptions options,
      double rowsPerMs,
      long startMs,
      int merchants,
      FraudScripts scripts,
      Reports reports,
      SimRandom random) {
    this.options = options;
    this.rowsPerMs = rowsPerMs;
    this.scripts = scripts;
    this.reports = reports;
    this.random = random;
    leakAt = new @Nullable Leak[merchants];
    for (FraudKind kind : FraudKind.values()) {
      Schedule schedule = kind == FraudKind.MERCHANT_COMPROMISE ? compromises : new Schedule(kind);
      schedule.nextMs = startMs + random.uniform() * pauseMs(kind, kind.meanRows());
      schedules.add(schedule);
    }
  }

  /** Time that so many rows of the kind should take; infinite when there should be none. */
  private double pauseMs(FraudKind kind, double campaignRows) {
    return campaignRows / (options.fraudShares().getOrDefault(kind, 0.0) * rowsPerMs);
  }

  /** Starts what starts, and ends the leaks that end, up to timeMs. */
  void advanceTo(long timeMs) {
    for (Schedule schedule : schedules) {
      while (schedule.nextMs <= timeMs) {
        double launchedRows = launch(schedule, (long) schedule.nextMs + 1);
        schedule.nextMs += pauseMs(schedule.kind, launchedRows) * random.uniform(0.5, 1.5);
      }
    }
    while (!leaks.isEmpty() && leaks.element().untilMs() <= timeMs) {
      Leak leak = leaks.remove();
      leakAt[leak.merchant()] = null;
      List<Draft> abuse =
          scripts.abuseOfLeakedCards(leak.merchant(), leak.victims(), leak.untilMs());
      plan(FraudKind.MERCHANT_COMPROMISE, leak.cause(), abuse);
      // The pause was reckoned for an average leak; what it lacked comes sooner.
      double lack = abuse.size() - FraudKind.MERCHANT_COMPROMISE.meanRows();
      compromises.nextMs += pauseMs(FraudKind.MERCHANT_COMPROMISE, lack);
    }
  }

  private double launch(Schedule schedule, long startMs) {
    FraudKind kind = schedule.kind;
    String cause = kind.id() + "-" + ++schedule.launched;
    return switch (kind) {
      case STOLEN_CARD_SPREE -> plan(kind, cause, scripts.stolenCardSpree(startMs));
      case CARD_TESTING -> {
        int webShop = scripts.testingGround();
        yield plan(kind, at(cause, webShop), scripts.cardTesting(webShop, startMs));
      }
      case ACCOUNT_TAKEOVER -> plan(kind, cause, scripts.accountTakeover(startMs));
      case MERCHANT_COMPROMISE -> {
        leaksToCome.add((long) (random.uniform(1, 5) * Rhythm.DAY_MS));
        yield kind.meanRows();
      }
      case MULE_RING -> plan(kind, cause, scripts.muleRing(startMs));
      case SLOW_HIGH_CNP -> plan(kind, cause, scripts.slowHighCardNotPresent(startMs));
    };
  }

  private static String at(String cause, int merchant) {
    return cause + "@" + Simulator.merchantId(merchant);
  }

  private double plan(FraudKind kind, String cause, List<Draft> drafts) {
    Map<Account, @Nullable Report> byVictim = new HashMap<>();
    for (Draft draft : drafts) {
      if (!byVictim.containsKey(draft.account())) {
        byVictim.put(draft.account(), reports.draw());
      }
      rows.add(new Planned(draft, kind, cause, byVictim.get(draft.account()), order++));
    }
    return drafts.size();
  }

  /** Lets a genuine payment be seen by those who copy cards; it is not changed. */
  void observe(Draft draft) {
    if (draft.channel() != Channel.POS) {
      return;
    }
    Leak leak = leakAt[draft.merchant()];
    if (leak == null) {
      if (!leaksToCome.isEmpty()) {
        // The next payment picks the merchant, so that busy ones leak more often.
        startLeak(draft, leaksToCome.remove());
      }
      return;
    }
    Victim victim = new Victim(draft.account(), draft.card());
    if (leak.victims().size() < leak.wanted() && !leak.victims().contains(victim)) {
      leak.victims().add(victim);
    }
  }

  private void startLeak(Draft draft, long lastsMs) {
    int number = compromises.launched - leaksToCome.size();
    String cause = at(FraudKind.MERCHANT_COMPROMISE.id() + "-" + number, draft.merchant());
    Leak leak =
        new Leak(
            draft.merchant(),
            cause,
            draft.timeMs() + lastsMs,
            random.between(6, 18),
            new ArrayList<>());
    leak.victims().add(new Victim(draft.account(), draft.card()));
    leaks.add(leak);
    leakAt[draft.merchant()] = leak;
  }

  /** The earliest row that waits, or null. */
  @Nullable Planned peek() {
    return rows.peek();
  }

  Planned remove() {
    return rows.remove();
  }
}
