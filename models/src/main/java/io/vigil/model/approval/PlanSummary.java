package io.vigil.model.approval;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.watch.WatchPlan;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a judgement needs of a plan file: everything else in it is for those who review it.
 *
 * @param changes what the plan would put in force
 * @param against digests of the champion that it was compared with, by kind; of a feature spec its
 *     fingerprint
 * @param gatesFile SHA-256 of the file that says what is asked, hex; empty when the plan names none
 * @param gates what was asked of the candidate and what came of it, in the plan's order
 * @param watch what it must hold once it runs; null for nothing
 */
public record PlanSummary(
    List<Change> changes,
    Map<Kind, String> against,
    Verdict verdict,
    String gatesFile,
    List<Gate> gates,
    @Nullable WatchPlan watch) {
  /** A plan with more bytes is not read. */
  public static final int BYTES_MAX = 512 << 10;

  private static final String FORMAT = "vigil-plan-1";
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final int ARTEFACTS_MAX = 64;
  private static final int GATES_MAX = 64;
  private static final String[] ARTEFACT = {"kind", "name", "version", "digest"};

  public PlanSummary {
    changes = List.copyOf(changes);
    against = Map.copyOf(against);
    gates = List.copyOf(gates);
  }

  /** What a plan comes to. */
  public enum Verdict {
    NO_CHANGE,
    CHANGE,
    GATE_FAILED;

    private static Map<String, Verdict> byId() {
      Map<String, Verdict> byId = new LinkedHashMap<>();
      for (Verdict verdict : values()) {
        byId.put(verdict.name().toLowerCase(Locale.ROOT), verdict);
      }
      return byId;
    }
  }

  /**
   * A gate of the plan.
   *
   * @param verdict passed, failed, or not_assessed, which is never to be read as passed
   */
  public record Gate(String name, String observed, String required, String verdict) {
    private static final String FAILED = "failed";
    private static final Map<String, String> VERDICTS =
        Map.of("passed", "passed", FAILED, FAILED, "not_assessed", "not_assessed");

    private static Gate in(YamlMap entry) {
      return new Gate(
          entry.text("gate", "a gate"),
          entry.text("observed", "what was observed"),
          entry.text("required", "what is required"),
          entry.choice("verdict", VERDICTS));
    }
  }

  /** An artefact that the plan puts in force. */
  public record Change(Kind kind, String name, String version, String digest) {}

  /**
   * Reads a plan.
   *
   * @param origin where it came from, for messages
   * @throws ArtefactException when it is none
   * @throws IllegalArgumentException when it is no UTF-8 or too large
   */
  public static PlanSummary read(byte[] plan, String origin) {
    if (plan.length > BYTES_MAX) {
      throw new IllegalArgumentException(
          "%s: expected at most %d bytes, got %d".formatted(origin, BYTES_MAX, plan.length));
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(plan)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(origin + ": expected UTF-8, got other bytes", e);
    }
    YamlMap file =
        YamlMap.readSome(
            text, origin, "format", "verdict", "change", "against", "gates_file", "gates", "watch");
    file.choice("format", Map.of(FORMAT, FORMAT));
    Map<Kind, String> against = new EnumMap<>(Kind.class);
    for (YamlMap entry : file.maps("against", ARTEFACTS_MAX, ARTEFACT)) {
      Change artefact = artefact(entry);
      if (against.put(artefact.kind(), artefact.digest()) != null) {
        throw entry.wrong("kind", "one artefact of a kind");
      }
    }
    List<Change> changes = new ArrayList<>();
    for (YamlMap entry : file.maps("change", ARTEFACTS_MAX, ARTEFACT)) {
      changes.add(artefact(entry));
    }
    List<Gate> gates = new ArrayList<>();
    for (YamlMap entry :
        file.maps("gates", GATES_MAX, "gate", "observed", "required", "verdict", "mend")) {
      gates.add(Gate.in(entry));
    }
    Verdict verdict = file.choice("verdict", Verdict.byId());
    boolean failed = gates.stream().anyMatch(gate -> gate.verdict.equals(Gate.FAILED));
    if ((verdict == Verdict.GATE_FAILED) != (failed && !changes.isEmpty())) {
      // A verdict alone is soon edited, and it is what puts a model in force.
      throw file.wrong("verdict", "what the gates come to");
    }
    String gatesFile =
        file.has("gates_file")
            ? file.map("gates_file", ARTEFACT).text("digest", DIGEST, "64 lower-case hex digits")
            : "";
    return new PlanSummary(changes, against, verdict, gatesFile, gates, WatchPlan.in(file));
  }

  /**
   * Whether it changes this artefact and nothing else, but for the feature spec that a model brings
   * along.
   */
  public boolean isOf(Change asked) {
    return changes.contains(asked)
        && changes.stream()
            .allMatch(
                change ->
                    change.equals(asked)
                        || (asked.kind == Kind.MODEL && change.kind == Kind.FEATURE_SPEC));
  }

  private static Change artefact(YamlMap entry) {
    return new Change(
        entry.choice("kind", Kind.byId()),
        entry.text("name", "a name"),
        entry.text("version", "a version"),
        entry.text("digest", DIGEST, "64 lower-case hex digits"));
  }
}
