package io.vigil.cli;

import io.vigil.job.Topics;
import io.vigil.job.control.JobKeys;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The history of what decides, as the control topic has it: requests and their answers. What the
 * job was started with stands in its options, not here. Not thread-safe.
 */
final class ControlLog implements AutoCloseable {

  /**
   * A record of the log.
   *
   * @param atMs when the log took it, milliseconds since the epoch
   */
  record Entry(long atMs, Deployment deployment) {}

  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final Codec<Tick> ticks = Codec.of(Tick.class);
  private final TopicReader reader;
  private final JobKeys jobKeys;
  private int forged;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, Entry> requests = new HashMap<>();
  private final Map<String, Entry> answers = new HashMap<>();
  private final Map<String, Entry> preparing = new HashMap<>();
  private final Map<String, Deployment> reviews = new HashMap<>();

  /** Opens it; answers count as they do for the job. */
  ControlLog(Reach reach) {
    jobKeys = reach.jobKeys();
    reader = new TopicReader(reach.brokers(), List.of(Topics.CONTROL));
  }

  /** Reads what the log has by now. */
  ControlLog read() {
    reader.read(
        false,
        record -> {
          Deployment deployment = deployment(record);
          if (deployment != null) {
            add(new Entry(record.timestamp(), deployment));
          }
          return true;
        });
    return this;
  }

  /**
   * Of two requests of one id, and of two answers to one, the first counts; that the job says again
   * after a restart that it reads history adds nothing.
   */
  private void add(Entry entry) {
    if (jobKeys.refusal(entry.deployment()) != null) {
      forged++;
      return;
    }
    String answered = entry.deployment().getRequestId();
    boolean first =
        answered == null
            ? requests.putIfAbsent(entry.deployment().getDeploymentId(), entry) == null
            : switch (entry.deployment().getStatus()) {
              case ACTIVATED, REFUSED -> answers.putIfAbsent(answered, entry) == null;
              case PREPARING -> preparing.putIfAbsent(answered, entry) == null;
              // What a later version says of a request is shown, but answers nothing.
              case REQUESTED, UNKNOWN -> true;
            };
    if (first) {
      entries.add(entry);
      String reviewed = entry.deployment().getReviews();
      if (reviewed != null && entry.deployment().getStatus() == DeploymentStatus.ACTIVATED) {
        reviews.putIfAbsent(reviewed, entry.deployment());
      }
    }
  }

  private @Nullable Deployment deployment(ConsumerRecord<byte[], byte[]> record) {
    try {
      return deployments.decode(record.value());
    } catch (DecodeException e) {
      try {
        ticks.decode(record.value());
        return null;
      } catch (DecodeException noTick) {
        throw new CliException(
            "%s-%d@%d: expected a deployment or a tick, got something else: %s"
                .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()),
            e);
      }
    }
  }

  /** Requests and answers in the order of the log. */
  List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** The request of that id; null when there is none in the log. */
  @Nullable Deployment request(@Nullable String id) {
    Entry entry = id == null ? null : requests.get(id);
    return entry == null ? null : entry.deployment();
  }

  /** The job's answer that a request which broke the glass was reviewed; null while it was not. */
  @Nullable Deployment review(@Nullable String requestId) {
    return requestId == null ? null : reviews.get(requestId);
  }

  /** What breaking the glass put in force and nobody has reviewed, in the order of the log. */
  List<Entry> unreviewed() {
    return entries.stream()
        .filter(entry -> DeploymentText.brokeGlass(entry.deployment()))
        .filter(entry -> review(entry.deployment().getRequestId()) == null)
        .toList();
  }

  /** How many records were left out, for they are no answers of the job. */
  int forged() {
    return forged;
  }

  /** Whether a request of that id stands in the log. */
  boolean hasRequest(String id) {
    return requests.containsKey(id);
  }

  /** The answer to a request; null while there is none. */
  @Nullable Deployment answer(String requestId) {
    Entry entry = answers.get(requestId);
    return entry == null ? null : entry.deployment();
  }

  /** When the job said that it reads history for a request; null while it has not. */
  @Nullable Entry preparing(String requestId) {
    return preparing.get(requestId);
  }

  /** What the job reads history for and has not answered, in the order of the log. */
  List<Entry> pending() {
    return entries.stream()
        .filter(entry -> entry.deployment().getStatus() == DeploymentStatus.PREPARING)
        .filter(entry -> answer(String.valueOf(entry.deployment().getRequestId())) == null)
        .toList();
  }

  /**
   * What was put in force last in each place, by kind, place and, of a list, name, and has not been
   * ended since by a person. What the job took back stands there with its reason, until something
   * else takes the place. What an emergency put there until a time stands there as the log has it:
   * whether that time has come is for the reader to see.
   */
  List<Entry> standing() {
    Map<String, Entry> places = new LinkedHashMap<>();
    for (Entry entry : entries) {
      Deployment each = entry.deployment();
      if (each.getStatus() != DeploymentStatus.ACTIVATED) {
        continue;
      }
      // Each list has a place of its own.
      String place =
          each.getKind()
              + " "
              + each.getAlias()
              + (each.getKind() == ArtefactKind.LIST ? " " + each.getName() : "");
      String returns = each.getReturns();
      if (returns != null) {
        Entry holder = places.get(place);
        if (holder != null && holder.deployment().getDeploymentId().equals(returns)) {
          places.put(place, entry);
        }
        continue;
      }
      places.remove(place);
      switch (each.getAlias()) {
        case CHAMPION -> {
          // A champion is a canary and a shadow no more.
          places
              .values()
              .removeIf(
                  other ->
                      other.deployment().getKind() == each.getKind()
                          && other.deployment().getDigest().equals(each.getDigest()));
          places.put(place, entry);
        }
        case CHALLENGER, SHADOW -> {
          if (each.getShareBasisPoints() > 0) {
            places.put(place, entry);
          }
        }
        case UNKNOWN -> {
          // Of a later version; it is in the history.
        }
      }
    }
    return List.copyOf(places.values());
  }

  @Override
  public void close() {
    reader.close();
  }
}
