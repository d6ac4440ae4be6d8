package io.vigil.model.drift;

import io.vigil.model.policy.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Counts decisions for a report: first the reference's by {@link #sample}, then all, the
 * reference's again, by {@link #count}, in any order. Memory is bounded by features, models, days
 * and groups. Not thread-safe.
 */
public final class Monitor {
  /** Of all features together chance may call so often moved what is not. */
  private static final double SELDOM = 0.01;

  private static final long WEEKLY_FROM_DAYS = 15;
  private static final int WEEK = 7;
  private static final long MONDAY = -3; // 1969-12-29, days since the epoch

  private final Settings settings;
  private final DriftSample sample = new DriftSample();
  private @Nullable DriftCounts drift;
  private final NavigableMap<Long, long[]> days = new TreeMap<>();
  private final Map<String, Use> models = new HashMap<>();
  private final List<GroupCounts> groups = new ArrayList<>();
  private final NavigableMap<Long, long[]> alerts = new TreeMap<>();
  private final Map<String, Long> caughtMinor = new TreeMap<>();
  private final Map<String, Long> missedMinor = new TreeMap<>();
  private long decisions;
  private long matured;
  private long frauds;
  private long labels;

  /** What is counted of a model. */
  private static final class Use {
    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    private final Map<String, Long> fallbacks = new TreeMap<>();
    private final Reliability reliability = new Reliability();
    private long decisions;
    private long beside;
    private long alerts;
    private long firstDay = Long.MAX_VALUE;
    private long lastDay = Long.MIN_VALUE;

    void seen(long day) {
      firstDay = Math.min(firstDay, day);
      lastDay = Math.max(lastDay, day);
    }

    boolean inPeriod() {
      return decisions + beside > 0;
    }
  }

  public Monitor(Settings settings) {
    this.settings = settings;
    settings.groups().forEach(key -> groups.add(new GroupCounts(key)));
  }

  /** A decision of the reference. */
  public void sample(Observation row) {
    if (drift != null) {
      throw new IllegalStateException("the reference is sampled before anything is counted");
    }
    sample.add(row);
  }

  /** A decision of the reference, the period, or the labelled days. */
  public void count(Observation row) {
    DriftCounts counts = drift();
    Span reference = settings.reference();
    if (reference != null && reference.has(row.day())) {
      counts.reference(row);
    }
    if (settings.period().has(row.day())) {
      counts.period(row);
      period(row);
    }
    if (settings.labelled().has(row.day())) {
      matured(row);
    }
  }

  private DriftCounts drift() {
    DriftCounts known = drift;
    if (known == null) {
      known = new DriftCounts(sample.rows());
      drift = known;
    }
    return known;
  }

  private void period(Observation row) {
    decisions++;
    long[] day = days.computeIfAbsent(row.day(), its -> new long[2]);
    day[0]++;
    day[1] += row.alert() ? 1 : 0;
    Use use = use(row.model());
    use.seen(row.day());
    use.decisions++;
    use.alerts += row.alert() ? 1 : 0;
    use.outcomes.merge(row.outcome(), 1L, Long::sum);
    if (row.fallback() != null) {
      use.fallbacks.merge(row.fallback(), 1L, Long::sum);
    }
    row.scores()
        .keySet()
        .forEach(
            model -> {
              if (!model.equals(row.model())) {
                Use other = use(model);
                other.seen(row.day());
                other.beside++;
              }
            });
    for (int i = 0; i < groups.size(); i++) {
      groups.get(i).period(row.groups().get(i), row);
    }
  }

  private void matured(Observation row) {
    matured++;
    frauds += row.fraud() ? 1 : 0;
    labels += row.label() == Observation.Known.NOTHING ? 0 : 1;
    row.scores()
        .forEach(
            (model, score) -> {
              if (!Double.isNaN(score.probability())) {
                use(model).reliability.add(score.probability(), row.fraud());
              }
            });
    if (row.alert()) {
      long[] part = alerts.computeIfAbsent(part(row.day()), day -> new long[3]);
      part[0]++;
      part[1] += row.label() == Observation.Known.NOTHING ? 0 : 1;
      part[2] += row.fraud() ? 1 : 0;
    }
    if (row.fraud()) {
      (row.alert() ? caughtMinor : missedMinor).merge(row.currency(), row.amountMinor(), Long::sum);
    }
    for (int i = 0; i < groups.size(); i++) {
      groups.get(i).matured(row.groups().get(i), row);
    }
  }

