package io.vigil.model.plan;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.watch.WatchPlan;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was reviewed and may be applied: the change, what it was compared with, on which data, and
 * what came of it. Immutable. Its text is canonical: the same plan is the same bytes, and a text
 * that differs from them in as much as a blank is refused, so that its digest names it for good.
 *
 * @param createdAt whole seconds
 * @param changes artefacts of the candidate that the champion does not have, at most one of a kind
 * @param against everything of the champion: who applies the plan refuses another one
 * @param newFeatures that the champion's spec lacks or defines otherwise, in the spec's order
 * @param champion figures, the candidate's, and candidate minus champion
 * @param gatesFile the gates, by name, version and digest
 * @param watch what the candidate must hold once it runs; null for nothing
 */
public record PlanFile(
    Instant createdAt,
    List<Artefact> changes,
    List<Artefact> against,
    Data data,
    List<NewFeature> newFeatures,
    List<Metric> champion,
    List<Metric> candidate,
    List<Metric> difference,
    long differing,
    List<Flips.Count> flips,
    Artefact gatesFile,
    List<GateResult> gates,
    @Nullable WatchPlan watch) {
  public static final String FORMAT = "vigil-plan-1";

  public PlanFile {
    changes = List.copyOf(changes);
    against = List.copyOf(against);
    newFeatures = List.copyOf(newFeatures);
    champion = List.copyOf(champion);
    candidate = List.copyOf(candidate);
    difference = List.copyOf(difference);
    flips = List.copyOf(flips);
    gates = List.copyOf(gates);
    if (!createdAt.equals(createdAt.truncatedTo(ChronoUnit.SECONDS))) {
      throw new IllegalArgumentException("createdAt: expected whole seconds, got " + createdAt);
    }
  }

  /** Kinds of artefacts. */
  public enum Kind {
    MODEL,
    FEATURE_SPEC,
    RULE_SET,
    POLICY,
    RATES,
    LIST,
    GATES
  }

  /**
   * An artefact by its content.
   *
   * @param name as the artefact calls itself
   * @param digest 64 hex digits; of a feature spec its fingerprint
   */
  public record Artefact(Kind kind, String name, int version, String digest) {}

  /**
   * What was replayed.
   *
   * @param input SHA-256 of the file's bytes, hex
   * @param description of it in words
   * @param rows transactions of the period
   * @param frauds among them
   * @param from the first one's time
   * @param to the last one's time
   */
  public record Data(
      String input, String description, long rows, long frauds, Instant from, Instant to) {}

  /**
   * A feature that the champion's spec lacks or defines otherwise.
   *
   * @param whole when it has all its history, in words
   */
  public record NewFeature(String name, String whole) {
    private static final String AT_ONCE = "right from the start";

    /** One whose history the state in force holds. */
    public static NewFeature wholeAtOnce(String name) {
      return new NewFeature(name, AT_ONCE);
    }

    /** Whether it needs no time to become whole. */
    public boolean wholeAtOnce() {
      return whole.equals(AT_ONCE);
    }
  }

  /**
   * A figure to six decimals, with its 90 % interval where it has one.
   *
   * @param low NaN without an interval
   * @param high NaN without an interval
   */
  public record Metric(String name, double value, double low, double high) {
    /** Rounded to what the file holds. */
    public static Metric of(String name, double value, double low, double high) {
      return new Metric(name, rounded(value), rounded(low), rounded(high));
    }

    private static double rounded(double value) {
      return Double.isNaN(value)
          ? value
          : Double.parseDouble(String.format(Locale.ROOT, "%.6f", value)) + 0.0;
    }
  }

  /** What a plan comes to. */
  public enum Verdict {
    NO_CHANGE(0),
    CHANGE(2),
    GATE_FAILED(3);

    private final int exitCode;

    Verdict(int exitCode) {
      this.exitCode = exitCode;
    }

    /** What the command exits with. */
    public int exitCode() {
      return exitCode;
    }

    /** The name that files use. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Map<String, Verdict> byId() {
      return Map.of(NO_CHANGE.id(), NO_CHANGE, CHANGE.id(), CHANGE, GATE_FAILED.id(), GATE_FAILED);
    }
  }

  /**
   * Without another artefact nothing changes. With one a failed gate fails the plan; else it is a
   * change unless every row of the period was ruled the same, to the bit.
   */
  public Verdict verdict() {
    if (changes.isEmpty()) {
      return Verdict.NO_CHANGE;
    }
    if (gates.stream().anyMatch(gate -> gate.verdict() == GateResult.Verdict.FAILED)) {
      return Verdict.GATE_FAILED;
    }
    return differing == 0 ? Verdict.NO_CHANGE : Verdict.CHANGE;
  }

  /**
   * Reads a plan.
   *
   * @param text the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong, or when the text is not the very
   *     text that a plan of this content has
   */
  public static PlanFile read(String text, String origin) {
    return PlanText.read(text, origin);
  }

  /** The canonical text; its UTF-8 bytes are the file. */
  public String text() {
    return PlanText.write(this);
  }

  /** SHA-256 of the file, hex: what a review names and a signature signs. */
  public String digest() {
    return Artefacts.digest(text());
  }
}
