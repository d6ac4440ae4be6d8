package io.vigil.cli.replay;

import io.vigil.cli.diff.Cause;
import io.vigil.cli.diff.DecisionDiff;
import io.vigil.cli.diff.Difference;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Holds decisions that were made again against those recorded, day by day. Memory holds 16 bytes of
 * each decision of a day. Thread-confined.
 */
final class Verification {
  private static final int HASH_BYTES = 16;
  private static final int EXAMPLES = 1_000;

  /** How far logits of two engine classes may lie apart, as models are promised to behave. */
  private static final double ENGINE_TOLERANCE = 1e-4;

  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final MessageDigest sha256;
  private final Map<Cause, Long> byCause = new EnumMap<>(Cause.class);
  private final List<Example> examples = new ArrayList<>();
  private final long decidedUntilMs;
  private long recorded;
  private long same;
  private long fellBack;
  private long undecided;
  private long otherEngine;
  private double engineDistance;
  private long outcomesChanged;
  private long alertsMore;
  private long alertsLess;

  /**
   * A decision that differs.
   *
   * @param cause of its differences; for one that only one side has, where it is missing
   */
  record Example(String transactionId, LocalDate day, Cause cause, List<String> differences) {}

  /**
   * @param decidedUntilMs the greatest effective time with a recorded decision; what takes effect
   *     later is not decided yet
   */
  Verification(long decidedUntilMs) {
    this.decidedUntilMs = decidedUntilMs;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /** Compares a day. */
  void day(LocalDate day, ArchiveFolder archive, ArchiveFolder again) throws IOException {
    Map<String, byte[]> hashes = new HashMap<>();
    read(
        archive,
        day,
        decision -> {
          recorded++;
          fellBack += decision.getFallbackCause() == null ? 0 : 1;
          hashes.put(id(decision), hash(decision));
        });
    Map<String, Decision> differ = new HashMap<>();
    read(
        again,
        day,
        decision -> {
          byte[] hash = hashes.remove(id(decision));
          if (hash == null) {
            if (decision.getEffectiveTime() > decidedUntilMs) {
              undecided++;
            } else {
              missing(day, id(decision), "the record lacks it");
            }
          } else if (Arrays.equals(hash, hash(decision))) {
            same++;
          } else {
            differ.put(id(decision), Decision.newBuilder(decision).build());
          }
        });
    for (String id : hashes.keySet()) {
      missing(day, id, "the replay does not make it");
    }
    if (!differ.isEmpty()) {
      read(
          archive,
          day,
          decision -> {
            Decision other = differ.get(id(decision));
            if (other != null) {
              differs(day, decision, other);
            }
          });
    }
  }

  private static String id(Decision decision) {
    return decision.getTransaction().getTransactionId();
  }

  private byte[] hash(Decision decision) {
    return Arrays.copyOf(sha256.digest(codec.encode(decision)), HASH_BYTES);
  }

  private void missing(LocalDate day, String id, String what) {
    byCause.merge(Cause.PRESENCE, 1L, Long::sum);
    example(new Example(id, day, Cause.PRESENCE, List.of(what)));
  }

  private void differs(LocalDate day, Decision was, Decision is) {
    if (onlyByEngine(was, is)) {
      otherEngine++;
      return;
    }
    List<Difference> differences = DecisionDiff.between(was, is);
    Cause cause = Objects.requireNonNullElse(Difference.causeOf(differences), Cause.METADATA);
    byCause.merge(cause, 1L, Long::sum);
    outcomesChanged += was.getOutcome() == is.getOutcome() ? 0 : 1;
    alertsMore += was.getAlertId() == null && is.getAlertId() != null ? 1 : 0;
    alertsLess += was.getAlertId() != null && is.getAlertId() == null ? 1 : 0;
    example(new Example(id(was), day, cause, differences.stream().map(Object::toString).toList()));
  }

  /**
   * Whether another engine class made the score, and all that it may change by that: its last bits,
   * and with them the reasons' shares.
   */
  private boolean onlyByEngine(Decision was, Decision is) {
    if (was.getEngineClass().equals(is.getEngineClass())) {
      return false;
    }
    Integer wasBits = was.getLogitBits();
    Integer isBits = is.getLogitBits();
    boolean near = wasBits == null && isBits == null;
    if (wasBits != null && isBits != null) {
      double distance =
          Math.abs((double) Float.intBitsToFloat(wasBits) - Float.intBitsToFloat(isBits));
      near = distance <= ENGINE_TOLERANCE;
      engineDistance = near ? Math.max(engineDistance, distance) : engineDistance;
    }
    return near
        && was.getFeatures().equals(is.getFeatures())
        && was.getFeatureSpec().equals(is.getFeatureSpec())
        && was.getModel().equals(is.getModel())
        && was.getRuleSet().equals(is.getRuleSet())
        && was.getPolicy().equals(is.getPolicy())
        && was.getRuleHits().equals(is.getRuleHits())
        && was.getOutcome() == is.getOutcome()
        && was.getEffectiveTime() == is.getEffectiveTime()
        && Objects.equals(was.getAlertId(), is.getAlertId())
        && Objects.equals(was.getFallbackCause(), is.getFallbackCause());
  }

  private void example(Example example) {
    if (examples.size() < EXAMPLES) {
      examples.add(example);
    }
  }

  /** Reads the decisions of a day; each is lent during the call. */
  static void read(ArchiveFolder archive, LocalDate day, Consumer<Decision> out)
      throws IOException {
    for (Path file : archive.files(DecisionIndex.KIND).getOrDefault(day, List.of())) {
      archive.read(file, Decision.class, out);
    }
  }

  /** The greatest effective time with a decision; null when there is none. */
  static @Nullable Long decidedUntilMs(ArchiveFolder archive) throws IOException {
    var days = archive.files(DecisionIndex.KIND);
    for (LocalDate day : days.descendingKeySet()) {
      long[] last = {Long.MIN_VALUE};
      try {
        read(archive, day, decision -> last[0] = Math.max(last[0], decision.getEffectiveTime()));
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      if (last[0] != Long.MIN_VALUE) {
        return last[0];
      }
    }
    return null;
  }

  long recorded() {
    return recorded;
  }

  long same() {
    return same;
  }

  /** Decisions whose recorded fallback was taken as given. */
  long fellBack() {
    return fellBack;
  }

  /** What the archive holds, but no decision yet. */
  long undecided() {
    return undecided;
  }

  /** Decisions that are the same but for the last bits of another engine class's score. */
  long otherEngine() {
    return otherEngine;
  }

  /** How far their logits lie apart at the most. */
  double engineDistance() {
    return engineDistance;
  }

  long differing() {
    return byCause.values().stream().mapToLong(Long::longValue).sum();
  }

  long outcomesChanged() {
    return outcomesChanged;
  }

  long alertsMore() {
    return alertsMore;
  }

  long alertsLess() {
    return alertsLess;
  }

  Map<Cause, Long> byCause() {
    return byCause;
  }

  /** Those that differ, the first {@value #EXAMPLES}. */
  List<Example> examples() {
    return examples;
  }
}
