package io.vigil.cli.report;

import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.model.drift.Observation.Known;
import io.vigil.model.drift.Span;
import io.vigil.model.order.Ordered;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Stage;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The labels in force of some days' transactions, and the places that control last gave to models.
 * Holds some 200 bytes a labelled transaction. Not thread-safe.
 */
final class LabelBook {
  /** So many labelled transactions fit into a gigabyte. */
  private static final int LABELS_MOST = 4_000_000;

  private static final String DEAD_LETTERS = "dead-letters";

  private final ArchiveFolder archive;
  private final long untilMs;
  private final Codec<Label> labelCodec = Codec.of(Label.class);
  private final Codec<Deployment> deploymentCodec = Codec.of(Deployment.class);
  private final Map<String, InForce> labels = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final Set<String> refused = new HashSet<>();

  /** In force is the greatest time, then the greatest id. */
  private record InForce(long labelTimeMs, String id, Known value) {
    static final Comparator<InForce> ORDER =
        Comparator.comparingLong(InForce::labelTimeMs)
            .thenComparing(InForce::id, Ordered::shortlex);
  }

  private record Place(long effectiveTimeMs, Alias alias) {}

  /**
   * Reads them.
   *
   * @param days of the transactions
   * @param asOf labels that took effect on later days are not known
   */
  LabelBook(ArchiveFolder archive, Path temporary, Span days, LocalDate asOf) throws IOException {
    this.archive = archive;
    untilMs = days.to().plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
    ArchiveLog log = new ArchiveLog(archive, temporary);
    for (LocalDate day : log.days()) {
      if (!day.isBefore(days.from()) && !day.isAfter(asOf)) {
        refuse(day);
        log.scan(
            day, topic -> topic.equals(Topics.LABELS) || topic.equals(Topics.CONTROL), this::add);
      }
    }
  }

  /** What deduplication refused for its content; the log itself leaves out what was not read. */
  private void refuse(LocalDate day) throws IOException {
    for (List<org.apache.flink.core.fs.Path> files :
        archive.files(DEAD_LETTERS, day, day).values()) {
      for (org.apache.flink.core.fs.Path file : files) {
        archive.read(
            file,
            DeadLetter.class,
            letter -> {
              if (letter.getStage() == Stage.DEDUPLICATE
                  && letter.getSourceTopic().equals(Topics.LABELS)) {
                refused.add(
                    "%s-%d@%d"
                        .formatted(
                            letter.getSourceTopic(),
                            letter.getSourcePartition(),
                            letter.getSourceOffset()));
              }
            });
      }
    }
  }

  private void add(LogRecord record) {
    try {
      if (record.kind() == Kind.LABEL && !refused.contains(record.origin())) {
        label(labelCodec.decode(record.value()));
      } else if (record.topic().equals(Topics.CONTROL)) {
        deployment(deploymentCodec.decode(record.value()), record.effectiveTimeMs());
      }
    } catch (DecodeException e) {
      throw new IllegalStateException("archive: a record that was decoded before is one", e);
    }
  }

  private void label(Label label) {
    if (label.getTransactionTime() >= untilMs) {
      return;
    }
    InForce told =
        new InForce(
            label.getLabelTime(),
            label.getLabelId(),
            label.getValue() == LabelValue.FRAUD
                ? Known.FRAUD
                : label.getValue() == LabelValue.GENUINE ? Known.GENUINE : Known.NOTHING);
    labels.merge(
        label.getTransactionId(),
        told,
        (one, other) -> InForce.ORDER.compare(one, other) >= 0 ? one : other);
    if (labels.size() > LABELS_MOST) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "labels: expected at most %,d labelled transactions, got more: take fewer days",
              LABELS_MOST));
    }
  }

  private void deployment(Deployment deployment, long effectiveTimeMs) {
    if (deployment.getStatus() == DeploymentStatus.ACTIVATED
        && deployment.getKind() == ArtefactKind.MODEL
        && deployment.getReturns() == null
        && deployment.getReviews() == null) {
      places.merge(
          deployment.getDigest(),
          new Place(effectiveTimeMs, deployment.getAlias()),
          (one, other) -> one.effectiveTimeMs >= other.effectiveTimeMs ? one : other);
    }
  }

  /** What is known of a transaction. */
  Known of(String transactionId) {
    InForce label = labels.get(transactionId);
    return label == null ? Known.NOTHING : label.value;
  }

  /**
   * The place that a model was given last, by its digest; models that were in force before lack.
   */
  Map<String, String> roles() {
    Map<String, String> roles = new HashMap<>();
    places.forEach(
        (digest, place) -> roles.put(digest, place.alias.name().toLowerCase(Locale.ROOT)));
    return roles;
  }
}