  private long part(long day) {
    return settings.labelled().days() < WEEKLY_FROM_DAYS
        ? day
        : day - Math.floorMod(day - MONDAY, WEEK);
  }

  private Use use(String model) {
    return models.computeIfAbsent(model, digest -> new Use());
  }

  /**
   * The report of all that was counted.
   *
   * @param known what a model's bundle says, by digest; null where nobody knows
   * @param roles what control says of a model last, by digest
   */
  public ModelReport report(
      Function<String, ModelUse.@Nullable Known> known, Map<String, String> roles) {
    DriftCounts counts = drift();
    List<ModelUse> uses = new ArrayList<>();
    long scores = models.values().stream().filter(Use::inPeriod).count();
    models.forEach(
        (digest, use) -> {
          if (use.inPeriod()) {
            DriftCounts.Column score = counts.scores().get(digest);
            uses.add(
                new ModelUse(
                    digest,
                    known.apply(digest),
                    roles.getOrDefault(digest, role(digest, use)),
                    use.decisions,
                    use.beside,
                    use.firstDay,
                    use.lastDay,
                    use.outcomes,
                    use.alerts,
                    use.fallbacks,
                    score == null ? null : score.drifted(digest, SELDOM / scores),
                    use.reliability.calibrated()));
          }
        });
    uses.sort(
        Comparator.<ModelUse>comparingLong(use -> -use.decisions())
            .thenComparingLong(use -> -use.beside())
            .thenComparing(ModelUse::digest));
    List<Drifted> features = new ArrayList<>();
    double seldom = SELDOM / Math.max(1, counts.features().size());
    counts.features().forEach((name, column) -> features.add(column.drifted(name, seldom)));
    features.sort(
        Comparator.<Drifted>comparingDouble(
                feature ->
                    Double.isNaN(feature.stability().index()) ? 0 : -feature.stability().index())
            .thenComparing(Drifted::name));
    List<GroupRates> rates =
        groups.stream()
            .map(its -> its.rates(settings.groupLeast(), settings.groupRatio()))
            .toList();
    ModelReport open =
        new ModelReport(
            settings,
            decisions,
            days.entrySet().stream()
                .map(day -> new ModelReport.Day(day.getKey(), day.getValue()[0], day.getValue()[1]))
                .toList(),
            List.copyOf(uses),
            List.copyOf(features),
            List.copyOf(counts.added()),
            alerts(),
            rates,
            List.of(),
            List.of());
    return new Judgement(open).judged();
  }

  /** Where control does not say: who decided most is the champion. */
  private String role(String digest, Use use) {
    boolean most =
        models.entrySet().stream()
            .noneMatch(
                other ->
                    other.getValue().decisions > use.decisions
                        || (other.getValue().decisions == use.decisions
                            && other.getKey().compareTo(digest) < 0));
    return use.decisions == 0 ? "shadow" : most ? "champion" : "challenger";
  }

  private @Nullable AlertQuality alerts() {
    if (labels == 0) {
      return null;
    }
    long raised = 0;
    long labelled = 0;
    long caught = 0;
    List<AlertQuality.Part> parts = new ArrayList<>();
    for (Map.Entry<Long, long[]> part : alerts.entrySet()) {
      long[] its = part.getValue();
      raised += its[0];
      labelled += its[1];
      caught += its[2];
      parts.add(new AlertQuality.Part(part.getKey(), its[0], Share.of(its[2], its[0])));
    }
    return new AlertQuality(
        matured,
        raised,
        labelled,
        Share.of(caught, raised),
        Share.of(caught, labelled),
        frauds,
        caughtMinor,
        missedMinor,
        parts);
  }
}
