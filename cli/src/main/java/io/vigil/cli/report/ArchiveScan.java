package io.vigil.cli.report;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.job.feature.TransactionFacts;
import io.vigil.model.drift.Observation;
import io.vigil.model.drift.Observation.Score;
import io.vigil.model.plan.GroupKey;
import io.vigil.model.policy.Outcome;
import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/** Decisions of an archive as a report reads them. Not thread-safe. */
final class ArchiveScan {
  private static final int MINOR_PER_MAJOR = 100;

  private final ArchiveFolder archive;
  private final KnownModels models;
  private final List<GroupKey> groups;
  private final Map<Digest, String> digests = new HashMap<>();

  ArchiveScan(ArchiveFolder archive, KnownModels models, List<GroupKey> groups) {
    this.archive = archive;
    this.models = models;
    this.groups = groups;
  }

  /**
   * Reads the decisions of a day, in no order.
   *
   * @param labels by transaction
   */
  void read(LocalDate day, Function<String, Observation.Known> labels, Consumer<Observation> out)
      throws IOException {
    for (List<Path> files : archive.files(DecisionIndex.KIND, day, day).values()) {
      for (Path file : files) {
        archive.read(
            file,
            Decision.class,
            decision -> out.accept(observation(decision, day.toEpochDay(), labels)));
      }
    }
  }

  private Observation observation(
      Decision decision, long day, Function<String, Observation.Known> labels) {
    Transaction transaction = decision.getTransaction();
    String model = hex(decision.getModel());
    ByteBuffer bytes = decision.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return new Observation(
        transaction.getTransactionId(),
        day,
        models.names(hex(decision.getFeatureSpec()), model, values.length),
        values,
        model,
        Outcome.valueOf(decision.getOutcome().name()),
        decision.getAlertId() != null,
        decision.getFallbackCause(),
        scores(decision, model),
        transaction.getBillingAmountMinor(),
        transaction.getBillingCurrency(),
        groups(transaction),
        labels.apply(transaction.getTransactionId()));
  }

  private Map<String, Score> scores(Decision decision, String model) {
    Map<String, Score> scores = new LinkedHashMap<>();
    Integer bits = decision.getLogitBits();
    if (bits != null) {
      scores.put(model, new Score(Float.intBitsToFloat(bits), decision.getScore()));
    }
    for (ChallengerScore other : decision.getChallengerScores()) {
      String digest = hex(other.getModel());
      float logit = Float.intBitsToFloat(other.getLogitBits());
      scores.put(digest, new Score(logit, models.probability(digest, logit)));
    }
    return scores;
  }

  private List<@Nullable String> groups(Transaction transaction) {
    if (groups.isEmpty()) {
      return List.of();
    }
    TransactionFacts facts =
        new TransactionFacts(transaction, transaction.getBillingAmountMinor(), MINOR_PER_MAJOR);
    List<@Nullable String> found = new ArrayList<>(groups.size());
    groups.forEach(key -> found.add(key.of(facts)));
    return Collections.unmodifiableList(found);
  }

  private String hex(Digest digest) {
    String known = digests.get(digest);
    if (known == null) {
      known = HexFormat.of().formatHex(digest.bytes());
      digests.put(new Digest(digest.bytes().clone()), known);
    }
    return known;
  }
}
