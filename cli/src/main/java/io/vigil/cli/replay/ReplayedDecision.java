package io.vigil.cli.replay;

import io.vigil.cli.diff.DecisionDiff;
import io.vigil.cli.diff.Difference;
import io.vigil.cli.features.Definitions;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.job.archive.OneDecision;
import io.vigil.job.archive.WhatIf;
import io.vigil.job.decide.Replayer;
import io.vigil.job.record.EntityRequest;
import io.vigil.model.approval.Kind;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.expression.Context;
import io.vigil.model.expression.Step;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.History;
import io.vigil.model.feature.Window;
import io.vigil.model.policy.Hit;
import io.vigil.model.rule.Rule;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One decision, as it was recorded and as it comes out again, with what it was made of. Immutable.
 *
 * @param recorded as the archive has it
 * @param recomputed as it comes out now
 * @param differences between them in any field, bit for bit; empty when they are the same
 * @param features of the vector, in the order of the spec
 * @param rules of the rule set in force, in its order
 * @param calibration of the model's logit, in words
 * @param inForce what decided, by kind: name, version and digest
 * @param snapshot at the end of which day the replay began; null for the beginning of the archive
 * @param records that were replayed
 * @param change whether anything was to be other than it was
 */
public record ReplayedDecision(
    Decision recorded,
    Decision recomputed,
    List<Difference> differences,
    List<FeatureRow> features,
    List<RuleRow> rules,
    String calibration,
    Map<String, String> inForce,
    @Nullable LocalDate snapshot,
    int records,
    boolean change) {

  /** Events of a feature that are listed; the newest come first. */
  private static final int EVENTS_LISTED = 20;

  /**
   * A feature.
   *
   * @param definition as a spec writes it
   * @param recorded as the decision has it; null when it has no such feature
   * @param recomputed as it comes out
   * @param entity id of the grouping whose history it is taken from; empty for none
   * @param events in its window among those that were replayed; 0 for features without
   * @param newest of them, at most {@value #EVENTS_LISTED}
   */
  public record FeatureRow(
      String name,
      String definition,
      @Nullable Float recorded,
      float recomputed,
      boolean warming,
      String entity,
      int events,
      List<Event> newest) {}

  /**
   * An event behind a feature.
   *
   * @param id of the transaction, or of the label that speaks of it
   * @param label whether it is a label
   * @param eventTimeMs of the transaction, milliseconds since the epoch
   */
  public record Event(String id, boolean label, String transactionId, long eventTimeMs) {}

  /**
   * A rule.
   *
   * @param holds whether it did
   * @param expired whether it was off
   * @param steps of its condition, each with what it read
   * @param text what it tells; null when it does not hold
   */
  public record RuleRow(
      String id, boolean holds, boolean expired, List<Step> steps, @Nullable String text) {}

  /**
   * The same without the events of entities that others share, such as a merchant's: of those only
   * the number stays.
   */
  public ReplayedDecision ownEventsOnly() {
    List<FeatureRow> own =
        features.stream()
            .map(
                row ->
                    row.entity().contains("account")
                        ? row
                        : new FeatureRow(
                            row.name(),
                            row.definition(),
                            row.recorded(),
                            row.recomputed(),
                            row.warming(),
                            row.entity(),
                            row.events(),
                            List.of()))
            .toList();
    return new ReplayedDecision(
        recorded,
        recomputed,
        differences,
        own,
        rules,
        calibration,
        inForce,
        snapshot,
        records,
        change);
  }

  /** For machines. */
  public Map<String, Object> json() {
    return DecisionSheet.json(this);
  }

  /** Whether it is the same but for the last bits of a score that another engine class made. */
  public boolean sameButEngine() {
    return OtherEngine.distance(recorded, recomputed) >= 0;
  }

  /** Whether it is the same, bit for bit. */
  public boolean same() {
    return differences.isEmpty();
  }

  /**
   * Makes a decision again.
   *
   * @param temporary a folder for artefacts
   * @param fromSnapshot whether to begin with one, if there is one
   */
  public static ReplayedDecision of(
      ArchiveFolder archive, Path temporary, Decision recorded, boolean fromSnapshot, WhatIf change)
      throws Exception {
    OneDecision one = new OneDecision(archive, temporary, recorded, fromSnapshot, change);
    Collector collector = new Collector(archive, recorded);
    one.replay(collector);
    return collector.finish(one, change);
  }

  /** Takes note of what the replay says; the decision comes last. */
  private static final class Collector implements Replayer.Listener {
    private final ArchiveFolder archive;
    private final Decision recorded;
    private final Map<String, List<EntityRequest>> events = new LinkedHashMap<>();
    private final List<FeatureRow> features = new ArrayList<>();
    private final List<RuleRow> rules = new ArrayList<>();
    private final Map<String, String> inForce = new LinkedHashMap<>();
    private String calibration = "";
    private @Nullable Decision recomputed;
    private List<Difference> differences = List.of();

    Collector(ArchiveFolder archive, Decision recorded) {
      this.archive = archive;
      this.recorded = recorded;
    }

    @Override
    public void entity(EntityRequest request) {
      events.computeIfAbsent(request.key(), key -> new ArrayList<>()).add(request);
    }

    @Override
    public void decided(Replayer.Decided decided) throws DecodeException {
      Decision made = Codec.of(Decision.class).decode(decided.decision());
      recomputed = made;
      List<String> names = decided.spec().features().stream().map(Feature::name).toList();
      differences =
          DecisionDiff.everyField(spec -> spec.equals(made.getFeatureSpec()) ? names : null)
              .compare(recorded, made);
      features(decided, made);
      rules(decided);
      calibration =
          "logistic(%s x logit + %s)"
              .formatted(
                  Definitions.number(decided.model().calibration().slope()),
                  Definitions.number(decided.model().calibration().intercept()));
      inForce.put("model", model(decided.model().digest().bytes()));
      inForce.put(
          "rule set",
          "%s %d (%.12s)"
              .formatted(
                  decided.judging().rules().name(),
                  decided.judging().rules().version(),
                  decided.judging().rules().digest()));
      inForce.put(
          "policy",
          "%s %d (%.12s)"
              .formatted(
                  decided.judging().policy().name(),
                  decided.judging().policy().version(),
                  decided.judging().policy().digest()));
      inForce.put(
          "feature spec",
          text(
              decided.spec().name() + " " + decided.spec().version(),
              made.getFeatureSpec().bytes()));
      inForce.put("rates", text("", made.getRates().bytes()));
    }

    /** Its name is in its bundle, which the archive keeps unless it is part of a change. */
    private String model(byte[] digest) {
      String hex = HexFormat.of().formatHex(digest);
      try {
        Bundle bundle =
            Bundle.ofKeptZip(
                hex, KeptArtefacts.of(archive).read(Kind.MODEL, hex, Integer.MAX_VALUE - 16L));
        return text(bundle.manifest().name() + " " + bundle.manifest().version(), digest);
      } catch (IOException e) {
        return hex;
      }
    }

    private static String text(String name, byte[] digest) {
      String hex = HexFormat.of().formatHex(digest);
      return name.isEmpty() ? hex : "%s (%.12s)".formatted(name, hex);
    }

    private void features(Replayer.Decided decided, Decision made) {
      float[] before = vector(recorded);
      boolean sameSpec = recorded.getFeatureSpec().equals(made.getFeatureSpec());
      List<Feature> all = decided.spec().features();
      for (int i = 0; i < all.size(); i++) {
        Feature feature = all.get(i);
        String entity = "";
        List<EntityRequest> behind = List.of();
        if (feature instanceof Feature.Kept kept) {
          entity = kept.grouping().id();
          behind = behind(kept, decided);
        }
        features.add(
            new FeatureRow(
                feature.name(),
                Definitions.of(feature),
                sameSpec || i < before.length ? Float.valueOf(before[i]) : null,
                decided.features()[i],
                made.getWarming().contains(feature.name()),
                entity,
                behind.size(),
                behind.subList(Math.max(0, behind.size() - EVENTS_LISTED), behind.size()).stream()
                    .map(
                        request ->
                            new Event(
                                request.id(),
                                request.isLabel(),
                                request.subject(),
                                request.eventTimeMs()))
                    .toList()));
      }
    }

    /** What of an entity's history lies in a feature's window. */
    private List<EntityRequest> behind(Feature.Kept feature, Replayer.Decided decided) {
      String key = feature.grouping().key(decided.facts());
      if (key == null) {
        return List.of();
      }
      Feature.Aggregated aggregated = feature instanceof Feature.Aggregated a ? a : null;
      boolean labels = aggregated != null && aggregated.labels() != null;
      // Of events and profiles a transaction only asks.
      boolean transactions = feature.grouping().history().equals(History.TRANSACTIONS);
      long nowMs = decided.record().eventTimeMs();
      Window window = aggregated == null ? null : aggregated.window();
      List<EntityRequest> inside = new ArrayList<>();
      for (EntityRequest request : events.getOrDefault(key, List.of())) {
        boolean transaction = request.isTransaction();
        boolean current = transaction && request.id().equals(decided.record().id());
        if ((request.isLabel() && !labels)
            || (transaction && !transactions)
            || (current && window != null && !window.includesCurrent())
            || (!transactions && request.eventTimeMs() > nowMs)) {
          continue;
        }
        if (window != null && window.kind() == Window.Kind.TIME) {
          long untilMs = nowMs - window.delayMs();
          if (request.eventTimeMs() > untilMs
              || request.eventTimeMs() <= untilMs - window.lengthMs()) {
            continue;
          }
        }
        inside.add(request);
      }
      if (window != null && window.kind() == Window.Kind.EVENTS) {
        return inside.subList(Math.max(0, inside.size() - window.events()), inside.size());
      }
      return inside;
    }

    private void rules(Replayer.Decided decided) {
      List<Hit> hits = decided.judged().hits();
      Context context = new Context(decided.judged().score(), decided.judging().lists());
      for (Rule rule : decided.judging().rules().rules()) {
        boolean holds = hits.contains(rule.hit());
        rules.add(
            new RuleRow(
                rule.hit().rule(),
                holds,
                decided.record().effectiveTimeMs() >= rule.expiresMs(),
                rule.when().steps(decided.facts(), decided.judged().values(), context),
                holds
                    ? decided
                        .judging()
                        .rules()
                        .text(
                            rule.hit(),
                            decided.facts(),
                            decided.judged().values(),
                            decided.judged().score())
                    : null));
      }
    }

    ReplayedDecision finish(OneDecision one, WhatIf change) {
      Decision made = recomputed;
      if (made == null) {
        throw new IllegalStateException(
            "replay: expected a decision about "
                + recorded.getTransaction().getTransactionId()
                + ", got none: the archive's inputs give it no chance to be accepted");
      }
      return new ReplayedDecision(
          recorded,
          made,
          differences,
          features,
          rules,
          calibration,
          inForce,
          one.snapshot(),
          one.records(),
          change.any());
    }
  }

  static float[] vector(Decision decision) {
    float[] vector = new float[decision.getFeatures().remaining() / Float.BYTES];
    decision
        .getFeatures()
        .duplicate()
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(vector);
    return vector;
  }
}
