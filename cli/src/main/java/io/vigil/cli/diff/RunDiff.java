package io.vigil.cli.diff;

import io.vigil.schema.Decision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.apache.avro.generic.GenericFixed;
import org.jspecify.annotations.Nullable;

/** The decisions of two runs compared, and those that differ grouped by cause. Not thread-safe. */
public final class RunDiff {
  private static final int VERSIONS_MAX = 1000;

  private final DecisionDiff diff;
  private final int examples;
  private final Map<Cause, DiffGroup> groups = new EnumMap<>(Cause.class);
  private final Map<String, Map<Object, long[]>> versions = new TreeMap<>();
  private long both;
  private long same;
  private long decisionsA;
  private long decisionsB;
  private long repeats;

  private RunDiff(FeatureNames names, int examples) {
    this.diff = DecisionDiff.acrossRuns(names);
    this.examples = examples;
  }

  /**
   * Compares two runs.
   *
   * @param temporary a directory for what is joined: as many bytes as both have, uncompressed
   * @param examples of each group, from 0
   * @param progress gets how many decisions were read, each twice
   * @throws IOException when decisions cannot be read
   */
  public static RunDiff of(
      DecisionSource a,
      DecisionSource b,
      FeatureNames names,
      Path temporary,
      int examples,
      LongConsumer progress)
      throws IOException {
    RunDiff result = new RunDiff(names, examples);
    try (JoinById join = new JoinById(temporary, Math.max(a.bytes(), b.bytes()))) {
      long read = join.spread("a", a, progress);
      long more = read + join.spread("b", b, count -> progress.accept(read + count));
      join.join("a", "b", count -> progress.accept(more + count), result::pair);
      result.repeats = join.repeats();
    }
    return result;
  }

  private void pair(@Nullable Decision one, @Nullable Decision other) {
    if (one != null) {
      decisionsA++;
      count(one, 0);
    }
    if (other != null) {
      decisionsB++;
      count(other, 1);
    }
    if (one == null || other == null) {
      group(Cause.PRESENCE).add(one, other, List.of());
      return;
    }
    both++;
    List<Difference> differences = diff.compare(one, other);
    Cause cause = Difference.causeOf(differences);
    if (cause == null) {
      same++;
    } else {
      group(cause).add(one, other, differences);
    }
  }

  private DiffGroup group(Cause cause) {
    return groups.computeIfAbsent(cause, key -> new DiffGroup(key, examples));
  }

  private void count(Decision decision, int side) {
    count("feature_spec", decision.getFeatureSpec(), side);
    count("rates", decision.getRates(), side);
    count("model", decision.getModel(), side);
    count("engine_class", decision.getEngineClass(), side);
    count("rule_set", decision.getRuleSet(), side);
    count("policy", decision.getPolicy(), side);
  }

  private void count(String field, Object version, int side) {
    Map<Object, long[]> its = versions.computeIfAbsent(field, key -> new HashMap<>());
    if (its.size() < VERSIONS_MAX || its.containsKey(version)) {
      its.computeIfAbsent(version, key -> new long[2])[side]++;
    }
  }

  /** What differs, in the order of a decision's way. */
  public List<DiffGroup> groups() {
    return List.copyOf(groups.values());
  }

  /** What was at work: field, then digest or name, then decisions of both sides. */
  public Map<String, Map<String, long[]>> versions() {
    Map<String, Map<String, long[]>> named = new TreeMap<>();
    versions.forEach(
        (field, its) -> {
          Map<String, long[]> counts = named.computeIfAbsent(field, key -> new TreeMap<>());
          its.forEach((version, count) -> counts.put(name(version), count));
        });
    return named;
  }

  private static String name(Object version) {
    return version instanceof GenericFixed digest
        ? HexFormat.of().formatHex(digest.bytes())
        : version.toString();
  }

  /** Transactions that both sides decided. */
  public long both() {
    return both;
  }

  /** Decisions that are the same. */
  public long same() {
    return same;
  }

  public long decisionsA() {
    return decisionsA;
  }

  public long decisionsB() {
    return decisionsB;
  }

  /** Equal copies on one side, counted once in everything else. */
  public long repeats() {
    return repeats;
  }
}
