package io.vigil.cli.replay;

import io.vigil.cli.diff.Cause;
import io.vigil.cli.diff.DecisionDiff;
import io.vigil.cli.diff.Difference;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.schema.Decision;
import io.vigil.schema.Receipt;
import io.vigil.schema.RecordKind;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
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
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Holds decisions that were made again against those recorded, day by day. Memory holds 16 bytes of
 * each decision of a day. Thread-confined.
 */
final class Verification {
  private static final int HASH_BYTES = 16;
  private static final int EXAMPLES = 1_000;
  private static final int NEWEST_DAYS = 2;

  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final MessageDigest sha256;
  private final Map<Cause, Long> byCause = new EnumMap<>(Cause.class);
  private final List<Example> examples = new ArrayList<>();
  private final long decidedUntilMs;
  private final boolean change;
  private long recorded;
  private long same;
  private long fellBack;
  private long undecided;
  private long otherEngine;
  private long sameByOther;
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
   * @param change whether something was to be other than it was: then what only names another
   *     artefact and comes to the same is no difference
   */
  Verification(long decidedUntilMs, boolean change) {
    this.change = change;
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
          if (hashes.put(key(decision), hash(decision)) != null) {
            missing(day, id(decision), "the record has it twice");
          }
        });
    Map<String, Decision> differ = new HashMap<>();
    read(
        again,
        day,
        decision -> {
          byte[] hash = hashes.remove(key(decision));
          if (hash == null) {
            if (decision.getEffectiveTime() > decidedUntilMs) {
              undecided++;
            } else {
              missing(day, id(decision), "the record lacks it");
            }
          } else if (Arrays.equals(hash, hash(decision))) {
            same++;
          } else {
            differ.put(key(decision), Decision.newBuilder(decision).build());
          }
        });
    for (String key : hashes.keySet()) {
      missing(day, key.substring(key.indexOf(' ') + 1), "the replay does not make it");
    }
    if (!differ.isEmpty()) {
      read(
          archive,
          day,
          decision -> {
            Decision other = differ.get(key(decision));
            if (other != null) {
              differs(day, decision, other);
            }
          });
    }
  }

  private static String id(Decision decision) {
    return decision.getTransaction().getTransactionId();
  }

  /** An id may come again once the horizon has passed. */
  private static String key(Decision decision) {
    return decision.getEffectiveTime() + " " + id(decision);
  }

  private byte[] hash(Decision decision) {
    return Arrays.copyOf(sha256.digest(codec.encode(decision)), HASH_BYTES);
  }

  private void missing(LocalDate day, String id, String what) {
    byCause.merge(Cause.PRESENCE, 1L, Long::sum);
    example(new Example(id, day, Cause.PRESENCE, List.of(what)));
  }

  private void differs(LocalDate day, Decision was, Decision is) {
    double distance = OtherEngine.distance(was, is);
    if (distance >= 0) {
      otherEngine++;
      engineDistance = Math.max(engineDistance, distance);
      return;
    }
    List<Difference> differences = DecisionDiff.between(was, is);
    if (change && differences.stream().allMatch(Difference::label)) {
      sameByOther++;
      return;
    }
    Cause cause = Objects.requireNonNullElse(Difference.causeOf(differences), Cause.METADATA);
    byCause.merge(cause, 1L, Long::sum);
    outcomesChanged += was.getOutcome() == is.getOutcome() ? 0 : 1;
    alertsMore += was.getAlertId() == null && is.getAlertId() != null ? 1 : 0;
    alertsLess += was.getAlertId() != null && is.getAlertId() == null ? 1 : 0;
    example(new Example(id(was), day, cause, differences.stream().map(Object::toString).toList()));
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

  /**
   * The greatest effective time that anything was decided at or answered; null when there is none.
   * A job that answers a label or deployment has decided all before it.
   */
  static @Nullable Long decidedUntilMs(ArchiveFolder archive) throws IOException {
    long[] last = {Long.MIN_VALUE};
    newest(
        archive,
        DecisionIndex.KIND,
        Decision.class,
        decision -> last[0] = Math.max(last[0], decision.getEffectiveTime()));
    newest(
        archive,
        "receipts",
        Receipt.class,
        receipt -> {
          // Ticks are answered where they are read, ahead of everything else.
          if (receipt.getKind() != RecordKind.TICK) {
            last[0] = Math.max(last[0], receipt.getEffectiveTime());
          }
        });
    return last[0] == Long.MIN_VALUE ? null : last[0];
  }

  /** Reads the newest days of a kind until one has told something. */
  private static <T extends SpecificRecordBase> void newest(
      ArchiveFolder archive, String kind, Class<T> type, Consumer<T> out) throws IOException {
    int days = 0;
    for (List<Path> files : archive.files(kind).descendingMap().values()) {
      for (Path file : files) {
        archive.read(file, type, out);
      }
      if (++days == NEWEST_DAYS) {
        return;
      }
    }
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

  /** Decisions that another artefact makes, and makes the same. */
  long sameByOther() {
    return sameByOther;
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
