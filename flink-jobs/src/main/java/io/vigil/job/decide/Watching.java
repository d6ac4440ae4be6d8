package io.vigil.job.decide;

import io.vigil.job.control.Change;
import io.vigil.job.control.WatchReport;
import io.vigil.job.control.WatchReport.Beside;
import io.vigil.job.control.WatchReport.Labelled;
import io.vigil.job.control.WatchReport.Stretch;
import io.vigil.model.watch.Signal;
import io.vigil.model.watch.WatchCounts;
import io.vigil.model.watch.WatchPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts what rollouts do, as one subtask of a live job sees it, and tells what it counted: see
 * {@link io.vigil.job.control.WatchOperator}. Owned by the operator's thread; nothing it does
 * changes a decision.
 */
final class Watching {
  /** How long counts wait before they are told, milliseconds of processing time. */
  static final long REPORT_MS = 1_000;

  private final long startMs;
  private final WatchedAlerts alerts;
  private final Consumer<WatchReport> out;

  private @Nullable Deciding deciding;
  private Side[] sides = new Side[0];
  private long atMs = Long.MIN_VALUE;

  /** A rollout, and what is counted of it. The first one is what decides for all. */
  private static final class Side {
    final Change change;
    final boolean precision;
    final double slowMs;
    final int shadow;
    final boolean shadowAlerts;
    WatchCounts own = new WatchCounts();
    WatchCounts champion = new WatchCounts();

    /**
     * @param shadow its number among the shadows, or -1
     */
    Side(Change change, int shadow) {
      this.change = change;
      this.shadow = shadow;
      String text = change.watch();
      WatchPlan plan = text == null ? null : WatchPlan.read(text, change.id());
      precision = plan != null && plan.limit(Signal.PRECISION) != null;
      WatchPlan.Limit latency = plan == null ? null : plan.limit(Signal.LATENCY);
      slowMs = latency == null ? Double.POSITIVE_INFINITY : latency.bound();
      shadowAlerts =
          plan != null
              && (precision
                  || plan.limit(Signal.ALERT_RATE) != null
                  || plan.limit(Signal.ALERT_RATE_DROP) != null);
    }
  }

  /**
   * @param alerts where those are remembered whose labels matter
   * @param startMs when this job started, by the processing time: rows of before are decided again,
   *     or late, and as fast as can be, so that they say nothing about the rollout
   * @param out takes reports
   */
  Watching(WatchedAlerts alerts, long startMs, Consumer<WatchReport> out) {
    this.alerts = alerts;
    this.startMs = startMs;
    this.out = out;
  }

  /** A row is decided; it is settled. */
  @SuppressWarnings("ReferenceEquality") // There is one instance for each stretch of time.
  void decided(Row row) throws IOException {
    long effectiveTimeMs = row.record.effectiveTimeMs();
    if (effectiveTimeMs < startMs) {
      return;
    }
    if (row.deciding != deciding) {
      tell();
      begin(row.deciding);
    }
    atMs = Math.max(atMs, effectiveTimeMs);
    boolean alert = row.judged().verdict().alert();
    boolean lacks = row.lacksModel();
    double ms = row.scoringMs();
    double logOdds = row.hasScore() ? row.model.calibration().logOdds(row.logit()) : Double.NaN;
    boolean byChampion = row.model == row.deciding.champion();
    List<String> raisedBy = List.of();
    for (int i = 0; i < sides.length; i++) {
      Side side = sides[i];
      boolean raised = false;
      if (i == 0) {
        if (byChampion) {
          side.own.decided(alert, lacks, ms > side.slowMs, logOdds);
          raised = alert;
        }
      } else if (side.shadow < 0) {
        (byChampion ? side.champion : side.own).decided(alert, lacks, ms > side.slowMs, logOdds);
        raised = alert && !byChampion;
      } else if (byChampion) {
        side.champion.decided(alert, lacks, ms > side.slowMs, logOdds);
        raised = shadow(row, side);
      }
      if (raised && side.precision) {
        raisedBy = with(raisedBy, side.change.id());
      }
    }
    if (!raisedBy.isEmpty()) {
      alerts.raised(row.record, raisedBy);
    }
  }

  /** What a shadow would have decided about the row; whether it would have alerted. */
  private static boolean shadow(Row row, Side side) {
    float logit = row.logit(side.shadow);
    boolean scored = Float.isFinite(logit);
    ModelInForce model = row.deciding.shadows().get(side.shadow);
    boolean alert =
        side.shadowAlerts
            && row.judging
                .judge(
                    row.record.effectiveTimeMs(),
                    row.facts,
                    row.features,
                    scored ? logit : Float.NaN,
                    model.calibration())
                .verdict()
                .alert();
    side.own.decided(
        alert,
        !scored,
        row.scoringMs(side.shadow) > side.slowMs,
        scored ? model.calibration().logOdds(logit) : Double.NaN);
    return alert;
  }

  private static List<String> with(List<String> ids, String id) {
    List<String> more = new ArrayList<>(ids);
    more.add(id);
    return more;
  }

  private void begin(Deciding next) {
    List<Side> begun = new ArrayList<>();
    begun.add(new Side(next.standing().promoted(), -1));
    Change challenger = next.standing().challenger();
    if (challenger != null && challenger.watch() != null) {
      begun.add(new Side(challenger, -1));
    }
    for (int i = 0; i < next.standing().shadows().size(); i++) {
      Change shadow = next.standing().shadows().get(i);
      if (shadow.watch() != null) {
        begun.add(new Side(shadow, i));
      }
    }
    sides = begun.toArray(Side[]::new);
    deciding = next;
    atMs = Long.MIN_VALUE;
  }

  /** Sends what was counted since the last time. */
  void tell() {
    Deciding of = deciding;
    Stretch stretch = null;
    if (of != null && atMs != Long.MIN_VALUE) {
      List<Beside> beside = new ArrayList<>();
      for (int i = 1; i < sides.length; i++) {
        beside.add(new Beside(sides[i].change, sides[i].own, sides[i].champion));
      }
      stretch = new Stretch(atMs, sides[0].change, of.before(), sides[0].own, beside);
      for (Side side : sides) {
        side.own = new WatchCounts();
        side.champion = new WatchCounts();
      }
      atMs = Long.MIN_VALUE;
    }
    List<Labelled> labels = alerts.labelled();
    if (stretch != null || !labels.isEmpty()) {
      out.accept(new WatchReport(stretch, labels));
    }
  }
}
